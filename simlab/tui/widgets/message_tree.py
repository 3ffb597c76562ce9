"""An HL7 message as a person reads it: segments and fields by name, with the raw text beneath."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static, Tree

from simlab.errors import SimlabError
from simlab.hl7 import dictionary, message
from simlab.tui.widgets.branches import Branches


@dataclass(frozen=True)
class Line:
    """A field or component: where it stands, what it is called, what it holds."""

    place: str
    name: str
    value: str


@dataclass(frozen=True)
class Part:
    """A segment with its lines."""

    name: str
    meaning: str
    raw: str
    lines: tuple[Line, ...]


def parts_of(text: str) -> list[Part]:
    """The message taken apart; one that cannot be parsed gives its raw lines only."""
    raw = text.replace("\r\n", "\r").replace("\n", "\r")
    try:
        parsed = message.parse(raw.encode("utf-8"))
        version = (parsed.get("MSH-12.1") or dictionary.DEFAULT_VERSION).strip()
    except SimlabError as error:
        rest = [Part(line[:3], "", line, ()) for line in raw.split("\r") if line]
        return [Part("✗", str(error), "", ()), *rest]
    separator = raw[3]
    parts = []
    for line in filter(None, raw.split("\r")):
        name, *fields = line.split(separator)
        first = 1
        if name == "MSH":
            fields, first = [separator, *fields], 1
        lines = tuple(
            Line(f"{name}-{number}", dictionary.field_name(name, number, version), value)
            for number, value in enumerate(fields, first)
            if value
        )
        parts.append(Part(name, dictionary.segment_name(name), line, lines))
    return parts


class MessageTree(Vertical):
    """Segments to open, fields named; the line beneath shows the chosen one in full. `y` copies it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy")]

    def compose(self) -> ComposeResult:
        tree = Branches[str]("message")
        tree.show_root = False
        tree.guide_depth = 2
        yield tree
        yield Static("", classes="detail", markup=False)

    @property
    def segments(self) -> Tree[str]:
        return self.query_one(Tree)

    async def show(self, text: str) -> None:
        """Show the message `text`; the dictionaries are read beside the screen's own thread."""
        parts = await asyncio.to_thread(parts_of, text) if text else []
        tree = self.segments
        tree.clear()
        for part in parts:
            label = Text.assemble((part.name, "bold"), "  ", part.meaning or part.raw)
            node = tree.root.add(label, data=part.raw, expand=part.name in ("PID", "MRG", "ORC", "OBR", "ZDS", "MSA"))
            node.allow_expand = bool(part.lines)
            for line in part.lines:
                node.add_leaf(
                    Text.assemble((f"{line.place} ", "bold"), (f"{line.name}: ", "dim"), line.value),
                    data=f"{line.place} {line.name}: {line.value}",
                )
        if parts:
            raw = tree.root.add(Text("Raw message", style="bold"), data=text.replace("\r", "\n"))
            for part in parts:
                raw.add_leaf(Text(part.raw), data=part.raw)
        self.query_one(".detail", Static).update("" if parts else "Choose a message to see its segments.")

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[str]) -> None:
        event.stop()
        self.query_one(".detail", Static).update(event.node.data or "")

    def action_copy(self) -> None:
        """Copy the chosen line."""
        node = self.segments.cursor_node
        if node is not None and node.data:
            self.app.copy_to_clipboard(node.data)
            self.notify(node.data.splitlines()[0][:60], title="Copied", timeout=2)
