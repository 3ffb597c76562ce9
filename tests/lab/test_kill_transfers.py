"""A lab killed while it sends a study on: the rest goes after the restart, and nothing acknowledged goes again."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simlab.cli.door import Door
from simlab.department.pacs import sent
from simlab.dicom import client
from simlab.dicom.client import Peer
from tests.dicom.made import ROOT, made
from tests.nightly.killing import a_lab
from tests.pacs.sink import HOST, Sink, until


def images(number: int) -> list[Any]:
    return [made(f"{ROOT}.9.1.{n}", study_uid=f"{ROOT}.9", series_uid=f"{ROOT}.9.1", number=n) for n in range(number)]


@pytest.mark.parametrize("after", [4, 17])
def test_a_killed_lab_sends_the_rest_and_nothing_twice(tmp_path: Path, after: int) -> None:
    """kill -9 in mid-queue: every image arrives; only the one whose acknowledgement was under way may come again."""
    sink, home, study = Sink(tmp_path), tmp_path / "home", images(40)
    kill: list[Callable[[], None]] = []

    def judge(_uid: str) -> int:
        if len(sink.asked) == after:
            kill.pop()()
        return 0

    port = sink.open()
    try:
        with a_lab(home) as (lab, card):
            pacs = Peer("PACS", HOST, card["endpoints"]["PACS"]["port"])
            assert all(reply.stored for reply in client.store(pacs, "ADMIN", study))
            door = Door(home)
            door.act("pacs.set_peer", {"title": "SINK", "port": port})
            kill.append(lab.kill)
            sink.judge = judge
            door.act("pacs.forward", {"study": f"{ROOT}.9", "destination": "SINK"})
            lab.wait(30)
        assert len(sink.asked) == after
        with a_lab(home):
            until(lambda: Door(home).view("pacs.transfers")[0]["state"] == "sent", 30)
    finally:
        sink.close()
    seen = Counter(sink.asked)
    assert set(seen) == {one.header().sop_instance_uid for one in study}
    assert sum(seen.values()) <= len(study) + 1
    assert [uid for uid, times in seen.items() if times > 1] in ([], [sink.asked[after - 1]])


def test_a_move_that_a_kill_ends_is_on_record(tmp_path: Path) -> None:
    """kill -9 in the middle of a C-MOVE: where the instances of the batches before went is known after the restart."""
    sink, home, study = Sink(tmp_path), tmp_path / "home", images(sent.BATCH + 8)
    kill: list[Callable[[], None]] = []

    def judge(_uid: str) -> int:
        if len(sink.asked) == sent.BATCH + 5:
            kill.pop()()
        return 0

    port = sink.open()
    try:
        with a_lab(home) as (lab, card):
            pacs = Peer("PACS", HOST, card["endpoints"]["PACS"]["port"])
            assert all(reply.stored for reply in client.store(pacs, "ADMIN", study))
            Door(home).act("pacs.set_peer", {"title": "SINK", "port": port})
            kill.append(lab.kill)
            sink.judge = judge
            with pytest.raises(client.ConnectionLost):
                client.move(pacs, "ADMIN", "SINK", "study", "STUDY", {"StudyInstanceUID": f"{ROOT}.9"})
            lab.wait(30)
        with a_lab(home):
            rows = Door(home).view("pacs.sent")
    finally:
        sink.close()
    assert {(row["destination"], row["how"]) for row in rows} == {("SINK", sent.MOVE)}
    assert sent.BATCH <= sum(row["instances"] for row in rows) <= sent.BATCH + 5
