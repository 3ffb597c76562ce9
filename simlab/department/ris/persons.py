"""What HL7 messages say of persons, as the RIS's own values: identifiers, demographics, names."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import datetime

from simlab.department.ris.patients import Identifier
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message

SEXES = {"M": "M", "F": "F", "O": "O", "A": "O", "N": "O", "U": ""}
"""Patient's Sex (0010,0040) by PID-8 (table 0001): DICOM has M, F and O only; unknown is empty."""

DELETE = '""'


def hospital_number(message: Message, own: str, place: str = "PID-3", *, strict: bool = False) -> Identifier:
    """The repetition of a CX field that the authority `own` gave.

    A field with one number and no authority counts as our own unless `strict`. Raises Hl7Error when there is none.
    """
    found = identifiers(message, place)
    for one in found:
        if one.authority == own:
            return one
    if not strict and len(found) == 1 and not found[0].authority:
        return replace(found[0], authority=own)
    if strict and found:
        return next((one for one in found if one.type == "MR"), found[0])
    said = ", ".join(str(one) for one in found) or "none"
    raise Hl7Error(
        f"no number of authority {own}; there is {said}",
        place=place,
        code="101",
        remedy=f"Send the hospital number with its assigning authority: 1234567^^^{own}^MR.",
    )


def own_number(message: Message, own: str, place: str) -> Identifier:
    """The number at `place` that merges and moves are about: it must be of the authority that the RIS keeps."""
    one = hospital_number(message, own, place, strict=True)
    if one.authority != own:
        raise Hl7Error(
            f"{one.number} has the authority {one.authority or 'none'}, the RIS keeps those of {own}",
            place=f"{plain(place)}.4",
            code="204",
            remedy=f"Send {one.number}^^^{own}^MR if that is meant.",
        )
    return one


def spot(message: Message, one: Identifier) -> str:
    """Where a message names that number: the repetition of PID-3, PID-2, MRG-1 or MRG-4; "" when nowhere."""
    for name, field in (("PID", 3), ("MRG", 1), ("PID", 2), ("MRG", 4)):
        for n in range(1, len(message.named(name)) + 1):
            for r in range(1, _count(message, f"{name}[{n}]-{field}") + 1):
                at = f"{name}[{n}]-{field}[{r}]"
                if message.get(f"{at}.1") == one.number and message.get(f"{at}.4.1") in (one.authority, ""):
                    return f"{plain(at)}.1"
    return ""


def plain(place: str) -> str:
    """A place as people say it when there is one segment of its name: ``PID-3`` for ``PID[1]-3``."""
    return place.replace("[1]-", "-")


def identifiers(message: Message, place: str = "PID-3") -> list[Identifier]:
    """Every number in a CX field: CX.1, the namespace of CX.4, CX.5."""
    found = []
    for n in range(1, _count(message, place) + 1):
        number = message.get(f"{place}[{n}].1")
        if number and number != DELETE:
            authority = message.get(f"{place}[{n}].4.1")
            found.append(Identifier(line(number), line(authority), line(message.get(f"{place}[{n}].5"))))
    return found


def _count(message: Message, place: str) -> int:
    return len(message.all(place if "[" in place else place.replace("-", "[1]-")))


def learn_authorities(tx: sqlite3.Connection, message: Message) -> None:
    """Remember the universal IDs that authorities in PID-3 go by (CX.4.2, CX.4.3)."""
    for n in range(1, _count(message, "PID-3") + 1):
        name, universal, kind = (line(message.get(f"PID-3[{n}].4.{part}")) for part in (1, 2, 3))
        if name and universal:
            tx.execute(
                "INSERT INTO ris_authority VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
                "universal_id=excluded.universal_id, universal_type=excluded.universal_type",
                (name, universal[:64], kind[:16]),
            )


def demographics(message: Message, pid: str = "PID") -> dict[str, str]:
    """What a PID says of the patient: empty fields are left out, deleted ones ("") are empty."""
    said: dict[str, str] = {}
    if message.get(f"{pid}-5"):
        said["name"] = person_name(message, f"{pid}-5[1]", family=1)
    if message.get(f"{pid}-7"):
        said["birth_date"] = _date(message.get(f"{pid}-7.1"), "PID-7")
    if message.get(f"{pid}-8"):
        sex = message.get(f"{pid}-8.1")
        if sex != DELETE and sex not in SEXES:
            raise Hl7Error(f"{sex!r} is no sex of table 0001", place="PID-8", code="103", remedy="Send M, F, O or U.")
        said["sex"] = SEXES.get(sex, "")
    if message.get(f"{pid}-11"):
        parts = [message.get(f"{pid}-11[1].{n}") for n in (1, 2, 3, 4, 5)]
        said["address"] = ", ".join(line(part) for part in parts if part and part != DELETE)
    if message.get(f"{pid}-13"):
        phone = line(message.get(f"{pid}-13[1].1"))
        said["phone"] = "" if phone == DELETE else phone
    return said


def person_name(message: Message, place: str, *, family: int) -> str:
    """A DICOM PN from an XPN (`family` is component 1) or an XCN (component 2).

    Suffix and prefix change places: XPN has suffix before prefix, PN prefix before suffix (PS3.5 6.2.1.1).
    """
    at = f"{place}.{family}"
    last = message.get(f"{at}.1")
    if last == DELETE:
        return ""
    return pn(last, *(message.get(f"{place}.{family + n}") for n in (1, 2, 3, 4)))


def pn(family: str, given: str, middle: str, suffix: str, prefix: str) -> str:
    """A DICOM PN from the parts of a name as HL7 orders them."""
    parts = (_name_part(part) for part in (family, given, middle, prefix, suffix))
    return "^".join(parts).rstrip("^")


def _name_part(text: str) -> str:
    """Without the characters that delimit a PN; at most 64 (PS3.5 6.2)."""
    return line("" if text == DELETE else re.sub(r"[\^=\\]", " ", text))[:64]


def line(text: str) -> str:
    """One line of at most 400 characters, control characters made spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())


def _date(text: str, place: str) -> str:
    if text == DELETE:
        return ""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").strftime("%Y%m%d")
    except ValueError:
        raise Hl7Error(f"{text!r} is no date", place=place, code="102", remedy="Write it YYYYMMDD.") from None
