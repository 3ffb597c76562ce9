"""What a scanner's console shows of performed steps, when its own copies have gone too."""

from __future__ import annotations

from simlab.lab.lab import Lab
from tests.lab.test_workflow import do

AORTA = "RXX10000041"


def images(lab: Lab) -> int:
    (step,) = lab.look("modality.steps", system="US1")
    return int(step["images"])


def scanned(lab: Lab, **settings: str) -> None:
    """A step begun and its images made and sent; the step goes on."""
    if settings:
        do(lab, "modality.configure", modality="US1", **settings)
    do(lab, "modality.start_step", modality="US1", accession=AORTA)
    do(lab, "modality.scan", modality="US1", accession=AORTA)


def test_a_step_knows_its_images_after_the_scanner_has_let_them_go(lab: Lab) -> None:
    """As many as the RIS was told of."""
    scanned(lab)
    assert images(lab) == 2
    for name in ("complete_step", "commit", "free"):
        do(lab, f"modality.{name}", modality="US1", accession=AORTA)
    assert lab.look("modality.held", system="US1") == []
    assert images(lab) == 2


def test_a_scanner_keeps_the_images_of_a_step_that_goes_on(lab: Lab) -> None:
    """Else the RIS would be told of fewer at its end; broken off, they may go."""
    scanned(lab)
    do(lab, "modality.commit", modality="US1", accession=AORTA)
    refused = lab.perform("modality.free", {"modality": "US1", "accession": AORTA})
    assert not refused.ok and "goes on" in refused.summary
    do(lab, "modality.discontinue_step", modality="US1", accession=AORTA)
    assert do(lab, "modality.free", modality="US1", accession=AORTA)["deleted"] == 2


def test_a_careless_scanner_lets_them_go_and_still_counts_them(lab: Lab) -> None:
    """One that needs no commitment; what it is asked to complete then is lost to the RIS."""
    scanned(lab, free_needs_commitment="false")
    do(lab, "modality.free", modality="US1", accession=AORTA)
    assert images(lab) == 2
