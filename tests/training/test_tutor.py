"""An attempt from its start to its debrief, on a real lab."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from simlab.errors import BadInput, NotAllowed, NotFound, Unavailable
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.attempt import Tutor
from simlab.training.records import Records
from tests.training.conftest import COURSE

EXERCISE = "peer-missing"


def results(marks: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["result"] for task in marks["tasks"] for check in task["checks"]}


def solve(tutor: Tutor) -> None:
    values = tutor.variant().values
    theatre = tutor.lab.endpoint("THEATRE")
    for name, args in (
        ("pacs.set_peer", {"title": "THEATRE", "host": theatre.host, "port": theatre.port}),
        ("dicom.move", {"destination": "THEATRE", "keys": {"StudyInstanceUID": values["uid"]}}),
        ("desk.answer", {"task": "why", "value": values["fault"]}),
    ):
        assert tutor.lab.perform(name, args).ok


def test_untouched_earns_nothing_and_solved_earns_everything(tutor: Tutor) -> None:
    """Guards hold from the start but give no points; a solution gets all of them, with evidence."""
    tutor.start(EXERCISE, 1)
    untouched = tutor.check()
    assert untouched["earned"] == 0 and not untouched["passed"]
    assert results(untouched)["not-open"] == "passed"
    solve(tutor)
    grade = tutor.submit()
    assert (grade["earned"], grade["points"], grade["passed"]) == (10, 10, True)
    moved = next(check for check in grade["tasks"][0]["checks"] if check["id"] == "moved")
    assert moved["evidence"][0]["event"] > 0


def test_live_marks_send_no_probe_and_grade_no_answer(tutor: Tutor, lab: Lab) -> None:
    """A live look leaves no trace on the wire; answers stay ungraded until submission."""
    tutor.start(EXERCISE, 1)
    solve(tutor)
    before = lab.journal.last
    marks = tutor.check(live=True)
    assert lab.journal.last == before
    assert results(marks) == {
        "registered": "passed", "held": "passed", "moved": "passed", "not-open": "skipped", "nothing-else": "passed",
        "answer": "skipped",
    }  # fmt: skip
    assert results(tutor.check())["not-open"] == "passed"


def test_the_attempt_shows_no_answer(tutor: Tutor) -> None:
    """What a trainee's client gets holds neither the right answer's marking nor unopened hints."""
    shown = tutor.start(EXERCISE, 1)
    question = shown["tasks"][1]["question"]
    assert set(question) == {"kind", "ask", "options", "unit"}
    assert shown["tasks"][0]["hints"] == [
        {"cost": 0, "opened": False, "text": ""},
        {"cost": 1.5, "opened": False, "text": ""},
    ]
    assert "Compare its port" not in json.dumps(shown)


@pytest.mark.parametrize("live", [True, False])
def test_marks_before_submission_do_not_say_what_is_expected(tutor: Tutor, live: bool) -> None:
    """The right study's UID stands in what a check expects; it is told with the grade, not before."""
    tutor.start(EXERCISE, 1)
    wanted = str(tutor.variant().values["uid"])
    assert wanted not in json.dumps(tutor.check(live))
    assert wanted in json.dumps(tutor.submit())


def test_hints_cost_what_they_say_and_are_free_once_solved(tutor: Tutor) -> None:
    """The second hint takes its points from the task, unless the task is solved already."""
    tutor.start(EXERCISE, 1)
    assert tutor.hint("deliver")["cost"] == 0
    assert tutor.hint("deliver")["cost"] == 1.5
    with pytest.raises(NotFound, match="no further hint"):
        tutor.hint("deliver")
    with pytest.raises(NotFound, match="no task"):
        tutor.hint("deliverance")
    solve(tutor)
    assert tutor.submit()["earned"] == 8.5


def test_breaking_a_critical_guard_fails_the_attempt(tutor: Tutor) -> None:
    """Checking switched off: the task earns nothing and the attempt does not pass, whatever else was right."""
    tutor.start(EXERCISE, 1)
    solve(tutor)
    tutor.lab.perform("pacs.configure", {"check_calling": False})
    grade = tutor.submit()
    assert grade["tasks"][0]["earned"] == 0 and not grade["passed"]
    assert grade["fatal"] == ["deliver/not-open"]


