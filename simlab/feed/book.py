"""What a feed writes down of itself, so that another run can go on where it stood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from simlab.feed.journey import ACCEPTED, Journey
from simlab.feed.persons import Former, Released
from simlab.feed.state import Happening, Life

SAID = {"AA": "A", "AE": "E", "AR": "R", "none": "N"}
"""How an answer is written down."""
UNTOLD = "-"
"""What happened and was told nobody."""
MEANT = {short: code for code, short in SAID.items()} | {UNTOLD: ACCEPTED}
"""What a walk is answered that is walked again."""


class Begun(NamedTuple):
    """A journey under way: when it began, with whom as they were then, and the answers to its happenings, in order."""

    pathway: str
    number: int
    at: datetime
    lives: dict[str, Life]
    answers: str


@dataclass
class Stood:
    """Where a feed stood: its summary, the starts drawn of each pathway, whom it told of, who may come back."""

    summary: dict[str, Any]
    drawn: Counter[str]
    seen: set[str]
    former: Former
    under_way: list[Begun]


Position = Callable[[], dict[str, Any]]
"""The summary and the starts drawn, as plain values."""


class Book:
    """Keeps nothing: such a feed ends with its process."""

    def stood(self) -> Stood | None:
        """Where an earlier run stood; None when there was none."""
        return None

    def begun(self, journey: Journey) -> None:
        """A journey begins; its persons are as they are now."""

    def told(self, journey: Journey, happening: Happening, said: str, position: Position) -> None:
        """A happening was answered, as in `SAID`, or told nobody."""

    def ended(self, journey: Journey, released: Sequence[Released]) -> None:
        """A journey is over."""

    def keep(self, position: Position) -> None:
        """Write down what is not yet."""
