"""Small dialogs: a confirmation, a page to read, the notice of a terminal that is too small."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Markdown, Static

SMALLEST = (60, 18)
"""Columns and lines below which nothing sensible can be shown."""


class Confirm(ModalScreen[bool]):
    """A question with two answers. `y` and `n` answer it as well."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
        Binding("left,right", "other", "Other button", show=False),
    ]

    def __init__(self, question: str, yes: str = "Yes", no: str = "No") -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False)
            with Horizontal(classes="buttons"):
                yield Button(f"{self._yes} (y)", id="yes", variant="primary", compact=True)
                yield Button(f"{self._no} (n)", id="no", compact=True)

    def action_answer(self, answer: bool) -> None:
        """Give the answer."""
        self.dismiss(answer)

    def action_other(self) -> None:
        """Go to the other button."""
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class Reading(ModalScreen[None]):
    """A page of Markdown to read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss(None)", "Close")]

    def __init__(self, title: str, page: str) -> None:
        super().__init__()
        self._title, self._page = title, page

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = self._title
            with VerticalScroll(can_focus=True):
                yield Markdown(self._page, open_links=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class TooSmall(ModalScreen[None]):
    """Says that the terminal must be larger; goes away by itself when it is."""

    def compose(self) -> ComposeResult:
        width, height = self.app.size
        yield Static(
            f"This terminal has {width} × {height} characters.\nSimLab needs {SMALLEST[0]} × {SMALLEST[1]}, "
            "better 80 × 24.\nMake the window larger or the letters smaller.\nCtrl+Q leaves.",
            id="too-small",
        )

    def tell(self, width: int, height: int) -> None:
        """Say the new size."""
        said = f"This terminal has {width} × {height} characters.\nSimLab needs {SMALLEST[0]} × {SMALLEST[1]}, "
        self.query_one(Static).update(
            f"{said}better 80 × 24.\nMake the window larger or the letters smaller.\nCtrl+Q leaves."
        )
