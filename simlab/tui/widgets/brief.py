"""The left side of the workbench: the brief, and the tasks with their marks and hints."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, OptionList
from textual.widgets.option_list import Option

from simlab.tui import words
from simlab.tui.attempt import Attempt, Marks, Task
from simlab.tui.told import WantsAnswer

_STYLES = {"passed": "bold $success", "failed": "bold $error", "broken": "bold $warning", "answered": "bold $primary"}

FREE_PLAY = """\
## Open department

No exercise is open: everything is yours to try.

- **Archive** shows what the PACS holds
- **Query** asks it as a workstation would
- **Systems** shows who listens where; DCMTK from another terminal can talk to the same ports
- **Logs** shows the whole wire

`Ctrl+P` stages another scene or opens any action. `q` goes back to the exercises.
"""


def page_of(attempt: Attempt) -> str:
    """The brief, with what one has to ask a colleague for."""
    if not attempt.rights:
        return attempt.brief
    asked = "\n".join(f"- `{action}`: {advice}" for action, advice in attempt.rights.items())
    return f"{attempt.brief}\n\n**Not yours to do here** (Desk, Colleagues):\n\n{asked}\n"


class BriefPane(Vertical):
    """Scroll the brief; Enter on a task opens its question."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "answer", "Answer", show=False)]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._attempt: Attempt | None = None
        self._marks: Marks | None = None
        self._answered: frozenset[str] = frozenset()
        self._detail = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="brief", can_focus=True) as brief:
            brief.border_title = "Brief"
            yield Markdown("", open_links=False)
        tasks = OptionList(id="tasks", compact=True)
        tasks.border_title = "Tasks"
        yield tasks

    async def show(self, attempt: Attempt | None) -> None:
        """Show the attempt's brief and tasks, or free play."""
        self._attempt = attempt
        await self.query_one(Markdown).update(page_of(attempt) if attempt else FREE_PLAY)
        self.query_one("#tasks").display = attempt is not None
        self._draw()

    def show_marks(self, marks: Marks, answered: frozenset[str], *, detail: bool = False) -> None:
        """Show what holds now; with `detail` each failing check says its message."""
        self._marks, self._answered = marks, answered
        self._detail = detail or self._detail
        self._draw()

    @property
    def chosen(self) -> Task | None:
        """The task under the cursor, else the first that is not done."""
        if self._attempt is None:
            return None
        at = self.query_one("#tasks", OptionList).highlighted
        tasks = self._attempt.tasks
        if at is not None and at < len(tasks):
            return tasks[at]
        return next((task for task in tasks if self.state(task) != "passed"), tasks[0] if tasks else None)

    def state(self, task: Task) -> str:
        """The state of a task, a key of `words.MARKS`."""
        mark = self._marks.of(task.id) if self._marks else None
        if mark is None or mark.state in ("open", "skipped"):
            if task.question is not None:
                return "answered" if task.id in self._answered else "open"
            return "skipped" if mark is not None and mark.state == "skipped" else "open"
        if mark.state == "passed" and task.question is not None:
            return "answered" if task.id in self._answered else "partly"
        return mark.state

    def _draw(self) -> None:
        tasks = self.query_one("#tasks", OptionList)
        if self._attempt is None:
            tasks.clear_options()
            return
        done = sum(self.state(task) in ("passed", "answered") for task in self._attempt.tasks)
        tasks.border_title = f"Tasks {done} of {len(self._attempt.tasks)}"
        prompts = [self._prompt(task) for task in self._attempt.tasks]
        if [option.id for option in tasks.options] != [task.id for task in self._attempt.tasks]:
            tasks.clear_options()
            self.call_after_refresh(setattr, tasks, "highlighted", 0)
            tasks.add_options(
                Option(prompt, id=task.id) for prompt, task in zip(prompts, self._attempt.tasks, strict=True)
            )
            return
        for prompt, task in zip(prompts, self._attempt.tasks, strict=True):
            if str(tasks.get_option(task.id).prompt) != str(prompt):
                tasks.replace_option_prompt(task.id, prompt)

    def _prompt(self, task: Task) -> Content:
        state = self.state(task)
        mark = self._marks.of(task.id) if self._marks else None
        parts: list[tuple[str, str]] = [
            (words.mark(state), _STYLES.get(state, "bold")),
            (f"  {task.title} ", ""),
            (f"({task.points:g} pts)", "$secondary"),
        ]
        if mark is not None and state == "partly" and mark.met[1] > 1:
            parts.append((f" {mark.met[0]}/{mark.met[1]}", "$secondary"))
        if self._detail and mark is not None:
            for check in mark.checks:
                if check.result in ("failed", "broken") and check.message:
                    parts.append((f"\n  {words.MARKS[check.result][0]} {check.message}", ""))
        if task.question is not None and state == "open":
            parts.append(("\n  ✎ a answers it", "$secondary"))
        parts += [(f"\n  ❯ {hint.text}", "italic") for hint in task.hints if hint.opened]
        left = sum(not hint.opened for hint in task.hints)
        if left and state != "passed":
            parts.append((f"\n  h opens a hint, {left} left", "$secondary"))
        return Content.assemble(*parts)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        task = self._attempt.task(str(event.option.id)) if self._attempt else None
        if task is not None and task.question is not None:
            self.post_message(WantsAnswer(task.id))

    def action_answer(self) -> None:
        """Open the question of the chosen task."""
        if self.chosen is not None and self.chosen.question is not None:
            self.post_message(WantsAnswer(self.chosen.id))