def test_what_is_a_colleagues_is_refused_and_the_colleague_may_do_it(tutor: Tutor) -> None:
    """Rights stop the trainee by name of whom to ask; the colleague's own action goes through, without blame."""
    tutor.start(EXERCISE, 1)
    refused = tutor.lab.perform("engine.hold", {"route": "ris-to-pacs"})
    assert not refused.ok and refused.error and "interfaces" in refused.error["remedy"]
    asked = tutor.lab.perform("desk.ask", {"who": "interfaces", "text": "Please hold ris-to-pacs for me"})
    assert asked.ok and asked.data["done"]
    assert results(tutor.check())["nothing-else"] == "passed"
    tutor.abandon()
    assert tutor.lab.perform("engine.release", {"route": "ris-to-pacs"}).ok


def test_reset_gives_the_start_back(tutor: Tutor, lab: Lab) -> None:
    """Same department by digest, and what was done before counts no longer."""
    tutor.start(EXERCISE, 1)
    began = lab.digest()
    solve(tutor)
    assert lab.digest() != began
    assert tutor.reset()
    assert lab.digest() == began
    assert tutor.check()["earned"] == 0


def test_one_attempt_at_a_time(tutor: Tutor) -> None:
    """Starting another gives the open one up, and says so in the history."""
    tutor.start(EXERCISE, 1)
    tutor.start(EXERCISE, 2)
    assert sorted(row["state"] for row in tutor.history()) == ["abandoned", "open"]


def test_the_debrief_follows_submission(tutor: Tutor) -> None:
    """Text, marks and the released solution; the solution only after a pass."""
    with pytest.raises(NotFound):
        tutor.debrief()
    tutor.start(EXERCISE, 1)
    with pytest.raises(NotAllowed):
        tutor.debrief(tutor.attempt()["attempt"])
    solve(tutor)
    attempt = tutor.submit()["attempt"]
    told = tutor.debrief()
    assert told["attempt"] == attempt and "PS3.4 C.4.2" in told["text"]
    assert list(told["solution"][0]) == ["pacs.set_peer"]
    assert tutor.exercises()[0]["progress"] == "passed"
    tutor.start(EXERCISE, 1)
    tutor.submit()
    failed = next(row for row in tutor.history() if row["passed"] is False)
    assert tutor.debrief(failed["attempt"])["solution"] is None


def test_without_an_attempt_there_is_nothing_to_check(tutor: Tutor) -> None:
    """The error says how to start one."""
    for call in (tutor.attempt, tutor.check, tutor.submit):
        with pytest.raises(NotFound) as refused:
            call()
        assert "simlab start" in refused.value.remedy
    with pytest.raises(BadInput):
        tutor.start(EXERCISE, -1)


def test_an_attempt_survives_a_restart_of_the_lab(tmp_path: Path) -> None:
    """Records and lab state together take the attempt up again, hints and all."""
    home = Home(tmp_path / "lab")
    with running(home) as lab:
        first = Tutor(lab, course=COURSE)
        begun = first.start(EXERCISE, 3)
        first.hint("deliver")
        first.hint("deliver")
        first.close()
    with running(home) as lab:
        second = Tutor(lab, course=COURSE)
        again = second.attempt()
        assert (again["attempt"], again["seed"], again["brief"]) == (begun["attempt"], 3, begun["brief"])
        solve(second)
        assert second.submit()["earned"] == 8.5
        second.close()


def test_an_attempt_at_a_changed_exercise_is_given_up(tmp_path: Path) -> None:
    """A new version cannot grade an old attempt: it is closed, and the lab goes on."""
    course, home = tmp_path / "course", Home(tmp_path / "lab")
    shutil.copytree(COURSE, course)
    with running(home) as lab:
        first = Tutor(lab, course=course)
        first.start(EXERCISE, 3)
        first.close()
    package = course / "dicom" / EXERCISE / "exercise.yaml"
    package.write_text(package.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    with running(home) as lab:
        second = Tutor(lab, course=course)
        with pytest.raises(NotFound):
            second.attempt()
        assert second.history()[0]["state"] == "abandoned" and lab.journal.attempt is None
        second.close()


def test_records_that_cannot_be_reached_say_so(tmp_path: Path) -> None:
    """A wrong URL is one clear error without a password in it."""
    for url in ("nonsense", "sqlite:////no/such/folder/records.sqlite3", "postgresql://me:secret@127.0.0.1:1/x"):
        with pytest.raises(Unavailable) as refused:
            Records(tmp_path, url)
        assert "SIMLAB_RECORDS" in refused.value.remedy and "secret" not in str(refused.value)
