"""After submit: points, every check with what was expected and what is there, its evidence, then the debrief."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static, Tree

from simlab.tui import words
from simlab.tui.attempt import Check, Marks, TaskMark
from simlab.tui.told import WantsEvidence, WantsRow
from simlab.tui.widgets.menu import Menu
from simlab.tui.widgets.title_bar import TitleBar


class Grade(Screen[str]):
    """Dismissed with "debrief" or "home"."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "evidence", "Evidence"),
        Binding("y", "copy", "Copy", show=False),
        Binding("d", "dismiss('debrief')", "Debrief"),
        Binding("question_mark", "app.help", "Help"),
        Binding("q,escape", "dismiss('home')", "Home"),
    ]

    def __init__(self, title: str, marks: Marks) -> None:
        super().__init__()
        self._title, self._marks = title, marks

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Vertical(id="grade"):
            yield Static(self._headline(), id="score", classes="-passed" if self._passed else "")
            tree: Tree[Check | None] = Tree("grade")
            tree.show_root = False
            tree.border_title = "Tasks and checks"
            yield tree
            yield Static("", id="check", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(TitleBar).place = f"{self._title}: graded"
        tree: Tree[Check | None] = self.query_one(Tree)
        for task in self._marks.tasks:
            node = tree.root.add(_task_line(task), data=None, expand=True)
            for check in task.checks:
                node.add_leaf(_check_line(check), data=check)
        tree.focus()
        if self._marks.tasks and self._marks.tasks[0].checks:
            tree.cursor_line = 1

    @property
    def _earned(self) -> float:
        marks = self._marks
        return marks.earned if marks.earned is not None else sum(task.earned or 0 for task in marks.tasks)

    @property
    def _share(self) -> float:
        return self._earned / self._marks.points if self._marks.points else 0.0

    @property
    def _passed(self) -> bool:
        return self._marks.passed if self._marks.passed is not None else self._share >= 1

    def _headline(self) -> Text:
        filled = round(self._share * 30)
        word = "✔ Passed" if self._passed else "✗ Not passed yet"
        bar = "█" * filled + "░" * (30 - filled)
        return Text(f"{word}   {self._earned:g} of {self._marks.points:g} points   {bar} {self._share:.0%}")

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Check | None]) -> None:
        check = event.node.data
        self.query_one("#check", Static).update(
            _facts(check) if check else "Down for the checks; Enter opens a check's evidence."
        )

    def on_tree_node_selected(self, event: Tree.NodeSelected[Check | None]) -> None:
        if event.node.data is not None:
            self.action_evidence()

    @work
    async def action_evidence(self) -> None:
        """Open the evidence of the check; of several pieces, choose one."""
        node = self.query_one(Tree).cursor_node
        check: Check | None = node.data if node else None
        if check is None:
            return
        chosen = "0"
        if not check.evidence:
            self.notify("This check has no evidence beyond what stands beneath the list.", timeout=4)
            return
        if len(check.evidence) > 1:
            names = [(str(number), _named(one)) for number, one in enumerate(check.evidence)]
            chosen = await self.app.push_screen_wait(Menu("Evidence", names))
        if chosen:
            self._open(check.evidence[int(chosen)])

    def _open(self, evidence: dict[str, Any]) -> None:
        event = evidence.get("event")
        if isinstance(event, int) and "change" not in evidence:
            self.post_message(WantsEvidence(event))
        else:
            row = evidence.get("row")
            self.post_message(WantsRow(_named(evidence), row if isinstance(row, dict) else evidence))

    def action_copy(self) -> None:
        """Copy what stands beneath the tree."""
        node = self.query_one(Tree).cursor_node
        if node and node.data:
            self.app.copy_to_clipboard(_facts(node.data))
            self.notify("The check is on the clipboard.", title="Copied", timeout=2)


def _task_line(task: TaskMark) -> Text:
    sign, _ = words.MARKS["passed" if task.earned is not None and task.earned >= task.points else task.state]
    earned = f"{task.earned:g} of {task.points:g}" if task.earned is not None else f"{task.points:g}"
    return Text.assemble((f"{sign} {task.title}", "bold"), f"  {earned} points")


def _check_line(check: Check) -> Text:
    sign, word = words.MARKS.get(check.result, ("?", check.result))
    word = {"failed": "not met", "passed": "met", "skipped": "skipped"}.get(check.result, word)
    guard = "guard " if check.guard else ""
    return Text(f"{sign} {word}  {guard}{words.title(check.id.replace('-', ' '))}")


def _facts(check: Check) -> str:
    lines = [check.message] if check.message and check.result != "passed" else []
    if check.expected:
        lines.append(f"expected: {check.expected}")
    if check.actual:
        lines.append(f"actual:   {check.actual}")
    if check.evidence:
        lines.append(f"evidence: {', '.join(_named(one) for one in check.evidence)}")
    return "\n".join(lines) or "Nothing more to say about this check."


def _named(evidence: dict[str, Any]) -> str:
    if "change" in evidence:
        return f"change of {evidence['change']}"
    if "view" in evidence:
        row = evidence.get("row") or {}
        first = ", ".join(words.short(value, 40) for value in list(row.values())[:3] if value not in (None, ""))
        return f"{evidence['view']}: {first}"
    return f"event {evidence['event']}" if "event" in evidence else words.full(evidence)
