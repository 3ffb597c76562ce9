"""The terminal's application: it opens screens and answers what they post upward."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.reactive import reactive

from simlab.errors import SimlabError
from simlab.tui import words
from simlab.tui.attempt import Attempt, open_attempt, read_attempt
from simlab.tui.client import Door, Lost, Rows
from simlab.tui.commands import LabCommands
from simlab.tui.graphics import LETTERS, SETTING, Graphics, ask
from simlab.tui.pages import row_page, rows_page
from simlab.tui.screens.act import ActionDialog
from simlab.tui.screens.debrief import Debrief
from simlab.tui.screens.dialogs import SMALLEST, Confirm, Reading, TooSmall
from simlab.tui.screens.evidence import EvidenceScreen
from simlab.tui.screens.grade import Grade
from simlab.tui.screens.help_page import HELP
from simlab.tui.screens.home import Home
from simlab.tui.screens.image import ImageScreen
from simlab.tui.screens.message import MessageScreen
from simlab.tui.screens.workbench import Workbench
from simlab.tui.theme import DAY, NIGHT
from simlab.tui.told import (
    Acted,
    Refused,
    WantsAction,
    WantsEvidence,
    WantsImage,
    WantsMessage,
    WantsRow,
    WantsScene,
    WantsView,
    heard,
)
from simlab.tui.widgets.title_bar import TitleBar

RETRY = 2.0
"""Seconds between two attempts to reach a lab that was lost."""


class SimlabApp(App[int]):
    """A client of one lab. `card` is the lab's `lab.json`: a lab that was started again is found by it."""

    TITLE = "SimLab"
    CSS_PATH = "simlab.tcss"
    COMMANDS = App.COMMANDS | {LabCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", show=False, priority=True),
        Binding("f8", "help", "Help", show=False, priority=True),
    ]
    trouble: reactive[str] = reactive("")

    def __init__(
        self, door: Door, *, card: Path | None = None, blocks: bool | None = None, graphics: Graphics | None = None
    ) -> None:
        """`blocks` says whether images are shown in half-blocks; by default where the terminal has the colours."""
        # Textual picks its filter for NO_COLOR at once, so whether the terminal's own colours are kept is said here.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self._blocks = blocks
        self._graphics = graphics or Graphics()
        self._door = door
        self._card = card
        self._actions: Rows = []
        for theme in (NIGHT, DAY):
            self.register_theme(theme)
        # Without colour the terminal's own two colours are used, and cursors are reversed (see the style sheet).
        self.theme = "ansi-dark" if self.no_color else NIGHT.name

    @property
    def blocks(self) -> bool:
        """Whether images are shown in grey half-blocks."""
        if self._blocks is not None:
            return self._blocks
        if os.environ.get(SETTING, "").lower() == LETTERS:
            return False
        return not self.no_color and self.console.color_system not in (None, "standard", "windows")

    def on_mount(self) -> None:
        self.push_screen(Home(self._door))

    def on_unmount(self) -> None:
        self._door.close()

    # Size and trouble

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        notice = self.screen
        if small and not isinstance(notice, TooSmall):
            self.push_screen(TooSmall())
        elif small and isinstance(notice, TooSmall):
            notice.tell(width, height)
        elif isinstance(notice, TooSmall):
            notice.dismiss(None)

    def on_refused(self, event: Refused) -> None:
        if isinstance(event.error, Lost):
            self.seek()
        else:
            self.notify(str(event.error), title="Not done", severity="warning", timeout=8, markup=False)

    @work(group="seek")
    async def seek(self) -> None:
        """Say that the lab is lost, and try until it answers again."""
        if self.trouble:
            return
        tries = 0
        self.trouble = "The lab does not answer. Trying again…"
        while True:
            await asyncio.sleep(RETRY)
            tries += 1
            self._door.renew(*_address(self._card))
            try:
                await self._door.get("/status", seconds=5)
                break
            except Lost:
                self.trouble = f"The lab does not answer. Tried {tries} times; `simlab up` starts it, Ctrl+Q leaves."
            except SimlabError as error:
                self.trouble = f"The lab answers, but: {error}"
        self.trouble = ""
        for screen in self.screen_stack:
            if isinstance(screen, Home):
                screen.action_load()
            elif isinstance(screen, Workbench):
                screen.action_refresh_tab()

    def watch_trouble(self, trouble: str) -> None:
        for screen in self.screen_stack:
            for bar in screen.query(TitleBar):
                bar.trouble = trouble

    # What there is

    async def actions(self) -> Rows:
        """Every action with its schema, fetched once."""
        if not self._actions:
            self._actions = list(await self._door.get("/actions"))
        return self._actions

    async def exercises(self) -> Rows:
        """The course."""
        return list(await self._door.get("/training/exercises"))

    # Into the department

    @work(exclusive=True, group="start")
    async def on_home_start(self, event: Home.Start) -> None:
        """Begin an exercise; an open attempt at another one is given up only when the person says so."""
        attempt = await heard(self, open_attempt(self._door))
        if attempt is not None and attempt.exercise == event.exercise:
            asked = Confirm(f"“{attempt.title}” is open. Go on with it, or begin anew?", "Go on", "Begin anew")
            if await self.push_screen_wait(asked):
                self._work_at(attempt)
                return
        elif attempt is not None:
            asked = Confirm(
                f"“{attempt.title}” is still open.\n\nBeginning “{event.title}” gives it up.", "Begin", "Back"
            )
            if not await self.push_screen_wait(asked):
                return
        self.notify(f"Preparing “{event.title}”…", timeout=2, markup=False)
        told = await heard(self, self._door.post("/training/start", {"id": event.exercise}))
        if told is not None:
            self._work_at(read_attempt(told))

    @work(exclusive=True, group="start")
    async def on_home_enter(self) -> None:
        """Resume the open attempt, or walk through the open department."""
        self._work_at(await heard(self, open_attempt(self._door)))

    def _work_at(self, attempt: Attempt | None) -> None:
        while len(self.screen_stack) > 1 and not isinstance(self.screen, Home):
            self.pop_screen()
        self.clear_notifications()
        self.push_screen(Workbench(self._door, attempt, blocks=self.blocks))

    @work(exclusive=True, group="submitted")
    async def on_exercising_submitted(self, event: Workbench.Submitted) -> None:
        """Grade, then debrief, then back to the course."""
        while isinstance(self.screen, Workbench):
            self.pop_screen()
        chosen = await self.push_screen_wait(Grade(event.attempt.title, event.marks))
        if chosen == "debrief":
            await self.push_screen_wait(Debrief(self._door, event.attempt.id, event.attempt.title))

    @work(exclusive=True, group="stage")
    async def on_wants_scene(self, event: WantsScene) -> None:
        """Stage a scene to try things in, after asking; what was done in the old one is gone."""
        if not await self.push_screen_wait(
            Confirm(f"Stage “{event.scene}”?\n\nAn open attempt is given up.", "Stage", "Back")
        ):
            return
        if await heard(self, self._door.post("/stage", {"scene": event.scene})) is not None:
            self._work_at(None)

    @work(exclusive=True, group="stage")
    async def on_wants_reset(self) -> None:
        """Put the department back to how the attempt or the scene began, after asking."""
        asked = Confirm("Put the department back to how it began?\n\nWhat was done since is undone.", "Reset", "Back")
        if not await self.push_screen_wait(asked):
            return
        if await heard(self, self._door.post("/reset")) is not None:
            self.notify("The department is as it was at the beginning.", timeout=4)
            for screen in self.screen_stack:
                if isinstance(screen, Workbench):
                    screen.action_refresh_tab()

    # What screens ask for

    @work(exclusive=True, group="act")
    async def on_wants_action(self, event: WantsAction) -> None:
        """Open the form of an action."""
        actions = await heard(self, self.actions()) or []
        action = next((one for one in actions if one.get("name") == event.name), None)
        if action is None:
            self.notify(f"This lab has no action {event.name}.", severity="warning", markup=False)
            return
        outcome = await self.push_screen_wait(ActionDialog(self._door, action, event.given))
        if outcome is not None:
            self.notify(words.outcome(outcome), title=event.name, timeout=8, markup=False)
            rows = (outcome.get("data") or {}).get("rows")
            if rows:
                self.push_screen(Reading(event.name, rows_page(rows)))
            for screen in self.screen_stack:
                if isinstance(screen, Workbench):
                    screen.post_message(Acted(outcome))

    def on_wants_row(self, event: WantsRow) -> None:
        self.push_screen(Reading(event.title, row_page(event.row)))

    def on_wants_message(self, event: WantsMessage) -> None:
        self.push_screen(MessageScreen(event.title, event.data))

    @work(exclusive=True, group="view")
    async def on_wants_view(self, event: WantsView) -> None:
        """Show a list to read."""
        rows = await heard(self, self._door.view(event.view, **event.filters))
        if rows is not None:
            self.push_screen(Reading(event.title, rows_page(rows) or "Nothing here."))

    def on_wants_evidence(self, event: WantsEvidence) -> None:
        self.push_screen(EvidenceScreen(self._door, event.event))

    def on_wants_image(self, event: WantsImage) -> None:
        where = (event.study_uid, event.series_uid, event.sop_uid)
        graphics = Graphics() if self.no_color else self._graphics
        self.push_screen(ImageScreen(self._door, *where, blocks=self.blocks, graphics=graphics))

    def action_help(self) -> None:
        """Show the keys."""
        if not isinstance(self.screen, Reading):
            self.push_screen(Reading("Help", HELP))

    @work(exclusive=True, group="leave")
    async def action_leave(self) -> None:
        """Leave; asks when an attempt is open and the lab still answers."""
        attempt = None
        if not self.trouble:
            try:
                attempt = await open_attempt(self._door, seconds=2)
            except SimlabError:
                attempt = None
        if attempt is None or await self.push_screen_wait(
            Confirm(f"“{attempt.title}” is still open.\n\nIt can be resumed later. Leave now?", "Leave", "Stay")
        ):
            self.exit(0)


def _address(card: Path | None) -> tuple[str, str]:
    """Address and token of the lab now; empty when the card cannot be read."""
    if card is None:
        return "", ""
    try:
        told = json.loads(card.read_text(encoding="utf-8"))
        return str(told["control"]), str(told["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""


def run(base_url: str, token: str, card: Path | None = None, graphics: Graphics | None = None) -> int:
    """Open the terminal on the lab at `base_url`; gives the exit code when the person leaves."""
    gc.freeze()  # what was imported stays: going through it again and again holds up the keys
    app = SimlabApp(Door(base_url, token), card=card, graphics=graphics or ask())
    return app.run() or 0
