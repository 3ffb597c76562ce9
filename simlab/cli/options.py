"""Options that many commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from simlab.config import default_home
from simlab.errors import BadInput

Home = Annotated[
    Path | None,
    typer.Option("--home", help="The lab's folder; also SIMLAB_HOME.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(help="Only the newest so many.", min=1, max=1_000_000)]
OutboxState = Annotated[
    Literal["queued", "sending", "delivered", "error"] | None,
    typer.Option("--state", help="Only these.", show_default=False),
]
OfPatient = Annotated[
    str | None, typer.Option("--patient", help="Only about this patient's number.", show_default=False)
]
LIMIT = 1000
"""Lines of a long list that are printed unless somebody says how many."""


def settings() -> dict[str, Any]:
    """What every Typer here is made with: plain help without rich, which would cost 0.14 s a start."""
    return {
        "add_completion": False,
        "rich_markup_mode": None,
        "pretty_exceptions_enable": False,
        "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 100},
    }


def among(kind: str, names: Sequence[str]) -> Callable[[str | None], str | None]:
    """A callback of a parameter that takes one of these names, in letters of either case; BadInput names them all."""

    def known(value: str | None) -> str | None:
        if value is None or value.upper() in names:
            return value and value.upper()
        raise BadInput(f"there is no {kind} {value}", place=kind, remedy=f"There are: {', '.join(names)}.")

    return known


def group(text: str) -> typer.Typer:
    """A Typer for a group of sub-commands; alone it prints its help."""
    return typer.Typer(help=text, no_args_is_help=True, **settings())


def chosen(home: Path | None) -> Path:
    """The lab's home: the one named, else SIMLAB_HOME, else the user's own."""
    named = home or default_home()
    try:
        return named.expanduser()
    except RuntimeError:
        raise BadInput(
            "nobody of that name has a folder here",
            place=str(named),
            remedy="Write the folder out.",
        ) from None
