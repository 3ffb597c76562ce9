"""The screen that shows images of a study: which of them, in which window and size, beside which prior."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from simlab.errors import SimlabError
from simlab.tui import picture
from simlab.tui.client import Door
from simlab.tui.graphics import BLOCKS, LETTERS, SIXEL, Graphics
from simlab.tui.picture import Drawn
from simlab.tui.stack import Place, Stack, open_stack, priors
from simlab.tui.told import heard
from simlab.tui.widgets.image import ImageView, Pane, Room
from simlab.tui.widgets.title_bar import TitleBar


@dataclass(frozen=True)
class Look:
    """How to look: `window` is a number in the list, or ``centre,width``."""

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    window: str = "0"
    inverse: bool = False


class Looking(Screen[None]):
    """One study of the archive, begun at a series or an image of it; the keys are up to who derives from this."""

    def __init__(
        self, door: Door, study_uid: str, series_uid: str = "", sop_uid: str = "", *, blocks: bool, graphics: Graphics
    ) -> None:
        super().__init__()
        self._door, self._study = door, study_uid
        self._begin = (series_uid, sop_uid)
        self._way = graphics.way or (BLOCKS if blocks else LETTERS)
        self._ways = [*filter(None, [graphics.way]), BLOCKS, LETTERS]
        self._graphics = graphics
        self._stack: Stack | None = None
        self._prior: Stack | None = None
        self._priors: list[str] | None = None
        self._position = 0
        self._look = Look()
        self._states: dict[str, dict[str, Any]] | None = None
        self._presented = ""
        self._asking = self._overtaken = False
        self.shown = 0
        """Pictures that were shown so far."""

    def compose(self) -> ComposeResult:
        yield TitleBar()
        view = ImageView(id="image")
        view.way, view.graphics = self._way, self._graphics
        yield view
        yield Footer()

    @property
    def view(self) -> ImageView:
        return self.query_one(ImageView)

    def on_mount(self) -> None:
        self.query_one(TitleBar).place = "Image"
        self.open()

    def on_resize(self) -> None:
        self.ask()

    def on_screen_suspend(self) -> None:
        self.view.clear()

    def on_screen_resume(self) -> None:
        self.ask()

    @work
    async def open(self) -> None:
        """Fetch the study and show where it was begun."""
        self._stack = await heard(self, open_stack(self._door, self._study))
        if self._stack is None:
            self.view.panes = (Pane(words="This study has no images."),)
            return
        self._position = self._stack.choose(*self._begin)
        self.ask()

    # Asking for pictures: one question at a time; those that were overtaken meanwhile are never asked

    def ask(self) -> None:
        """Show what is wanted now, at the latest when the picture on its way is there."""
        if self._asking:
            self._overtaken = True
        elif self._stack is not None and self.view.size.width > 1:
            self._asking = True
            self._fetch()

    @work(group="picture")
    async def _fetch(self) -> None:
        try:
            while True:
                self._overtaken = False
                panes = await asyncio.gather(*(self._pane(*one) for one in self._wanted()))
                self.shown += 1
                self.view.panes = tuple(panes)
                if not self._overtaken:
                    break
        finally:
            self._asking = False

    def _wanted(self) -> list[tuple[int, Stack, int, Room]]:
        assert self._stack is not None
        stacks = [self._stack, *([self._prior] if self._prior else [])]
        room = self.view.room(len(stacks))
        last = max(len(self._stack.current.places) - 1, 1)
        found = []
        for number, stack in enumerate(stacks):
            # The prior goes along: as far through its stack as the image is through its own.
            position = round(self._position / last * (len(stack.current.places) - 1)) if number else self._position
            found.append((number, stack, position, room))
        return found

    async def _pane(self, number: int, stack: Stack, position: int, room: Room) -> Pane:
        place, look, way = stack.current.places[position], self._look, self.view.way
        told_of = (self._states or {}).get(self._presented, {})
        presented = self._presented if not number and place.sop_uid in told_of.get("images", []) else ""
        try:
            told = await self._door.get(
                "/image", sop_uid=place.sop_uid, frame=place.frame, width=room.width, height=room.height,
                aspect=room.aspect, zoom=look.zoom, x=look.x, y=look.y, window=look.window,
                inverse=int(look.inverse), form="sixel" if way == SIXEL else "rows",
                state=presented,
            )  # fmt: skip
        except SimlabError as error:
            return Pane(words=f"No picture: {error.what}")
        drawn = await asyncio.to_thread(picture.read, told, way, number)
        if drawn is None:
            return Pane(words="The lab's picture cannot be shown.")
        return Pane(drawn, state=_state(drawn, position, stack, bool(number), told_of["label"] if presented else ""),
                    way=way)  # fmt: skip

    @property
    def _now(self) -> Place | None:
        return self._stack.current.places[self._position] if self._stack else None

    @property
    def _drawn(self) -> Drawn | None:
        return self.view.panes[0].drawn

    def _change(self, **how: Any) -> None:
        self._look = replace(self._look, **how)
        self.ask()

    @work(exclusive=True, group="state")
    async def next_state(self) -> None:
        """Under the study's next presentation state, at an image that it is for; then as it was sent again."""
        if self._stack is None or self._now is None:
            return
        if self._states is None:
            told = {uid: await heard(self, self._door.get("/presentation", sop_uid=uid)) for uid in self._stack.states}
            self._states = {uid: one for uid, one in told.items() if one}
        uids = ["", *self._states]
        self._presented = uids[(uids.index(self._presented) + 1) % len(uids)]
        if len(uids) == 1:
            self.notify("This study has no presentation state.", timeout=3)
        elif self._presented:
            images = self._states[self._presented]["images"]
            if self._now.sop_uid not in images:
                at, position = self._stack.at, self._position
                self._position = self._stack.choose(sop_uid=images[0]) if images else position
                if self._now.sop_uid not in images:
                    self._stack.at, self._position = at, position
                    self.notify("It is for images of another study.", timeout=3)
            self._look = Look()
        self.ask()

    @work(exclusive=True, group="prior")
    async def next_prior(self) -> None:
        """Beside the prior that is most like it; then beside the next; then alone again."""
        if self._stack is None:
            return
        if self._priors is None:
            patient = self._stack.study.get("patient_id")
            studies = await heard(self, self._door.view("pacs.studies", patient_id=patient))
            if studies is None:
                return
            self._priors = priors(studies, self._stack.study)
        uids = self._priors
        after = uids.index(self._prior.study["study_uid"]) + 1 if self._prior else 0
        self._prior = None
        for uid in uids[after:]:
            found = await heard(self, open_stack(self._door, uid))
            if found is not None:
                found.like(self._stack.current)
                self._prior = found
                break
        if self._prior is None and not after:
            self.notify("This patient has no other study with images.", timeout=3)
        self.ask()


def _state(drawn: Drawn, position: int, stack: Stack, prior: bool, label: str) -> str:
    lines = [f"{'PRIOR  ' if prior else ''}{position + 1}/{len(stack.current.places)}"]
    if len(stack.series) > 1:
        lines[0] += f"  series {stack.at + 1}/{len(stack.series)}"
    if drawn.window is not None:
        lines.append(f"C {drawn.window.centre:g} W {drawn.window.width:g} {drawn.window.name}")
    marks = [f"zoom {drawn.zoom:.1f}" if drawn.zoom > 1 else "", "inverse" if drawn.inverse else ""]
    lines += [f"state: {label}"] if label else []
    return "\n".join([*lines, *filter(None, ["  ".join(filter(None, marks))])])
