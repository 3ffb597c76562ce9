"""Two exercises of the course, played in the terminal on a real lab, with keys alone, to full marks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from simlab.cli.process import Process, process
from simlab.tui.app import SimlabApp
from simlab.tui.client import Door
from simlab.tui.widgets.grid import Grid
from simlab.tui.widgets.results import ResultsTable
from tests.tui.keys import screen, shows, until

SEED = 1


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Process]:
    with process(tmp_path / "lab", ports="auto", scene="empty") as running:
        yield running


def open_at(lab: Process, exercise: str) -> tuple[SimlabApp, dict[str, Any]]:
    """The terminal on `lab` with `exercise` begun, and what its variant drew."""
    lab.tutor.start(exercise, SEED)
    return SimlabApp(Door(lab.door.url, lab.door.token), blocks=False), dict(lab.tutor.variant().values)


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type `text` into the field that has the cursor."""
    await until(pilot, lambda: isinstance(pilot.app.focused, Input), "the cursor in a field")
    await pilot.press(*text)


async def find(pilot: Pilot[Any], name: str, birth_date: str = "", study_date: str = "") -> ResultsTable:
    """C-FIND at study level by name and one more fact."""
    await pilot.press("escape", "3", "f", "tab", "tab")
    await write(pilot, name)
    await pilot.press("tab", "tab")
    await write(pilot, birth_date)
    await pilot.press("tab")
    await write(pilot, study_date)
    await pilot.press("enter")
    await shows(pilot, "matches, status 0000")
    await until(pilot, lambda: isinstance(pilot.app.focused, Grid), "the cursor in the answer")
    return pilot.app.screen.query_one("#query-results", ResultsTable)


async def send(pilot: Pilot[Any], results: ResultsTable, uid: str, destination: str) -> None:
    """From the row of study `uid` go on to a C-MOVE to `destination`."""
    await pilot.press("ctrl+home", *["down"] * [row["StudyInstanceUID"] for row in results.rows].index(uid), "enter")
    await shows(pilot, "Move this to a destination")
    await pilot.press("down", "enter")
    await write(pilot, destination)
    await pilot.press("enter")
    await shows(pilot, f"sent to {destination}, 0 failed")


async def submit(pilot: Pilot[Any]) -> None:
    """Hand in, and see full marks."""
    await pilot.press("escape", "s")
    await shows(pilot, "Submit this attempt")
    await pilot.press("y")
    await shows(pilot, "Passed", "10 of 10 points", "100%")


def person(patient: Any) -> tuple[str, str]:
    """Name as PN, and birth date, of a drawn patient."""
    return f"{patient['family']}^{patient['given']}".upper(), str(patient["birth_date"])


async def test_find_without_number_is_solved_in_the_terminal(lab: Process) -> None:
    """By name with a wildcard and the day of the film, then one C-MOVE to the clinic."""
    app, drawn = open_at(lab, "find-without-number")
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "Resume")
        await pilot.press("enter")
        await shows(pilot, "0/2 tasks")
        results = await find(pilot, drawn["spelt"]["wild"], study_date=str(drawn["day"]))
        assert len(results.rows) == 1, screen(pilot)
        await send(pilot, results, str(drawn["uid"]), "CLINIC")
        await submit(pilot)


async def test_send_to_theatre_is_solved_in_the_terminal(lab: Process) -> None:
    """By name and birth date, then both studies to the theatre's viewer while the marks turn."""
    app, drawn = open_at(lab, "send-to-theatre")
    name, birth_date = person(drawn["patient"])
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "Resume")
        await pilot.press("enter")
        await shows(pilot, "tasks")
        for uid in (drawn["uid"], drawn["prior_uid"]):
            results = await find(pilot, f"{name}*", birth_date)
            await send(pilot, results, str(uid), "THEATRE")
        await shows(pilot, "✔ done")
        await submit(pilot)
