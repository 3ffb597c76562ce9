"""What a scanner knows outlives its process: whom it examined, who lay on its table, which UIDs it has given out."""

from __future__ import annotations

from typing import Any

import pytest

from simlab.config import LOOPBACK
from simlab.department.modality import VIEWS, Modality
from simlab.department.modality.calls import Calls
from simlab.department.modality.outbox import Outbox
from simlab.department.modality.steps import Steps
from simlab.dicom.normalized import Answer
from simlab.dicom.requestor import Unreachable
from simlab.dicom.upper_layer import ConnectionLost, TimedOut
from simlab.errors import SimlabError
from tests.modality.conftest import ITEM, Department, until

OTHER = {**ITEM, "AccessionNumber": "A200", "PatientID": "RXX200", "StudyInstanceUID": "2.25.200"}


class Killed(BaseException):
    """What no handler of the scanner catches, as a kill -9 is."""


def uids(department: Department, start: int = 0) -> set[str]:
    return {one.header().sop_instance_uid for one in department.taken[start:]}


def another_process(department: Department, **settings: Any) -> Modality:
    """The scanner as the next process finds it."""
    department.scanner.close()
    later = department.make()
    if settings:
        later.configure(**settings)
    later.open(LOOPBACK, 0)
    return later


def test_who_is_examined_anew_after_the_disk_was_freed_gets_new_uids(department: Department) -> None:
    """Same accession, same study, no instance twice: an archive would take a repeated UID for a changed image."""
    department.scanner.configure(free_needs_commitment=False)
    department.scanner.scan("A100")
    department.scanner.free(accession="A100")
    department.scanner.scan("A100")
    assert len(uids(department)) == len(department.taken) == 24
    assert {one.header().study_uid for one in department.taken} == {"2.25.100"}


def test_so_does_somebody_without_an_accession_number(department: Department) -> None:
    """An emergency examined twice within the same second."""
    department.scanner.configure(free_needs_commitment=False)
    typed = {"patient_id": "TEMP1", "patient_name": "UNKNOWN^MALE"}
    department.scanner.scan(typed=typed, recipe="ct-head")
    department.scanner.free()
    department.scanner.scan(typed=typed, recipe="ct-head")
    assert len(uids(department)) == len(department.taken)


def test_reuse_is_a_quirk(department: Department) -> None:
    """With it the same UIDs come again."""
    department.scanner.configure(free_needs_commitment=False, quirks="uid_reuse")
    department.scanner.scan("A100")
    department.scanner.free(accession="A100")
    department.scanner.scan("A100")
    assert len(department.taken) == 24 and len(uids(department)) == 12


def test_the_next_process_examines_nobody_twice(department: Department) -> None:
    """The radiographer's memory is in the database; who came meanwhile is examined."""
    department.scanner.work()
    department.offered = [ITEM, OTHER]
    later = another_process(department)
    try:
        assert later.work()["examined"] == ["A200"]
        assert later.work()["examined"] == []
    finally:
        later.close()


def test_every_so_many_patients_counts_over_a_restart(department: Department) -> None:
    """With `slips` 2 the second patient is the one, whoever examined the first."""
    department.scanner.configure(slips=2)
    department.scanner.work()
    third = {**ITEM, "AccessionNumber": "A300", "PatientID": "RXX300", "StudyInstanceUID": "2.25.300"}
    department.offered = [OTHER, third]
    later = another_process(department)
    try:
        later.work(1)
    finally:
        later.close()
    assert {one.header().accession for one in department.taken[12:]} == {"A300"}


