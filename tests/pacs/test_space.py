"""The room in the archive: quota, cache and archive apart, retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from simlab.department.pacs import PacsStage
from simlab.department.pacs.stage import PacsArchived, PacsPatient
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.errors import BadInput
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import House
from tests.pacs.sink import until

KEYS = ("StudyInstanceUID", "InstanceAvailability")


def study(number: int, images: int = 2, **more: object) -> list[Instance]:
    """Images of 8 KB and a little."""
    uid = f"{ROOT}.{number}"
    facts = {"study_uid": uid, "series_uid": f"{uid}.1", "size": 64, "shade": number, **more}
    return [made(f"{uid}.1.{n}", number=n, **facts) for n in range(1, images + 1)]  # type: ignore[arg-type]


def store(house: House, instances: list[Instance]) -> list[str]:
    return [reply.status for reply in client.store(house.peer, "CT1", instances)]


def availability(house: House, number: int, level: str = "STUDY") -> str:
    keys = {"StudyInstanceUID": f"{ROOT}.{number}", "InstanceAvailability": ""}
    if level == "SERIES":
        keys["SeriesInstanceUID"] = ""
    [row] = client.find(house.peer, "FINDSCU", "study", level, keys).rows
    return str(row["InstanceAvailability"])


def whole(house: House) -> dict:
    return house.view("space")[0]


def archived(house: House, *numbers: int, **how: bool) -> None:
    house.pacs.stage(PacsStage(archived=[PacsArchived(study_uid=f"{ROOT}.{n}", **how) for n in numbers]))


def test_storescu_is_told_that_the_archive_is_full(house: House, files: Callable[[list[Instance]], Path]) -> None:
    """A700 for what does not fit, and it is not there; what was there stays, and room lets it in."""
    house.pacs.configure(quota_kb=20, high_water=70)
    folder = files(study(1, 4))
    said = house.dcmtk("storescu", "-aec", "PACS", "+sd", str(folder), options=("-v", "-aet", "STORESCU"))
    assert said.count("Received Store Response (Success)") == 2
    assert "Refused: OutOfResources" in said
    assert (whole(house)["state"], whole(house)["instances"]) == ("warning", 2)
    house.pacs.configure(quota_kb=0)
    assert store(house, study(1, 4)) == ["0000"] * 4


def test_the_high_water_mark_warns_before_the_archive_is_full(house: House) -> None:
    """Above the mark the state is a warning, said once in the journal; below it is fine."""
    house.pacs.configure(quota_kb=100, high_water=30)
    store(house, study(1, 2))
    assert whole(house)["state"] == "ok"
    store(house, study(2, 3))
    assert whole(house)["state"] == "warning"
    assert [event.data["space"] for event in house.events("lab")] == ["warning"]


def test_what_is_archived_leaves_a_full_cache_the_longest_unused_first(house: House) -> None:
    """Two archived studies, the older one just used: the other one makes room, and what is not archived stays."""
    house.pacs.stage(PacsStage(instances=[*study(1), *study(2), *study(3)]))
    archived(house, 1, 2, cached=True)
    client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", {"StudyInstanceUID": f"{ROOT}.1"})
    house.pacs.configure(quota_kb=60, high_water=99, low_water=85)
    assert store(house, study(4)) == ["0000", "0000"]
    assert [availability(house, n) for n in (1, 2, 3, 4)] == ["ONLINE", "NEARLINE", "ONLINE", "ONLINE"]


def test_nothing_makes_room_when_that_is_switched_off(house: House) -> None:
    """Then the administrator makes it, after a preview that changes nothing."""
    house.pacs.stage(PacsStage(instances=study(1)))
    archived(house, 1, cached=True)
    house.pacs.configure(quota_kb=20, make_space=False)
    assert store(house, study(2, 1)) == ["A700"]
    preview = house.pacs.space.free_space(preview=True)
    assert [row["study_uid"] for row in preview["rows"]] == [f"{ROOT}.1"]
    assert availability(house, 1) == "ONLINE"
    assert house.pacs.space.free_space()["freed"] == preview["freed"]
    assert store(house, study(2, 1)) == ["0000"]
    assert house.pacs.space.free_space(to=0)["rows"] == []


def test_what_came_into_the_archive_s_time_is_archived_by_itself(house: House) -> None:
    """With the archive tier on, what is older than the delay is copied; a fresh study is not yet."""
    house.clock.set(datetime(2026, 3, 2, 8), speed=0)
    house.pacs.stage(PacsStage(instances=study(1)))
    house.clock.set(datetime(2026, 3, 2, 9), speed=0)
    house.pacs.stage(PacsStage(instances=study(2)))
    house.pacs.configure(archive_tier=True, archive_after_minutes=30)
    until(lambda: house.view("places", study_uid=f"{ROOT}.1")[0]["archived"] == 2)
    assert house.view("places", study_uid=f"{ROOT}.2")[0]["archived"] == 0


@pytest.mark.parametrize("level", ["STUDY", "SERIES"])
def test_a_query_says_how_available_a_study_is(house: House, level: str) -> None:
    """ONLINE, NEARLINE and OFFLINE; of a study in two places the slower one."""
    house.pacs.stage(PacsStage(instances=[*study(1), *study(2), *study(3), *study(4)]))
    archived(house, 2, 4)
    archived(house, 3, shelved=True)
    assert store(house, study(4, 3)) == ["0000"] * 3
    assert [availability(house, n, level) for n in (1, 2, 3, 4)] == ["ONLINE", "NEARLINE", "OFFLINE", "NEARLINE"]


def test_a_nearline_study_is_recalled_before_it_is_sent(house: House) -> None:
    """C-MOVE takes the recall's second longer, brings everything, and the study is online afterwards."""
    house.pacs.stage(PacsStage(instances=study(1)))
    archived(house, 1)
    house.pacs.configure(recall_seconds=1)
    done = client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", {"StudyInstanceUID": f"{ROOT}.1"})
    assert (done.status, done.completed) == ("0000", 2)
    assert availability(house, 1) == "ONLINE"


