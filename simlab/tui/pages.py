"""Rows as pages of Markdown to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simlab.tui import words


def row_page(row: Mapping[str, Any]) -> str:
    """A row in full: the short values as a heading, then the parts of longer ones, then a text as it was written."""
    text = words.full(row.get("text") or row.get("reply") or "")
    known = {name: value for name, value in row.items() if name not in ("text", "id") and value not in (None, "", [])}
    facts = [f"**{words.title(name)}** {words.full(value)}" for name, value in known.items() if not _nested(value)]
    parts = [f"**{words.title(name)}**\n\n```\n{_drawn(value)}\n```" for name, value in known.items() if _nested(value)]
    return "\n\n".join([*facts, *parts, "---", text])


def rows_page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a page: one list item each, without what has parts of its own."""
    return "\n".join(
        "- "
        + ", ".join(
            f"**{words.title(name)}** {words.full(value)}"
            for name, value in row.items()
            if value and not _nested(value)
        )
        for row in rows
    )


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict | list) for item in value))


def _drawn(value: Any, indent: str = "") -> str:
    """A value with parts, one a line, those within it indented."""
    if isinstance(value, dict):
        return "\n".join(
            f"{indent}{name}:\n{_drawn(part, indent + '  ')}"
            if _nested(part)
            else f"{indent}{name}: {words.full(part)}"
            for name, part in value.items()
        )
    return "\n".join(
        f"{indent}- {_drawn(part, indent + '  ').lstrip()}" if _nested(part) else f"{indent}- {words.full(part)}"
        for part in value
    )
