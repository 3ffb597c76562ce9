"""The first screen: the course by tracks, one's progress, and the way into an exercise or the open department."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from simlab.tui import words
from simlab.tui.attempt import Attempt, open_attempt
from simlab.tui.client import Door
from simlab.tui.told import heard
from simlab.tui.widgets.title_bar import TitleBar

RESUME, FREE = "resume:", "free:"

_FREE_PAGE = Content.assemble(
    ("Open department", "bold $primary"),
    "\n\nThe whole department, nothing to solve: PACS, RIS, EPR, interface engine, scanners and viewers, "
    "as they stand now.\n\nGood for a first walk round, and for DCMTK from another terminal.",
    ("\n\nEnter goes in.", "bold"),
)


class Home(Screen[None]):
    """Enter starts what is chosen. Exercises passed before carry a mark and their best result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "load", "Refresh"),
        Binding("question_mark", "app.help", "Help"),
        Binding("q", "app.leave", "Quit"),
    ]

    class Start(Message):
        """Begin an exercise."""

        def __init__(self, exercise: str, title: str) -> None:
            super().__init__()
            self.exercise, self.title = exercise, title

    class Enter(Message):
        """Go into the department as it stands: resume the attempt, or free play."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door
        self._exercises: dict[str, dict[str, Any]] = {}
        self._attempt: Attempt | None = None
        self.loaded = False

    def compose(self) -> ComposeResult:
        yield TitleBar()
        with Horizontal(id="home"):
            course = OptionList(id="course", compact=True)
            course.border_title = "Course"
            yield course
            with VerticalScroll(id="about", can_focus=False) as about:
                about.border_title = "About"
                yield Static("")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(TitleBar).place = "a hospital imaging department to practise on"
        self.query_one("#course").focus()

    def on_screen_resume(self) -> None:
        self.action_load()

    @work(exclusive=True)
    async def action_load(self) -> None:
        """Fetch the course, the history and the open attempt."""
        exercises = await heard(self, self._door.get("/training/exercises"))
        if exercises is None:
            return
        history = await heard(self, self._door.get("/training/history")) or []
        self._attempt = await heard(self, open_attempt(self._door))
        self._exercises = {str(row.get("id")): {**row, **progress(row, history)} for row in exercises}
        self._draw()
        self.loaded = True

    def _draw(self) -> None:
        course = self.query_one("#course", OptionList)
        at = course.highlighted
        width = max(20, course.size.width - 4)
        options: list[Option | None] = []
        if self._attempt is not None:
            options.append(Option(Text(f"▶ Resume: {self._attempt.title}", style="bold"), id=RESUME))
        options.append(Option(Text("◇ Open department (free play)"), id=FREE))
        track = ""
        for id, row in self._exercises.items():
            if row.get("track") != track:
                track = str(row.get("track"))
                options.append(
                    Option(Text(f"── {track} " + "─" * (width - len(track) - 4), style="dim"), disabled=True)
                )
            options.append(Option(_line(row, width), id=f"exercise:{id}"))
        course.clear_options()
        course.add_options(options)
        course.highlighted = at if at is not None and at < course.option_count else 0

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        page = _FREE_PAGE
        id = str(event.option.id)
        if id == RESUME and self._attempt is not None:
            page = Content.assemble(
                (self._attempt.title, "bold $primary"),
                "\n\nYour attempt is as you left it.",
                ("\n\nEnter goes on.", "bold"),
            )
        elif id.startswith("exercise:"):
            page = _page(self._exercises[id.removeprefix("exercise:")])
        self.query_one("#about Static", Static).update(page)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        id = str(event.option.id)
        if id.startswith("exercise:"):
            row = self._exercises[id.removeprefix("exercise:")]
            self.post_message(self.Start(str(row["id"]), str(row.get("title", row["id"]))))
        else:
            self.post_message(self.Enter())


def progress(row: dict[str, Any], history: list[dict[str, Any]]) -> dict[str, Any]:
    """How an exercise went so far: the number of submitted attempts, the best share, whether it was passed."""
    mine = [one for one in history if one.get("exercise") == row.get("id") and one.get("state") == "submitted"]
    shares = [float(one.get("earned") or 0) / float(one["points"]) for one in mine if one.get("points")]
    return {"attempts": len(mine), "best": max(shares, default=None), "passed": any(one.get("passed") for one in mine)}


def _line(row: dict[str, Any], width: int) -> Text:
    sign = "✔" if row.get("passed") else "◐" if row.get("attempts") else " "
    level = words.LEVELS.get(str(row.get("level")), "?")
    right = f"{level} {words.full(row.get('minutes')) or '?':>3}m"
    title = Text(f"{sign} {row.get('title') or row.get('id')}")
    title.truncate(width - len(right) - 1, overflow="ellipsis", pad=True)
    return Text.assemble(title, " ", (right, "dim"))


def _page(row: dict[str, Any]) -> Content:
    title = str(row.get("title") or row.get("id"))
    if row.get("error"):
        return Content.assemble((title, "bold $primary"), "\n\nThis exercise cannot be read.\n\n", str(row["error"]))
    tried = "not yet"
    if row.get("attempts"):
        best = f", best {row['best']:.0%}" if row.get("best") is not None else ""
        tried = f"{words.size_note(int(row['attempts']), 'attempt')}{best}{', passed' if row['passed'] else ''}"
    facts = {
        "Level": row.get("level"),
        "Time": f"about {row['minutes']} minutes" if row.get("minutes") else "",
        "Kind": row.get("kind"),
        "Tried": tried,
        "Better after": ", ".join(map(str, row.get("prerequisites") or ())),
        "Teaches": ", ".join(map(str, row.get("competencies") or ())),
        "Id": row.get("id"),
    }
    lines = [
        part for name, value in facts.items() if value for part in ((f"\n{name}  ", "$secondary"), (str(value), ""))
    ]
    return Content.assemble((title, "bold $primary"), ("\n", ""), *lines, ("\n\nEnter starts it.", "bold"))
