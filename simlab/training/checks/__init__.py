"""Everything that can be graded. Importing this package makes every word known."""

from simlab.training.checks import answer, probe, rows, timing, together, unchanged
from simlab.training.checks.check import (
    BROKEN,
    FAILED,
    PASSED,
    SKIPPED,
    WORDS,
    Check,
    Finding,
    Sight,
    Since,
    inside,
    parse,
)

FAMILIES = (answer, probe, rows, timing, together, unchanged)

__all__ = [
    "BROKEN", "FAILED", "FAMILIES", "PASSED", "SKIPPED", "WORDS", "Check", "Finding", "Sight", "Since", "inside",
    "parse",
]  # fmt: skip
