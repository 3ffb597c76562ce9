"""The images that the neighbour holds, and the number that it gives to each person."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.department.neighbour.settings import NAME, NeighbourSettings
from simlab.dicom import splice
from simlab.dicom.instance import Instance
from simlab.errors import NotFound
from simlab.store import Store

_FURTHER = ("IssuerOfPatientID", "PatientBirthDate", "PatientSex", "StudyDescription", "StudyTime")
_TAGS = frozenset({0x00080005, 0x00080030, 0x00081030, 0x00100021, 0x00100030, 0x00100040})
_MARKS = ", ".join("?" * 22)


class Holdings:
    """The rows of `neighbour_instance` and `neighbour_person`."""

    def __init__(self, store: Store, blobs: Blobs, clock: Clock) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock

    def keep(self, instance: Instance, now: NeighbourSettings, source: str, *, foreign: bool) -> None:
        """Keep an instance inside the caller's transaction; a `foreign` one gets the neighbour's own patient number."""
        header = instance.header()
        said = splice.take(instance.inflated.before_pixels, _TAGS, instance.inflated.coding)
        more = {keyword: str(said.get(keyword) or "") for keyword in _FURTHER}
        sent_id, sent_issuer = header.patient_id, more["IssuerOfPatientID"]
        number, issuer = sent_id, sent_issuer
        pixels = None if instance.pixels is None else self._blobs.put(instance.pixels)
        with self._store.write() as tx:
            if foreign and now.own_numbers and sent_issuer != now.issuer:
                number, issuer = self._number(tx, now, sent_id, sent_issuer, header.patient_name), now.issuer
                changes = {"PatientID": number, "IssuerOfPatientID": issuer}
                instance = instance.with_identity(changes, moment=self._clock.now(), system=NAME)
            tx.execute(
                f"INSERT OR REPLACE INTO neighbour_instance VALUES ({_MARKS})",
                (header.sop_instance_uid, header.sop_class_uid, header.study_uid, header.series_uid, number, issuer,
                 header.patient_name, more["PatientBirthDate"], more["PatientSex"], header.accession, header.modality,
                 more["StudyDescription"], header.study_date, more["StudyTime"], header.instance_number, sent_id,
                 sent_issuer, instance.transfer_syntax, instance.head, pixels, source,
                 self._clock.now().isoformat(timespec="milliseconds")),
            )  # fmt: skip

    def load(self, row: sqlite3.Row) -> Instance:
        """The instance of a row."""
        pixels = None if row["pixels"] is None else self._blobs.get(row["pixels"])
        return Instance(row["transfer_syntax"], bytes(row["head"]), pixels)

    def chosen(self, where: Sequence[tuple[str, Sequence[str]]]) -> list[sqlite3.Row]:
        """The rows in which each column has one of its values, series by series."""
        terms = [f"{column} IN ({', '.join('?' * len(values))})" for column, values in where]
        with self._store.read() as tx:
            return tx.execute(
                f"SELECT * FROM neighbour_instance WHERE {' AND '.join(terms) or '1'} "
                "ORDER BY study_uid, series_uid, number, sop_uid",
                [value for _, values in where for value in values],
            ).fetchall()

    def study(self, study_uid: str) -> list[Instance]:
        """All of a study; NotFound."""
        rows = self.chosen([("study_uid", [study_uid])])
        if not rows:
            raise NotFound(f"{NAME} holds no study {study_uid}", place=NAME, remedy="`neighbour.studies` lists them.")
        return [self.load(row) for row in rows]

    def _number(self, tx: sqlite3.Connection, now: NeighbourSettings, patient_id: str, issuer: str, name: str) -> str:
        row = tx.execute(
            "SELECT number FROM neighbour_person WHERE patient_id=? AND issuer=?", (patient_id, issuer)
        ).fetchone()
        if row:
            return str(row["number"])
        given = int(tx.execute("SELECT count(*) FROM neighbour_person").fetchone()[0]) + 1
        number = f"{now.prefix}{500000 + given}"
        tx.execute("INSERT INTO neighbour_person VALUES (?, ?, ?, ?)", (number, patient_id, issuer, name))
        return number


def digest(sop_uids: Sequence[str]) -> str:
    """What a receipt says of a set of instances: the same at both ends when the same have come."""
    return hashlib.sha256("\n".join(sorted(sop_uids)).encode()).hexdigest()[:16]
