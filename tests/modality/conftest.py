"""A scanner with a PACS and a RIS of its own to talk to, all on free ports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import LOOPBACK
from simlab.department.modality import Modality, ModalityStage
from simlab.dicom import contexts, statuses
from simlab.dicom.instance import Instance
from simlab.dicom.operation import Reply, Request
from simlab.dicom.rejection import CALLING_UNKNOWN
from simlab.dicom.server import DicomServer
from simlab.dicom.values import as_dataset
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

ITEM: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "AccessionNumber": "A100",
    "PatientID": "RXX100",
    "IssuerOfPatientID": "RXX01",
    "PatientName": "Núñez^José",
    "PatientBirthDate": "19610203",
    "PatientSex": "M",
    "RequestedProcedureID": "P100",
    "StudyInstanceUID": "2.25.100",
    "ScheduledProcedureStepSequence": [
        {
            "ScheduledStationAETitle": "CT1",
            "Modality": "CT",
            "ScheduledProcedureStepStartDate": "20260302",
            "ScheduledProcedureStepStartTime": "0900",
            "ScheduledProcedureStepDescription": "CT Head",
            "ScheduledProcedureStepID": "S100",
            "ScheduledProtocolCodeSequence": [{"CodeValue": "CSKUH", "CodeMeaning": "CT Head"}],
        }
    ],
}


@dataclass
class Department:
    """The scanner under test and what its counterparts have received."""

    scanner: Modality
    store: Store
    journal: Journal
    make: Callable[..., Modality]
    pacs_port: int
    ris_port: int
    faults: FaultTable
    known: set[str] = field(default_factory=lambda: {"CT1"})
    status: int = statuses.SUCCESS
    taken: list[Instance] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    offered: list[dict[str, Any]] = field(default_factory=lambda: [ITEM])

    def settings(self, **more: Any) -> dict[str, Any]:
        """The settings that find both counterparts."""
        return {"pacs_port": self.pacs_port, "ris_port": self.ris_port, **more}

    def events(self, kind: str, system: str = "CT1") -> list[Any]:
        return self.journal.events(kinds=(kind,), system=system)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition; fails when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    clock = Clock()
    clock.set(datetime(2026, 3, 2, 7, 40), speed=0)
    store = Store(tmp_path / "lab.sqlite3", clock)
    journal = Journal(store)
    faults = FaultTable(store, journal)
    blobs = Blobs(tmp_path / "blobs")

    def make(**options: Any) -> Modality:
        return Modality("CT1", store, journal, clock, faults, blobs, **options)

    def stored(request: Request) -> Reply:
        if place.status == statuses.SUCCESS:
            place.taken.append(request.instance())
        return Reply(place.status)

    def found(request: Request) -> list[Reply]:
        place.asked.append({"calling": request.caller.calling, "keys": request.dataset()})
        return [Reply(statuses.PENDING, as_dataset(item)) for item in place.offered]

    pacs = DicomServer(
        "PACS", journal, faults, ae_title=lambda: "PACS", handlers={"C-STORE": stored, "C-ECHO": _fine},
        contexts=lambda _caller: contexts.storage() + contexts.supported([contexts.VERIFICATION]),
        gate=lambda caller: None if caller.calling in place.known else CALLING_UNKNOWN,
    )  # fmt: skip
    ris = DicomServer(
        "RIS", journal, faults, ae_title=lambda: "RIS", handlers={"C-FIND": found, "C-ECHO": _fine},
        contexts=lambda _caller: contexts.supported([contexts.WORKLIST_FIND, contexts.VERIFICATION]),
    )  # fmt: skip
    place = Department(make(), store, journal, make, pacs.open(LOOPBACK, 0), ris.open(LOOPBACK, 0), faults)
    place.scanner.open(LOOPBACK, 0)
    place.scanner.stage(ModalityStage(settings=place.settings()))
    yield place
    for system in (place.scanner, pacs, ris):
        system.close()
    store.close()


def _fine(_request: Request) -> Reply:
    return Reply(statuses.SUCCESS)
