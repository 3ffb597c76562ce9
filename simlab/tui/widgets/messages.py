"""HL7 in and out: the list of messages, and the chosen one element by element."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from simlab.tui.client import Door, content
from simlab.tui.told import WantsEvidence, heard
from simlab.tui.traffic import Row, Traffic
from simlab.tui.widgets.menu import Menu
from simlab.tui.widgets.message_tree import MessageTree
from simlab.tui.widgets.results import ResultsTable

REST = 0.08
"""Seconds that the cursor rests before its message is fetched: a held arrow key asks for the last one only."""
EARLIER, AHEAD = 500, 30
"""Events that are fetched at once of the past, and how many rows before the end of the list."""
COLUMNS = ("time", "system", "way", "type", "control id", "ack", "text", "-")

OFFERS = (
    ("t", "thread", "Only the messages of the same thread, or all again"),
    ("e", "edit", "Edit and send again…"),
    ("a", "acknowledgement", "Its acknowledgement, and back"),
    ("m", "mark", "Mark it, to compare with"),
    ("d", "compare", "How it differs from the marked one"),
    ("v", "evidence", "The event, with everything it rests on"),
    ("g", "newest", "To the newest, and stay there"),
)
"""Key, action and words of what can be done with the chosen message."""

NONE = "No HL7 message has passed yet."


class Messages(Vertical):
    """The newest message first. Enter goes into the chosen one, `t` shows only the messages that belong to it.

    On the first row the cursor stays with the newest; on another one, or in the message, it stays with its message.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "compose_message", "New"),
        Binding("slash", "filter", "Filter"),
        Binding("o", "offer", "More"),
        *(Binding(key, action, label, show=False) for key, action, label in OFFERS),
    ]

    class WantsCompose(Message):
        """Open the composer with this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class WantsCompare(Message):
        """Show how two messages differ; each with what it is called."""

        def __init__(self, one: tuple[str, bytes], other: tuple[str, bytes]) -> None:
            super().__init__()
            self.one, self.other = one, other

    def __init__(self, door: Door, *, past: bool = False, id: str | None = None) -> None:
        """With `past` the list goes back beyond what it was given, for as far as it is scrolled."""
        super().__init__(id=id)
        self._door = door
        self._past = past
        self._traffic = Traffic()
        self._wait: Timer | None = None
        self._marked: tuple[str, bytes] | None = None
        self._new = False

    def compose(self) -> ComposeResult:
        yield Input(placeholder="/ words that a message must have: RIS A40, ack AE…", compact=True, id="message-filter")
        yield ResultsTable(NONE, follows=True, id="message-list")
        yield MessageTree()

    @property
    def _list(self) -> ResultsTable:
        return self.query_one("#message-list", ResultsTable)

    def take(self, events: list[Row]) -> None:
        """Add what has come."""
        self._new = self._traffic.take(events) or self._new

    def clear(self) -> None:
        """Forget the list: another attempt has begun."""
        self._traffic, self._new = Traffic(), True

    def refresh_view(self, *, force: bool = False) -> None:
        """Show what has come since."""
        if self._new or force:
            self._new = False
            self._show()

    def _narrow(self, thread: int | None) -> None:
        self._traffic.narrow(self.query_one("#message-filter", Input).value.casefold().split(), thread)
        self._show()

    def _show(self) -> None:
        narrowed = bool(self._traffic.wanted) or self._traffic.thread is not None
        empty = "No message fits; t and / show them all." if narrowed else NONE
        self._list.show(self._traffic.shown, COLUMNS, empty=empty)
        if self._near_the_end:
            self.go_back()

    @property
    def _near_the_end(self) -> bool:
        """Whether there may be earlier messages, and the cursor is where they would be seen."""
        wanted = self._past and self._traffic.first > 1 and not self._traffic.full
        return wanted and self._list.table.row > len(self._traffic.shown) - AHEAD

    @work(exclusive=True, group="past")
    async def go_back(self) -> None:
        """Add earlier messages while the end of the list is near."""
        while self._near_the_end:
            after = max(0, self._traffic.first - 1 - EARLIER)
            told = await heard(self, self._door.get("/events", after=after, limit=EARLIER))
            if told is None or not told.get("events"):
                return
            self._traffic.take_earlier(told["events"])
            self._list.show(self._traffic.shown, COLUMNS)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        # Who reads a message keeps it, whatever comes in meanwhile; and it gets the larger part of a low screen.
        reading = self.query_one(MessageTree).has_focus_within
        self.set_class(reading, "-reading")
        self._list.follows = not reading

    def on_results_table_moved(self, event: ResultsTable.Moved) -> None:
        event.stop()
        number = int(event.row["event"])
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(REST, lambda: self.show_message(number))
        if self._near_the_end:
            self.go_back()

    def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        event.stop()
        tree = self.query_one(MessageTree).segments
        tree.focus()
        tree.cursor_line = max(0, tree.cursor_line)

    @work(exclusive=True, group="message")
    async def show_message(self, event: int) -> None:
        """Fetch and show one message."""
        told = await heard(self, self._door.get(f"/events/{event}"))
        await self.query_one(MessageTree).show(content((told or {}).get("evidence")))

    # What can be done with a message

    @work
    async def action_offer(self) -> None:
        """Show what can be done with the chosen message, each with its key."""
        choices = [(action, f"{key}  {label}") for key, action, label in OFFERS]
        chosen = await self.app.push_screen_wait(Menu("Message", choices))
        if chosen:
            await self.run_action(chosen)

    def action_compose_message(self) -> None:
        """Open the composer."""
        self.post_message(self.WantsCompose(""))

    def action_edit(self) -> None:
        """Open the composer with the shown message."""
        self.post_message(self.WantsCompose(self.query_one(MessageTree).text))

    def action_evidence(self) -> None:
        """Open the event of the shown message."""
        if self._list.current:
            self.post_message(WantsEvidence(int(self._list.current["event"])))

    async def action_acknowledgement(self) -> None:
        """Show the reply that the chosen message got, and the message again."""
        row, tree = self._list.current, self.query_one(MessageTree)
        reply = str(row["reply"] or "").encode() if row else b""
        if row and tree.data == reply and reply:
            self.show_message(int(row["event"]))
        elif reply:
            await tree.show(reply)
        else:
            self.notify("It got no acknowledgement.", timeout=3)

    def action_thread(self) -> None:
        """Only the messages that come of the same cause as the chosen one, or all again."""
        row = self._list.current
        self._narrow(None if self._traffic.thread is not None or row is None else self._traffic.root(row))

    def action_newest(self) -> None:
        """To the first row, where the cursor stays with the newest."""
        self._list.table.focus()
        self._list.table.move(0, 0)

    def action_mark(self) -> None:
        """Keep the shown message to compare another with."""
        row = self._list.current
        if row:
            self._marked = (_called(row), self.query_one(MessageTree).data)
            self.notify(f"{_called(row)}. D on another compares the two.", title="Marked", timeout=3)

    def action_compare(self) -> None:
        """Show how the chosen message differs from the marked one."""
        row = self._list.current
        if row is None or self._marked is None:
            self.notify("Mark one first: M on a message, then D on another.", timeout=3)
            return
        self.post_message(self.WantsCompare(self._marked, (_called(row), self.query_one(MessageTree).data)))

    # The filter

    def action_filter(self) -> None:
        """Write what the messages must hold."""
        line = self.query_one("#message-filter", Input)
        line.display = True
        line.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.input.display = bool(event.value)
        self._narrow(self._traffic.thread)
        self._list.table.focus()


def _called(row: Row) -> str:
    return f"{row['type']} {row['control id']} at {row['system']} {row['time']}"
