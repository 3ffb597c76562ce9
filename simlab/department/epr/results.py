"""The result inbox: reports filed by version, and what may follow what (HL7 tables 0123 and 0085)."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from simlab.hl7.errors import Hl7Error

TAKE, REPLACE, REFUSE, FLAG, WITHDRAW = "take", "replace", "refuse", "flag", "withdraw"

RULES: dict[tuple[str, str], str] = {
    ("", "P"): TAKE,
    ("", "F"): TAKE,
    ("", "C"): FLAG,
    ("", "X"): FLAG,
    ("", "W"): REFUSE,
    ("P", "P"): REPLACE,
    ("P", "F"): REPLACE,
    ("P", "C"): FLAG,
    ("P", "X"): WITHDRAW,
    ("P", "W"): WITHDRAW,
    ("F", "P"): REFUSE,
    ("F", "F"): FLAG,
    ("F", "C"): REPLACE,
    ("F", "X"): WITHDRAW,
    ("F", "W"): WITHDRAW,
    ("C", "P"): REFUSE,
    ("C", "F"): FLAG,
    ("C", "C"): REPLACE,
    ("C", "X"): WITHDRAW,
    ("C", "W"): WITHDRAW,
    ("X", "P"): TAKE,
    ("X", "F"): TAKE,
    ("X", "C"): REPLACE,
    ("X", "X"): FLAG,
    ("X", "W"): FLAG,
    ("W", "P"): TAKE,
    ("W", "F"): TAKE,
    ("W", "C"): FLAG,
    ("W", "X"): FLAG,
    ("W", "W"): FLAG,
}
"""What is done with a result by the status of the one that is held and its own.

FLAG: it is filed as the current one, with a note that the sequence is wrong. REFUSE is settled by policy.
"""
POLICIES = ("refuse", "flag", "replace")
"""`preliminary_after_final`: AE; filed beside the final one, which stays current; or taken over it (a fault)."""
CORRECTIONS = ("replace", "append")
"""`correction`: C replaces what it corrects, or is filed as one more report beside it (a fault)."""
SHOWN_AS = ("text", "markup")
"""`results_as`: what a ward reads of a report. As markup, all from a < to the next > or the line's end is gone."""

_MARKUP = re.compile(r"<[^>\n]*>?")
_ODD = {
    ("", "C"): "a correction of nothing that is held here",
    ("P", "C"): "a correction of what was never final",
}


@dataclass(frozen=True)
class Result:
    """A report as a message brings it; `status` W means that it was posted to the wrong patient."""

    placer: str
    accession: str
    patient_id: str
    issuer: str
    status: str
    text: str
    author: str
    exam: str
    study_uid: str
    control_id: str


def file(tx: sqlite3.Connection, new: Result, at: str, policy: str, correction: str) -> str:
    """File a report by `RULES` and tell it in words; Hl7Error (AE) when it may not follow what is held."""
    held = tx.execute(
        "SELECT * FROM epr_result WHERE accession=? AND placer=? AND patient_id=? AND issuer=? AND current=1 "
        "ORDER BY version DESC LIMIT 1",
        (new.accession, new.placer, new.patient_id, new.issuer),
    ).fetchone()
    if held is not None and held["control_id"] == new.control_id and held["text"] == new.text:
        return f"report of {_what(new)} received before"
    before = held["status"] if held is not None else ""
    rule = RULES[(before, new.status)]
    note, current = "", True
    if rule == REFUSE:
        if policy == "refuse" or new.status == "W":
            what = "nothing to withdraw here" if new.status == "W" else f"{new.status} after {before}"
            raise Hl7Error(
                f"{what}: {_what(new)}",
                place="OBR-25",
                code="207",
                remedy="A final report is changed by a correction (C), not by a preliminary one.",
            )
        note, current = f"{new.status} came after {before}", policy == "replace"
    elif rule == FLAG:
        note = _ODD.get((before, new.status), f"{new.status} came after {before}" if before else f"{new.status} alone")
    replaces = current and held is not None and not (new.status == "C" and correction == "append")
    if replaces:
        tx.execute(
            "UPDATE epr_result SET current=0 WHERE accession=? AND placer=? AND patient_id=? AND issuer=?",
            (new.accession, new.placer, new.patient_id, new.issuer),
        )
    version = 1 + (held["version"] if held is not None else 0)
    text = new.text or (held["text"] if rule == WITHDRAW and held is not None else "")
    tx.execute(
        "INSERT INTO epr_result (placer, accession, patient_id, issuer, version, status, text, author, exam, "
        "study_uid, filed, control_id, note, current) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(new.placer, new.accession, new.patient_id, new.issuer, version, new.status, text, new.author, new.exam),
            *(new.study_uid, at, new.control_id, note, int(current)),
        ),
    )
    return f"report of {_what(new)}: {new.status}, version {version}{f' ({note})' if note else ''}"


def as_shown(text: str, how: str) -> str:
    """A report's text as the results viewer shows it, set to `how` of `SHOWN_AS`."""
    return _MARKUP.sub("", text) if how == "markup" else text


def _what(new: Result) -> str:
    return new.accession or new.placer or "an exam without a number"
