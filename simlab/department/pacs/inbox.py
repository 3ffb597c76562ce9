"""The HL7 inbox of the PACS: keeps its patients as the hospital's ADT says they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.pacs import orders
from simlab.department.pacs.pacs import Pacs
from simlab.department.pacs.repair import PatientUnknown
from simlab.department.pacs.settings import setting
from simlab.faults import FaultTable
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import message_type, noise_into
from simlab.journal import Journal
from simlab.store import Store

NAME = "PACS"
DOOR = "PACS_HL7"
UPDATES = ("A01", "A04", "A08", "A28", "A31")
MERGES = ("A18", "A34", "A40")

ORDERS = (("ORM", "O01"), ("OMI", "O23"))
CANCELS = ("CA", "OC", "DC")
"""ORC-1 of an order that will not be made (HL7 table 0119)."""
REPORT = ("ORU", "R01")
RESULTS = {"P": "P", "A": "P", "F": "F", "C": "C"}
"""OBR-25 (HL7 table 0123) to a report status; any other is none yet, or none any more."""

MAX_NUMBERS = 50

SEXES = {"F": "F", "M": "M", "O": "O", "A": "O", "N": "O", "U": ""}
"""HL7 table 0001 to Patient's Sex (0010,0040)."""

DELETED = '""'
"""HL7 v2.5.1 ch. 2.7.1: two quotation marks delete a value, an empty field leaves it alone."""


class Number(NamedTuple):
    """One repetition of PID-3 or MRG-1: the number, its authority (CX.4.1), its type (CX.5)."""

    id: str
    authority: str
    kind: str


