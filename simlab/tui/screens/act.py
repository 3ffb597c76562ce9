"""The form of any action, generated from its schema: fill in, see what would happen, run, read the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Static

from simlab.errors import SimlabError
from simlab.tui import words
from simlab.tui.client import Door
from simlab.tui.fields import SETTINGS, fields_of
from simlab.tui.widgets.form import Form

PREVIEW = "preview"
"""The argument by which an action says what it would do and does nothing."""


class ActionDialog(ModalScreen[dict[str, Any] | None]):
    """Dismissed with the outcome when the department did it, with None when the person closed it.

    An action that can say beforehand what it would do says so first; Ctrl+R does it when that has been read, for these
    very values. Enter in a field only ever asks.
    """

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-high")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "Run", priority=True),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, door: Door, action: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        super().__init__()
        self._door, self._action, self._given = door, action, given
        fields = fields_of(action.get("schema", {}))
        self._fields = [field for field in fields if field.name != PREVIEW]
        self._asks_first = len(self._fields) < len(fields)
        self._read: dict[str, Any] | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -form") as dialog:
            dialog.border_title = str(self._action["name"])
            yield Static(str(self._action.get("doc", "")), classes="quiet", markup=False)
            yield Form(self._fields, self._given)
            yield Static("", classes="outcome", markup=False)
            with Horizontal(classes="buttons"):
                run = "What would happen? (Ctrl+R)" if self._asks_first else "Run (Ctrl+R)"
                yield Button(run, id="run", variant="primary", compact=True)
                yield Button("Close (Esc)", id="close", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        form = self.query_one(Form)
        if form.fields:
            form.focus_first()
        else:
            self.query_one("#run").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "run":
            self.action_run()
        else:
            self.dismiss(None)

    def on_form_submitted(self) -> None:
        self._carry_out(only_ask=self._asks_first)

    def action_run(self) -> None:
        """Carry the action out; first say what it would do, where it can."""
        self._carry_out()

    @work(exclusive=True)
    async def _carry_out(self, *, only_ask: bool = False) -> None:
        said = self.query_one(".outcome", Static)
        try:
            values = self.query_one(Form).values()
            args = {**values.pop(SETTINGS, {}), **values}
            asking = self._asks_first and (only_ask or args != self._read)
            said.update("… at it")
            outcome = await self._door.act(str(self._action["name"]), {**args, PREVIEW: True} if asking else args)
        except SimlabError as error:
            said.update(f"✗ {error}")
            return
        if outcome.get("ok") and not asking:
            self.dismiss(outcome)
        elif outcome.get("ok"):
            self._read = args
            self.query_one("#run", Button).label = "Do it (Ctrl+R)"
            said.update(f"This would happen: {outcome.get('summary') or 'nothing'}")
        else:
            said.update(words.outcome(outcome))
