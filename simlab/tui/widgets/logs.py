"""What the systems wrote down: each one's own log, and the whole wire where the exercise opens it."""

from __future__ import annotations

from collections import deque
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from simlab.tui import words
from simlab.tui.told import WantsEvidence
from simlab.tui.widgets.results import ResultsTable

MOST = 5000
WIRE = "*"
SYSTEM_KINDS = frozenset({"dicom.association", "dicom.operation", "hl7.message", "console", "noise"})
"""What a system itself would write down. Faults, marks and actors are the lab's, and stay out of an exercise."""

_SHORT = {
    "dicom.association": "assoc",
    "dicom.operation": "dimse",
    "hl7.message": "hl7",
    "console": "console",
    "noise": "noise",
}


class Logs(Vertical):
    """Choose a system at the left; the newest line comes first; Enter opens its evidence."""

    def __init__(self, *, wire: bool, everything: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wire = wire
        self._everything = everything
        self._events: deque[dict[str, Any]] = deque(maxlen=MOST)
        self._system = WIRE if wire else ""
        self._new = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(id="log-systems", compact=True)
            yield ResultsTable("Nothing in this log yet.", lead="what", id="log-lines")

    def open_wire(self, wire: bool) -> None:
        """Open or close the whole timeline, and forget what was there."""
        self._wire = wire
        self._events.clear()
        self._system = WIRE if wire else ""
        self._new = True

    def take(self, events: list[dict[str, Any]]) -> None:
        """Add what has happened."""
        wanted = [event for event in events if self._everything or event.get("kind") in SYSTEM_KINDS]
        self._events.extend(wanted)
        self._new = self._new or bool(wanted)

    def refresh_view(self, *, force: bool = False) -> None:
        """Show what has come since."""
        if not (self._new or force):
            return
        self._new = False
        counts: dict[str, int] = {}
        for event in self._events:
            counts[str(event.get("system"))] = counts.get(str(event.get("system")), 0) + 1
        if not self._system and counts:
            self._system = min(counts)
        self._show_systems(counts)
        wanted = [event for event in self._events if self._system in (WIRE, str(event.get("system")))]
        rows = [self._row(event) for event in reversed(wanted)][:1000]
        columns = ("time", "system", "kind", "what", "-") if self._system == WIRE else ("time", "kind", "what", "-")
        self.query_one("#log-lines", ResultsTable).show(rows, columns)

    def _show_systems(self, counts: dict[str, int]) -> None:
        systems = self.query_one("#log-systems", OptionList)
        wanted = ([(WIRE, "whole wire")] if self._wire else []) + [
            (name, f"{name} ({count})") for name, count in sorted(counts.items())
        ]
        at = systems.highlighted
        if [option.id for option in systems.options] != [id for id, _ in wanted]:
            systems.clear_options()
            systems.add_options(Option(Text(label), id=id) for id, label in wanted)
            ids = [id for id, _ in wanted]
            systems.highlighted = ids.index(self._system) if self._system in ids else at
        else:
            for id, label in wanted:
                systems.replace_option_prompt(id, Text(label))

    def _row(self, event: dict[str, Any]) -> dict[str, Any]:
        kind = str(event.get("kind"))
        return {
            "time": words.time_of(str(event.get("at", ""))),
            "system": event.get("system"),
            "kind": _SHORT.get(kind, kind),
            "what": event.get("summary"),
            "event": event.get("id"),
        }

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option.id and event.option.id != self._system:
            self._system = event.option.id
            self.refresh_view(force=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.query_one("#log-lines", ResultsTable).table.focus()

    def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        event.stop()
        self.post_message(WantsEvidence(int(event.row["event"])))
