"""ADT messages: registrations, movements, updates; merges, moves and links of identities (HL7 v2.5.1 ch. 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from simlab.hl7.build_values import (
    Header,
    Identifier,
    Patient,
    Raw,
    Visit,
    composite,
    message,
    pd1,
    pid,
    pv1,
    repeated,
    segment,
    timestamp,
)
from simlab.hl7.errors import Hl7Error

STRUCTURES = {
    **dict.fromkeys(("A01", "A04", "A08", "A13"), "ADT_A01"),
    "A02": "ADT_A02",
    "A03": "ADT_A03",
    **dict.fromkeys(("A05", "A28", "A31"), "ADT_A05"),
    **dict.fromkeys(("A06", "A07"), "ADT_A06"),
    "A11": "ADT_A09",
    "A12": "ADT_A12",
    "A18": "ADT_A18",
    "A23": "ADT_A21",
    "A24": "ADT_A24",
    **dict.fromkeys(("A34", "A47"), "ADT_A30"),
    "A37": "ADT_A37",
    "A38": "ADT_A38",
    "A40": "ADT_A39",
    "A43": "ADT_A43",
}
"""Message structures by trigger event (HL7 v2.5.1 table 0354)."""

EARLIER: dict[str, dict[str, str]] = {
    "2.4": {"A12": "ADT_A09"},
    "2.3.1": {**dict.fromkeys(("A05", "A28", "A31"), "ADT_A01"), "A23": "", "A37": ""},
}
"""Where an earlier version's table 0354 differs; 2.3 has no structures in MSH-9 at all."""

PERSONS = (
    *("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A11"),
    *("A12", "A13", "A23", "A28", "A31", "A38"),
)
"""Events of one person: EVN, PID, PV1."""
MERGES = ("A18", "A34", "A40")
LINKS = ("A24", "A37")


def adt(header: Header, event: str, patient: Patient, visit: Visit | None = None) -> bytes:
    """An event of one person (`PERSONS`); without a visit PV1-2 is N, not applicable."""
    segments = [evn(header, event), pid(patient, header), pd1(patient), pv1(visit or Visit(patient_class="N"))]
    return message(header, kind(header, event), segments)


def merge(
    header: Header,
    survivor: Patient,
    retired: Sequence[Identifier],
    *,
    event: str = "A40",
    visit: Visit | None = None,
) -> bytes:
    """A40, A34 or A18: `survivor` (PID-3) stays, the `retired` numbers (MRG-1) go. A18 has a PV1 of its own."""
    if event not in MERGES:
        raise Hl7Error(f"{event} merges nobody", place="EVN-1", remedy=f"Use {', '.join(MERGES)}.")
    segments = [evn(header, event), pid(survivor, header), pd1(survivor), mrg(retired)]
    if event == "A18":
        segments.append(pv1(visit or Visit(patient_class="N")))
    return message(header, kind(header, event), segments)


def link(header: Header, one: Patient, other: Patient, *, unlink: bool = False) -> bytes:
    """A24 says that two records are of one person, A37 that they are not; both records stay."""
    event = "A37" if unlink else "A24"
    return message(header, kind(header, event), [evn(header, event), pid(one, header), pid(other, header)])


def move(header: Header, moved: Sequence[Identifier], person: Patient, wrong: Identifier) -> bytes:
    """A43: identifiers of a person (PID-3, and MRG-1 the same) that stood under the number `wrong` (MRG-4).

    `person` is to whom they belong: the first identifier is the number they go to (PID-2).
    """
    fields = pid(Patient(tuple(moved), **_told(person)), header).split("|")
    fields[2] = person.identifiers[0].cx
    return message(header, kind(header, "A43"), [evn(header, "A43"), "|".join(fields), mrg(moved, wrong)])


def renumber(header: Header, patient: Patient, old: Sequence[Identifier]) -> bytes:
    """A47: the person's number (PID-3), which was never used before, takes the place of `old` (MRG-1)."""
    return message(header, kind(header, "A47"), [evn(header, "A47"), pid(patient, header), pd1(patient), mrg(old)])


def evn(header: Header, event: str) -> str:
    """EVN: EVN-1 repeats the event for receivers before 2.3.1; EVN-2 is when it was recorded."""
    return segment("EVN", {1: event, 2: timestamp(header.at)})


def mrg(numbers: Sequence[Identifier], patient_id: Identifier | None = None) -> str:
    """MRG: the prior numbers (MRG-1), and the prior patient ID (MRG-4) where one is named."""
    return segment("MRG", {1: repeated([one.cx for one in numbers]), 4: patient_id.cx if patient_id else ""})


def kind(header: Header, event: str) -> Raw:
    """MSH-9 of an ADT."""
    structure = "" if header.version == "2.3" else EARLIER.get(header.version, {}).get(event, STRUCTURES.get(event, ""))
    return composite("ADT", event, structure)


def _told(patient: Patient) -> dict[str, str]:
    return {
        name: getattr(patient, name) for name in ("family", "given", "middle", "title", "suffix", "sex", "birth_date")
    }
