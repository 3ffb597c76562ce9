"""What HL7 messages say, as the RIS's own values (IHE RAD TF-2, RAD-1 to RAD-13; mapping to the worklist, RAD-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from simlab.department.ris import orders, states
from simlab.department.ris.orders import OrderRequest
from simlab.department.ris.patients import Identifier
from simlab.dicom.uids import is_uid
from simlab.errors import BadInput
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message

PRIORITIES = {"S": "STAT", "A": "HIGH", "P": "HIGH", "C": "HIGH", "R": "ROUTINE", "T": "MEDIUM"}
"""Requested Procedure Priority (0040,1003) by ORC-7.6."""

SEXES = {"M": "M", "F": "F", "O": "O", "A": "O", "N": "O", "U": ""}
"""Patient's Sex (0010,0040) by PID-8 (table 0001): DICOM has M, F and O only; unknown is empty."""

PREGNANT = {"B6": "3"}
"""Pregnancy Status (0010,21C0) by PV1-15 (table 0009): 3 is possibly pregnant or certainly so."""

DELETE = '""'


@dataclass(frozen=True)
class OrderLine:
    """One ORC/OBR pair: ORC-1, ORC-5, ORC-16 (why), which OBR, and the request with the keys that name an order."""

    control: str
    status: str
    why: str
    obr: str
    request: OrderRequest


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


def identifiers(message: Message, place: str = "PID-3") -> list[Identifier]:
    """Every number in a CX field: CX.1, the namespace of CX.4, CX.5."""
    count = len(message.all(place))
    found = []
    for n in range(1, count + 1):
        number = message.get(f"{place}[{n}].1")
        if number and number != DELETE:
            authority = message.get(f"{place}[{n}].4.1")
            found.append(Identifier(_line(number), _line(authority), _line(message.get(f"{place}[{n}].5"))))
    return found


def demographics(message: Message) -> dict[str, str]:
    """What PID says of the patient: empty fields are left out, deleted ones ("") are empty."""
    said: dict[str, str] = {}
    if message.get("PID-5"):
        said["name"] = person_name(message, "PID-5[1]", family=1)
    if message.get("PID-7"):
        said["birth_date"] = _date(message.get("PID-7.1"), "PID-7")
    if message.get("PID-8"):
        sex = message.get("PID-8.1")
        if sex != DELETE and sex not in SEXES:
            raise Hl7Error(f"{sex!r} is no sex of table 0001", place="PID-8", code="103", remedy="Send M, F, O or U.")
        said["sex"] = SEXES.get(sex, "")
    if message.get("PID-11"):
        parts = [message.get(f"PID-11[1].{n}") for n in (1, 2, 3, 4, 5)]
        said["address"] = ", ".join(_line(part) for part in parts if part and part != DELETE)
    if message.get("PID-13"):
        said["phone"] = _line(message.get("PID-13[1].1"))
    return said


def person_name(message: Message, place: str, *, family: int) -> str:
    """A DICOM PN from an XPN (`family` is component 1) or an XCN (component 2).

    Suffix and prefix change places: XPN has suffix before prefix, PN prefix before suffix (PS3.5 6.2.1.1).
    """
    at = f"{place}.{family}"
    last = message.get(f"{at}.1")
    if last == DELETE:
        return ""
    return _pn(last, *(message.get(f"{place}.{family + n}") for n in (1, 2, 3, 4)))


def order_lines(message: Message, patient: Identifier) -> Iterator[OrderLine]:
    """Every ORC with its OBR and ZDS; a lone ZDS at the end is for all. Raises Hl7Error for what is missing."""
    groups: list[dict[str, int]] = []
    counts: dict[str, int] = {}
    for segment in message.segments:
        counts[segment.name] = counts.get(segment.name, 0) + 1
        if segment.name == "ORC":
            groups.append({})
        if groups and segment.name in ("ORC", "OBR", "ZDS"):
            groups[-1].setdefault(segment.name, counts[segment.name])
    if not groups:
        raise Hl7Error("an order without ORC", place="ORC-1", code="100", remedy="Send ORC and OBR for each order.")
    for group in groups:
        if "OBR" not in group:
            raise Hl7Error(f"ORC {group['ORC']} has no OBR", place="OBR-4", code="100", remedy="Send an OBR with it.")
        zds = group.get("ZDS") or (counts.get("ZDS", 0) if counts.get("ZDS") == 1 else 0)
        yield _line_of(message, patient, f"ORC[{group['ORC']}]", f"OBR[{group['OBR']}]", f"ZDS[{zds}]" if zds else "")


