"""The conformance statement says what the code does."""

from __future__ import annotations

from tests.conformance.statement import PAGE, statement


def test_the_statement_is_fresh() -> None:
    """docs/conformance.md is what the code's tables give now; `python -m tests.conformance --write` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == statement()
