"""The patients of the electronic patient record: found, registered, changed, and told of in HL7."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from simlab.errors import BadInput, NotFound
from simlab.hl7 import build
from simlab.people import NHS, valid_nhs

FACTS = ("name", "birth_date", "sex", "address", "phone", "gp", "trace_status")
_SEXES = ("", "F", "M", "O", "U")
TRACES = tuple(f"NSTS{number:02}" for number in range(1, 9))
"""NHS number trace status (UK edition of table 0445, PID-32)."""


def checked(facts: Mapping[str, str]) -> dict[str, str]:
    """Demographics fit to be written, what HL7 deletes with "" being empty; BadInput names the one that is not."""
    facts = {key: "" if value == build.DELETED else value for key, value in facts.items()}
    for key, value in facts.items():
        if key not in (*FACTS, "nhs_number"):
            raise BadInput(f"no such fact {key!r}", place="EPR", remedy=f"There are: {', '.join(FACTS)}, nhs_number.")
        if not isinstance(value, str) or re.search(r"[\x00-\x1f\x7f]", value):
            raise BadInput("not one line of text", place=key, remedy="Leave control characters out.")
    if facts.get("sex", "") not in _SEXES:
        raise BadInput(f"{facts['sex']!r} is no sex", place="sex", remedy="Use F, M, O or U.")
    if facts.get("trace_status", "") not in ("", *TRACES):
        raise BadInput(
            f"{facts['trace_status']!r} is no trace status", place="trace_status", remedy="Use NSTS01 to NSTS08."
        )
    if facts.get("birth_date"):
        try:
            datetime.strptime(facts["birth_date"], "%Y%m%d")
        except ValueError:
            raise BadInput(
                f"{facts['birth_date']!r} is no date", place="birth_date", remedy="Write it as YYYYMMDD."
            ) from None
    if facts.get("nhs_number") and not valid_nhs(facts["nhs_number"]):
        raise BadInput("the check digit is wrong", place="nhs_number", remedy="Look at the ten digits again.")
    digits = {"nhs_number": facts["nhs_number"].replace(" ", "")} if "nhs_number" in facts else {}
    return {**facts, **digits}


def find(tx: sqlite3.Connection, patient_id: str, issuer: str) -> sqlite3.Row:
    """The patient of that number; NotFound, also for a retired number, which names the survivor."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM epr_patient WHERE patient_id=? AND issuer=?", (patient_id, issuer)
    ).fetchone()
    if row is None:
        raise NotFound(f"no patient {patient_id} of {issuer}", place="EPR", remedy="Look at the list of patients.")
    if row["merged_into"] is not None:
        raise NotFound(
            f"{patient_id} was merged into {row['merged_into']}", place="EPR", remedy=f"Use {row['merged_into']}."
        )
    return row


def survivor(tx: sqlite3.Connection, patient_id: str, issuer: str) -> str:
    """The number under which the patient is kept now; "" when there is none."""
    row = tx.execute("SELECT * FROM epr_patient WHERE patient_id=? AND issuer=?", (patient_id, issuer)).fetchone()
    if row is None:
        return ""
    # A merge re-points what was merged before, so one step leads to the survivor.
    return str(row["merged_into"] or row["patient_id"])


def register(
    tx: sqlite3.Connection, patient_id: str, issuer: str, facts: Mapping[str, str], at: str, event: str = "given"
) -> None:
    """Write a new patient."""
    if not facts.get("name"):
        raise BadInput("a new patient has a name", place="name", remedy="Write it as FAMILY^GIVEN.")
    columns = [facts.get(name, "") for name in FACTS]
    marks = ", ".join("?" * len(FACTS))
    tx.execute(
        f"INSERT INTO epr_patient (patient_id, issuer, {', '.join(FACTS)}) VALUES (?, ?, {marks})",
        (patient_id, issuer, *columns),
    )
    remember(tx, at, event, patient_id, issuer, patient_id)
    _nhs_number(tx, patient_id, issuer, facts, at)


def change(tx: sqlite3.Connection, patient_id: str, issuer: str, facts: Mapping[str, str], at: str) -> list[str]:
    """Change the given facts of a patient; gives those that are empty now and were not before."""
    if facts.get("name") == "":
        raise BadInput("a patient has a name", place="name", remedy="Write it as FAMILY^GIVEN.")
    held = tx.execute("SELECT * FROM epr_patient WHERE patient_id=? AND issuer=?", (patient_id, issuer)).fetchone()
    for name in FACTS:
        if name in facts:
            tx.execute(
                f"UPDATE epr_patient SET {name}=? WHERE patient_id=? AND issuer=?", (facts[name], patient_id, issuer)
            )
    _nhs_number(tx, patient_id, issuer, facts, at)
    return [name for name in FACTS if facts.get(name) == "" and held[name]]


def _nhs_number(tx: sqlite3.Connection, patient_id: str, issuer: str, facts: Mapping[str, str], at: str) -> None:
    if "nhs_number" not in facts:
        return
    key = (patient_id, issuer, NHS)
    before = tx.execute("SELECT number FROM epr_identifier WHERE patient_id=? AND issuer=? AND authority=?", key)
    numbers = [row["number"] for row in before.fetchall()]
    if numbers == [facts["nhs_number"]]:
        return
    for number in numbers:
        remember(tx, at, "taken away", number, NHS, patient_id)
    tx.execute("DELETE FROM epr_identifier WHERE patient_id=? AND issuer=? AND authority=?", key)
    if facts["nhs_number"]:
        tx.execute(
            "INSERT INTO epr_identifier VALUES (?, ?, ?, ?, 'NH')", (patient_id, issuer, facts["nhs_number"], NHS)
        )
        remember(tx, at, "given", facts["nhs_number"], NHS, patient_id)


def remember(
    tx: sqlite3.Connection,
    at: str,
    event: str,
    number: str,
    authority: str,
    patient_id: str,
    other: str = "",
    carried: list[list[str]] | None = None,
) -> None:
    """Write into the history of a number what became of it: whose it is now, and who else was concerned."""
    tx.execute(
        "INSERT INTO epr_identifier_event (at, event, number, authority, patient_id, other, carried) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (at, event, number, authority, patient_id, other, json.dumps(carried or [])),
    )


def in_hl7(tx: sqlite3.Connection, patient_id: str, issuer: str, emptied: Iterable[str] = ()) -> build.Patient:
    """The patient as PID tells of them: the hospital number first, then the others; `emptied` facts as deleted."""
    row = tx.execute("SELECT * FROM epr_patient WHERE patient_id=? AND issuer=?", (patient_id, issuer)).fetchone()
    others = tx.execute(
        "SELECT number, authority, type FROM epr_identifier WHERE patient_id=? AND issuer=? ORDER BY number",
        (patient_id, issuer),
    )
    # XPN and PN have suffix and prefix the other way round (HL7 v2.5.1 ch. 2.A.88, PS3.5 6.2.1.1).
    family, given, middle, prefix, suffix = (row["name"].split("^") + [""] * 5)[:5]
    facts = {name: row[name] for name in FACTS} | dict.fromkeys(emptied, build.DELETED)
    return build.Patient(
        (build.Identifier(patient_id, issuer), *(build.Identifier(*one) for one in others)),
        family=family,
        given=given,
        middle=middle,
        title=prefix,
        suffix=suffix,
        sex=facts["sex"],
        birth_date=facts["birth_date"],
        address=facts["address"],
        phone=facts["phone"],
        trace_status=facts["trace_status"],
        gp=facts["gp"],
    )