def _line_of(message: Message, patient: Identifier, orc: str, obr: str, zds: str) -> OrderLine:
    def said(place: str) -> str:
        value = message.get(place)
        return "" if value == DELETE else _line(value)

    def first(*places: str) -> str:
        return next(filter(None, (said(place) for place in places)), "")

    start = first(f"{orc}-7.4", f"{obr}-27.4", f"{obr}-36.1", "TQ1-7.1")
    status = said(f"{orc}-5")
    request = OrderRequest(
        patient=patient,
        exam=first(f"{obr}-4.1"),
        start=_start(start, f"{orc}-7.4") if start else None,
        state=states.FROM_HL7.get(status, states.BOOKED if start else states.REQUESTED),
        accession=said(f"{obr}-18"),
        placer=first(f"{orc}-2.1", f"{obr}-2.1"),
        filler=first(f"{orc}-3.1", f"{obr}-3.1"),
        description=first(f"{obr}-44.2", f"{obr}-4.2"),
        procedure_id=said(f"{obr}-19"),
        procedure_code=first(f"{obr}-44.1", f"{obr}-4.1"),
        reason=first(f"{obr}-31[1].2", f"{obr}-31[1].1"),
        referrer=person_name(message, "PV1-8[1]", family=2),
        requester=person_name(message, f"{obr}-16[1]", family=2) or person_name(message, f"{orc}-12[1]", family=2),
        priority=PRIORITIES.get(first(f"{orc}-7.6", f"{obr}-27.6", "TQ1-9.1"), "ROUTINE"),
        visit=first("PV1-19.1", "PID-18.1"),
        visit_issuer=first("PV1-19.4.1", "PID-18.4.1"),
        alerts=said(f"{obr}-13"),
        patient_state=said(f"{obr}-12.2") or said(f"{obr}-12.1"),
        pregnancy=PREGNANT.get(said("PV1-15"), ""),
        step_id=said(f"{obr}-20"),
        study_uid=_uid(said(f"{zds}-1.1"), "ZDS-1") if zds else "",
        modality=said(f"{obr}-24"),
        physician=_performer(message, obr),
        protocol_code=said(f"{obr}-4.4"),
        step_description=said(f"{obr}-4.5"),
        **_size(message),
    )
    return OrderLine(said(f"{orc}-1"), status, first(f"{orc}-16.2", f"{orc}-16.1"), obr, request)


def _performer(message: Message, obr: str) -> str:
    """OBR-34.1, a CN inside an NDL: its parts are sub-components; some senders write them as components."""
    place = f"{obr}-34[1]"
    if message.get(f"{place}.1.2"):
        return _pn(*(message.get(f"{place}.1.{n}") for n in (2, 3, 4, 5, 6)))
    return person_name(message, place, family=2)


def _pn(family: str, given: str, middle: str, suffix: str, prefix: str) -> str:
    parts = (_name_part(part) for part in (family, given, middle, prefix, suffix))
    return "^".join(parts).rstrip("^")


def _name_part(text: str) -> str:
    """Without the characters that delimit a PN; at most 64 (PS3.5 6.2)."""
    return _line("" if text == DELETE else re.sub(r"[\^=\\]", " ", text))[:64]


def _line(text: str) -> str:
    """One line of at most 400 characters, control characters made spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())


def _date(text: str, place: str) -> str:
    if text == DELETE:
        return ""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").strftime("%Y%m%d")
    except ValueError:
        raise Hl7Error(f"{text!r} is no date", place=place, code="102", remedy="Write it YYYYMMDD.") from None


def _start(text: str, place: str) -> str:
    try:
        return orders.moment(re.split(r"[.+-]", text)[0])
    except BadInput:
        raise Hl7Error(
            f"{text!r} is no date and time", place=place, code="102", remedy="Write it YYYYMMDDHHMM."
        ) from None


def _uid(text: str, place: str) -> str:
    if text and not is_uid(text):
        raise Hl7Error(
            f"{text[:80]!r} is no UID", place=place, code="102", remedy="Digits and dots, at most 64 (PS3.5 9.1)."
        )
    return text


def _size(message: Message) -> dict[str, str]:
    """Weight in kg and height in m from OBX (RAD-4), as decimal strings."""
    found: dict[str, str] = {}
    for n in range(1, len(message.named("OBX")) + 1):
        what = f"{message.get(f'OBX[{n}]-3.1')} {message.get(f'OBX[{n}]-3.2')}".upper()
        name = next((name for name in ("weight", "height") if f"BODY {name.upper()}" in what), None)
        value = message.get(f"OBX[{n}]-5")
        if name is None or not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", value):
            continue
        metres = name == "height" and message.get(f"OBX[{n}]-6.1").lower() == "cm"
        found[name] = f"{float(value) / 100:g}" if metres else value
    return found
