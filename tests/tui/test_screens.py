"""What each screen looks like, at the smallest usual size and at a comfortable one: pictures kept beside the tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.color import Color
from textual.filter import Monochrome, NoColor
from textual.pilot import Pilot
from textual.widgets import Input

from simlab.tui.app import SimlabApp
from tests.tui.keys import into_workbench, screen, shows, strips

SIZES = [(80, 24), (120, 40)]
Way = Callable[[Pilot[Any]], Awaitable[None]]


def way(*keys: str, then: tuple[str, ...]) -> Way:
    """From the workbench by `keys` to where `then` is shown."""

    async def go(pilot: Pilot[Any]) -> None:
        await into_workbench(pilot)
        await pilot.press(*keys)
        await shows(pilot, *then)

    return go


async def home(pilot: Pilot[Any]) -> None:
    await shows(pilot, "Resume", "One person, two numbers")


async def archive(pilot: Pilot[Any]) -> None:
    await way("2", then=("Núñez^Inés",))(pilot)
    for text in ("DX Hip", "AP pelvis", "image 1"):
        await pilot.press("down", "enter")
        await shows(pilot, text)
    await pilot.press("down")
    await shows(pilot, "%%%")


async def transfers(pilot: Pilot[Any]) -> None:
    await way("5", *["down"] * 9, then=("Enter opens: Transfers",))(pilot)
    await pilot.press("enter")
    await shows(pilot, "Commitment", "CLINIC")
    await pilot.press("enter", "enter")
    await shows(pilot, "Hold it", "Cancel it")


async def grade(pilot: Pilot[Any]) -> None:
    await way("s", then=("Submit this attempt",))(pilot)
    await pilot.press("y")
    await shows(pilot, "Not passed yet", "0 of 10 points")


async def debrief(pilot: Pilot[Any]) -> None:
    await grade(pilot)
    await pilot.press("d")
    await shows(pilot, "What happened", "One way to do it")


async def timeline(pilot: Pilot[Any]) -> None:
    await debrief(pilot)
    await pilot.press("2")
    await shows(pilot, "whole wire", "C-STORE CT image")


WAYS: dict[str, Way] = {
    "home": home,
    "brief": way("1", then=("Yesterday's hip",)),
    "archive": archive,
    "query": way("3", then=("AccessionNumber",)),
    "messages": way("4", then=("EPR000041", "PID")),
    "compose": way("4", "n", then=("begin with a template",)),
    "systems": way("5", "down", "down", then=("THEATRE", "ADMIN")),
    "transfers": transfers,
    "desk": way("6", then=("Inbox", "Sister Osei")),
    "logs": way("7", then=("EPR (1)", "ADT^A08")),
    "question": way("1", "down", "down", "enter", then=("Give answer",)),
    "help": way("question_mark", then=("Keys",)),
    "grade": grade,
    "debrief": debrief,
    "timeline": timeline,
}


def _settled(go: Way) -> Way:
    async def settled(pilot: Pilot[Any]) -> None:
        await go(pilot)
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False
        pilot.app.clear_notifications()
        await pilot.pause()

    return settled


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", WAYS)
def test_screen_looks_as_it_was_approved(
    make_app: Callable[..., SimlabApp], snap_compare: Any, name: str, size
) -> None:
    """The screen is drawn as in its kept picture."""
    assert snap_compare(make_app(), terminal_size=size, run_before=_settled(WAYS[name]))


@pytest.mark.parametrize("name", ["home", "brief", "systems", "question"])
async def test_without_colour_nothing_is_coloured_and_the_cursor_is_reversed(
    make_app: Callable[..., SimlabApp], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With NO_COLOR the terminal's own two colours are used; frames, signs and reversal tell the rest."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(blocks=None)
    async with app.run_test(size=(80, 24)) as pilot:
        await _settled(WAYS[name])(pilot)
        filtered = [part for strip in strips(pilot) for part in strip.apply_filter(NoColor(), Color(0, 0, 0))]
        assert any(isinstance(one, NoColor) for one in app._filters)
        assert not any(isinstance(one, Monochrome) for one in app._filters)
        assert not app.blocks
        marked = any(part.style and (part.style.reverse or part.style.underline) for part in filtered)
        assert marked or "▌" in screen(pilot)
        assert any(corner in screen(pilot) for corner in "┏┃")


def test_image_is_drawn_in_half_blocks_where_colours_allow(
    make_app: Callable[..., SimlabApp], snap_compare: Any
) -> None:
    """The archive's preview with two grey pixels a cell."""
    assert snap_compare(make_app(blocks=True), terminal_size=(120, 40), run_before=_settled(blocks))


async def blocks(pilot: Pilot[Any]) -> None:
    await way("2", then=("Núñez^Inés",))(pilot)
    for text in ("DX Hip", "AP pelvis", "image 1"):
        await pilot.press("down", "enter")
        await shows(pilot, text)
    await pilot.press("down")
    await shows(pilot, "▀▀▀")
