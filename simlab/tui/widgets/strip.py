"""The row of tabs with their keys; the active one is marked by brackets as well as by colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True)
class Tab:
    """A tab: its key on the keyboard, its id, its name, and what gets the focus when one goes into it."""

    key: str
    id: str
    name: str
    into: str = ""


class TabStrip(Widget, can_focus=True):
    """Choose a tab with left and right, by its number from anywhere, or with the mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Tab left", show=False),
        Binding("right", "step(1)", "Tab right", show=False),
        Binding("enter,down", "enter", "Into the tab", show=False),
    ]
    active: reactive[str] = reactive("")
    tabs: reactive[tuple[Tab, ...]] = reactive(())

    @dataclass
    class Picked(Message):
        """A tab was picked; `enter` asks to go into it."""

        tab: str
        enter: bool = False

    def __init__(self, tabs: Sequence[Tab], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(TabStrip.tabs, tuple(tabs))

    def render(self) -> Text:
        full = sum(len(tab.name) + 4 for tab in self.tabs) <= self.size.width
        text = Text(no_wrap=True, overflow="ellipsis")
        for tab in self.tabs:
            on = tab.id == self.active
            name = tab.name if full or on else tab.name[:4]
            style = "bold reverse" if on and self.has_focus else "bold" if on else "dim"
            text.append(f"[{tab.key} {name}]" if on else f" {tab.key} {name} ", style=style)
        return text

    def action_step(self, by: int) -> None:
        """Go to the neighbouring tab."""
        ids = [tab.id for tab in self.tabs]
        at = ids.index(self.active) if self.active in ids else 0
        self.post_message(self.Picked(ids[(at + by) % len(ids)]))

    def action_enter(self) -> None:
        """Go into the active tab."""
        self.post_message(self.Picked(self.active, enter=True))

    def on_click(self, event: Click) -> None:
        at = 0
        for tab in self.tabs:
            at += len(tab.name) + 4
            if event.x < at:
                self.post_message(self.Picked(tab.id))
                return
