"""The scanners of a whole lab, worked by their radiographers: a day, a slip, an outage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simlab.dicom.commitment import COMPLETE
from simlab.faults import STATE, Fault
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from tests.lab.conftest import from_scene
from tests.lab.test_workflow import do, until
from tests.modality.exam_day import EXAMS, LIFE, left_over, stage, until_nothing_is_left


@pytest.fixture
def lab(tmp_path: Path) -> Any:
    with running(Home(tmp_path / "home")) as opened:
        yield opened


def test_a_day_at_six_scanners_leaves_nothing_over(lab: Lab) -> None:
    """Every order completed, every image committed to and only then gone from the scanner, and all in the PACS."""
    stage(lab, 12, radiographer="at once")
    until_nothing_is_left(lab, 60)
    assert {row["station_ae"] for row in lab.look("ris.mpps")} == set(EXAMS)
    studies = lab.look("pacs.studies")
    assert {row["accession"] for row in studies} == {row["accession"] for row in lab.look("ris.orders")}
    counted = {row["accession"]: row["instances"] for row in lab.look("ris.mpps")}
    assert {row["accession"]: row["instances"] for row in studies} == counted


def test_a_radiographer_on_time_waits_for_patient_and_hour(lab: Lab) -> None:
    """Whoever has not arrived, or is not due yet, is not examined."""
    from_scene(lab)
    settings = {**LIFE, "radiographer": "on time"}
    lab.clock.set(lab.clock.now().replace(hour=8, minute=5), speed=0)
    do(lab, "modality.configure", modality="CT1", **settings)
    do(lab, "modality.configure", modality="US1", **settings)
    until(lambda: [row["accession"] for row in lab.look("ris.mpps", status="COMPLETED")] == ["RXX10000025"])
    lab.settle()
    assert [row["accession"] for row in lab.look("ris.mpps")] == ["RXX10000025"]
    lab.clock.set(lab.clock.now().replace(hour=9, minute=25), speed=0)
    until(lambda: len(lab.look("ris.mpps", status="COMPLETED")) == 2)
    assert lab.look("ris.mpps", accession="RXX10000033") == []


def test_what_is_scanned_while_the_pacs_is_down_goes_when_it_is_back(lab: Lab) -> None:
    """The queue grows and nothing is freed; then it drains, is committed to, and the disk is empty."""
    stage(lab, 6, radiographer="absent")
    port = lab.endpoint("PACS").port
    do(lab, "modality.configure", modality="CT1", pacs_port=1)
    do(lab, "modality.configure", modality="CT1", radiographer="at once")
    until(lambda: bool(lab.look("ris.mpps", status="COMPLETED")))
    assert lab.look("modality.queue", system="CT1") and not lab.look("modality.commitments", system="CT1")
    do(lab, "modality.configure", modality="CT1", pacs_port=port)
    until(lambda: not lab.look("modality.held", system="CT1") and bool(lab.look("modality.commitments", system="CT1")))
    assert [row["event"] for row in lab.look("modality.commitments", system="CT1")] == [COMPLETE]


def test_a_slip_puts_one_patient_s_name_on_another_s_images(lab: Lab) -> None:
    """The wrong row is picked: the order that was meant stays open, images and step are the other patient's."""
    stage(lab, 12)
    do(lab, "modality.configure", modality="US1", slips=1)
    done = do(lab, "modality.work", modality="US1", patients=1)
    (meant,) = done["examined"]
    (step,) = lab.look("ris.mpps")
    assert step["accession"] != meant
    assert lab.look("ris.orders", accession=meant)[0]["state"] == "arrived"
    assert [row["accession"] for row in lab.look("pacs.studies")] == [step["accession"]]


def test_work_examines_so_many_patients_and_says_whom(lab: Lab) -> None:
    """At the trainee's word, with nobody at the scanner otherwise."""
    stage(lab, 12)
    done = do(lab, "modality.work", modality="MG1", patients=1)
    assert len(done["examined"]) == 1
    assert len(do(lab, "modality.work", modality="MG1")["examined"]) == 1
    assert do(lab, "modality.work", modality="MG1")["examined"] == []
    assert not [one for one in left_over(lab) if one.startswith(("step", "commitment", "MG1", "queued"))]


