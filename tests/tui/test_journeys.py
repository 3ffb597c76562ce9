"""What a person does with keys alone, from the first screen to the debrief."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Tree

from simlab.tui.app import SimlabApp
from simlab.tui.widgets.grid import Grid
from tests.tui import canned
from tests.tui.fake_door import FakeDoor, FakeLab
from tests.tui.keys import into_workbench, screen, shows, until

SIZES = [(80, 24), (120, 40)]


def has_children(tree: Tree[Any], count: int) -> bool:
    return tree.cursor_node is not None and len(tree.cursor_node.children) == count


async def move(pilot, row: int) -> None:
    """Find again what was looked for, and have one row's study sent to THEATRE."""
    await pilot.press("escape", "3", "f", "enter")
    await until(pilot, lambda: isinstance(pilot.app.focused, Grid), "the cursor in the answer")
    await pilot.press(*["down"] * row, "enter")
    await shows(pilot, "Move this to a destination")
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(pilot.app.focused, Input), "the cursor in the form")
    await pilot.press(*"THEATRE", "enter")
    await shows(pilot, "3 sent to THEATRE")


@pytest.mark.parametrize("size", SIZES)
async def test_an_exercise_is_played_to_full_marks_with_keys_alone(app: SimlabApp, lab: FakeLab, size) -> None:
    """Start, find, move, answer, submit, evidence, debrief, home: no mouse anywhere."""
    lab.started = False
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "A prior for the theatre viewer")
        await pilot.press(*["down"] * 4, "enter")
        await shows(pilot, "0/3 tasks")
        await pilot.press("3", "f", "tab", "tab", *"whit*", "enter")
        await shows(pilot, "3 matches, status 0000")
        await move(pilot, 0)
        await shows(pilot, "1/3 tasks")
        await move(pilot, 1)
        await shows(pilot, "2/3 tasks")
        await pilot.press("escape", "6", "down", "enter")
        await shows(pilot, "Which birth date")
        await until(pilot, lambda: isinstance(app.focused, Grid), "the cursor in the questions")
        await pilot.press("enter")
        await shows(pilot, "Give answer")
        await pilot.press("enter", "down", "enter", "ctrl+r")
        await shows(pilot, "3/3 tasks")
        assert lab.answers[-1]["value"] in ("a", "b")
        await pilot.press("s")
        await shows(pilot, "All tasks are done")
        await pilot.press("y")
        await shows(pilot, "Passed", "10 of 10 points")
        await pilot.press("enter")
        await shows(pilot, "C-MOVE")
        await pilot.press("escape", "d")
        await shows(pilot, "What happened")
        await pilot.press("2")
        await shows(pilot, "C-STORE CT image")
        await pilot.press("q")
        await shows(pilot, "Course", "free play")


async def test_a_mark_turns_when_the_work_is_done_from_another_terminal(app: SimlabApp, lab: FakeLab) -> None:
    """Nothing is pressed: the event alone turns the mark."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_workbench(pilot)
        lab.moved.add(canned.STUDY_1)
        lab.happen()
        await shows(pilot, "✔ done", "1/3 tasks")


async def test_a_hint_says_its_cost_before_it_opens(app: SimlabApp) -> None:
    """The first is free, the second costs a point; declined, it stays closed."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_workbench(pilot)
        await pilot.press("1", "h")
        await shows(pilot, "It costs nothing.")
        await pilot.press("y")
        await shows(pilot, "C-MOVE asks the archive")
        await pilot.press("h")
        await shows(pilot, "costs 1 of the task")
        await pilot.press("n")
        await until(pilot, lambda: "costs 1" not in screen(pilot), "the dialog gone")
        assert "Query STUDY level by" not in screen(pilot)


