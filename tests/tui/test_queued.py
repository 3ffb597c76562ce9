"""The engine's queues and rules in the terminal: what goes next, how rules read, and what is offered on an item."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Tree

from simlab.department.engine.rulebook import VERBS
from simlab.tui.app import SimlabApp
from simlab.tui.console.queued import in_order, newest_first, rule_words
from simlab.tui.screens.message import MessageScreen
from simlab.tui.widgets.grid import Grid
from simlab.tui.widgets.sections import Sections
from tests.tui import canned
from tests.tui.keys import into_workbench, shows, until

RULES: list[tuple[dict[str, Any], str]] = [
    ({"keep": {"MSH-9.1": ["ADT", "ORM"], "PID-3.4": "RXX01"}},
     "only these go on: MSH-9.1 is ADT or ORM and PID-3.4 is RXX01"),
    ({"drop": {"PID-5.1": {"like": "ZZ*"}}}, "when PID-5.1 is like ZZ*: is filtered: nobody"),
    ({"refuse": {"PID-3": {"missing": True}}, "because": "no number"},
     "when PID-3 is missing: becomes a dead letter: because: no number"),
    ({"set": "PID-2", "from": "PID-3.1"}, "set PID-2: what stands in PID-3.1"),
    ({"set": "OBX-11", "value": "F", "every": True}, "set OBX-11 everywhere: F"),
    ({"set": "PV1-19", "template": "{PV1-19.1}^^^A", "if": {"PV1": {"missing": False}}},
     "when PV1 is there: set PV1-19: {PV1-19.1}^^^A"),
    ({"translate": "PID-8", "table": {"W": "F"}, "otherwise": "refuse"}, "translate PID-8: W → F; else refuse"),
    ({"add_segment": "ZVN|1", "after": "PV1"}, "add a segment after PV1: ZVN|1"),
    ({"drop_segment": ["ZDS", "Z*"]}, "take out segments: ZDS or Z*"),
    ({"keep_repetitions": "PID-13", "where": {"PID-13.2": ["PRN", "ORN"]}}, "of PID-13 keep: PID-13.2 is PRN or ORN"),
    ({"drop_repetitions": "PID-3", "where": {"PID-3.4": {"not": "NHS"}}}, "of PID-3 take out: PID-3.4 is not NHS"),
    ({"order_repetitions": "PID-3", "first": {"PID-3.5": "MR"}}, "of PID-3 put first: PID-3.5 is MR"),
    ({"charset": "8859/1"}, "convert to: 8859/1"),
    ({"charset": "UNICODE UTF-8", "only": "label"}, "call the character set: UNICODE UTF-8"),
    ({"version": "2.4"}, "set MSH-12: 2.4"),
    ({"convert": "2.3.1"}, "convert to version: 2.3.1"),
    ({"convert": "2.5.1", "orders": "omi"}, "convert to version: 2.5.1, orders as OMI"),
    ({"split": "ORC"}, "split: one message for each ORC"),
    ({"line_ends": "LF"}, "end segments with: LF"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "said"), RULES, ids=lambda one: str(one)[:30])
def test_a_rule_reads_as_a_sentence(rule: dict[str, Any], said: str) -> None:
    """When, what, to: no JSON."""
    assert rule_words(rule)["in words"] == said


def test_every_verb_of_the_engine_has_words() -> None:
    """A verb that comes later is missing here."""
    assert {next(name for name in rule if name in VERBS) for rule, _ in RULES} == set(VERBS)


def item(id: int, place: int, route: str = "a", state: str = "queued") -> dict[str, Any]:
    return {"id": id, "place": place, "route": route, "state": state, "type": "ADT^A08", "message": canned.ADT}


def test_what_waits_stands_in_the_order_in_which_it_goes_out() -> None:
    """By route, each with its place, the item ahead of it and the first that it could go before."""
    rows = in_order([item(1, 5), item(2, 3), item(3, 4, "b"), item(4, 1, state="sending"), item(5, 9)])
    told = [(row["route"], row["next"], row["id"], row["ahead"], row["first"]) for row in rows]
    assert told == [("a", 1, 4, None, None), ("a", 2, 2, None, None), ("a", 3, 1, 2, 2), ("a", 4, 5, 1, 2),
                    ("b", 1, 3, None, None)]  # fmt: skip


def test_what_went_through_stands_the_last_first() -> None:
    """By the place in the queue, which is the order of delivery."""
    assert [row["id"] for row in newest_first([item(1, 5), item(2, 7), item(3, 6)])] == [2, 3, 1]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three items wait on one route."""
    before = canned.views

    def views(name: str, given: dict[str, Any]) -> list[dict[str, Any]]:
        if name == "engine.queue":
            return [item(11, 1), item(12, 2), item(13, 3)] if given.get("state") == "queued" else []
        return before(name, given)

    monkeypatch.setattr(canned, "views", views)


async def to_the_queue(pilot: Pilot[Any]) -> None:
    await into_workbench(pilot)
    await pilot.press("5")
    tree = pilot.app.screen.query_one("#systems", Sections).shelves
    engine = next(node for node in tree.root.children if node.data is not None and node.data.name == "Engine")
    engine.expand()
    await shows(pilot, "ris-to-pacs")
    tree.move_cursor(next(node for node in engine.children if node.data is not None and node.data.id == "queue"))
    await shows(pilot, "1/3")
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.focused, Grid), "the cursor in the queue")


async def test_an_item_of_the_queue_is_read_element_by_element(app: SimlabApp, queue: None) -> None:
    """Enter, Enter: the message as it goes out, with names; Esc goes back to the queue."""
    async with app.run_test(size=(80, 24)) as pilot:
        await to_the_queue(pilot)
        await pilot.press("enter")
        await shows(pilot, "The message as it goes out", "Hold its route", "Edit and queue again")
        await pilot.press("enter")
        await shows(pilot, "PID Patient Identification", "PID-3 Patient Identifier List")
        assert isinstance(pilot.app.screen, MessageScreen) and isinstance(pilot.app.focused, Tree)
        await pilot.press("x", "escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, Grid), "back in the queue")


async def test_the_second_item_can_go_forward(
    app: SimlabApp, queue: None, lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form knows which item is ahead of it; the first item is not offered it."""
    text = {"type": "integer"}
    schema = {"type": "object", "required": ["item"], "properties": {"item": text, "before": text}}
    monkeypatch.setattr(canned, "ACTIONS", [*canned.ACTIONS, {"name": "engine.move", "doc": "Move.", "schema": schema}])
    async with app.run_test(size=(80, 24)) as pilot:
        await to_the_queue(pilot)
        await pilot.press("enter")
        await shows(pilot, "Discard…")
        await until(pilot, lambda: "one place forward" not in pilot.app.export_screenshot(), "not offered")
        await pilot.press("escape", "down", "enter")
        await shows(pilot, "Move it one place forward")
        await pilot.press("down", "down", "down", "down", "enter")
        await shows(pilot, "engine.move", "before")
        await pilot.press("ctrl+r")
        done = ("POST /act", {"name": "engine.move", "args": {"item": 12, "before": 11}})
        await until(pilot, lambda: done in lab.calls, "moved")