def test_what_is_on_the_shelf_fails_until_somebody_fetches_it(house: House) -> None:
    """C-MOVE and C-GET name every instance as failed; after the recall they come."""
    house.pacs.stage(PacsStage(instances=study(1)))
    archived(house, 1, shelved=True)
    keys = {"StudyInstanceUID": f"{ROOT}.1"}
    done = client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", keys)
    assert (done.status, done.failed, len(done.failed_uids)) == ("A702", 2, 2)
    assert "shelf" in done.comment
    got = client.get(house.peer, "GETSCU", "study", "STUDY", keys, lambda _instance: None)
    assert (got.status, got.failed) == ("A702", 2)
    house.pacs.space.recall_study(f"{ROOT}.1")
    assert availability(house, 1) == "ONLINE"
    assert client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", keys).completed == 2


def test_a_recall_without_room_is_sent_and_not_kept(house: House) -> None:
    """A cache full of what is not archived does not keep a nearline study from being read."""
    house.pacs.stage(PacsStage(instances=[*study(1), *study(2)]))
    archived(house, 1)
    house.pacs.configure(quota_kb=20, recall_seconds=0)
    done = client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", {"StudyInstanceUID": f"{ROOT}.1"})
    assert (done.status, done.completed) == ("0000", 2)
    assert availability(house, 1) == "NEARLINE"


def test_what_retention_holds_is_never_deleted_to_make_room(house: House) -> None:
    """However full the cache is, every instance is still in the index and still to be had."""
    house.pacs.stage(PacsStage(instances=[*study(1), *study(2)]))
    archived(house, 1, 2, cached=True)
    house.pacs.space.set_retention("all", keep_days=3650)
    house.pacs.configure(quota_kb=20, recall_seconds=0)
    assert store(house, study(3)) == ["0000", "0000"]
    house.pacs.space.free_space(to=0)
    assert whole(house)["instances"] == 6
    keys = {"StudyInstanceUID": f"{ROOT}.1"}
    assert client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", keys).completed == 2


def test_retention_says_what_may_go_and_when(house: House) -> None:
    """By modality, status and the patient's age; the longest has its way, and no rule means for ever."""
    house.clock.set(datetime(2026, 3, 2, 8), speed=0)
    child = PacsPatient(patient_id="CHILD", name="YOUNG^ANN", birth_date="20150310", sex="F")
    images = [
        *study(1, StudyDate="20170301", Modality="CT"),
        *study(2, StudyDate="20250301", Modality="CT"),
        *study(3, StudyDate="20170301", Modality="MG"),
        *study(4, StudyDate="20170301", Modality="CT", patient_id="CHILD"),
        *study(5, StudyDate="", Modality="CT"),
    ]
    house.pacs.stage(PacsStage(patients=[child], instances=images))

    def standing() -> list[tuple[str, str, bool]]:
        rows = sorted(house.view("retention"), key=lambda row: row["study_uid"])
        return [(row["until"], row["rule"], row["may_go"]) for row in rows]

    assert standing() == [("", "", False)] * 5
    house.pacs.space.set_retention("eight-years", keep_days=8 * 365, until_age=25)
    house.pacs.space.set_retention("breast", ["MG"])
    assert standing() == [
        ("2025-02-27", "eight-years", True),
        ("2033-02-27", "eight-years", False),
        ("", "breast", False),
        ("2040-03-10", "eight-years", False),
        ("", "eight-years", False),
    ]
    house.pacs.space.set_retention("unread", status="unreported")
    assert not any(may_go for _until, _rule, may_go in standing())
    house.pacs.space.set_retention("unread", remove=True)
    assert [row["name"] for row in house.view("retention_rules")] == ["breast", "eight-years"]
    with pytest.raises(BadInput):
        house.pacs.space.set_retention("odd", keep_days=-1)


def test_what_a_rule_keeps_is_not_rejected_as_expired(house: House) -> None:
    """113039 (retention expired) for a study that a rule holds is refused with the day; past that day it is taken."""
    house.clock.set(datetime(2026, 3, 2, 8), speed=0)
    house.pacs.stage(PacsStage(instances=study(1, StudyDate="20200301")))
    house.pacs.space.set_retention("ten-years", keep_days=3650)
    with pytest.raises(BadInput, match="ten-years keeps the study until 2030-02-27"):
        house.pacs.repairs.reject(f"{ROOT}.1", "113039")
    house.pacs.space.set_retention("ten-years", keep_days=365)
    assert house.pacs.repairs.reject(f"{ROOT}.1", "113039")["instances"] == 2


def test_the_room_is_shown_by_modality_and_age(house: House) -> None:
    """One row for the whole, one a modality, one an age; what the cache holds of it apart."""
    house.clock.set(datetime(2026, 3, 2, 8), speed=0)
    house.pacs.stage(PacsStage(instances=[*study(1, StudyDate="20260301"), *study(2, Modality="MR", StudyDate="2019")]))
    archived(house, 2)
    rows = [(row["kind"], row["name"], row["instances"], row["cached"] > 0) for row in house.view("space")]
    assert rows == [
        ("all", "", 4, True),
        ("modality", "CT", 2, True),
        ("modality", "MR", 2, False),
        ("age", "undated", 2, False),
        ("age", "up to 30 days", 2, True),
    ]
