"""After the grade: what happened, why, and the timeline of the whole wire."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer, Markdown

from simlab.tui import words
from simlab.tui.client import Door
from simlab.tui.told import heard
from simlab.tui.widgets.logs import Logs
from simlab.tui.widgets.strip import Tab, TabStrip
from simlab.tui.widgets.title_bar import TitleBar

MOST_EVENTS = 5000


class Debrief(Screen[None]):
    """Two tabs: the debrief's text, and every event of the attempt, faults included."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "open('text')", "Debrief"),
        Binding("2", "open('timeline')", "Timeline"),
        Binding("question_mark", "app.help", "Help"),
        Binding("q,escape", "dismiss(None)", "Home"),
    ]

    def __init__(self, door: Door, attempt: str, title: str) -> None:
        super().__init__()
        self._door, self._attempt, self._title = door, attempt, title

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield TabStrip([Tab("1", "text", "Debrief"), Tab("2", "timeline", "Timeline")])
        with ContentSwitcher(initial="text"):
            with VerticalScroll(id="text", can_focus=True, classes="framed"):
                yield Markdown("", open_links=False)
            yield Logs(wire=True, everything=True, id="timeline")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(TitleBar).place = f"{self._title}: debrief"
        self.query_one(TabStrip).active = "text"
        self.query_one("#text").focus()
        self.load()

    @work
    async def load(self) -> None:
        """Fetch the text and the timeline."""
        told: dict[str, Any] = (
            await heard(self, self._door.get("/training/debrief", attempt=self._attempt or None)) or {}
        )
        await self.query_one(Markdown).update(page_of(told))
        call = self._door.get("/events", after=0, limit=MOST_EVENTS, attempt=self._attempt or None)
        logs = self.query_one(Logs)
        logs.take((await heard(self, call) or {}).get("events", []))
        logs.refresh_view(force=True)

    def on_tab_strip_picked(self, event: TabStrip.Picked) -> None:
        self.action_open(event.tab)
        if event.enter:
            self._enter()

    def action_open(self, tab: str) -> None:
        """Show a tab."""
        self.query_one(TabStrip).active = tab
        self.query_one(ContentSwitcher).current = tab
        if not self.query_one(TabStrip).has_focus:
            self._enter()

    def _enter(self) -> None:
        if self.query_one(TabStrip).active == "text":
            self.query_one("#text").focus()
        else:
            self.query_one("#log-lines Grid").focus()


def page_of(told: dict[str, Any]) -> str:
    """The debrief as a page, with one way to do it where the exercise releases that."""
    text = str(told.get("text") or "There is no debrief for this attempt.")
    steps = [f"{name} {words.full(args)}" for step in told.get("solution") or () for name, args in dict(step).items()]
    return "\n".join([text, "", "## One way to do it", "", "```", *steps, "```"]) if steps else text
