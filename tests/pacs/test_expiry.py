"""Retention that deletes by itself: off until the PACS is set to, once a hospital day, only what is allowed."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import pytest

from simlab.department.pacs import PacsStage, retention
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.errors import BadInput
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import HOST, House
from tests.pacs.sink import until

OLD, YOUNG = 1, 9
BEFORE, AFTER = datetime(2026, 3, 2, 23, 59), datetime(2026, 3, 3, 0, 1)
"""Two moments of two days; the old studies may go on the second."""


def uid(number: int) -> str:
    return f"{ROOT}.{number}"


def study(number: int, made_on: str = "20250303") -> list[Instance]:
    facts = {"study_uid": uid(number), "series_uid": f"{uid(number)}.1", "StudyDate": made_on}
    return [made(f"{uid(number)}.1.{n}", number=n, **facts) for n in (1, 2)]  # type: ignore[arg-type]


def held(house: House) -> set[str]:
    return {row["study_uid"] for row in house.view("retention")}


@pytest.fixture
def kept(house: House) -> House:
    """Studies that are kept for a year: one that may go on the third of March, one that may not for long."""
    house.clock.set(BEFORE, speed=0)
    house.pacs.stage(PacsStage(instances=[*study(OLD), *study(YOUNG, "20260301")]))
    house.pacs.space.set_retention("a-year", keep_days=365)
    return house


def look(house: House, moment: datetime) -> list[str]:
    house.clock.set(moment, speed=0)
    return house.pacs._expiry.look(house.clock.now(), lambda: False)


def test_what_may_go_goes_on_its_day_and_the_audit_trail_tells(kept: House) -> None:
    """The clock moves past midnight: the PACS's own upkeep deletes the one study, and says by which rule."""
    kept.pacs.configure(retention_deletes=True)
    kept.clock.set(AFTER, speed=0)
    until(lambda: held(kept) == {uid(YOUNG)})
    keys = {"StudyInstanceUID": f"{uid(OLD)}\\{uid(YOUNG)}"}
    assert [row["StudyInstanceUID"] for row in client.find(kept.peer, "ADMIN", "study", "STUDY", keys).rows] == [
        uid(YOUNG)
    ]
    [entry] = kept.view("audit", study_uid=uid(OLD), event="deleted")
    assert entry["user"] == "system" and "kept until 2026-03-03 by the rule a-year" in entry["summary"]
    assert entry["at"].startswith("2026-03-03T00:01")


def test_nothing_goes_by_itself_until_the_pacs_is_set_to(kept: House) -> None:
    """Off by default: the list says what may go, and it stays."""
    assert look(kept, AFTER) == []
    assert [row["may_go"] for row in kept.view("retention", study_uid=uid(OLD))] == [True]


def test_a_day_is_looked_at_once(kept: House) -> None:
    """What is let go after the day's look goes on the next day."""
    assert look(kept, AFTER) == []
    kept.pacs.configure(retention_deletes=True)
    assert look(kept, AFTER.replace(hour=23)) == []
    assert look(kept, AFTER.replace(day=4)) == [uid(OLD)]


def test_what_somebody_is_at_work_on_stays_and_the_list_says_why(kept: House) -> None:
    """Quarantine, a transfer, a waiting request, an unsettled duplicate: each keeps its study, until it is settled."""
    pacs = kept.pacs
    pacs.stage(PacsStage(instances=[instance for number in (2, 3, 4) for instance in study(number)]))
    pacs.repairs.quarantine(uid(OLD))
    pacs.dispatch.hold_transfers("THEATRE")
    pacs.dispatch.forward(uid(2), "THEATRE")
    pacs.repairs.mark_reported(uid(3))
    assert pacs.repairs.correct("study", uid(3), {"StudyDescription": "HEAD"})["waiting"]
    client.store(kept.peer, "CT1", [made(f"{uid(4)}.1.1", patient_id="ELSE", shade=9)])
    pacs.configure(retention_deletes=True)
    assert look(kept, AFTER) == []
    said = {row["study_uid"]: row["hindrance"] for row in kept.view("retention")}
    assert said == {
        uid(OLD): "it is in quarantine",
        uid(2): "it is on its way to a destination",
        uid(3): "a request about it waits for approval",
        uid(4): "another object of a UID of it waits to be settled",
        uid(YOUNG): "",
    }
    pacs.repairs.quarantine(uid(OLD), release=True)
    assert look(kept, AFTER.replace(day=4)) == [uid(OLD)]


def test_an_archived_study_expires_from_the_archive_too(kept: House) -> None:
    """Cache and archive keep a study together, so neither has it afterwards."""
    kept.pacs.space.archive_study(uid(OLD), shelve=True)
    kept.pacs.space.free_space(to=0)
    kept.pacs.configure(retention_deletes=True)
    assert look(kept, AFTER) == [uid(OLD)]
    assert kept.view("places", study_uid=uid(OLD)) == []


def test_a_study_that_expired_cannot_be_brought_back_by_undoing_a_repair(kept: House) -> None:
    """A correction of before is not undone on a study that is gone, nor is its expiry."""
    repair = kept.pacs.repairs.correct("study", uid(OLD), {"StudyDescription": "HEAD"})["repair"]
    kept.pacs.configure(retention_deletes=True)
    assert look(kept, AFTER) == [uid(OLD)]
    for number in (repair, repair + 1):
        with pytest.raises(BadInput):
            kept.pacs.repairs.undo(number)
    assert held(kept) == {uid(YOUNG)}


def test_another_scene_in_the_middle_of_a_look_is_left_alone(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The department is replaced by one that keeps everything before the first study was deleted: nothing is."""
    kept.pacs.configure(retention_deletes=True)
    foreseen = retention.hindrance

    def replaced(tx: sqlite3.Connection, study_uid: str) -> str:
        monkeypatch.undo()
        with kept.store.write():
            kept.store.clear()
            kept.pacs.stage(PacsStage(instances=study(OLD), settings={"retention_days": 1}))
        return foreseen(tx, study_uid)

    kept.pacs._upkeep.close()
    monkeypatch.setattr(retention, "hindrance", replaced)
    assert look(kept, AFTER) == []
    assert held(kept) == {uid(OLD)}
    with pytest.raises(BadInput, match="not set to delete by itself"):
        kept.pacs.repairs.do("expire_study", waived=True, study_uid=uid(OLD))


def test_what_fell_due_while_the_pacs_was_closed_goes_when_it_opens(kept: House) -> None:
    """The first look after opening is the day's look."""
    kept.pacs.configure(retention_deletes=True)
    look(kept, BEFORE)
    kept.pacs.close()
    kept.clock.set(AFTER, speed=0)
    kept.pacs.open(HOST, 0)
    until(lambda: held(kept) == {uid(YOUNG)})
