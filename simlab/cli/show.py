"""How the command line prints: JSON for programs, plain tables for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import typer

from simlab.cli.door import Door

Columns = Mapping[str, str]
"""The columns of a table: heading by key of the row."""

OUTBOX = {
    "id": "Item",
    "queued": "Queued",
    "type": "Type",
    "patient_ids": "Patients",
    "patient_name": "Name",
    "control_id": "Control ID",
    "state": "State",
    "attempts": "Tries",
    "later": "Later",
    "error": "Says",
}
"""The columns of a system's outbox."""

LONGEST = 120
"""Characters of a cell that is not the last of its line; JSON has all."""


def as_json(value: Any) -> None:
    """Print `value` as JSON, indented, letters as they are."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def table(rows: Iterable[Mapping[str, Any]], columns: Columns, *, none: str = "Nothing.") -> None:
    """Print `rows` as an aligned table; empty columns are left out, and long cells cut that others stand behind."""
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    if not cells:
        typer.echo(none)
        return
    kept = [number for number in range(len(columns)) if any(line[number] for line in cells)]
    lines = [[list(columns.values())[number] for number in kept]]
    lines += [[*(_short(line[number]) for number in kept[:-1]), line[kept[-1]]] for line in cells]
    widths = [max(len(line[number]) for line in lines) for number in range(len(kept))]
    for line in lines:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def rows(found: Sequence[Mapping[str, Any]], columns: Columns, *, json_wanted: bool, none: str = "Nothing.") -> None:
    """Print `found` as JSON or as a table."""
    if json_wanted:
        as_json(list(found))
    else:
        table(found, columns, none=none)


def newest(
    door: Door,
    view: str,
    columns: Columns,
    *,
    limit: int,
    json_wanted: bool,
    none: str,
    at_none: Callable[[], None] | None = None,
    **filters: Any,
) -> None:
    """Print the last `limit` rows of a view, and say so where there are more.

    `at_none` is called where there is no row; it raises when what was asked for is not there at all.
    """
    found = door.view(view, **filters, limit=limit + 1)
    if not found and at_none is not None:
        at_none()
    rows(found[-limit:], columns, json_wanted=json_wanted, none=none)
    if len(found) > limit:
        typer.echo(f"These are the newest {limit}; older ones are left out (--limit says how many to list).", err=True)


def outcome(done: Mapping[str, Any], *, json_wanted: bool, columns: Columns | None = None) -> None:
    """Print an action's outcome: its rows when it has some, its sentence, its reason; exit code 1 when it failed."""
    if json_wanted:
        as_json(done)
    else:
        found = done["data"].get("rows") if done["ok"] else None
        if found and columns:
            table(found, columns)
        if done["ok"]:
            typer.echo(done["summary"])
        else:
            typer.echo(f"error: {' '.join(str(done['summary']).split())}", err=True)
    if not done["ok"]:
        raise typer.Exit(1)


def _short(text: str) -> str:
    """A cell that others stand behind: what somebody put into a control ID does not push every line off the screen."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return " ".join(str(value).split())
