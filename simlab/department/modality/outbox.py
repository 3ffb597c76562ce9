"""A scanner's local images and the queue of those that the PACS has not taken yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from simlab import provenance
from simlab.blobs import Blobs, Reference
from simlab.clock import Clock
from simlab.department.modality import typing_in
from simlab.department.modality.calls import why_not
from simlab.department.modality.quirks import corrected
from simlab.dicom.client import StoreReply
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound
from simlab.store import Store

BATCH = 200
"""Instances sent over one association, so that a long queue need not lie in memory at once."""

CORRECTABLE = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "accession": "AccessionNumber",
    "description": "StudyDescription",
}
"""What can be set right at a scanner's console after the images are made."""
_COLUMNS = ("patient_id", "patient_name", "accession", "description")


@dataclass(frozen=True)
class Waiting:
    """One queued instance."""

    id: int
    sop_uid: str
    instance: Instance


class Outbox:
    """The rows of one scanner in `modality_held` and `modality_queue`."""

    def __init__(self, system: str, store: Store, blobs: Blobs, clock: Clock) -> None:
        self.system = system
        self._store = store
        self._blobs = blobs
        self._clock = clock

    def keep(self, instances: Iterable[Instance]) -> list[tuple[Reference | None, Instance]]:
        """Put pixel data where it is safe, before the transaction that names it; (reference, instance) each."""
        kept_as: dict[int, Reference] = {}
        kept: list[tuple[Reference | None, Instance]] = []
        for instance in instances:
            if instance.pixels is None:
                kept.append((None, instance))
                continue
            # Variants of a study share the very same bytes object; hash each once.
            key = id(instance.pixels)
            if key not in kept_as:
                kept_as[key] = self._blobs.put(instance.pixels)
            kept.append((kept_as[key], instance))
        return kept

    def add(
        self, kept: Iterable[tuple[Reference | None, Instance]], *, queued: bool, error: str = "", mpps_uid: str = ""
    ) -> int:
        """Hold instances and, when `queued`, line them up to be sent; gives how many were not held before.

        `mpps_uid` is the performed step in which they were made.
        """
        who = provenance.current()
        now = self._clock.now().isoformat(timespec="seconds")
        new = 0
        with self._store.write() as tx:
            for pixels, instance in kept:
                header = instance.header()
                tx.execute(
                    "INSERT OR IGNORE INTO modality_series VALUES (?, ?, ?, ?, ?)",
                    (self.system, header.series_uid, header.study_uid, header.accession, header.patient_id),
                )
                added = tx.execute(
                    "INSERT OR IGNORE INTO modality_held VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (self.system, header.sop_instance_uid, header.sop_class_uid, header.study_uid, header.series_uid,
                     header.accession, header.patient_id, header.patient_name, header.study_description,
                     header.modality, header.study_date, instance.transfer_syntax, instance.head, pixels, now,
                     None if queued else now, mpps_uid),
                ).rowcount  # fmt: skip
                if not added:
                    continue
                new += 1
                if queued:
                    tx.execute(
                        "INSERT INTO modality_queue (system, sop_uid, attempts, last_error, queued_at, actor, cause) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (self.system, header.sop_instance_uid, int(bool(error)), error, now, who.actor, who.cause),
                    )
        return new

    def again(self, sop_uids: Sequence[str]) -> None:
        """Line held instances up once more; NotFound when one is not held, and then none is."""
        who = provenance.current()
        now = self._clock.now().isoformat(timespec="seconds")
        with self._store.write() as tx:
            for sop_uid in sop_uids:
                held = tx.execute(
                    "UPDATE modality_held SET sent_at=NULL WHERE system=? AND sop_uid=?", (self.system, sop_uid)
                ).rowcount
                if not held:
                    raise NotFound(
                        f"{self.system} holds no instance {sop_uid}", place=self.system, remedy="Look what it holds."
                    )
                tx.execute(
                    "INSERT OR IGNORE INTO modality_queue (system, sop_uid, queued_at, actor, cause) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (self.system, sop_uid, now, who.actor, who.cause),
                )

    def drop(self, sop_uids: Sequence[str]) -> None:
        """Forget images whose UIDs are about to be given to others."""
        with self._store.write() as tx:
            for table in ("modality_held", "modality_queue"):
                tx.executemany(
                    f"DELETE FROM {table} WHERE system=? AND sop_uid=?", [(self.system, one) for one in sop_uids]
                )

    def correct(self, study_uid: str, accession: str, identity: Mapping[str, str]) -> list[str]:
        """Put other values of `CORRECTABLE` into held images of a study or accession; gives their SOP Instance UIDs.

        The pixels and UIDs stay. Raises BadInput for what a console does not let be corrected, or does not take,
        NotFound for no images.
        """
        unknown = sorted(set(identity) - set(CORRECTABLE))
        if unknown or not identity:
            raise BadInput(
                f"{', '.join(unknown)} cannot be corrected here" if unknown else "nothing is named to be corrected",
                place=self.system, remedy=f"Correct {', '.join(CORRECTABLE)}.",
            )  # fmt: skip
        for key, value in identity.items():
            typing_in.check(self.system, key, value)
        keywords = {CORRECTABLE[key]: value for key, value in identity.items()}
        columns = {key: value for key, value in identity.items() if key in _COLUMNS}
        with self._store.write() as tx:
            rows = tx.execute(
                "SELECT * FROM modality_held WHERE system=?1 AND (?2<>'' OR ?3<>'') AND (?2='' OR study_uid=?2) "
                "AND (?3='' OR accession=?3) ORDER BY rowid",
                (self.system, study_uid, accession),
            ).fetchall()
            if not rows:
                raise NotFound(f"{self.system} holds no such images", place=self.system, remedy="Look what it holds.")
            for row in rows:
                changed = corrected(
                    Instance(row["transfer_syntax"], bytes(row["head"]), row["pixels"] and b""), keywords
                )
                tx.execute(
                    "UPDATE modality_held SET head=?, "
                    + ", ".join(f"{key}=?" for key in columns) + (", " if columns else "")
                    + "sent_at=NULL WHERE system=? AND sop_uid=?",
                    (changed.head, *columns.values(), self.system, row["sop_uid"]),
                )  # fmt: skip
        return [str(row["sop_uid"]) for row in rows]

    def waiting(self) -> int:
        """How many instances wait."""
        with self._store.read() as tx:
            found = tx.execute("SELECT count(*) FROM modality_queue WHERE system=?", (self.system,)).fetchone()
        return int(found[0])

    def held(self) -> int:
        """How many instances lie on the scanner's disk."""
        with self._store.read() as tx:
            found = tx.execute("SELECT count(*) FROM modality_held WHERE system=?", (self.system,)).fetchone()
        return int(found[0])

    def problem(self) -> str:
        """Why the first instance that waits was not taken."""
        with self._store.read() as tx:
            found = tx.execute(
                "SELECT last_error FROM modality_queue WHERE system=? AND last_error<>'' ORDER BY id", (self.system,)
            ).fetchone()
        return str(found[0]) if found else ""

    def cause(self) -> int | None:
        """The event for which the first instance that waits was queued."""
        with self._store.read() as tx:
            found = tx.execute("SELECT cause FROM modality_queue WHERE system=? ORDER BY id", (self.system,)).fetchone()
        return int(found[0]) if found and found[0] is not None else None

    def next(self, after: int, most: int = BATCH, *, one_series: bool = False) -> list[Waiting]:
        """The next batch behind row `after`, in the order they were queued; with `one_series` of one series alone."""
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT q.id, h.* FROM modality_queue q JOIN modality_held h USING (system, sop_uid) "
                "WHERE q.system=? AND q.id>? ORDER BY q.id LIMIT ?",
                (self.system, after, most),
            ).fetchall()
        if one_series:
            rows = list(takewhile(lambda row: row["series_uid"] == rows[0]["series_uid"], rows))
        return [Waiting(row["id"], row["sop_uid"], self._instance(row)) for row in rows]

    def _instance(self, row: sqlite3.Row) -> Instance:
        pixels = self._blobs.get(row["pixels"]) if row["pixels"] else None
        return Instance(row["transfer_syntax"], bytes(row["head"]), pixels)

    def settle(self, batch: Iterable[Waiting], answers: Mapping[str, StoreReply], error: str = "") -> int:
        """Take what was stored out of the queue, note why the rest was not (`error` where no answer came).

        Gives how many were stored.
        """
        now = self._clock.now().isoformat(timespec="seconds")
        stored = 0
        with self._store.write() as tx:
            for waiting in batch:
                answer = answers.get(waiting.sop_uid)
                if answer is not None and answer.stored:
                    if tx.execute("DELETE FROM modality_queue WHERE id=?", (waiting.id,)).rowcount:
                        tx.execute(
                            "UPDATE modality_held SET sent_at=? WHERE system=? AND sop_uid=?",
                            (now, self.system, waiting.sop_uid),
                        )
                    stored += 1
                    continue
                tx.execute(
                    "UPDATE modality_queue SET attempts=attempts+1, last_error=? WHERE id=?",
                    (why_not(answer) if answer else error, waiting.id),
                )
        return stored

    def made(self, study_uid: str, accession: str, patient_id: str) -> int:
        """How many series of a study were made here, without a UID of an accession, without that of a patient.

        What was deleted counts: no UID is given out again.
        """
        with self._store.read() as tx:
            found = tx.execute(
                "SELECT count(*) FROM modality_series WHERE system=?1 AND CASE WHEN ?2<>'' THEN study_uid=?2 "
                "WHEN ?3<>'' THEN accession=?3 ELSE patient_id=?4 END",
                (self.system, study_uid, accession, patient_id),
            ).fetchone()
        return int(found[0])
