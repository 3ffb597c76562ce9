"""What a person asks of the exercise while at work on it: does it hold, a hint, an answer, the end."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from simlab.tui import words
from simlab.tui.attempt import Attempt, Marks, open_attempt, read_marks
from simlab.tui.client import Door
from simlab.tui.screens.dialogs import Confirm
from simlab.tui.screens.question import QuestionDialog
from simlab.tui.told import WantsAnswer, heard
from simlab.tui.widgets.brief import BriefPane
from simlab.tui.widgets.sections import Sections


class Exercising(Screen[None]):
    """A screen with a brief on it; free play when `attempt` is None. The rest of it is up to who derives from this."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "check", "Check"),
        Binding("h", "hint", "Hint"),
        Binding("s", "submit", "Submit"),
    ]

    class Submitted(Message):
        """The attempt was submitted and graded."""

        def __init__(self, attempt: Attempt, marks: Marks) -> None:
            super().__init__()
            self.attempt, self.marks = attempt, marks

    def __init__(self, door: Door, attempt: Attempt | None) -> None:
        super().__init__()
        self._door = door
        self.attempt = attempt
        self.done = ""
        """How far the attempt is, in words."""

    def note(self) -> None:
        """`done` has changed."""

    def refresh_tab(self, *, force: bool = False) -> None:
        """What is shown may have changed."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without an attempt there is nothing to check, hint at or submit."""
        return self.attempt is not None or action not in ("check", "hint", "submit")

    async def look(self, *, live: bool) -> Marks | None:
        """Ask for the marks and show them."""
        if self.attempt is None:
            return None
        told = await heard(self, self._door.post("/training/check", {"live": live}))
        if told is None:
            return None
        marks = read_marks(told)
        answers = await heard(self, self._door.view("desk.answers")) or []
        pane = self.query_one(BriefPane)
        pane.show_marks(marks, frozenset(str(row.get("task")) for row in answers), detail=not live)
        done = sum(pane.state(task) in ("passed", "answered") for task in self.attempt.tasks)
        self.done = f"{done}/{len(self.attempt.tasks)} tasks"
        self.note()
        return marks

    @work(exclusive=True, group="check")
    async def action_check(self) -> None:
        """Look now what holds, probes included, and say it check by check."""
        self.notify("Looking, probes included…", timeout=2)
        marks = await self.look(live=False)
        if marks is not None:
            met = sum(task.met[0] for task in marks.tasks)
            wanted = sum(task.met[1] for task in marks.tasks)
            self.notify(f"{met} of {words.size_note(wanted, 'check')} hold now.", title="Check", timeout=5)

    @work(exclusive=True, group="hint")
    async def action_hint(self) -> None:
        """Open the next hint of the chosen task, after saying what it costs."""
        task = self.query_one(BriefPane).chosen
        hint = task.next_hint if task else None
        if task is None or hint is None:
            self.notify("There is no further hint for this task.", timeout=3)
            return
        free = self.query_one(BriefPane).state(task) == "passed"
        cost = (
            "It costs nothing."
            if not hint.cost or free
            else f"It costs {hint.cost:g} of the task's {task.points:g} points."
        )
        asked = Confirm(f"Open the next hint for “{task.title}”?\n\n{cost}", "Open it", "Not now")
        if not await self.app.push_screen_wait(asked):
            return
        if await heard(self, self._door.post("/training/hint", {"task": task.id})) is not None:
            await self._reload()

    async def _reload(self) -> None:
        attempt = await heard(self, open_attempt(self._door))
        if attempt is not None:
            self.attempt = attempt
            self.query_one("#desk", Sections).attempt = attempt
            await self.query_one(BriefPane).show(attempt)

    @work(exclusive=True, group="submit")
    async def action_submit(self) -> None:
        """Hand the attempt in, after asking."""
        if self.attempt is None:
            return
        pane = self.query_one(BriefPane)
        left = [task for task in self.attempt.tasks if pane.state(task) not in ("passed", "answered")]
        state = f"{words.size_note(len(left), 'task')} not done yet." if left else "All tasks are done or answered."
        if not await self.app.push_screen_wait(
            Confirm(f"Submit this attempt for grading?\n\n{state}", "Submit", "Go on working")
        ):
            return
        told = await heard(self, self._door.post("/training/submit"))
        if told is not None:
            self.post_message(self.Submitted(self.attempt, read_marks(told)))

    @work(exclusive=True, group="answer")
    async def on_wants_answer(self, event: WantsAnswer) -> None:
        """Put the question of a task."""
        task = self.attempt.task(event.task) if self.attempt else None
        if task is None or task.question is None:
            return
        answers = await heard(self, self._door.view("desk.answers", task=task.id)) or []
        given = answers[-1].get("value") if answers else None
        if await self.app.push_screen_wait(QuestionDialog(self._door, task, given)):
            await self.look(live=True)
            self.refresh_tab(force=True)