async def test_check_says_which_check_does_not_hold(app: SimlabApp, lab: FakeLab) -> None:
    """`c` asks for the explicit check, and its messages stand beneath the task."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_workbench(pilot)
        await pilot.press("c")
        await shows(pilot, "✗ Yesterday's hip is not in")
        assert ("POST /training/check", {"live": False}) in lab.calls


async def test_the_archive_opens_down_to_the_tags_of_an_image(app: SimlabApp) -> None:
    """Patient, study, series, image, tags, and back."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await pilot.press("2")
        await shows(pilot, "Núñez^Inés")
        tree = app.screen.query_one("#archive-tree", Tree)
        for count in (2, 1, 3):
            await pilot.press("down", "enter")
            await until(pilot, partial(has_children, tree, count), f"{count} below the cursor")
        await pilot.press("down")
        await until(pilot, lambda: any(letter in screen(pilot) for letter in ("%%", "##")), "the picture")
        await pilot.press("t")
        await shows(pilot, "Accession Number", "RXX2603010017")
        await pilot.press("t")
        await shows(pilot, "image 2")


async def test_a_row_of_an_answer_is_used_for_the_next_call(app: SimlabApp, lab: FakeLab) -> None:
    """Enter on a found study offers the move, its UID filled in."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await pilot.press("3", "f", "tab", "tab", *"whit*", "enter")
        await shows(pilot, "3 matches")
        await until(pilot, lambda: isinstance(app.focused, Grid), "the cursor in the answer")
        await pilot.press("enter")
        await shows(pilot, "Move this to a destination")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.focused, Input), "the cursor in the form")
        await pilot.press(*"THEATRE", "enter")
        await until(pilot, lambda: canned.STUDY_1 in lab.moved, "the study moved")


async def test_a_peer_is_changed_in_a_form_made_from_the_schema(app: SimlabApp, lab: FakeLab) -> None:
    """Systems, PACS, Peers, Enter, Change: the row's values stand in the form."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await pilot.press("5", "down", "down", "enter")
        await shows(pilot, "THEATRE")
        await until(pilot, lambda: isinstance(app.focused, Grid), "the cursor in the peers")
        await pilot.press("down", "enter")
        await shows(pilot, "Change…")
        await pilot.press("enter")
        await shows(pilot, "Register a peer", "11131")
        await pilot.press("ctrl+r")
        sent = {"title": "CT1", "host": "127.0.0.1", "port": 11131, "services": ["echo", "store"]}
        await until(pilot, lambda: ("POST /act", {"name": "pacs.set_peer", "args": sent}) in lab.calls, "the call")


async def test_what_one_has_no_right_to_is_said_with_whom_to_ask(app: SimlabApp) -> None:
    """A refused action stays in its form and shows the remedy."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_workbench(pilot)
        await pilot.press("ctrl+p")
        await pilot.press(*"Act: engine.hold")
        await shows(pilot, "Hold a route")
        await pilot.press("enter")
        await shows(pilot, "route*")
        await pilot.press(*"ris-to-pacs", "enter")
        await shows(pilot, "not yours to do here", "desk.ask")


async def test_leaving_asks_while_an_attempt_is_open(app: SimlabApp) -> None:
    """Ctrl+Q asks; `n` stays, `y` leaves."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await pilot.press("ctrl+q")
        await shows(pilot, "Leave now?")
        await pilot.press("n")
        await until(pilot, lambda: "Leave now?" not in screen(pilot), "the question gone")
        await pilot.press("ctrl+q")
        await shows(pilot, "Leave now?")
        await pilot.press("y")
        await until(pilot, lambda: app.return_value == 0, "the app has ended")


async def test_a_lost_lab_is_told_and_found_again(app: SimlabApp, door: FakeDoor, monkeypatch) -> None:
    """The bar says so while it lasts; nothing ends, nothing has to be pressed."""
    monkeypatch.setattr("simlab.tui.app.RETRY", 0.1)
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        door.drop()
        await shows(pilot, "The lab does not answer")
        door.again()
        await until(pilot, lambda: "does not answer" not in screen(pilot), "the warning gone")
        await shows(pilot, "A prior for the theatre viewer")


async def test_a_terminal_too_small_says_what_it_needs(app: SimlabApp) -> None:
    """Smaller than 60 × 18 there is one message; larger again, the screen is back."""
    async with app.run_test(size=(50, 12)) as pilot:
        await shows(pilot, "SimLab needs 60 × 18")
        await pilot.resize_terminal(80, 24)
        await shows(pilot, "Resume")


