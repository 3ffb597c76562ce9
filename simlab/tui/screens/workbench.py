"""Where the work is done: the brief and its tasks at the left, the department's tabs at the right."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Footer

from simlab.tui import feed, words
from simlab.tui.attempt import Attempt, Marks, open_attempt, read_marks
from simlab.tui.client import Door
from simlab.tui.console.desk import DESK
from simlab.tui.console.systems import SYSTEMS
from simlab.tui.screens.compose_message import ComposeScreen
from simlab.tui.screens.dialogs import Confirm
from simlab.tui.screens.question import QuestionDialog
from simlab.tui.told import Acted, Refused, WantsAnswer, WantsQuery, heard
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
    Tab("4", "messages", "Messages", "#message-list DataTable"),
    Tab("5", "systems", "Systems", "#systems .sections"),
    Tab("6", "desk", "Desk", "#desk .sections"),
    Tab("7", "logs", "Logs", "#log-systems"),
)
WIDE = 100
"""Columns from which brief and tabs stand side by side."""

QUIET_KINDS = frozenset({"training", "lab", "outcome"})
"""Events that change nothing which a mark could rest on."""


class Workbench(Screen[None]):
    """One attempt, or free play when `attempt` is None."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(tab.key, f"open('{tab.id}')", tab.name, show=False) for tab in TABS),
        *(Binding(f"f{tab.key}", f"open('{tab.id}')", tab.name, show=False, priority=True) for tab in TABS),
        Binding("c", "check", "Check"),
        Binding("h", "hint", "Hint"),
        Binding("s", "submit", "Submit"),
        Binding("r", "refresh_tab", "Refresh", show=False),
        Binding("ctrl+b", "brief", "Hide brief", show=False),
        Binding("question_mark", "app.help", "Help"),
        Binding("q", "home", "Home"),
        Binding("escape", "out", "To the tabs", show=False),
    ]

    class Submitted(Message):
        """The attempt was submitted and graded."""

        def __init__(self, attempt: Attempt, marks: Marks) -> None:
            super().__init__()
            self.attempt, self.marks = attempt, marks

    def __init__(self, door: Door, attempt: Attempt | None, *, blocks: bool) -> None:
        super().__init__()
        self._door = door
        self.attempt = attempt
        self._blocks = blocks
        self._tab = "archive"
        self._done = ""
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
                yield Messages(self._door, id="messages")
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without an attempt there is nothing to check, hint at or submit."""
        return self.attempt is not None or action not in ("check", "hint", "submit")

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
        self._refresh_tab()
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
        self._refresh_tab()

    def _pane(self) -> Widget:
        return self.query_one(f"#{self.query_one('#panes', ContentSwitcher).current}")

    def _refresh_tab(self, *, force: bool = False) -> None:
        pane = self._pane()
        if isinstance(pane, Archive | Messages | Sections | Logs):
            pane.refresh_view(force=force)

    def action_refresh_tab(self) -> None:
        """Fetch the shown tab again."""
        self._refresh_tab(force=True)

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
            self._note()
            if batch.events:
                self._take(list(batch.events))
            if not self.loaded or any(event.get("kind") not in QUIET_KINDS for event in batch.events):
                await self._look(live=True)
                self.loaded = True

    def _note(self) -> None:
        clock = self._now.strftime("%a %d %b %Y %H:%M") if self._now else ""
        # None while the screen is being taken down, when a last batch may still come in.
        for bar in self.query(TitleBar):
            bar.note = "  ".join(filter(None, (self._done, clock)))

    def _take(self, events: list[dict[str, Any]]) -> None:
        for pane in self.query("#panes > *"):
            if isinstance(pane, Archive | Messages | Sections | Logs):
                pane.take(events)
        self._refresh_tab()

    async def _look(self, *, live: bool) -> Marks | None:
        """Ask for the marks and show them."""
        if self.attempt is None:
            return None
        told = await heard(self, self._door.post("/training/check", {"live": live}))
        if told is None:
            return None
        marks = read_marks(told)
        answers = await heard(self, self._door.view("desk.answers")) or []
        pane = self.query_one(BriefPane)
        pane.show_marks(marks, frozenset(str(row.get("task")) for row in answers), detail=not live)
        done = sum(pane.state(task) in ("passed", "answered") for task in self.attempt.tasks)
        self._done = f"{done}/{len(self.attempt.tasks)} tasks"
        self._note()
        return marks

    def on_acted(self, event: Acted) -> None:
        self._refresh_tab(force=True)

    # What the person asks of the exercise

    @work(exclusive=True, group="check")
    async def action_check(self) -> None:
        """Look now what holds, probes included, and say it check by check."""
        self.notify("Looking, probes included…", timeout=2)
        marks = await self._look(live=False)
        if marks is not None:
            met = sum(task.met[0] for task in marks.tasks)
            wanted = sum(task.met[1] for task in marks.tasks)
            self.notify(f"{met} of {words.size_note(wanted, 'check')} hold now.", title="Check", timeout=5)

    @work(exclusive=True, group="hint")
    async def action_hint(self) -> None:
        """Open the next hint of the chosen task, after saying what it costs."""
        task = self.query_one(BriefPane).chosen
        hint = task.next_hint if task else None
        if task is None or hint is None:
            self.notify("There is no further hint for this task.", timeout=3)
            return
        free = self.query_one(BriefPane).state(task) == "passed"
        cost = (
            "It costs nothing."
            if not hint.cost or free
            else f"It costs {hint.cost:g} of the task's {task.points:g} points."
        )
        asked = Confirm(f"Open the next hint for “{task.title}”?\n\n{cost}", "Open it", "Not now")
        if not await self.app.push_screen_wait(asked):
            return
        if await heard(self, self._door.post("/training/hint", {"task": task.id})) is not None:
            await self._reload()

    async def _reload(self) -> None:
        attempt = await heard(self, open_attempt(self._door))
        if attempt is not None:
            self.attempt = attempt
            self.query_one("#desk", Sections).attempt = attempt
            await self.query_one(BriefPane).show(attempt)

    @work(exclusive=True, group="submit")
    async def action_submit(self) -> None:
        """Hand the attempt in, after asking."""
        if self.attempt is None:
            return
        pane = self.query_one(BriefPane)
        left = [task for task in self.attempt.tasks if pane.state(task) not in ("passed", "answered")]
        state = f"{words.size_note(len(left), 'task')} not done yet." if left else "All tasks are done or answered."
        if not await self.app.push_screen_wait(
            Confirm(f"Submit this attempt for grading?\n\n{state}", "Submit", "Go on working")
        ):
            return
        told = await heard(self, self._door.post("/training/submit"))
        if told is not None:
            self.post_message(self.Submitted(self.attempt, read_marks(told)))

    @work(exclusive=True, group="answer")
    async def on_wants_answer(self, event: WantsAnswer) -> None:
        """Put the question of a task."""
        task = self.attempt.task(event.task) if self.attempt else None
        if task is None or task.question is None:
            return
        answers = await heard(self, self._door.view("desk.answers", task=task.id)) or []
        given = answers[-1].get("value") if answers else None
        if await self.app.push_screen_wait(QuestionDialog(self._door, task, given)):
            await self._look(live=True)
            self._refresh_tab(force=True)

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
