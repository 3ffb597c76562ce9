"""Where the work is done: the brief and its tasks at the left, the department's tabs at the right."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Footer

from simlab.tui import feed
from simlab.tui.attempt import Attempt
from simlab.tui.client import Door
from simlab.tui.console.desk import DESK
from simlab.tui.console.systems import SYSTEMS
from simlab.tui.screens.compare_messages import CompareScreen
from simlab.tui.screens.compose_message import ComposeScreen
from simlab.tui.screens.exercising import Exercising
from simlab.tui.told import Acted, Refused, WantsQuery
from simlab.tui.widgets.archive import Archive
from simlab.tui.widgets.brief import BriefPane
from simlab.tui.widgets.logs import Logs
from simlab.tui.widgets.messages import Messages
from simlab.tui.widgets.query import Query
from simlab.tui.widgets.sections import Sections
from simlab.tui.widgets.strip import Tab, TabStrip
from simlab.tui.widgets.title_bar import TitleBar

BRIEF = "brief-pane"
TABS = (
    Tab("1", BRIEF, "Brief", "#tasks"),
    Tab("2", "archive", "Archive", "#archive-tree"),
    Tab("3", "query", "Query", "#services"),
    Tab("4", "messages", "Messages", "#message-list Grid"),
    Tab("5", "systems", "Systems", "#systems .sections"),
    Tab("6", "desk", "Desk", "#desk .sections"),
    Tab("7", "logs", "Logs", "#log-systems"),
)
WIDE = 100
"""Columns from which brief and tabs stand side by side."""

QUIET_KINDS = frozenset({"training", "lab", "outcome"})
"""Events that change nothing which a mark could rest on."""


class Workbench(Exercising):
    """One attempt, or free play when `attempt` is None."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(tab.key, f"open('{tab.id}')", tab.name, show=False) for tab in TABS),
        *(Binding(f"f{tab.key}", f"open('{tab.id}')", tab.name, show=False, priority=True) for tab in TABS),
        Binding("r", "refresh_tab", "Refresh", show=False),
        Binding("ctrl+b", "brief", "Hide brief", show=False),
        Binding("question_mark", "app.help", "Help"),
        Binding("q", "home", "Home"),
        Binding("escape", "out", "To the tabs", show=False),
    ]

    def __init__(self, door: Door, attempt: Attempt | None, *, blocks: bool) -> None:
        super().__init__(door, attempt)
        self._blocks = blocks
        self._tab = "archive"
        self._now: datetime | None = None
        self.loaded = False

    def compose(self) -> ComposeResult:
        yield TitleBar()
        yield TabStrip(TABS, id="tabs")
        with Horizontal(id="bench"):
            yield BriefPane(id=BRIEF)
            with ContentSwitcher(initial="archive", id="panes"):
                yield Archive(self._door, blocks=self._blocks, id="archive")
                yield Query(self._door, id="query")
                yield Messages(self._door, past=self.attempt is None, id="messages")
                yield Sections(self._door, SYSTEMS, id="systems")
                yield Sections(self._door, DESK, id="desk")
                yield Logs(wire=self._open_wire, id="logs")
        yield Footer()

    @property
    def _open_wire(self) -> bool:
        return self.attempt is None or self.attempt.logs == "wire"

    async def on_mount(self) -> None:
        bar = self.query_one(TitleBar)
        bar.place = self.attempt.title if self.attempt else "Open department"
        self.query_one("#desk", Sections).attempt = self.attempt
        await self.query_one(BriefPane).show(self.attempt)
        self.action_open(BRIEF)
        self.follow()

    # Tabs

    def on_resize(self, event: Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        wide = self.size.width >= WIDE
        strip = self.query_one("#tabs", TabStrip)
        strip.tabs = TABS[1:] if wide else TABS
        if wide and self._tab == BRIEF:
            self._tab = str(self.query_one("#panes", ContentSwitcher).current)
        strip.active = self._tab
        self.set_class(self._tab == BRIEF, "-brief")

    def action_open(self, tab: str) -> None:
        """Show a tab and go into it."""
        self._tab = tab
        if tab != BRIEF:
            self.query_one("#panes", ContentSwitcher).current = tab
        else:
            self.remove_class("-no-brief")
        self._arrange()
        self.refresh_tab()
        if tab == BRIEF:
            self.call_after_refresh(self._go_into, tab)  # the brief appears with the next style update only
        else:
            self._go_into(tab)

    def _go_into(self, tab: str) -> None:
        wanted = "#brief" if tab == BRIEF and self.attempt is None else next(one.into for one in TABS if one.id == tab)
        self.set_focus(self.query_one(wanted))

    def on_tab_strip_picked(self, event: TabStrip.Picked) -> None:
        if event.enter:
            self._go_into(event.tab)
            return
        self._tab = event.tab
        if event.tab != BRIEF:
            self.query_one("#panes", ContentSwitcher).current = event.tab
        self._arrange()
        self.refresh_tab()

    def _pane(self) -> Widget:
        return self.query_one(f"#{self.query_one('#panes', ContentSwitcher).current}")

    def refresh_tab(self, *, force: bool = False) -> None:
        """Show the shown tab as it is now."""
        pane = self._pane()
        if isinstance(pane, Archive | Messages | Sections | Logs):
            pane.refresh_view(force=force)

    def action_refresh_tab(self) -> None:
        """Fetch the shown tab again."""
        self.refresh_tab(force=True)

    def action_brief(self) -> None:
        """Hide the brief at the left, or show it again."""
        self.toggle_class("-no-brief")

    def action_out(self) -> None:
        """Out of a field, up to the row of tabs."""
        self.query_one("#tabs").focus()

    def action_home(self) -> None:
        """Back to the course; an attempt stays open."""
        self.dismiss()

    # What happens in the lab

    @work(group="follow")
    async def follow(self) -> None:
        """Take in what happens, for as long as this screen lives."""
        async for batch in feed.follow(self._door, self.attempt.id if self.attempt else ""):
            if batch.error is not None:
                self.post_message(Refused(batch.error))
                continue
            self._now = batch.now or self._now
            self.note()
            if batch.events:
                self._take(list(batch.events))
            if not self.loaded or any(event.get("kind") not in QUIET_KINDS for event in batch.events):
                await self.look(live=True)
                self.loaded = True

    def note(self) -> None:
        """Say in the title how far the attempt is, and what time it is."""
        clock = self._now.strftime("%a %d %b %Y %H:%M") if self._now else ""
        # None while the screen is being taken down, when a last batch may still come in.
        for bar in self.query(TitleBar):
            bar.note = "  ".join(filter(None, (self.done, clock)))

    def _take(self, events: list[dict[str, Any]]) -> None:
        for pane in self.query("#panes > *"):
            if isinstance(pane, Archive | Messages | Sections | Logs):
                pane.take(events)
        if self.is_current or self.app.screen.is_modal:
            self.refresh_tab()

    def on_screen_resume(self) -> None:
        self.refresh_tab()

    def on_acted(self, event: Acted) -> None:
        self.refresh_tab(force=True)

    async def on_wants_query(self, event: WantsQuery) -> None:
        """Go on in the Query tab."""
        self.action_open("query")
        query = self.query_one(Query)
        await query.choose(event.service, event.given)
        query.start_writing()

    def on_messages_wants_compose(self, event: Messages.WantsCompose) -> None:
        """Open the composer."""
        now = self._now.strftime("%Y%m%d%H%M%S") if self._now else ""
        self.app.push_screen(ComposeScreen(self._door, event.text, now))

    def on_messages_wants_compare(self, event: Messages.WantsCompare) -> None:
        """Show how two messages differ."""
        self.app.push_screen(CompareScreen(event.one, event.other))
