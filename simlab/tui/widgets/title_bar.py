"""The line at the top: where one is, the hospital's clock, and the warning when the lab is out of reach."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget


class TitleBar(Widget):
    """One line. `trouble` replaces everything else while it is not empty."""

    place: reactive[str] = reactive("")
    note: reactive[str] = reactive("")
    trouble: reactive[str] = reactive("")

    def watch_trouble(self, trouble: str) -> None:
        self.set_class(bool(trouble), "-trouble")

    def render(self) -> Text:
        width = self.size.width
        if self.trouble:
            return Text(f"✖ {self.trouble}", style="bold", no_wrap=True, overflow="ellipsis")
        left = Text.assemble(("SimLab", "bold"), "  ", self.place)
        left.truncate(max(0, width - len(self.note) - 2), overflow="ellipsis", pad=True)
        return Text.assemble(left, "  ", self.note, no_wrap=True)
