"""The Messages tab by keys: the thread of a message, its acknowledgement, findings, bytes and differences."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Tree

from simlab.tui.app import SimlabApp
from tests.tui.fake_door import FakeLab
from tests.tui.keys import into_workbench, screen, shows, until


async def messages(pilot: Pilot[Any]) -> None:
    """Into the tab, with the newest message shown."""
    await into_workbench(pilot)
    await pilot.press("4")
    await shows(pilot, "EPR000041", "PID Patient Identification")


async def into_the_message(pilot: Pilot[Any]) -> None:
    """Enter on the list goes into the message."""
    await messages(pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.focused, Tree), "the cursor in the message")


def said(app: SimlabApp, text: str) -> bool:
    """Whether a notice says so."""
    return any(text in notice.message for notice in app._notifications)


async def test_more_lists_what_can_be_done_with_a_message(app: SimlabApp) -> None:
    """`o` offers each with its key, and does what is chosen."""
    async with app.run_test(size=(80, 24)) as pilot:
        await messages(pilot)
        await pilot.press("o")
        await shows(pilot, "t  Only the messages of the same thread", "d  How it differs")
        await pilot.press("down", "down", "enter")
        await shows(pilot, "MSA Message Acknowledgment")


async def test_the_acknowledgement_and_back(app: SimlabApp) -> None:
    """`a` shows the reply in the message's place, `a` again the message."""
    async with app.run_test(size=(80, 24)) as pilot:
        await messages(pilot)
        await pilot.press("a")
        await shows(pilot, "MSA Message Acknowledgment")
        await pilot.press("a")
        await shows(pilot, "PID Patient Identification")


async def test_marked_and_compared(app: SimlabApp) -> None:
    """The same bytes at two systems do not differ."""
    async with app.run_test(size=(120, 40)) as pilot:
        await messages(pilot)
        await pilot.press("d")
        await until(pilot, lambda: said(app, "Mark one first"), "a word on what to do first")
        await pilot.press("m", "down", "d")
        await shows(pilot, "Difference: 0 places", "The two messages are the same, byte for byte.")


async def test_the_filter_leaves_what_holds_every_word(app: SimlabApp) -> None:
    """Words of any column; emptied, all are back."""
    async with app.run_test(size=(80, 24)) as pilot:
        await messages(pilot)
        await pilot.press("slash", *"engine a08", "enter")
        await until(pilot, lambda: "1/1" in screen(pilot), "one row")
        await pilot.press("slash", *["backspace"] * 10, "enter")
        await until(pilot, lambda: "/2" in screen(pilot), "two rows")


async def test_bytes_follow_the_chosen_element(app: SimlabApp) -> None:
    """`x` shows them, with CR visible; the cursor says which they are."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_the_message(pilot)
        await pilot.press("x", "down")
        await shows(pilot, "000010  ", "␍", "EVN Event Type · bytes 82-101")


async def test_another_profile_judges_anew(app: SimlabApp, lab: FakeLab) -> None:
    """`p` goes through the profiles and says how many findings there are by each."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_the_message(pilot)
        await pilot.press("p")
        await until(pilot, lambda: said(app, "ihe-rad:"), "by which profile, and how many")


async def test_at_eighty_by_twenty_four_eight_messages_are_seen(app: SimlabApp, lab: FakeLab) -> None:
    """And the chosen one beneath; in the message, the message has the larger part."""
    for number in range(20):
        lab.bring(f"MANY{number:02}")
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        await pilot.press("4")
        await shows(pilot, "MANY19", "MANY12", "PID Patient Identification")
        await pilot.press("enter")
        await until(pilot, lambda: "MANY12" not in screen(pilot) and "PID-8" in screen(pilot), "more of the message")


async def test_who_reads_a_message_keeps_it_while_others_come(app: SimlabApp, lab: FakeLab) -> None:
    """On the first row the newest is followed; in the message it is not, and `g` goes to the newest again."""
    async with app.run_test(size=(80, 24)) as pilot:
        await messages(pilot)
        lab.bring("LATER1")
        await shows(pilot, "1/3", "LATER1")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Tree), "the cursor in the message")
        lab.bring("LATER2")
        await shows(pilot, "2/4  g: newest")
        await pilot.press("shift+tab", "g")
        await shows(pilot, "1/4", "LATER2")


async def test_a_thread_takes_in_what_joins_it(app: SimlabApp, lab: FakeLab) -> None:
    """A message that comes of the same cause later belongs to it, another one does not."""
    async with app.run_test(size=(80, 24)) as pilot:
        await messages(pilot)
        await pilot.press("t")
        lab.bring("STRANGER")
        lab.bring("JOINS", cause=8)
        await shows(pilot, "/3", "JOINS")
        assert "STRANGER" not in screen(pilot)


async def test_the_filter_holds_for_what_comes_later(app: SimlabApp, lab: FakeLab) -> None:
    """Only what fits joins the list."""
    async with app.run_test(size=(80, 24)) as pilot:
        await messages(pilot)
        await pilot.press("slash", *"epr", "enter")
        lab.bring("FITTING")
        await shows(pilot, "FITTING")
        lab.happen(system="RIS", kind="hl7.message", data={"control_id": "OTHER"})
        lab.bring("FITS2")
        await shows(pilot, "FITS2")
        assert "OTHER" not in screen(pilot)
