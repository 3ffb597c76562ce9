"""Whom a DICOM command asks, and how: one table of options that all of these commands have."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen

_OPTIONS: dict[str, tuple[str, Any, Any]] = {
    "peer": ("to", Annotated[str, typer.Option("--peer", help="The system to ask: PACS, RIS, THEATRE...")], "PACS"),
    "host": (
        "host",
        Annotated[str | None, typer.Option(help="Its host, when not the known one.", show_default=False)],
        None,
    ),
    "port": (
        "port",
        Annotated[int | None, typer.Option(help="Its port, when not the known one.", show_default=False)],
        None,
    ),
    "title": (
        "title",
        Annotated[str | None, typer.Option("--title", help="Called AE title.", show_default=False)],
        None,
    ),
    "calling": ("calling", Annotated[str, typer.Option(help="Calling AE title.")], "ADMIN"),
    "tls": ("tls", Annotated[bool, typer.Option("--tls", help="Over TLS, at the system's TLS door.")], False),
    "user": ("user", Annotated[str | None, typer.Option(help="The user to log in as.", show_default=False)], None),
    "passcode": ("passcode", Annotated[str | None, typer.Option(help="Of that user.", show_default=False)], None),
}
"""Options by name: the argument of the action, the type with its help, the default."""

_LAST: dict[str, tuple[Any, Any]] = {"home": (Home, None), "json": (Json, False)}


@dataclass(frozen=True)
class Asking:
    """What the options of a command say: the lab, how to print, and whom the action shall ask."""

    door: Door
    json: bool
    whom: dict[str, Any]

    def act(self, name: str, arguments: dict[str, Any], columns: show.Columns | None = None) -> None:
        """Do the action and print what came of it."""
        show.outcome(self.door.act(name, self.whom | arguments), json_wanted=self.json, columns=columns)


def asks(app: typer.Typer, to: str = "PACS") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command of `app` that asks the peer `to` unless told otherwise; its first parameter is an `Asking`."""

    def register(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        own = list(inspect.signature(command).parameters.values())[1:]
        options = {name: (kind, to if name == "peer" else default) for name, (_, kind, default) in _OPTIONS.items()}
        parameters = [(one.name, hints[one.name], one.default) for one in own]
        parameters += [(name, kind, default) for name, (kind, default) in {**options, **_LAST}.items()]

        @wraps(command)
        def run(**given: Any) -> None:
            home: Path | None = given.pop("home")
            asking = Asking(Door(chosen(home)), given.pop("json"), _whom(given))
            command(asking, **{one.name: given[one.name] for one in own})

        run.__annotations__ = {name: kind for name, kind, _default in parameters}
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
                for name, kind, default in parameters
            ]
        )
        return app.command()(run)

    return register


def _whom(given: dict[str, Any]) -> dict[str, Any]:
    said = {argument: given[name] for name, (argument, _kind, _default) in _OPTIONS.items()}
    return {argument: value for argument, value in said.items() if value not in (None, False, "")}
