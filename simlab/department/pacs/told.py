"""What HL7 messages say, in the words of the archive: numbers, demographics, orders, reported studies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simlab.department.pacs import orders
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message

STATUSES = {
    "CA": orders.CANCELLED,
    "OC": orders.CANCELLED,
    "DC": orders.DISCONTINUED,
    "OD": orders.DISCONTINUED,
    "HD": "held",
    "IP": "in progress",
    "CM": "performed",
}
"""Status of an order by ORC-1 (HL7 table 0119) or ORC-5 (0038), the first that says one; else it is scheduled."""

SEXES = {"F": "F", "M": "M", "O": "O", "A": "O", "N": "O", "U": ""}
"""HL7 table 0001 to Patient's Sex (0010,0040)."""

DELETED = '""'
"""HL7 v2.5.1 ch. 2.7.1: two quotation marks delete a value, an empty field leaves it alone."""


class Number(NamedTuple):
    """One repetition of PID-3 or MRG-1: the number, its authority (CX.4.1), its type (CX.5)."""

    id: str
    authority: str
    kind: str


def numbers(message: Message, field: str) -> list[Number]:
    """Every number at PID-3 or MRG-1; Hl7Error when there is none."""
    segment, number = field.split("-")
    where = segment if "[" in segment else f"{segment}[1]"
    columns = [message.all(f"{where}-{number}.{part}") for part in ("1", "4.1", "5")]
    found = [Number(*(part.strip() for part in parts)) for parts in zip(*columns, strict=True) if parts[0].strip()]
    if not found:
        place = field.replace("[1]", "")
        raise Hl7Error("no patient identifier", place=place, code="101", remedy=f"Fill {place}.1 and its authority.")
    return found


def ordered(message: Message, issuer: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each order of ORM^O01 (OBR-18, ZDS-1) or OMI^O23 (its first IPC): its accession number and what it says."""
    known = numbers(message, "PID-3")
    own = next((n for n in known if n.authority == issuer), known[0])
    told = demographics(message)
    for index, places in enumerate(_orders(message), 1):
        orc, obr, ipc, zds = (places.get(name, "") for name in ("ORC", "OBR", "IPC", "ZDS"))

        def said(where: str, field: str) -> str:
            return message.get(f"{where}-{field}") if where else ""

        accession = said(ipc, "1.1") or said(obr, "18.1")
        control = said(orc, "1")
        family, given, middle, suffix, prefix = (said(obr, f"16.{part}") for part in (2, 3, 4, 5, 6))
        yield (
            accession.strip(),
            {
                "patient_id": own.id,
                "issuer": own.authority or issuer,
                "patient_name": told.get("name", ""),
                "birth_date": told.get("birth_date", ""),
                "sex": told.get("sex", ""),
                "study_uid": said(ipc, "3.1") or said(zds, "1.1") or (said("ZDS[1]", "1.1") if index == 1 else ""),
                "description": said(obr, "44.2") or said(obr, "4.2"),
                "referring": "^".join((family, given, middle, prefix, suffix)).rstrip("^"),
                "modality": said(ipc, "5.1") or said(obr, "24"),
                "scheduled": said(obr, "36.1") or said(places.get("TQ1", ""), "7.1") or said(orc, "7.4"),
                "status": STATUSES.get(control) or STATUSES.get(said(orc, "5"), "scheduled"),
            },
        )


def _orders(message: Message) -> list[dict[str, str]]:
    """Every ORC with the first OBR, TQ1, IPC and ZDS that follow it, by name."""
    found: list[dict[str, str]] = []
    counts: dict[str, int] = {}
    for segment in message.segments:
        counts[segment.name] = number = counts.get(segment.name, 0) + 1
        if segment.name == "ORC":
            found.append({})
        if found and segment.name in ("ORC", "OBR", "TQ1", "IPC", "ZDS"):
            found[-1].setdefault(segment.name, f"{segment.name}[{number}]")
    return found


def reported_study(message: Message) -> str:
    """The Study Instance UID that a report names in an OBX of code 113014 (DICOM Study), if any."""
    for index in range(1, len(message.named("OBX")) + 1):
        if message.get(f"OBX[{index}]-3.1") == "113014":
            return message.get(f"OBX[{index}]-5.1")
    return ""


def same_kind(survivor: Number, retired: Number) -> bool:
    """A40 merges numbers of one authority and, where both say it, one type (HL7 v2.5.1 ch. 3.3.40)."""
    types = {survivor.kind, retired.kind} - {""}
    return survivor.authority == retired.authority and len(types) < 2


def demographics(message: Message, pid: str = "PID") -> dict[str, str]:
    """What a PID says of the patient, by DICOM's words: name (PN), birth_date (DA), sex; absent facts left out."""
    facts: dict[str, str] = {}
    # XPN has suffix then prefix, PN prefix then suffix (HL7 v2.5.1 ch. 2.A.88, PS3.5 6.2.1.1).
    family, given, middle, suffix, prefix = (message.get(f"{pid}-5.{part}") for part in ("1.1", "2", "3", "4", "5"))
    name = "^".join((family, given, middle, prefix, suffix)).rstrip("^")
    birth, sex = message.get(f"{pid}-7.1"), message.get(f"{pid}-8.1")
    if name:
        facts["name"] = "" if family == DELETED else name
    if birth:
        facts["birth_date"] = "" if birth == DELETED else birth[:8]
    if sex:
        facts["sex"] = SEXES.get(sex.upper(), "")
    return facts


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Every PID with the MRG that follows it, as ``PID[1]`` and ``MRG[1]``; Hl7Error when there is none."""
    pid = mrg = 0
    for segment in message.segments:
        pid += segment.name == "PID"
        if segment.name == "MRG":
            mrg += 1
            yield f"PID[{pid}]", f"MRG[{mrg}]"
    if not mrg:
        raise Hl7Error("a merge without MRG", place="MRG-1", code="100", remedy="Name the number that retires.")
