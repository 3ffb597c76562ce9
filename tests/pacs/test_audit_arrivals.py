"""What the audit trail says of arriving images."""

from __future__ import annotations

from simlab.dicom import client
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import House


def test_each_association_that_brings_images_of_a_study_is_in_the_trail(house: House) -> None:
    """One entry an association and study, also where one association ends before the next begins."""
    for batch in range(12):
        two = [made(f"{ROOT}.1.{batch}.{n}", number=n) for n in (1, 2)]
        assert all(reply.stored for reply in client.store(house.peer, "CT1", two))
    told = [row for row in house.view("audit") if row["summary"] == "instances arrive from CT1"]
    assert len(told) == 12