def test_a_late_n_set_leaves_the_order_in_progress(lab: Lab) -> None:
    """The images are long in the PACS; only half an hour later the RIS hears that it is done."""
    stage(lab, 6, quirks="late_n_set")
    lab.clock.set(lab.clock.now(), speed=0)
    (accession,) = do(lab, "modality.work", modality="US1")["examined"]
    assert lab.look("ris.orders", accession=accession)[0]["state"] == "in_progress"
    assert [row["accession"] for row in lab.look("pacs.studies")] == [accession]
    lab.clock.set(lab.clock.now().replace(minute=29), speed=0)
    do(lab, "modality.work", modality="US1")
    assert lab.look("ris.orders", accession=accession)[0]["state"] == "in_progress"
    lab.clock.set(lab.clock.now().replace(minute=31), speed=0)
    until(lambda: lab.look("ris.orders", accession=accession)[0]["state"] == "performed")


@pytest.mark.parametrize(("quirks", "event"), [([], COMPLETE), (["no_role_selection"], None)])
def test_a_report_needs_the_other_role_at_the_scanner_s_door(lab: Lab, quirks: list[str], event: int | None) -> None:
    """A PACS that reports on an association of its own cannot tell a scanner that grants no role."""
    stage(lab, 6)
    do(lab, "pacs.configure", commitment_same_association=False)
    do(lab, "modality.configure", modality="CT1", commit=False, quirks=quirks)
    do(lab, "modality.scan", modality="CT1")
    assert do(lab, "modality.commit", modality="CT1", wait=1.5)["event"] == event


def test_a_new_scene_finds_nobody_of_the_old_one_on_a_table(lab: Lab) -> None:
    """Staged in the middle of a day: no image, step or study of its patients comes after the change."""
    stage(lab, 24, radiographer="at once")
    until(lambda: len(lab.look("ris.mpps")) >= 3)
    from_scene(lab)
    lab.settle()
    assert (lab.look("modality.held"), lab.look("modality.steps"), lab.look("ris.mpps")) == ([], [], [])
    assert len(lab.look("pacs.studies")) == 4
    stage(lab, 6, radiographer="at once")
    until_nothing_is_left(lab, 60)
    assert len(lab.look("pacs.studies")) == 6


def test_two_scanners_outlive_a_pacs_that_nobody_reaches(lab: Lab) -> None:
    """Its port is shut under them: both queues fill, one of them storms, and after the mend nothing is left over."""
    stage(lab, 12, radiographer="absent")
    lab.faults.declare([Fault(id="shut", point=STATE, system="PACS", effect={"refuse": True})])
    do(lab, "modality.configure", modality="US1", quirks="retry_storm")
    for scanner in ("CT1", "US1"):
        do(lab, "modality.configure", modality=scanner, radiographer="at once")
    until(lambda: len(lab.look("ris.mpps", status="COMPLETED")) == 4, 20)
    queued = lab.look("modality.queue")
    assert {row["system"] for row in queued if "refused the TCP connection" in row["last_error"]} == {"CT1", "US1"}
    assert {row["sop_uid"] for row in lab.look("modality.held")} == {row["sop_uid"] for row in queued}
    assert not lab.look("pacs.studies")
    until(lambda: max(row["attempts"] for row in lab.look("modality.queue", system="US1")) > 5, 10)
    assert max(row["attempts"] for row in lab.look("modality.queue", system="CT1")) <= 3
    lab.faults.clear("shut")
    do(lab, "modality.send", modality="CT1")
    until(lambda: not lab.look("modality.queue"), 10)
    for scanner in ("CT2", "MR1", "DX1", "MG1"):
        do(lab, "modality.configure", modality=scanner, radiographer="at once")
    until_nothing_is_left(lab, 60)
    counted = {row["accession"]: row["instances"] for row in lab.look("ris.mpps")}
    assert {row["accession"]: row["instances"] for row in lab.look("pacs.studies")} == counted and len(counted) == 12
