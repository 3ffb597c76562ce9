"""Whose images of another hospital are here: one whole identity of this hospital (IHE RAD Import Reconciliation)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simlab.department.epr import views as epr
from simlab.department.pacs import views as pacs
from simlab.department.ris import settings as ris_settings
from simlab.department.ris import views as ris
from simlab.department.ris.states import CANCELLED, DISCONTINUED
from simlab.dicom.header import Header
from simlab.errors import BadInput, NotFound

KEYWORDS = {
    "patient_id": "PatientID",
    "issuer": "IssuerOfPatientID",
    "patient_name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "accession": "AccessionNumber",
}
"""The facts of an identity, and where they stand in an image."""
_ALIEN = (
    "PatientBirthTime", "PatientBirthName", "PatientMotherBirthName", "OtherPatientNames", "PatientAddress",
    "PatientTelephoneNumbers",
)  # fmt: skip
"""What else an image may say of whoever it was made of, and this hospital does not: it goes with the rest."""
_KNOWS: tuple[tuple[str, Callable[..., list[dict[str, Any]]]], ...] = (
    ("RIS", ris.patients),
    ("EPR", epr.patients),
    ("PACS", pacs.patients),
)
_SEXES = ("F", "M", "O")  # (0010,0040); HL7 has others
_LONGEST = 64  # characters of LO, and of a component group of PN (PS3.5 6.2)


def identity(tx: sqlite3.Connection, given: Mapping[str, str]) -> dict[str, str]:
    """Every fact of `KEYWORDS`: those of the order or patient that is named, and of nobody else.

    What is given besides has to agree with the record. A number that nobody here has needs name, birth date and sex
    (empty where they are not known). Without an order there is no accession number: another hospital's is none of ours.
    Raises NotFound for an unknown order or person, BadInput for facts of two people or a number that was merged.
    """
    said = {key: value.strip() for key, value in given.items()}
    _checked(said)
    order = _order(tx, said["accession"]) if said.get("accession") else None
    number = said.get("patient_id", "")
    if order and number and number != order["patient_id"]:
        raise BadInput(
            f"the order {said['accession']} is of {order['patient_id']} {order['patient_name'] or ''}".rstrip()
            + f", not of {number}",
            place="accession",
            remedy="Look whose images these are.",
        )
    number = number or (order["patient_id"] if order else "")
    if not number:
        raise BadInput("nobody is named", place="identity", remedy="Give the patient's number or an order's accession.")
    issuer = order["issuer"] if order else said.get("issuer", "")
    if order and said.get("issuer") not in (None, "", issuer):
        raise BadInput(f"the order's patient has a number of {issuer}", place="issuer", remedy="Leave it out.")
    person = _known(tx, number, issuer)
    if person is None:
        person = _new(tx, number, issuer, said)
    for key in ("patient_name", "birth_date", "sex"):
        if key in said and not _agrees(key, said[key], person[key]):
            raise BadInput(
                f"{number} is {_told(person)} here, not {said[key] or 'unknown'}",
                place=key,
                remedy="Leave it out, or have the patient's record corrected first.",
            )
    return {**person, "accession": said.get("accession", "")}


def changes(header: Header, person: Mapping[str, str]) -> dict[str, str]:
    """What has to be written into an image with that header, so that nothing of somebody else stays in it."""
    made = {KEYWORDS[key]: value for key, value in person.items()}
    made |= dict.fromkeys(_ALIEN, "")
    if header.birth_date != person["birth_date"]:
        made["PatientAge"] = ""
    return made


def differing(header: Header, person: Mapping[str, str]) -> list[str]:
    """Which of name, birth date and sex the disc says otherwise: is it the same person?"""
    return [
        key
        for key in ("patient_name", "birth_date", "sex")
        if (there := getattr(header, key)) and not _agrees(key, there, person[key])
    ]


def _checked(said: Mapping[str, str]) -> None:
    for key, value in said.items():
        if len(value) > _LONGEST or "\\" in value or not value.isprintable():
            raise BadInput(f"{value[:80]!r} is no {key.replace('_', ' ')}", place=key, remedy="Write one short line.")
    if date := said.get("birth_date"):
        try:
            datetime.strptime(date, "%Y%m%d")
        except ValueError:
            raise BadInput(f"{date!r} is no date", place="birth_date", remedy="Write it as 19570214.") from None
    if said.get("sex", "") not in ("", *_SEXES):
        raise BadInput(f"{said['sex']!r} is no sex", place="sex", remedy="Use F, M or O, or leave it empty.")


def _order(tx: sqlite3.Connection, accession: str) -> dict[str, Any]:
    found = ris.orders(tx, accession)
    if not found:
        raise NotFound(
            f"the RIS has no order {accession}",
            place="accession",
            remedy="`simlab ris orders` lists them; order first.",
        )
    if found[0]["state"] in (CANCELLED, DISCONTINUED):
        raise BadInput(f"the order {accession} is {found[0]['state']}", place="accession", remedy="Order anew.")
    return found[0]


def _known(tx: sqlite3.Connection, number: str, issuer: str) -> dict[str, str] | None:
    """The person of that number as the first system says that knows them; None where none does."""
    for system, patients in _KNOWS:
        rows = [row for row in patients(tx, number) if issuer in ("", row["issuer"])]
        if len(rows) > 1:
            issuers = " and ".join(sorted(row["issuer"] for row in rows))
            raise BadInput(f"{number} is a number of {issuers}", place="issuer", remedy="Say whose.")
        for row in rows:
            if row["merged_into"]:
                raise BadInput(
                    f"{number} was merged into {row['merged_into']} ({system})",
                    place="patient_id",
                    remedy="Import it under that number.",
                )
            sex = row["sex"] if row["sex"] in _SEXES else ""
            return {"patient_id": number, "issuer": row["issuer"], "patient_name": row["name"],
                    "birth_date": _date(row["birth_date"]), "sex": sex}  # fmt: skip
    return None


def _new(tx: sqlite3.Connection, number: str, issuer: str, said: Mapping[str, str]) -> dict[str, str]:
    facts = {key: said.get(key) for key in ("patient_name", "birth_date", "sex")}
    missing = [key.replace("_", " ") for key, value in facts.items() if value is None]
    if missing:
        raise NotFound(
            f"nobody here has the number {number}{f' of {issuer}' if issuer else ''}",
            place="patient_id",
            remedy=f"Register the patient first, or say {', '.join(missing)} too.",
        )
    if not facts["patient_name"]:
        raise BadInput("a patient without a name", place="patient_name", remedy="Write FAMILY^GIVEN.")
    own = issuer or ris_settings.load(tx).mrn_authority
    return {"patient_id": number, "issuer": own, **{key: value or "" for key, value in facts.items()}}


def _told(person: Mapping[str, str]) -> str:
    return f"{person['patient_name']}, born {person['birth_date'] or '?'}, {person['sex'] or '?'}"


def _date(text: str | None) -> str:
    return text[:8] if text and re.match(r"\d{8}", text) else ""


def _agrees(key: str, one: str, other: str) -> bool:
    """Whether two say the same; of names the parts that both have count."""
    if key != "patient_name":
        return one == other
    parts = zip(one.casefold().split("^"), other.casefold().split("^"), strict=False)
    return all(mine.strip() == theirs.strip() for mine, theirs in parts if mine.strip() and theirs.strip())
