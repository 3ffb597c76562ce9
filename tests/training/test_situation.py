"""Situations as the course reads them, and what a colleague mends for the trainee."""

import pytest

from simlab.errors import NotFound
from simlab.lab.lab import Lab
from simlab.training import situation
from simlab.training.scene import Blueprint, load_scene
from simlab.training.script import Script

ASK = {"who": "network", "text": "Connections from CT1 to the PACS break after two images."}


def test_a_situation_says_what_is_wrong_and_how_it_is_mended() -> None:
    """Its repair is filled in for the lab that it is read for."""
    one = situation.read("situations/03-wrong-port", Blueprint())
    assert "port 4" in one.about.fault and isinstance(one.script, Script)
    port = Blueprint.endpoints["PACS"].port
    assert one.script.written(one.values)[0] == {"modality.configure": {"modality": "CT1", "pacs_port": port}}


@pytest.mark.parametrize("name", ["situations/99-none", "small-hospital", "../situations/01-called-title", ""])
def test_what_is_no_situation_is_not_found(name: str) -> None:
    """Only the names in the folder, never a path."""
    with pytest.raises(NotFound, match="no situation"):
        situation.read(name)


def test_a_scene_error_points_to_the_situations() -> None:
    """Who asks for a scene that there is not learns of them without a list of thirty."""
    with pytest.raises(NotFound, match=r"docs/situations\.md"):
        load_scene("situations/none", Blueprint())


def test_a_fault_is_mended_by_whom_one_asks(lab: Lab) -> None:
    """Not by the trainee's own hand; asked well, the colleague does it, and a second time there is nothing to mend."""
    lab.stage(load_scene("situations/25a-drop-in-transfer", lab))
    mine = lab.perform("fault.mend", {"fault": "switch"})
    assert not mine.ok and "nothing you could mend" in mine.summary
    assert lab.faults.arranged("connection", "PACS")
    assert lab.perform("desk.ask", ASK).ok
    assert not lab.faults.arranged("connection", "PACS")
    again = lab.perform("fault.mend", {"fault": "switch"}, actor="colleague")
    assert not again.ok and "no fault switch" in again.summary


def test_a_step_that_was_begun_before_the_scene_is_in_progress(lab: Lab) -> None:
    """`performed` puts the order in progress, under the scanner that began it."""
    lab.stage(load_scene("situations/23-step-never-closed", lab))
    with lab.snapshot() as look:
        (step,) = look.view("ris.mpps", accession="RXX10000041")
        (order,) = look.view("ris.orders", accession="RXX10000041")
    assert (step["status"], step["source"], step["conflict"]) == ("IN PROGRESS", "US1", "")
    assert order["state"] == "in_progress"
