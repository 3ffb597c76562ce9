"""A form generated from fields: one labelled control a field, read back as the arguments of an action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static, TextArea

from simlab.errors import BadInput
from simlab.tui import words
from simlab.tui.fields import Field, as_text, read

TALL = ("text", "lines", "pairs", "settings")
"""The kinds of fields with several lines."""


class Row(Horizontal):
    """A field: its label, marked when focused, and its control."""

    def __init__(self, field: Field, value: Any) -> None:
        super().__init__(classes="-list" if field.kind == "lines" else "-tall" if field.kind in TALL else "")
        self.field = field
        self._value = value

    def compose(self) -> ComposeResult:
        star = "*" if self.field.required else ""
        yield Label(f"{words.title(self.field.label)}{star}", classes="field-label")
        yield self._control()

    def _control(self) -> Widget:
        text = as_text(self.field, self._value)
        if self.field.options:
            chosen = text if text in dict(self.field.options) else None
            pairs = [(label, key) for key, label in self.field.options]
            if chosen is None:
                return Select(pairs, prompt="choose", compact=True, allow_blank=True)
            return Select(pairs, value=chosen, compact=True, allow_blank=not self.field.required)
        if self.field.kind in TALL:
            hint = self.field.hint
            return TextArea(text, compact=True, show_line_numbers=False, tab_behavior="focus", placeholder=hint)
        return Input(text, placeholder=self.field.hint[:60], compact=True)

    @property
    def text(self) -> str:
        """What is in the control now."""
        control = self.query("Input, Select, TextArea").first()
        if isinstance(control, Select):
            return "" if control.value is Select.NULL else str(control.value)
        if isinstance(control, TextArea):
            return control.text
        assert isinstance(control, Input)
        return control.value

    @text.setter
    def text(self, text: str) -> None:
        control = self.query("Input, Select, TextArea").first()
        if isinstance(control, Select):
            control.value = text if text in dict(self.field.options) else Select.NULL
        elif isinstance(control, TextArea):
            control.text = text
        elif isinstance(control, Input):
            control.value = text


class Form(VerticalScroll, can_focus=False):
    """Rows of fields; Enter in a one-line field submits."""

    class Submitted(Message):
        """The person is done with the form."""

    def __init__(self, fields: Iterable[Field], given: Mapping[str, Any] | None = None, *, id: str | None = None):
        super().__init__(id=id)
        self.fields = tuple(fields)
        self._given = dict(given or {})

    def compose(self) -> ComposeResult:
        if not self.fields:
            yield Static("Nothing to fill in.", classes="quiet")
        for field in self.fields:
            yield Row(field, self._given.get(field.name, field.default))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    def values(self) -> dict[str, Any]:
        """The filled-in values by field name; BadInput names the field that does not fit."""
        values: dict[str, Any] = {}
        for row in self.query(Row):
            value = read(row.field, row.text)
            if value is not None:
                values[row.field.name] = value
            elif row.field.required:
                raise BadInput("this field must be filled in", place=row.field.label)
        return values

    def fill(self, given: Mapping[str, Any]) -> None:
        """Put values into the fields of those names."""
        for row in self.query(Row):
            if row.field.name in given:
                row.text = as_text(row.field, given[row.field.name])

    def focus_first(self) -> None:
        """Put the cursor into the first empty field, else into the first."""
        rows = list(self.query(Row))
        wanted = next((row for row in rows if not row.text and row.field.required), rows[0] if rows else None)
        if wanted is not None:
            wanted.query("Input, Select, TextArea").first().focus()
