"""Who a number belongs to at the archive, and what is filed there: what every repair asks first."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from simlab.errors import BadInput, NotFound

Number = tuple[str, str]
"""A patient ID and its assigning authority."""


class PatientUnknown(NotFound):
    """A number that the archive does not know; `elsewhere` are the authorities under which it does know it."""

    ack_code = "AE"

    def __init__(self, patient_id: str, issuer: str, elsewhere: tuple[str, ...]) -> None:
        under = f" under the authority {issuer}" if issuer else ""
        if elsewhere:
            named = ", ".join(authority or "none" for authority in elsewhere)
            remedy = f"The number is known under: {named}. Name the authority it belongs to."
        else:
            remedy = "Check the number; the archive knows only patients it has images of."
        super().__init__(f"no patient {patient_id}{under}", place="PACS", remedy=remedy)
        self.patient_id = patient_id
        self.elsewhere = elsewhere


class CannotMerge(BadInput):
    """A merge that makes no sense as it is asked for."""

    ack_code = "AE"


@dataclass(frozen=True)
class Done:
    """What a repair did: JSON-able data with a `summary`, the studies it is about, and what it touched.

    A later repair that touched the same must be undone before this one is.
    """

    data: dict[str, Any]
    studies: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    patient_id: str = ""


def find_number(tx: sqlite3.Connection, patient_id: str, issuer: str) -> Number:
    """The patient of that number; without an authority the only one of it. Raises PatientUnknown, CannotMerge."""
    rows = tx.execute("SELECT issuer FROM pacs_patient WHERE patient_id=? ORDER BY issuer", (patient_id,)).fetchall()
    issuers = [row["issuer"] for row in rows]
    if issuer in issuers:
        return patient_id, issuer
    if issuer or not issuers:
        raise PatientUnknown(patient_id, issuer, tuple(issuers))
    if len(issuers) > 1:
        raise CannotMerge(
            f"the number {patient_id} is known under {len(issuers)} authorities: {', '.join(issuers)}",
            place="PACS",
            remedy="Name the authority.",
        )
    return patient_id, issuers[0]


def the_study(tx: sqlite3.Connection, study_uid: str) -> sqlite3.Row:
    """The study's row; NotFound."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM pacs_study WHERE study_uid=?", (study_uid,)).fetchone()
    if row is None:
        raise NotFound(f"the PACS holds no study {study_uid}", place="PACS", remedy="Query it for what it holds.")
    return row


def studies_of(tx: sqlite3.Connection, number: Number) -> tuple[str, ...]:
    """The studies that are filed under a number."""
    rows = tx.execute("SELECT study_uid FROM pacs_study WHERE patient_id=? AND issuer=? ORDER BY study_uid", number)
    return tuple(row["study_uid"] for row in rows)


def counts(tx: sqlite3.Connection, where: str, values: tuple[str, ...]) -> dict[str, int]:
    """How many studies, series and instances a condition on `s` (study), `e` (series) or `i` (instance) covers."""
    row = tx.execute(
        "SELECT count(DISTINCT s.study_uid) AS studies, count(DISTINCT e.series_uid) AS series, "
        "count(i.sop_uid) AS instances FROM pacs_study s LEFT JOIN pacs_series e USING (study_uid) "
        f"LEFT JOIN pacs_instance i USING (series_uid) WHERE {where}",
        values,
    ).fetchone()
    return dict(row)


def held(tx: sqlite3.Connection, study_uid: str) -> dict[str, int]:
    """What a study holds."""
    return counts(tx, "s.study_uid=?", (study_uid,))


def shown(number: Number) -> str:
    """A number with its authority, as HL7 writes it."""
    return f"{number[0]}^{number[1]}" if number[1] else number[0]


def patient(number: Number) -> str:
    """What a repair touched when it touched the patient's row."""
    return f"patient {shown(number)}"


def filing(study_uid: str) -> str:
    """What a repair touched when it touched under whom a study is filed."""
    return f"filing of {study_uid}"


def told(moved: dict[str, int], preview: bool, source: str, target: str) -> str:
    """The sentence of a preview and of the deed: how much goes, or went, from where to where."""
    studies = f" in {moved['studies']} studies" if moved["studies"] != 1 else ""
    verb = "go" if preview else "went"
    return f"{moved['instances']} instances of {moved['series']} series{studies} {verb} from {source} to {target}"
