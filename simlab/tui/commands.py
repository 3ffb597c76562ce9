"""The command palette's entries: exercises, tabs, scenes, and every action there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from simlab.errors import SimlabError
from simlab.tui.screens.home import Home
from simlab.tui.screens.workbench import TABS, Workbench
from simlab.tui.told import WantsAction, WantsReset, WantsScene

SCENES = ("small-hospital", "empty")


class Known(Protocol):
    """What the palette asks of the application: what there is in the lab."""

    async def actions(self) -> list[dict[str, Any]]: ...

    async def exercises(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Entry:
    """One line of the palette."""

    name: str
    help: str
    run: Callable[[], object]
    everyday: bool = False


class LabCommands(Provider):
    """Everything the terminal can do, by name."""

    async def _entries(self) -> AsyncIterator[Entry]:
        app, known = self.app, cast(Known, self.app)
        tell = partial(partial, app.post_message)
        bench = next((screen for screen in app.screen_stack if isinstance(screen, Workbench)), None)
        if bench is not None:
            for tab in TABS:
                yield Entry(f"Tab: {tab.name}", f"key {tab.key}", partial(bench.action_open, tab.id), True)
            if bench.attempt is not None:
                yield Entry("Check", "look now what holds (c)", bench.action_check, True)
                yield Entry("Hint", "open the next hint (h)", bench.action_hint, True)
                yield Entry("Submit", "hand the attempt in (s)", bench.action_submit, True)
        for scene in SCENES:
            yield Entry(f"Stage scene: {scene}", "a department to try things in", tell(WantsScene(scene)))
        yield Entry("Reset", "put the department back to how it began", tell(WantsReset()))
        try:
            for row in await known.exercises():
                begin = Home.Start(str(row.get("id")), str(row.get("title") or row.get("id")))
                yield Entry(f"Exercise: {row.get('title')}", str(row.get("track", "")), tell(begin))
            for action in await known.actions():
                wanted = WantsAction(str(action["name"]), {})
                yield Entry(f"Act: {action['name']}", str(action.get("doc", "")), tell(wanted))
        except SimlabError:
            return

    async def discover(self) -> Hits:
        async for entry in self._entries():
            if entry.everyday:
                yield DiscoveryHit(entry.name, entry.run, help=entry.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        async for entry in self._entries():
            score = matcher.match(f"{entry.name} {entry.help}")
            if score > 0:
                yield Hit(score, matcher.highlight(entry.name), entry.run, help=entry.help)