class PacsInbox:
    """The MLLP door PACS_HL7. It updates and merges patients that the archive knows, notes orders and reports."""

    def __init__(self, pacs: Pacs, store: Store, journal: Journal, clock: Clock, faults: FaultTable) -> None:
        self._pacs = pacs
        self._store = store
        receiver = Receiver(NAME, store, journal, clock, faults, self.apply, door=DOOR)
        self._server = MllpServer(DOOR, receiver, on_noise=noise_into(journal, NAME), lenient=receiver.lenient)
        self.endpoints: dict[str, Endpoint] = {}

    def open(self, host: str, port: int) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it is taken."""
        bound = self._server.open(host, port)
        self.endpoints["PACS_HL7"] = Endpoint(host, bound)
        return bound

    def close(self) -> None:
        """Stop listening, within a second."""
        self._server.close()

    def apply(self, message: Message) -> str:
        """Do what the message says and tell it in words; Hl7Error (AE) leaves everything as it was."""
        family, event = message.get("MSH-9.1"), message.get("MSH-9.2")
        if family == "ADT" and event in MERGES:
            return self._merge(message)
        if family == "ADT" and event in UPDATES:
            return self._update(message)
        if (family, event) in ORDERS:
            return self._order(message)
        if (family, event) == REPORT:
            return self._report(message)
        return f"{message_type(message)} means nothing to the PACS"

    def _update(self, message: Message) -> str:
        facts, known = demographics(message), []
        for number in _numbers(message, "PID-3"):
            if number.authority and facts:
                # A patient without images is no concern of the PACS, whatever authority the number has.
                with contextlib.suppress(PatientUnknown):
                    self._pacs.repairs.update_patient(number.id, number.authority, facts, waived=True)
                    known.append(number.id)
        return f"updated {', '.join(known)}" if known else "patient not known here, nothing to update"

    def _order(self, message: Message) -> str:
        """Remember the orders of ORM^O01 or OMI^O23 (IHE RAD-4), so that the images that come can be matched."""
        with self._store.write() as tx:
            issuer = str(setting(tx, "default_issuer"))
            told = [(accession, facts) for accession, facts in ordered(message, issuer) if accession]
            for accession, facts in told:
                orders.note(tx, accession, facts)
                self._pacs.dispatch.expect(tx, accession)
        noted = [accession for accession, _facts in told]
        return f"order {', '.join(noted)} noted" if noted else f"{message_type(message)} means nothing to the PACS"

    def _report(self, message: Message) -> str:
        """Mark the study of an ORU^R01 reported; what the report says is no concern of the PACS."""
        results = set(message.all("OBX-11"))
        status = "W" if results == {"W"} else RESULTS.get(message.get("OBR-25"), "")
        accession, study_uid = message.get("OBR-18"), reported_study(message)
        with self._store.write() as tx:
            rows = orders.studies_reported(tx, accession, study_uid)
            for row in rows:
                orders.mark_reported(tx, row["study_uid"], status)
        return f"report {status or 'none'} of {len(rows)} studies noted" if rows else "no such study here"

    def _merge(self, message: Message) -> str:
        survivors = _numbers(message, "PID-3")
        done = [self._retire(number, survivors) for number in _numbers(message, "MRG-1")]
        return "; ".join(filter(None, done)) or "nothing to merge"

    def _retire(self, retired: Number, survivors: list[Number]) -> str:
        if not retired.authority:
            raise Hl7Error(
                f"the retired number {retired.id} comes without its authority",
                place="MRG-1.4",
                remedy="Name the authority that gave the number.",
                code="101",
            )
        survivor = next((n for n in survivors if _same_kind(n, retired)), None)
        if survivor is None:
            raise Hl7Error(
                f"the retired number {retired.id} is of {retired.authority}, "
                f"the survivor's numbers are of {', '.join(sorted({n.authority or 'none' for n in survivors}))}",
                place="MRG-1.4",
                remedy="Give both numbers of one authority; a merge never crosses authorities.",
                code="204",
            )
        if survivor.id == retired.id:
            return ""
        try:
            self._pacs.repairs.merge_patients(
                retired.id, retired.authority, survivor.id, survivor.authority, waived=True
            )
        except PatientUnknown as error:
            if error.elsewhere:
                place = "PID-3.4" if error.patient_id == survivor.id else "MRG-1.4"
                raise Hl7Error(error.what, place=place, remedy=error.remedy, code="204") from error
            return f"nothing to merge, {retired.id} is not known here"
        return f"{retired.id} merged into {survivor.id}"


def _numbers(message: Message, field: str) -> list[Number]:
    """Every number at PID-3 or MRG-1; Hl7Error when there is none, or more than anybody has."""
    segment, number = field.split("-")
    columns = [message.all(f"{segment}[1]-{number}.{part}") for part in ("1", "4.1", "5")]
    found = [Number(*(part.strip() for part in parts)) for parts in zip(*columns, strict=True) if parts[0].strip()]
    if not found:
        raise Hl7Error("no patient identifier", place=field, code="101", remedy=f"Fill {field}.1 and its authority.")
    if len(found) > MAX_NUMBERS:
        raise Hl7Error(f"{len(found)} patient identifiers", place=field, remedy=f"Send {MAX_NUMBERS} at most.")
    return found


def ordered(message: Message, issuer: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each order of ORM^O01 (OBR-18, ZDS-1) or OMI^O23 (IPC-1, IPC-3): its accession number and what it says."""
    numbers = _numbers(message, "PID-3")
    own = next((n for n in numbers if n.authority == issuer), numbers[0])
    told = demographics(message)
    for index in range(1, len(message.named("OBR")) + 1):
        accession = message.get(f"IPC[{index}]-1.1") or message.get(f"OBR[{index}]-18.1")
        control = message.get(f"ORC[{index}]-1")
        family, given, middle, suffix, prefix = (message.get(f"OBR[{index}]-16.{part}") for part in (2, 3, 4, 5, 6))
        yield (
            accession.strip(),
            {
                "patient_id": own.id,
                "issuer": own.authority or issuer,
                "patient_name": told.get("name", ""),
                "birth_date": told.get("birth_date", ""),
                "sex": told.get("sex", ""),
                "study_uid": message.get(f"IPC[{index}]-3.1") or message.get(f"ZDS[{index}]-1.1"),
                "description": message.get(f"OBR[{index}]-44.2") or message.get(f"OBR[{index}]-4.2"),
                "referring": "^".join((family, given, middle, prefix, suffix)).rstrip("^"),
                "modality": message.get(f"IPC[{index}]-5.1") or message.get(f"OBR[{index}]-24"),
                "scheduled": message.get(f"OBR[{index}]-36.1") or message.get(f"ORC[{index}]-7.4"),
                "status": orders.CANCELLED if control in CANCELS else "scheduled",
            },
        )


def reported_study(message: Message) -> str:
    """The Study Instance UID that a report names in an OBX of code 113014 (DICOM Study), if any."""
    for index in range(1, len(message.named("OBX")) + 1):
        if message.get(f"OBX[{index}]-3.1") == "113014":
            return message.get(f"OBX[{index}]-5.1")
    return ""


def _same_kind(survivor: Number, retired: Number) -> bool:
    """A40 merges numbers of one authority and, where both say it, one type (HL7 v2.5.1 ch. 3.3.40)."""
    types = {survivor.kind, retired.kind} - {""}
    return survivor.authority == retired.authority and len(types) < 2


def demographics(message: Message) -> dict[str, str]:
    """What PID says of the patient, by DICOM's words: name (PN), birth_date (DA), sex; absent facts left out."""
    facts: dict[str, str] = {}
    # XPN has suffix then prefix, PN prefix then suffix (HL7 v2.5.1 ch. 2.A.88, PS3.5 6.2.1.1).
    family, given, middle, suffix, prefix = (message.get(f"PID-5.{part}") for part in ("1.1", "2", "3", "4", "5"))
    name = "^".join((family, given, middle, prefix, suffix)).rstrip("^")
    birth, sex = message.get("PID-7.1"), message.get("PID-8.1")
    if name:
        facts["name"] = "" if family == DELETED else name
    if birth:
        facts["birth_date"] = "" if birth == DELETED else birth[:8]
    if sex:
        facts["sex"] = SEXES.get(sex.upper(), "")
    return facts
