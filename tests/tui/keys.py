"""A person at the keyboard: presses keys, and waits until the screen shows what was expected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot
from textual.strip import Strip

PATIENCE = 10.0
"""Seconds after which what was expected is taken never to come."""


async def until(pilot: Pilot[Any], holds: Callable[[], bool], what: str) -> None:
    """Wait until `holds`; a failure says `what` did not come about, and shows the screen."""
    end = time.monotonic() + PATIENCE
    while True:
        await pilot.pause()
        try:
            if holds():
                await pilot.pause()
                return
        except Exception as error:  # a widget that is not there yet
            what = f"{what} ({error})"[:300]
        if time.monotonic() > end:
            raise AssertionError(f"never came about: {what}\n{screen(pilot)}")
        await asyncio.sleep(0.02)


def screen(pilot: Pilot[Any]) -> str:
    """What the terminal shows, as text."""
    return "\n".join("".join(segment.text for segment in strip) for strip in strips(pilot))


def strips(pilot: Pilot[Any]) -> list[Strip]:
    """What the terminal shows, line by line with its styles."""
    return pilot.app.screen._compositor.render_strips()


async def shows(pilot: Pilot[Any], *texts: str) -> None:
    """Wait until every text stands on the screen."""
    await until(pilot, lambda: all(text in screen(pilot) for text in texts), f"{texts} on the screen")


async def into_workbench(pilot: Pilot[Any]) -> None:
    """Resume the open attempt from the first screen."""
    await shows(pilot, "Resume")
    await pilot.press("enter")
    await shows(pilot, "0/3 tasks")
