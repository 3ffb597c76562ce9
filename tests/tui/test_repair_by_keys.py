"""A repair at the PACS on a real lab, with keys alone: see what would happen, do it, find it, undo it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Tree

from simlab.cli.process import Process, process
from simlab.tui.app import SimlabApp
from simlab.tui.client import Door
from simlab.tui.widgets.grid import Grid
from tests.tui.keys import screen, shows, until

PATIENT = "4100017"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Process]:
    with process(tmp_path / "lab", ports="auto", scene="small-hospital") as running:
        yield running


def studies(lab: Process) -> list[dict[str, Any]]:
    with lab.lab.snapshot() as look:
        return list(look.view("pacs.studies", patient_id=PATIENT))


async def choose(pilot: Pilot[Any], line: str) -> None:
    """Go down a menu to `line`, and take it."""
    await shows(pilot, line)
    choices = pilot.app.screen.query_one(OptionList)
    labels = [str(option.prompt) for option in choices.options]
    await pilot.press(*["down"] * next(at for at, label in enumerate(labels) if line in label), "enter")


async def open_branch(pilot: Pilot[Any], selector: str, label: str) -> None:
    """Go down to the branch `label` of a tree, and open it."""
    tree = pilot.app.screen.query_one(selector, Tree)
    for _ in range(40):
        node = tree.cursor_node
        if node is not None and label in str(node.label):
            break
        await pilot.press("down")
    await pilot.press("right")
    await until(pilot, lambda: tree.cursor_node.is_expanded or tree.cursor_node.parent.is_expanded, f"{label} open")


async def test_a_series_is_split_from_its_study_and_put_back(lab: Process) -> None:
    """Archive, `x`, preview, Ctrl+R; then Systems, Repairs, Undo: the archive stands as it stood."""
    before = studies(lab)
    app = SimlabApp(Door(lab.door.url, lab.door.token), blocks=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "free play")
        await pilot.press("enter")
        await shows(pilot, "Open department")
        await pilot.press("2")
        await shows(pilot, PATIENT)
        tree = app.screen.query_one("#archive-tree", Tree)
        await open_branch(pilot, "#archive-tree", PATIENT)
        await until(pilot, lambda: len(tree.cursor_node.children) == 1, "its study")
        await pilot.press("right", "right")
        await shows(pilot, "Chest lateral")
        await pilot.press("down", "x")
        await choose(pilot, "Split it out of its study")
        await shows(pilot, "pacs.split_study")
        await pilot.press("ctrl+r")
        await shows(pilot, "This would happen: 1 instances of 1 series go", "Do it (Ctrl+R)")
        assert studies(lab) == before, "a preview changes nothing"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(studies(lab)) == 2, "two studies")

        await pilot.press("f5")
        await open_branch(pilot, "#systems Tree", "PACS identity")
        await shows(pilot, "Repairs")
        await until(
            pilot, lambda: str(app.screen.query_one("#systems Tree", Tree).cursor_node.label) == "Unmatched", "a list"
        )
        await pilot.press("down", "enter")
        await shows(pilot, "split_study")
        await until(pilot, lambda: isinstance(app.focused, Grid), "the cursor in the repairs")
        await pilot.press("enter")
        await choose(pilot, "Undo…")
        await shows(pilot, "pacs.undo")
        await pilot.press("enter")
        await shows(pilot, "This would happen")
        assert len(studies(lab)) == 2, screen(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(studies(lab)) == 1, "one study again")
    assert studies(lab) == before