def test_who_lay_on_the_table_is_examined_by_the_next_process(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before an image was kept: the open entry is taken up, and the images are made once."""

    def killed(*_: object, **__: object) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "add", killed)
        patch.setattr("simlab.department.modality.diary.Diary._strike", lambda *_: None)
        with pytest.raises(Killed):
            department.scanner.scan("A100")
    assert department.taken == []
    later = another_process(department, radiographer="at once", poll_seconds=0.05)
    try:
        until(lambda: len(department.taken) == 12)
    finally:
        later.close()
    with department.store.read() as tx:
        assert {row["accession"] for row in VIEWS["held"](tx, "CT1")} == {"A100"}


def test_an_examination_that_came_to_nothing_is_none(department: Department) -> None:
    """No RIS, no patient: when it answers again the patient is examined, once."""
    department.scanner.configure(ris_port=1)
    with pytest.raises(Unreachable):
        department.scanner.scan("A100")
    department.scanner.configure(ris_port=department.ris_port)
    assert department.scanner.work()["examined"] == ["A100"]
    assert len(department.taken) == 12


def test_a_request_for_commitment_that_a_kill_cut_off_is_made_anew(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for a report that was never asked for; the new request has another transaction UID."""
    scanner = department.scanner
    scanner.scan("A100")

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(scanner._calls, "commit", killed)
        patch.setattr(scanner._safekeeping, "_forget", lambda *_: None)
        with pytest.raises(Killed):
            scanner.commit(accession="A100")
    with department.store.read() as tx:
        (first,) = VIEWS["commitments"](tx, "CT1")
    assert scanner._safekeeping.unasked() == []
    later = another_process(department)
    try:
        assert later._safekeeping.unasked() == ["2.25.100"]
        with pytest.raises(SimlabError):  # this PACS knows no commitment
            later.commit(accession="A100")
    finally:
        later.close()
    with department.store.read() as tx:
        assert first["transaction_uid"] not in {row["transaction_uid"] for row in VIEWS["commitments"](tx, "CT1")}


class _Ris:
    """What a RIS does with N-CREATE and N-SET: it holds steps, and says 0111 or 0110 to what does not fit."""

    def __init__(self) -> None:
        self.steps: dict[str, str] = {}

    def create(self, _peer: Any, _calling: str, mpps_uid: str, _said: Any) -> Answer:
        if mpps_uid in self.steps:
            return Answer("0111")
        self.steps[mpps_uid] = "IN PROGRESS"
        return Answer("0000")

    def change(self, _peer: Any, _calling: str, mpps_uid: str, said: Any) -> Answer:
        if self.steps[mpps_uid] != "IN PROGRESS":
            return Answer("0110", "may no longer be updated", error_id="A710")
        self.steps[mpps_uid] = said["PerformedProcedureStepStatus"]
        return Answer("0000")


@pytest.mark.parametrize("heard", [True, False], ids=["before the answer", "before the request"])
def test_a_step_that_a_kill_cut_off_as_it_began_goes_on(
    department: Department, monkeypatch: pytest.MonkeyPatch, heard: bool
) -> None:
    """The RIS has the step or not, and offers its row no more: it is asked again under the same UID, and completed."""
    ris = _Ris()
    monkeypatch.setattr(Calls, "change_step", lambda _self, *given: ris.change(*given))

    def cut_off(_self: Calls, *given: Any) -> Answer:
        if heard:
            ris.create(*given)
            department.offered = []
        raise Killed

    department.scanner.configure(mpps=True)
    with monkeypatch.context() as patch:
        patch.setattr(Calls, "create_step", cut_off)
        patch.setattr(Steps, "_forget", lambda *_: None)
        patch.setattr("simlab.department.modality.diary.Diary._strike", lambda *_: None)
        with pytest.raises(Killed):
            department.scanner.scan("A100")
    monkeypatch.setattr(Calls, "create_step", lambda _self, *given: ris.create(*given))
    later = another_process(department)
    try:
        assert later.work()["examined"] == ["A100"]
    finally:
        later.close()
    assert list(ris.steps.values()) == ["COMPLETED"]
    assert {one.header().study_uid for one in department.taken} == {"2.25.100"} and len(department.taken) == 12


def test_a_step_whose_end_the_ris_took_unheard_is_not_ended_for_ever(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to N-SET is lost; the next says that the step may no longer be updated, and there is no third."""
    ris, tries = _Ris(), []

    def change(_self: Calls, *given: Any) -> Answer:
        tries.append(answer := ris.change(*given))
        if len(tries) == 1:
            raise Unreachable("no answer", remedy="Ask again.")
        return answer

    monkeypatch.setattr(Calls, "create_step", lambda _self, *given: ris.create(*given))
    monkeypatch.setattr(Calls, "change_step", change)
    department.scanner.configure(mpps=True)
    department.scanner.work()
    for _ in range(3):
        department.scanner.work()
    assert [answer.status for answer in tries] == ["0000", "0110"]
    with department.store.read() as tx:
        assert [row["status"] for row in VIEWS["steps"](tx, "CT1")] == ["COMPLETED"]


@pytest.mark.parametrize("lost", [1, 2, 3])
@pytest.mark.parametrize("heard", [True, False], ids=["taken", "not taken"])
def test_a_step_whose_beginning_the_ris_took_unheard_is_the_step_of_the_images(
    department: Department, monkeypatch: pytest.MonkeyPatch, lost: int, heard: bool
) -> None:
    """The answer to N-CREATE is lost: the step is asked for again under the same UID, and completed."""
    ris, asked = _Ris(), []

    def create(_self: Calls, *given: Any) -> Answer:
        asked.append(given[2])
        if len(asked) > lost:
            return ris.create(*given)
        if heard and len(asked) == 1:
            ris.create(*given)
        raise TimedOut("no answer within 30 s")

    monkeypatch.setattr(Calls, "create_step", create)
    monkeypatch.setattr(Calls, "change_step", lambda _self, *given: ris.change(*given))
    department.scanner.configure(mpps=True)
    assert department.scanner.work()["examined"] == ["A100"]
    assert list(ris.steps.items()) == [(asked[0], "COMPLETED")] and set(asked) == {asked[0]}
    assert len(department.taken) == 12
    told = {
        str(one.dataset().ReferencedPerformedProcedureStepSequence[0].ReferencedSOPInstanceUID)
        for one in department.taken
    }
    assert told == {asked[0]}
    with department.store.read() as tx:
        assert [row["status"] for row in VIEWS["steps"](tx, "CT1")] == ["COMPLETED"]


def test_a_step_that_is_not_known_to_stand_is_examined_in_once(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every answer lost the trainee begins, and scans: one UID, and no word to the RIS of an end."""
    asked: list[str] = []

    def create(_self: Calls, *given: Any) -> Answer:
        asked.append(given[2])
        raise ConnectionLost("the connection ended")

    monkeypatch.setattr(Calls, "create_step", create)
    department.scanner.configure(mpps=True, free_needs_commitment=True)
    begun = department.scanner.start_step("A100")
    assert (begun["done"], begun["unsure"]) == (False, True)
    department.scanner.scan("A100")
    assert len(set(asked)) == 1 and len(department.taken) == 12
