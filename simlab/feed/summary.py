"""What a feed has done so far, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Summary:
    """What a feed has done so far; `now` is hospital time.

    Of those begun, `before` were under way when the feed began, and `stands` says how the hospital stood then.
    """

    seed: int
    begun_at: str
    now: str = ""
    before: int = 0
    begun: int = 0
    ended: int = 0
    under_way: int = 0
    patients: int = 0
    messages: int = 0
    types: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    pathways: Counter[str] = field(default_factory=Counter)
    stands: Counter[str] = field(default_factory=Counter)
    finished: bool = False

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what an earlier run had done."""
        for name, value in kept.items():
            setattr(self, name, Counter(value) if isinstance(value, dict) else value)
