"""The stream of what happens in a lab: one long poll after another, in batches that a screen can take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simlab.errors import SimlabError
from simlab.tui import words
from simlab.tui.client import Door, Lost

PAUSE = 0.5
"""Seconds between two batches that hold all that has happened."""

POLL = 10.0
"""Seconds that one long poll waits for something new."""

AGAIN = {True: 1.0, False: 5.0}
"""Seconds before the next try: after the lab was lost, after it answered with an error."""

LIMIT = 200
"""Events of one batch: more of them at once would hold up the keys."""
BEHIND = 0.1
"""Seconds between two batches while more has happened than one of them holds."""
BACKLOG = 1000
"""Events of the past that free play begins with; an attempt begins with all of its own."""


@dataclass(frozen=True)
class Batch:
    """What came since the last batch: events, the hospital's time, or why nothing could come."""

    events: tuple[dict[str, Any], ...] = ()
    now: datetime | None = None
    error: SimlabError | None = None


async def follow(door: Door, attempt: str) -> AsyncIterator[Batch]:
    """Batches for ever; the first one comes at once. `attempt` narrows them to that attempt when it is not empty."""
    after: int | None = None
    while True:
        try:
            if after is None:
                status = await door.get("/status")
                after = 0 if attempt else max(0, int(status.get("last_event") or 0) - BACKLOG)
                yield Batch(now=words.moment(str(status.get("clock") or "")))
            told = await door.get(
                "/events", after=after, wait=POLL, limit=LIMIT, attempt=attempt or None, seconds=POLL + 20
            )
            events = tuple(told.get("events") or ())
            after = max(int(told.get("last") or 0), after)
            if events:
                yield Batch(events, words.moment(str(events[-1].get("at") or "")))
                await asyncio.sleep(PAUSE if len(events) < LIMIT else BEHIND)
            else:
                status = await door.get("/status")
                if int(status.get("last_event") or 0) < after:
                    after = None  # another lab, with a journal that begins anew
                yield Batch(now=words.moment(str(status.get("clock") or "")))
                await asyncio.sleep(0.05)
        except SimlabError as error:
            yield Batch(error=error)
            await asyncio.sleep(AGAIN[isinstance(error, Lost)])
