"""The form of any action, generated from its schema: fill in, run, read the outcome."""

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


class ActionDialog(ModalScreen[dict[str, Any] | None]):
    """Dismissed with the outcome when the department did it, with None when the person closed it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "Run", priority=True),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, door: Door, action: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        super().__init__()
        self._door, self._action, self._given = door, action, given

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -form") as dialog:
            dialog.border_title = str(self._action["name"])
            yield Static(str(self._action.get("doc", "")), classes="quiet", markup=False)
            yield Form(fields_of(self._action.get("schema", {})), self._given)
            yield Static("", classes="outcome", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Run (Ctrl+R)", id="run", variant="primary", compact=True)
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
        self.action_run()

    @work(exclusive=True)
    async def action_run(self) -> None:
        """Carry the action out and say what came of it."""
        said = self.query_one(".outcome", Static)
        try:
            values = self.query_one(Form).values()
            args = {**values.pop(SETTINGS, {}), **values}
            said.update("… at it")
            outcome = await self._door.act(str(self._action["name"]), args)
        except SimlabError as error:
            said.update(f"✗ {error}")
            return
        if outcome.get("ok") and not args.get("preview"):
            self.dismiss(outcome)
            return
        said.update(words.outcome(outcome))
