"""One HL7 message to read: element by element, with its bytes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer

from simlab.tui.widgets.message_tree import MessageTree


class MessageScreen(ModalScreen[None]):
    """What a queue or an outbox holds, under the keys of the Messages tab."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Close")]

    def __init__(self, title: str, data: bytes) -> None:
        super().__init__()
        self._title, self._data = title, data

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = self._title
            yield MessageTree()
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        tree = self.query_one(MessageTree)
        await tree.show(self._data)
        tree.segments.focus()
