"""A PACS on a free port with its ground, and DCMTK to talk to it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.department.pacs import VIEWS, Pacs, PacsPeer, PacsStage
from simlab.department.viewer import Viewer
from simlab.dicom.client import Peer
from simlab.dicom.instance import Instance
from simlab.faults import FaultTable
from simlab.journal import Event, Journal
from simlab.store import Store
from tests.dicom.made import the_48
from tests.tools import need

HOST = "127.0.0.1"


@dataclass
class House:
    """A PACS, the viewer THEATRE and what they stand on."""

    store: Store
    journal: Journal
    clock: Clock
    faults: FaultTable
    pacs: Pacs
    theatre: Viewer
    port: int
    theatre_port: int
    folder: Path

    @property
    def peer(self) -> Peer:
        return Peer("PACS", HOST, self.port)

    def view(self, name: str, **filters: str) -> list[dict]:
        with self.store.read() as tx:
            return VIEWS[name](tx, **filters)

    def events(self, kind: str) -> list[Event]:
        return self.journal.events(kinds=(kind,), limit=5000)

    def dcmtk(self, program: str, *args: str, port: int | None = None, options: tuple[str, ...] = ()) -> str:
        """What a DCMTK client prints, both streams."""
        done = subprocess.run(
            [need(program), *options, HOST, str(port or self.port), *args],
            capture_output=True,
            timeout=60,
            cwd=self.folder,
            check=False,
        )
        return (done.stdout + done.stderr).decode("utf-8", "replace")


@contextmanager
def open_house(tmp_path: Path) -> Iterator[House]:
    """A house in that folder, for as long as the block lasts."""
    clock = Clock()
    store = Store(tmp_path / "lab.sqlite3", clock)
    journal = Journal(store)
    faults = FaultTable(store, journal)
    blobs = Blobs(tmp_path / "blobs")
    pacs = Pacs(store, journal, clock, faults, blobs, tmp_path / "tls")
    theatre = Viewer("THEATRE", store, journal, clock, faults, blobs)
    port, theatre_port = pacs.open(HOST, 0), theatre.open(HOST, 0)
    titles = ("ADMIN", "ECHOSCU", "STORESCU", "FINDSCU", "MOVESCU", "GETSCU", "CT1")
    peers = [PacsPeer(title=title) for title in titles]
    peers.append(PacsPeer(title="THEATRE", port=theatre_port))
    pacs.stage(PacsStage(peers=peers))
    folder = tmp_path / "work"
    folder.mkdir()
    try:
        yield House(store, journal, clock, faults, pacs, theatre, port, theatre_port, folder)
    finally:
        pacs.close()
        theatre.close()
        store.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def stocked(house: House) -> House:
    """The house with the 48 instances of the conformance table in the archive."""
    house.pacs.stage(PacsStage(instances=the_48()))
    return house


@pytest.fixture
def files(tmp_path: Path) -> Callable[[list[Instance]], Path]:
    """Writes instances as DICOM files into one folder."""

    def write(instances: list[Instance]) -> Path:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        for number, instance in enumerate(instances):
            (folder / f"{number:03}.dcm").write_bytes(instance.part10())
        return folder

    return write
