"""A viewer: what it takes, from whom, and the files of the workstation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simlab.blobs import Blobs
from simlab.department.viewer import Viewer, ViewerStage
from simlab.department.viewer.views import holds
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import HOST, House


@pytest.fixture
def workstation(house: House, tmp_path: Path) -> Iterator[Viewer]:
    viewer = Viewer(
        "ADMIN",
        house.store,
        house.journal,
        house.clock,
        house.faults,
        Blobs(tmp_path / "blobs"),
        folder=tmp_path / "workstation",
    )
    yield viewer
    viewer.close()


def test_holds_what_it_was_sent(house: House) -> None:
    """An instance sent to a viewer is held there, once, and nowhere else."""
    peer = client.Peer("THEATRE", HOST, house.theatre_port)
    for _ in range(2):
        assert client.store(peer, "PACS", [made("2.25.5")])[0].stored
    with house.store.read() as tx:
        (row,) = holds(tx)
    assert (row["system"], row["sop_uid"], row["study_uid"]) == ("THEATRE", "2.25.5", f"{ROOT}.1")


def test_stranger_is_refused(house: House) -> None:
    """A viewer refuses a calling AE title that it does not know."""
    with pytest.raises(client.DicomRefused, match="1/1/3"):
        client.echo(client.Peer("THEATRE", HOST, house.theatre_port), "STRANGER")


def test_workstation_writes_files(workstation: Viewer, tmp_path: Path) -> None:
    """The workstation writes each instance as a DICOM file under a name of its own."""
    workstation.receive(made("2.25.5"))
    (file,) = workstation.files()
    path = Path(file["path"])
    assert path.parent == tmp_path / "workstation"
    assert Instance.from_part10(path.read_bytes()) == made("2.25.5")


def test_hostile_uid_is_no_path(workstation: Viewer, tmp_path: Path) -> None:
    """A UID that is a path is not followed."""
    workstation.receive(made("../../evil"))
    assert [path.parent for path in tmp_path.rglob("*.dcm")] == [tmp_path / "workstation"]


def test_stage_and_instances(workstation: Viewer) -> None:
    """A scene's instances and title are there."""
    workstation.stage(ViewerStage(ae_title="DESK", instances=[made("2.25.5"), made("2.25.6", number=2)]))
    assert workstation.setting("ae_title") == "DESK"
    assert len(workstation.instances(f"{ROOT}.1")) == 2
    with pytest.raises(NotFound):
        workstation.instances("2.25.9")


def test_unknown_setting(workstation: Viewer) -> None:
    """An unknown setting is refused with the list of those there are."""
    with pytest.raises(BadInput, match="ae_title, callers"):
        workstation.configure(colour="blue")
