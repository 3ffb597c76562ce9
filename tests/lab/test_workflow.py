"""An examination from the worklist to the archive: performed steps, commitment, availability, over the wire."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from simlab.lab.lab import Lab
from simlab.training.scene import load_scene

QUILL = "RXX10000025"


def do(lab: Lab, name: str, **args: Any) -> dict[str, Any]:
    outcome = lab.perform(name, args)
    assert outcome.ok, outcome.summary
    return outcome.data


def one(lab: Lab, view: str, **filters: Any) -> dict[str, Any]:
    (row,) = rows(lab, view, **filters)
    return row


def rows(lab: Lab, view: str, **filters: Any) -> list[dict[str, Any]]:
    with lab.snapshot() as look:
        return look.view(view, **filters)


def until(condition: Callable[[], bool], seconds: float = 6.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_step_is_begun_scanned_and_completed(lab: Lab) -> None:
    """Order, performed step and images tell the same story, and the images name the step."""
    begun = do(lab, "modality.start_step", modality="CT1", accession=QUILL)
    assert one(lab, "ris.orders", accession=QUILL)["state"] == "in_progress"
    assert rows(lab, "ris.worklist", accession=QUILL) == []
    scanned = do(lab, "modality.scan", modality="CT1", accession=QUILL)
    done = do(lab, "modality.complete_step", modality="CT1")
    assert (done["status"], done["mpps_uid"]) == ("COMPLETED", begun["mpps_uid"])
    assert one(lab, "ris.orders", accession=QUILL)["state"] == "performed"
    step = one(lab, "ris.mpps", accession=QUILL)
    assert (step["status"], step["instances"], step["study_uid"]) == (
        "COMPLETED", scanned["instances"], scanned["study_uid"],
    )  # fmt: skip
    assert step["patient_name"] == "QUILL^TOBIAS^^MR" and not step["conflict"]
    held = rows(lab, "pacs.instances", study_uid=scanned["study_uid"])
    named = lab.pacs.load(held[0]["sop_uid"]).dataset().ReferencedPerformedProcedureStepSequence[0]
    assert named.ReferencedSOPInstanceUID == begun["mpps_uid"]


def test_a_completed_step_cannot_be_discontinued_by_the_modality(lab: Lab) -> None:
    """0110 from the RIS, and the scanner's own record stays as it was; the RIS may correct it."""
    step = do(lab, "modality.start_step", modality="CT1", accession=QUILL)
    do(lab, "modality.scan", modality="CT1", accession=QUILL)
    do(lab, "modality.complete_step", modality="CT1")
    outcome = lab.perform("modality.discontinue_step", {"modality": "CT1", "reason": "110514"})
    assert not outcome.ok and "0110" in outcome.summary
    assert one(lab, "modality.steps")["status"] == "COMPLETED"
    do(lab, "ris.correct_step", mpps=step["mpps_uid"], status="DISCONTINUED", reason="110514")
    assert one(lab, "ris.orders", accession=QUILL)["state"] == "arrived"


def test_the_wrong_step_is_discontinued_and_its_order_waits_again(lab: Lab) -> None:
    """110514 while in progress puts the order back on the list."""
    do(lab, "modality.start_step", modality="CT1", accession=QUILL)
    do(lab, "modality.discontinue_step", modality="CT1", reason="110514")
    assert one(lab, "ris.worklist", accession=QUILL)["state"] == "arrived"
    assert one(lab, "ris.mpps")["reason_code"] == "110514"


def test_an_unscheduled_step_has_its_own_study(lab: Lab) -> None:
    """Typed in: the RIS keeps the step without an order, and step and images share one study."""
    typed = {"patient_id": "TEMP1", "patient_name": "UNKNOWN^MALE"}
    do(lab, "modality.start_step", modality="CT1", typed=typed)
    scanned = do(lab, "modality.scan", modality="CT1", recipe="ct-head")
    do(lab, "modality.complete_step", modality="CT1")
    step = one(lab, "ris.mpps")
    assert (step["scheduled"], step["study_uid"]) == (False, scanned["study_uid"])


def test_a_step_without_images_cannot_be_completed(lab: Lab) -> None:
    """There is a remedy: scan, or discontinue."""
    do(lab, "modality.start_step", modality="CT1", accession=QUILL)
    outcome = lab.perform("modality.complete_step", {"modality": "CT1"})
    assert not outcome.ok and "discontinue" in outcome.summary


def test_images_may_be_deleted_only_after_event_1(lab: Lab) -> None:
    """A successful C-STORE is no promise; commitment is, under the same transaction UID at both ends."""
    study = do(lab, "modality.scan", modality="CT1", accession=QUILL)["study_uid"]
    refused = lab.perform("modality.free", {"modality": "CT1", "study": study})
    assert not refused.ok and "committed" in refused.summary
    done = do(lab, "modality.commit", modality="CT1", study=study)
    assert done["event"] == 1
    seen = one(lab, "pacs.commitments", transaction_uid=done["transaction_uid"])
    assert (seen["requestor"], seen["event"], seen["failed"]) == ("CT1", 1, 0)
    assert all(row["committed"] for row in rows(lab, "modality.held", system="CT1"))
    assert do(lab, "modality.free", modality="CT1", study=study)["deleted"] == 12
    assert rows(lab, "modality.held", system="CT1") == []


HALF_LOST = """
use: [_lib/small-hospital]
studies:
- {recipe: ct-head, patient: quill, accession: RXX10000025, study_uid: 2.25.777, images: 10, sent: [CT1]}
"""