async def test_an_idle_workbench_asks_for_next_to_nothing(app: SimlabApp, lab: FakeLab) -> None:
    """While nothing happens there is one long poll, and no other call."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await until(
            pilot, lambda: lab.calls[-1][0] == "GET /events" and lab.calls[-1][1]["after"] == "11", "a long poll"
        )
        before = len(lab.calls)
        await pilot.pause(1.0)
        assert len(lab.calls) - before <= 1


async def test_faults_and_actors_stay_out_of_the_logs_of_an_exercise(app: SimlabApp, lab: FakeLab) -> None:
    """What the lab knows beyond the systems' own logs would give the answer away."""
    lab.events.append({**canned.MOVE_EVENT, "id": 12, "kind": "fault", "summary": "fault held-route fired"})
    async with app.run_test(size=(120, 40)) as pilot:
        await into_workbench(pilot)
        await pilot.press("7")
        await shows(pilot, "ENGINE (1)", "PACS (2)")
        assert "fired" not in screen(pilot)
        assert "whole wire" not in screen(pilot)


async def into_list(pilot: Pilot[Any], group: str, name: str) -> None:
    """Systems, a group, one of its lists."""
    await pilot.press("5")
    tree = pilot.app.screen.query_one("#systems Tree", Tree)
    await until(pilot, lambda: tree.cursor_node is not None, "the lists")
    for wanted, key in ((group, "enter"), (name, "enter")):
        await pilot.press("home")
        while str(tree.cursor_node.label) != wanted:
            await pilot.press("down")
        if not tree.cursor_node.is_expanded:
            await pilot.press(key)
            await pilot.pause()
    await until(pilot, lambda: isinstance(pilot.app.focused, Grid), "the cursor in the rows")


async def test_one_group_of_lists_is_open_at_a_time(app: SimlabApp) -> None:
    """Forty lists fit a small terminal: opening a group closes the other and goes to its first list."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await pilot.press("5")
        await shows(pilot, "Audit trail")
        await pilot.press(*["down"] * 8)
        await shows(pilot, "Enter opens: Unmatched, Repairs, Approvals")
        await pilot.press("enter")
        await shows(pilot, "no order with this number", "Duplicates")
        assert "Audit trail" not in screen(pilot)


async def test_the_audit_trail_is_searched_by_its_filters_and_by_text(app: SimlabApp, lab: FakeLab) -> None:
    """`user=` goes to the department, the other words narrow what came back."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_workbench(pilot)
        await into_list(pilot, "PACS", "Audit trail")
        await shows(pilot, "3 in", "night logs in")
        await pilot.press("slash")
        await shows(pilot, "filter by any text, or user=")
        await pilot.press(*"user=night found", "enter")
        await until(pilot, lambda: "night logs in" not in screen(pilot), "the others gone")
        await shows(pilot, "one study found")
        assert ("GET /view/pacs.audit", {"user": "night"}) in lab.calls


async def test_a_repair_is_done_only_after_its_preview_of_the_same_values(app: SimlabApp, lab: FakeLab) -> None:
    """Enter only asks; Ctrl+R asks again when a value has changed since, and then does it."""

    def asked() -> list[tuple[str, bool]]:
        acts = [given["args"] for call, given in lab.calls if call == "POST /act"]
        return [(args["patient"], "preview" in args) for args in acts]

    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await into_list(pilot, "PACS identity", "Unmatched")
        await pilot.press("enter")
        await shows(pilot, "Move to another patient")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.focused, Input), "the cursor in the form")
        await pilot.press("7", "enter")
        await shows(pilot, "This would happen", "Do it")
        await pilot.press("enter")
        await until(pilot, lambda: asked() == [("7", True)] * 2, "asked twice")
        await pilot.press("8", "ctrl+r")
        await until(pilot, lambda: asked()[2:] == [("78", True)], "asked for the other patient")
        await shows(pilot, "Do it")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: asked()[3:] == [("78", False)], "done")
