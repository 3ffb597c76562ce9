"""The lab as a whole: one owner a home, provenance across the wire, staging and reset."""

from pathlib import Path

import pytest

from simlab import journal as kinds
from simlab.errors import BadInput, Unavailable
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from tests.lab.conftest import from_scene


def test_a_home_has_one_lab(lab: Lab) -> None:
    """A second lab in the same home is refused with the remedy."""
    with pytest.raises(Unavailable, match="already runs"), running(Home(lab.home.path)):
        pass


def test_two_homes_run_side_by_side(lab: Lab, tmp_path: Path) -> None:
    """A second lab in another home moves to other ports."""
    with running(Home(tmp_path / "other"), ports="standard") as other:
        ports = {endpoint.port for endpoint in lab.endpoints.values()}
        assert not ports & {endpoint.port for endpoint in other.endpoints.values()}


def test_an_action_over_the_wire_is_the_trainees(lab: Lab) -> None:
    """What the PACS journals of a trainee's action names the trainee, and the action as its cause's origin."""
    outcome = lab.perform("dicom.find", {"keys": {"PatientName": "*"}})
    operations = lab.journal.events(after=outcome.event, kinds=(kinds.OPERATION,), system="PACS")
    assert [event.actor for event in operations] == ["trainee"]


def test_the_probers_traffic_is_the_probers(lab: Lab) -> None:
    """A probe never counts as something the trainee did."""
    outcome = lab.perform("dicom.echo", {}, actor="prober")
    assert {event.actor for event in lab.journal.events(after=outcome.event)} == {"prober"}


def test_a_change_names_who_made_it(lab: Lab) -> None:
    """A peer set at the console is a change by the trainee; staging is no change at all."""
    lab.perform("pacs.set_peer", {"title": "NEW1", "port": 4711})
    with lab.snapshot() as look:
        changes = look.changes()
    assert [(change.table, change.key, change.actor) for change in changes] == [("pacs_peer", "NEW1", "trainee")]


def test_staging_twice_gives_the_same_department(lab: Lab) -> None:
    """The digest of a scene does not depend on what was there before."""
    before = lab.digest()
    lab.perform("pacs.set_peer", {"title": "NEW1", "port": 4711})
    assert lab.digest() != before
    from_scene(lab)
    assert lab.digest() == before


def test_an_unknown_argument_is_named(lab: Lab) -> None:
    """A mistyped argument is an error that lists the right ones."""
    with pytest.raises(BadInput, match="destination"):
        lab.perform("dicom.move", {"destinatoin": "THEATRE"})


def test_what_fails_on_the_wire_is_an_outcome(lab: Lab) -> None:
    """A refused association is told as it is, with its remedy, and journalled."""
    outcome = lab.perform("dicom.echo", {"calling": "STRANGER"})
    assert not outcome.ok
    assert "calling AE title" in outcome.summary


def test_a_restart_keeps_ports_and_peers(lab: Lab, tmp_path: Path) -> None:
    """A lab that is opened again listens where it did, so that configured clients still fit."""
    home = Home(tmp_path / "again")
    with running(home) as first:
        from_scene(first)
        ports = {name: endpoint.port for name, endpoint in first.endpoints.items()}
    with running(Home(home.path)) as second:
        assert {name: endpoint.port for name, endpoint in second.endpoints.items()} == ports


def test_a_worklist_without_keys_is_answered_in_full(lab: Lab) -> None:
    """Whoever names no key gets every step, with what a radiographer needs to see."""
    outcome = lab.perform("dicom.worklist", {})
    assert outcome.ok, outcome.summary
    row = outcome.data["rows"][0]
    assert row["PatientName"]
    assert row["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"]