def test_to_ask_once_more_for_what_is_committed_to_says_so(lab: Lab) -> None:
    """That is not the same as a scanner that holds nothing."""
    held = do(lab, "modality.scan", modality="CT1", accession=QUILL)["instances"]
    do(lab, "modality.commit", modality="CT1")
    again = lab.perform("modality.commit", {"modality": "CT1"})
    count = len(rows(lab, "modality.held", system="CT1"))
    assert count >= held and not again.ok and f"committed to all {count} images" in again.summary


def test_a_failed_commitment_is_repaired_by_sending_again(lab: Lab) -> None:
    """Event 2 names the two images that never came; they are sent, and a new transaction succeeds."""
    lab.stage(load_scene(HALF_LOST, lab))
    assert len(rows(lab, "modality.held", system="CT1")) == 12
    first = lab.perform("modality.commit", {"modality": "CT1", "study": "2.25.777"})
    assert not first.ok and first.data["event"] == 2
    assert [one["reason"] for one in first.data["failed"]] == ["0112 no such object instance"] * 2
    assert not lab.perform("modality.free", {"modality": "CT1", "study": "2.25.777"}).ok
    assert do(lab, "modality.send", modality="CT1", again=[one["sop_uid"] for one in first.data["failed"]])["sent"] == 2
    second = do(lab, "modality.commit", modality="CT1", study="2.25.777")
    assert second["event"] == 1 and second["transaction_uid"] != first.data["transaction_uid"]
    assert do(lab, "modality.free", modality="CT1", study="2.25.777")["deleted"] == 12


@pytest.mark.parametrize("caller", ["modality.commit", "dicom.commit"])
def test_a_report_on_an_association_of_the_pacs_is_heard(lab: Lab, caller: str) -> None:
    """The scanner and the workstation listen for it on their own doors."""
    study = do(lab, "modality.scan", modality="CT1", accession=QUILL)["study_uid"]
    lab.pacs.configure(commitment_same_association=False)
    if caller == "modality.commit":
        done = do(lab, caller, modality="CT1", study=study)
    else:
        do(lab, "dicom.get", keys={"StudyInstanceUID": study})
        done = do(lab, caller, study=study)
    assert done["event"] == 1
    seen = one(lab, "pacs.commitments", transaction_uid=done["transaction_uid"])
    assert (seen["state"], seen["how"]) == ("delivered", "own association")


def test_an_undeliverable_report_is_the_peer_table_s_fault(lab: Lab) -> None:
    """The PACS knows the scanner at a wrong port: the report waits, and comes when that is mended."""
    study = do(lab, "modality.scan", modality="CT1", accession=QUILL)["study_uid"]
    lab.pacs.configure(commitment_same_association=False, retry_seconds=300)
    do(lab, "pacs.set_peer", title="CT1", port=4)
    done = do(lab, "modality.commit", modality="CT1", study=study, wait=1)
    assert done["event"] is None
    until(lambda: one(lab, "pacs.commitments")["attempts"] == 1)
    do(lab, "pacs.set_peer", title="CT1", port=lab.endpoints["CT1"].port)
    until(lambda: one(lab, "modality.commitments")["event"] == 1)


def test_a_scan_does_the_whole_life_where_it_is_set_so(lab: Lab) -> None:
    """With `mpps` and `commit` on, one scan begins, stores, completes and has the images committed to."""
    do(lab, "modality.configure", modality="CT1", mpps=True, commit=True)
    done = do(lab, "modality.scan", modality="CT1", accession=QUILL)
    assert done["step"]["status"] == "COMPLETED" and done["commitment"]["event"] == 1
    assert one(lab, "ris.orders", accession=QUILL)["state"] == "performed"


def test_a_ris_that_is_away_keeps_nobody_from_being_examined(lab: Lab) -> None:
    """The images are made and sent; the outcome says why no step was begun."""
    do(lab, "modality.configure", modality="CT1", mpps=True, ris_port=4)
    typed = {"patient_id": "TEMP1", "patient_name": "UNKNOWN^MALE"}
    done = do(lab, "modality.scan", modality="CT1", recipe="ct-head", typed=typed)
    assert done["sent"] == 12 and "4" in done["step"]["problem"]


def test_a_full_disk_stops_the_scanner(lab: Lab) -> None:
    """`disk_images`: what no longer fits is not scanned until something was let go."""
    do(lab, "modality.configure", modality="CT1", disk_images=20, commit=True)
    study = do(lab, "modality.scan", modality="CT1", accession=QUILL)["study_uid"]
    full = lab.perform("modality.scan", {"modality": "CT1", "accession": QUILL})
    assert not full.ok and "disk is full" in full.summary
    do(lab, "modality.free", modality="CT1", study=study)
    do(lab, "modality.scan", modality="CT1", accession=QUILL)


def test_the_ris_is_told_when_a_study_has_come(lab: Lab) -> None:
    """Availability: once the study is quiet, the RIS notes its instances as online, with the step that made them."""
    lab.pacs.configure(notify_availability=["RIS"], study_complete_seconds=1)
    lab.ris.set_peer("PACS", "127.0.0.1", lab.endpoints["PACS"].port)
    do(lab, "modality.configure", modality="CT1", mpps=True)
    done = do(lab, "modality.scan", modality="CT1", accession=QUILL)
    until(lambda: bool(rows(lab, "ris.availability")))
    noted = one(lab, "ris.availability", study_uid=done["study_uid"])
    assert (noted["accession"], noted["instances"], noted["availability"]) == (QUILL, 12, "ONLINE")
    assert noted["mpps_uid"] == done["step"]["mpps_uid"]
    until(lambda: one(lab, "pacs.availability")["state"] == "delivered")
