"""An HL7 message as a person reads it: elements by name, what is wrong with them, and their bytes beneath."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from simlab.hl7 import profile
from simlab.hl7.record import shown
from simlab.tui import words
from simlab.tui.anatomy import Anatomy, Part, dissect
from simlab.tui.octets import octets
from simlab.tui.widgets.branches import Branches

MARKS = {"error": "✗ ", "warning": "! ", "note": "· "}
"""How an element is marked that the validator has something to say of."""

OPEN = ("PID", "MRG", "ORC", "OBR", "ZDS", "MSA", "ERR", "✗")
"""Segments that stand open when a message is shown."""


class MessageTree(Vertical):
    """Right and left open and close; the lines beneath tell of the chosen element."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "octets", "Bytes"),
        Binding("f", "finding", "Finding"),
        Binding("p", "profile", "Profile"),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._anatomy = Anatomy(b"", [], [])
        self._profile = 0

    def compose(self) -> ComposeResult:
        tree = Branches[Part]("message")
        tree.show_root = False
        tree.guide_depth = 2
        yield tree
        yield Static("", classes="octets", markup=False)
        yield Static("", classes="detail", markup=False)

    @property
    def segments(self) -> Tree[Part]:
        return self.query_one(Branches)

    @property
    def data(self) -> bytes:
        """The bytes of the message that is shown."""
        return self._anatomy.data

    @property
    def text(self) -> str:
        """The message that is shown, as text to edit."""
        return shown(self.data)

    async def show(self, data: bytes) -> None:
        """Show a message; it is taken apart beside the screen's own thread."""
        self._anatomy = await asyncio.to_thread(_judged, data, self._profile) if data else Anatomy(b"", [], [])
        tree = self.segments
        tree.clear()
        if self._anatomy.error:
            tree.root.add_leaf(Text(f"✗ {self._anatomy.error}"), data=None)
        for part in self._anatomy.parts:
            _grow(tree.root, part)
        if self._anatomy.left_out:
            tree.root.add_leaf(Text(f"… {self._anatomy.left_out} elements more are not shown", style="dim"))
        self._tell(None)

    def _tell(self, part: Part | None) -> None:
        detail = self.query_one(".detail", Static)
        if part is None:
            found = self._anatomy.findings
            wrong = (
                f"{words.size_note(len(found), 'finding')}, F leads to them" if found else "nothing to find fault with"
            )
            detail.update(wrong if self._anatomy.parts else "Choose a message to see its segments.")
        else:
            detail.update(_told(part))
        if self.has_class("-octets"):
            start, end = (part.start, part.end) if part else (0, 0)
            self.query_one(".octets", Static).update(octets(self.data, start, end, self.size.width))

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Part]) -> None:
        event.stop()
        self._tell(event.node.data)

    @property
    def _chosen(self) -> Part | None:
        node = self.segments.cursor_node
        return node.data if node else None

    def action_octets(self) -> None:
        """Show the bytes around the chosen element, or hide them."""
        self.toggle_class("-octets")
        self._tell(self._chosen)

    def action_finding(self) -> None:
        """Go to the next element that the validator has something to say of."""
        nodes = list(_nodes(self.segments.root))
        at = nodes.index(self.segments.cursor_node) if self.segments.cursor_node in nodes else -1
        for node in (*nodes[at + 1 :], *nodes[: at + 1]):
            if node.data and node.data.findings:
                above = node.parent
                while above is not None:
                    above.expand()
                    above = above.parent
                self.call_after_refresh(self.segments.move_cursor, node)
                return
        self.notify("The validator finds nothing in this message.", timeout=3)

    async def action_profile(self) -> None:
        """Judge by the next profile."""
        choices = _choices()
        self._profile = (self._profile + 1) % len(choices)
        await self.show(self.data)
        by = " and ".join(choices[self._profile]) or "HL7 alone"
        self.notify(f"{by}: {words.size_note(len(self._anatomy.findings), 'finding')}", title="Judged by", timeout=3)

    def action_copy(self) -> None:
        """Copy the chosen element."""
        part = self._chosen
        if part is not None:
            self.app.copy_to_clipboard(self.data[part.start : part.end].decode("utf-8", "replace"))
            self.notify(part.path, title="Copied", timeout=2)


def _choices() -> list[tuple[str, ...]]:
    """Profiles to judge by: none, each alone, all."""
    names = profile.names()
    return [(), *((name,) for name in names), tuple(names)]


def _judged(data: bytes, choice: int) -> Anatomy:
    return dissect(data, [profile.load(name) for name in _choices()[choice]])


def _grow(above: TreeNode[Part], part: Part) -> None:
    mark = MARKS.get(part.severity, "")
    label = Text(no_wrap=True)
    label.append(f"{mark}{part.path} ", "bold")
    if part.parts and "-" not in part.path:
        label.append(part.name)
    else:
        label.append(f"{part.name}: " if part.name else "", "dim")
        label.append(part.value)
    if not part.parts:
        above.add_leaf(label, data=part)
        return
    node = above.add(label, data=part, expand=part.path[:3] in OPEN and "-" not in part.path)
    for one in part.parts:
        _grow(node, one)


def _nodes(node: TreeNode[Part]) -> list[TreeNode[Part]]:
    return [one for child in node.children for one in (child, *_nodes(child))]


def _told(part: Part) -> str:
    kind = f" · {part.kind}" if part.kind else ""
    lines = [f"{part.path} {part.name}{kind} · bytes {part.start}-{part.end}: {part.value}"]
    lines += [f"{MARKS[one.severity]}{one.what}. {one.remedy}" for one in part.findings]
    return "\n".join(lines)
