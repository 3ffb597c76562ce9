"""Exercises about queries are solved with DCMTK alone, from another terminal, while the live marks turn."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from simlab.lab.lab import Lab
from simlab.training.attempt import Tutor
from tests.tools import need

SECONDS = 30


@pytest.fixture
def course(lab: Lab) -> Iterator[Tutor]:
    guide = Tutor(lab, url="sqlite://")
    yield guide
    guide.abandon()
    guide.close()


def ask(program: str, lab: Lab, *further: str, **keys: str) -> str:
    """What a DCMTK client says that asks the PACS at STUDY level, as ADMIN."""
    pacs = lab.endpoint("PACS")
    given = [part for keyword, value in keys.items() for part in ("-k", f"{keyword}={value}")]
    called = [need(program), "-d", "-S", "-aet", "ADMIN", "-aec", "PACS", *further, pacs.host, str(pacs.port)]
    done = subprocess.run(
        [*called, "-k", "QueryRetrieveLevel=STUDY", *given], capture_output=True, timeout=SECONDS, check=False
    )
    return (done.stdout + done.stderr).decode("latin-1")


def studies(said: str) -> set[str]:
    """The Study Instance UIDs that findscu printed."""
    return set(re.findall(r"\(0020,000d\) UI \[([0-9.]+)", said))


def earned(tutor: Tutor) -> float:
    return float(tutor.check(live=True)["earned"])


@pytest.mark.parametrize("seed", [1, 3])
def test_find_without_number(course: Tutor, lab: Lab, seed: int) -> None:
    """A name alone turns no mark; the narrowed query turns the first, the move to CLINIC the second."""
    course.start("find-without-number", seed)
    values = course.variant().values
    name = values["spelt"]["wild"]
    assert len(studies(ask("findscu", lab, PatientName=name, StudyInstanceUID=""))) > 1
    assert earned(course) == 0
    found = studies(ask("findscu", lab, PatientName=name, StudyDate=values["day"], StudyInstanceUID=""))
    assert found == {values["uid"]}
    assert earned(course) == 5
    assert "0x0000" in ask("movescu", lab, "-aem", "CLINIC", StudyInstanceUID=values["uid"])
    assert earned(course) == 10
    assert course.submit()["earned"] == 10


@pytest.mark.parametrize("seed", [1, 2])
def test_send_to_theatre(course: Tutor, lab: Lab, seed: int) -> None:
    """A move that sends nothing says 0000 and turns no mark; each study that arrives turns its own."""
    course.start("send-to-theatre", seed)
    values = course.variant().values
    assert "0x0000" in ask("movescu", lab, "-aem", "THEATRE", StudyInstanceUID=values["nowhere_uid"])
    assert earned(course) == 0
    born = values["patient"]["birth_date"]
    found = studies(ask("findscu", lab, PatientName="*", PatientBirthDate=born, StudyInstanceUID=""))
    assert {values["uid"], values["prior_uid"]} < found
    ask("movescu", lab, "-aem", "THEATRE", StudyInstanceUID=values["uid"])
    assert earned(course) == 5
    ask("movescu", lab, "-aem", "THEATRE", StudyInstanceUID=values["prior_uid"])
    assert earned(course) == 10
    assert course.submit()["earned"] == 10
