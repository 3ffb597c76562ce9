"""A RIS of its own for each test, open on free ports, with two CT rooms and a morning's bookings."""

import time
from datetime import datetime

import pytest

from simlab import provenance
from simlab.clock import Clock
from simlab.department.ris import VIEWS, Ris, RisStage
from simlab.faults import FaultTable
from simlab.hl7 import build, mllp
from simlab.hl7.acknowledge import read
from simlab.hl7.message import parse
from simlab.journal import Journal
from simlab.store import Store

MORNING = datetime(2026, 3, 2, 7, 40)
SCENE = {
    "peers": [{"title": "CT1"}, {"title": "ADMIN"}, {"title": "PINGER", "services": ["echo"]}],
    "exams": [
        {"code": "CTCHEST", "description": "CT chest", "modality": "CT", "station_ae": "CT1", "body_part": "CHEST"},
        {"code": "CTHEAD", "description": "CT head", "modality": "CT", "station_ae": "CT2", "body_part": "HEAD"},
        {"code": "USAORTA", "description": "US aorta", "modality": "US", "station_ae": "US1"},
    ],
    "patients": [
        {
            "patient_id": "1000001",
            "name": "OKAFOR^GRACE^^MRS",
            "birth_date": "19620304",
            "sex": "F",
            "identifiers": [{"number": "9990001235", "authority": "NHS", "type": "NH"}],
        },
        {"patient_id": "1000002", "name": "MÜLLER^JÜRGEN", "birth_date": "19501212", "sex": "M"},
    ],
    "orders": [
        {
            "accession": "RXX10000001",
            "patient_id": "1000001",
            "exam": "CTCHEST",
            "start": "2026-03-02T08:00",
            "state": "arrived",
            "reason": "Cough for six weeks",
            "referrer": "SHAH^R^^DR",
            "physician": "HALL^JO",
        },
        {"accession": "RXX10000002", "patient_id": "1000002", "exam": "CTHEAD", "start": "2026-03-02T08:30"},
        {
            "accession": "RXX10000003",
            "patient_id": "1000002",
            "exam": "CTCHEST",
            "start": "2026-03-01T16:00",
            "state": "cancelled",
        },
    ],
}


class Lab:
    """A RIS with what it stands on, and what a test wants to say to it."""

    def __init__(self, folder):
        self.clock = Clock()
        self.clock.set(MORNING, speed=0)
        self.store = Store(folder / "lab.sqlite3", self.clock)
        self.journal = Journal(self.store)
        self.faults = FaultTable(self.store, self.journal)
        self.ris = Ris(self.store, self.journal, self.clock, self.faults)
        self.sent = 0

    def stage(self, section):
        with provenance.acting(provenance.SCENE), self.store.write():
            self.ris.stage(RisStage(**section))

    def view(self, name, **filters):
        with self.store.read() as tx:
            return VIEWS[name](tx, **filters)

    def one(self, name, **filters):
        (row,) = self.view(name, **filters)
        return row

    @property
    def dicom(self):
        return self.ris.endpoints["RIS"].port

    def header(self, **changes):
        self.sent += 1
        values = {
            "sending_application": "EPR",
            "sending_facility": "RXX01",
            "receiving_application": "RIS",
            "receiving_facility": "RXX01",
            "control_id": f"T{self.sent}",
            "at": MORNING,
            **changes,
        }
        return build.Header(**values)

    def send(self, message):
        """Send a message to the inbox; gives code and text of the acknowledgement."""
        port = self.ris.endpoints["RIS_HL7"].port
        with provenance.acting(provenance.FEED):
            self.reply = parse(mllp.send("127.0.0.1", port, message, 5.0))
        said = read(self.reply.encode())
        return said.code, said.text


def until(condition, seconds=5.0):
    """Wait until `condition` holds; fails after `seconds`."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    lab.stage(SCENE)
    lab.ris.open("127.0.0.1", 0)
    yield lab
    lab.ris.close()
    lab.store.close()
