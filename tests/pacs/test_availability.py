"""Availability notifications across a reset: what was watched before does not swallow what comes after."""

from __future__ import annotations

from simlab.department.pacs import PacsPeer, PacsStage
from simlab.dicom import client
from tests.dicom.made import made
from tests.pacs.conftest import House


def test_a_study_that_comes_again_after_a_reset_is_notified_again(house: House) -> None:
    """The notice of before went with its department; the same study in the new one gets one of its own."""
    settings = {"notify_availability": ["RIS"], "study_complete_seconds": 60}
    for _ in range(2):
        with house.store.write():
            house.store.clear()
            house.pacs.stage(PacsStage(peers=[PacsPeer(title="CT1")], settings=settings))
        assert all(reply.stored for reply in client.store(house.peer, "CT1", [made("2.25.1")]))
        assert [row["destination"] for row in house.view("availability")] == ["RIS"]
