"""Writing an HL7 message and sending it: templates to begin with, the acknowledgement at the end."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Select, Static, TextArea

from simlab.errors import SimlabError
from simlab.hl7.policy import DOORS
from simlab.tui import words
from simlab.tui.client import Door

_MSH = "MSH|^~\\&|ADMIN|RXX01|{to}|RXX01|{now}||{type}|{id}|P|2.5.1"
_PID = "PID|1||NUMBER^^^RXX01^MR||FAMILY^GIVEN||19700101|F"

TEMPLATES: dict[str, tuple[str, str]] = {
    "update": ("ADT^A08 update a patient", "ADT^A08^ADT_A01|EVN||{now}|" + _PID + "|PV1|1|O"),
    "register": ("ADT^A28 register a person", "ADT^A28^ADT_A05|EVN||{now}|" + _PID + "|PV1|1|N"),
    "admit": ("ADT^A01 admit", "ADT^A01^ADT_A01|EVN||{now}|" + _PID + "|PV1|1|I|WARD^1^1"),
    "merge": (
        "ADT^A40 merge two numbers",
        "ADT^A40^ADT_A39|EVN||{now}|PID|1||SURVIVES^^^RXX01^MR||FAMILY^GIVEN|MRG|RETIRES^^^RXX01^MR",
    ),
    "order": (
        "ORM^O01 new order",
        "ORM^O01^ORM_O01|" + _PID + "|PV1|1|O|ORC|NW|PLACER|FILLER|OBR|1|PLACER|FILLER|CODE^EXAM^L|ZDS|2.25.1",
    ),
}
"""Template → its name, and the message type with its segments behind one another."""

_SEGMENTS = ("EVN|", "PID|", "PV1|", "MRG|", "ORC|", "OBR|", "ZDS|")


def template(name: str, now: str, control_id: str) -> str:
    """The message of a template, one segment a line."""
    kind, _, body = TEMPLATES[name][1].partition("|")
    for segment in _SEGMENTS:
        body = body.replace(f"|{segment}", f"\n{segment}")
    message = f"{_MSH}\n{body}\n"
    return message.format(to="ENGINE", now=now, type=kind, id=control_id)


class ComposeScreen(ModalScreen[None]):
    """A message to write, a door to send it to, what was answered. The message stays until it is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "send", "Send", priority=True),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, door: Door, text: str, now: str) -> None:
        super().__init__()
        self._door = door
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._now = now
        self._count = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = "HL7 message"
            with Horizontal(classes="line"):
                yield Select(
                    [(label, name) for name, (label, _) in TEMPLATES.items()],
                    prompt="begin with a template", compact=True, id="template",
                )  # fmt: skip
                yield Select(
                    [(f"to {door}", door) for door in DOORS], value=DOORS[0], allow_blank=False, compact=True, id="to"
                )
            yield TextArea(self._text, show_line_numbers=True, tab_behavior="focus", soft_wrap=False, id="message")
            yield Static("One segment a line; sent with CR between.", classes="outcome", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Send (Ctrl+R)", id="send", variant="primary", compact=True)
                yield Button("Close (Esc)", id="close", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#message" if self._text else "#template").focus()

    def on_select_changed(self, event: Select.Changed) -> None:
        if event.select.id == "template" and event.value is not Select.NULL:
            self._count += 1
            control_id = f"ADM{self._now[-6:]}{self._count:02d}"
            self.query_one("#message", TextArea).text = template(str(event.value), self._now, control_id)
            self.query_one("#message").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "send":
            self.action_send()
        else:
            self.dismiss(None)

    @work(exclusive=True)
    async def action_send(self) -> None:
        """Send it and show the acknowledgement."""
        said = self.query_one(".outcome", Static)
        args: dict[str, Any] = {
            "message": self.query_one("#message", TextArea).text,
            "to": str(self.query_one("#to", Select).value),
        }
        if len(args["message"].strip()) < 8:
            said.update("✗ There is nothing to send yet; choose a template or write a message.")
            return
        said.update("… waiting for the acknowledgement")
        try:
            said.update(words.outcome(await self._door.act("hl7.send", args)))
        except SimlabError as error:
            said.update(f"✗ {error}")
