"""The question of a task, put as its kind asks: choose, write, list, match or order."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Static

from simlab.errors import SimlabError
from simlab.tui import words
from simlab.tui.attempt import Task
from simlab.tui.client import Door
from simlab.tui.fields import Field
from simlab.tui.widgets.form import Form

VALUE = "value"


def fields_for(question: dict[str, Any]) -> list[Field]:
    """The fields that a question of this kind needs."""
    kind = str(question.get("kind", "text"))
    options = tuple((str(key), str(label)) for key, label in (question.get("options") or {}).items())
    if kind == "choice":
        return [Field(VALUE, "Answer", required=True, options=options)]
    if kind == "matching" and options:
        return [Field(key, label, required=True) for key, label in options]
    if kind == "matching":
        return [Field(VALUE, "name=value", kind="pairs", required=True)]
    if kind in ("set", "order"):
        return [Field(VALUE, "Answer", kind="lines", required=True)]
    unit = f" ({question['unit']})" if question.get("unit") else ""
    return [Field(VALUE, f"Answer{unit}", kind="number" if kind == "number" else "line", required=True)]


def note_for(question: dict[str, Any]) -> str:
    """How to fill in a question of this kind."""
    notes = {
        "set": "One a line, in any order.",
        "order": "One a line, the first on top.",
        "matching": "name=value, one a line.",
    }
    options = question.get("options") or {}
    if question.get("kind") == "matching" and options:
        return ""
    listed = f" Of: {', '.join(options)}." if options and question.get("kind") in ("set", "order") else ""
    return notes.get(str(question.get("kind")), "") + listed


class QuestionDialog(ModalScreen[bool]):
    """Dismissed with True once an answer was given. The latest answer counts, at submit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "give", "Give answer", priority=True),
        Binding("escape", "dismiss(False)", "Close"),
    ]

    def __init__(self, door: Door, task: Task, answered: Any = None) -> None:
        super().__init__()
        self._door, self._of, self._answered = door, task, answered

    def compose(self) -> ComposeResult:
        question = self._of.question or {}
        fields = fields_for(question)
        spread = fields[0].name != VALUE
        given = self._answered if spread and isinstance(self._answered, dict) else {VALUE: self._answered}
        with Vertical(classes="dialog -form") as dialog:
            dialog.border_title = self._of.title
            yield Static(str(question.get("ask", "")), markup=False)
            if note_for(question):
                yield Static(note_for(question), classes="quiet", markup=False)
            yield Form(fields, given)
            yield Static("Graded when you submit; you may answer again.", classes="outcome", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Give answer (Ctrl+R)", id="give", variant="primary", compact=True)
                yield Button("Close (Esc)", id="close", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(Form).focus_first()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "give":
            self.action_give()
        else:
            self.dismiss(False)

    def on_form_submitted(self) -> None:
        self.action_give()

    @work(exclusive=True)
    async def action_give(self) -> None:
        """Hand the answer in."""
        said = self.query_one(".outcome", Static)
        try:
            values = self.query_one(Form).values()
            value = values.get(VALUE, values)
            outcome = await self._door.act("desk.answer", {"task": self._of.id, "value": value})
        except SimlabError as error:
            said.update(f"✗ {error}")
            return
        if outcome.get("ok"):
            self.dismiss(True)
        else:
            said.update(words.outcome(outcome))
