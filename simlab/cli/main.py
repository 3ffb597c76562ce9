"""The command `simlab`: finds the sub-command, runs it, and turns every error into one line, with --json into JSON."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from simlab import __version__
from simlab.cli import show
from simlab.cli.commands import COMMANDS, Entry
from simlab.cli.options import settings
from simlab.errors import SimlabError

_BY_NAME = {entry.name: entry for entry in COMMANDS}


class _Commands(TyperGroup):
    """Imports a sub-command's module when it is called, so that `--help` and one-shot commands start at once."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {entry.name: TyperCommand(entry.name, help=entry.help) for entry in COMMANDS}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = _BY_NAME.get(cmd_name)
        return _load(entry) if entry else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for section in dict.fromkeys(entry.section for entry in COMMANDS):
            with formatter.section(section):
                formatter.write_dl([(entry.name, entry.help) for entry in COMMANDS if entry.section == section])


def _load(entry: Entry) -> Any:
    found = getattr(importlib.import_module(f"simlab.cli.{entry.module}"), entry.attribute)
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
    else:
        alone = typer.Typer(**settings())
        alone.command(entry.name)(found)
        command = typer.main.get_command(alone)
    command.name = entry.name
    return command


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"SimLab {__version__}")
        raise typer.Exit


app = typer.Typer(cls=_Commands, invoke_without_command=True, **settings())


@app.callback()
def root(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The lab's folder; also SIMLAB_HOME.", show_default=False),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Let the lab run on when the terminal closes.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    """SimLab: a hospital imaging department on one laptop, to practise PACS administration on.

    Without a command it opens the terminal, and starts the lab when none runs.
    """
    if home is not None:
        # Every command's own --home falls back on this.
        os.environ["SIMLAB_HOME"] = str(home)
    if ctx.invoked_subcommand is None:
        session = importlib.import_module("simlab.cli.session")
        raise typer.Exit(session.open_terminal(home, keep=keep))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code: 0, 1 for an error, 2 for wrong usage.

    An error is a line on stderr; with --json it is an object on stdout, in the shape of an action's outcome.
    """
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given[: given.index("--")] if "--" in given else "--json" in given
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A Windows console's code page lacks letters that patients' names have.
            stream.reconfigure(errors="replace")
    try:
        typer.main.get_command(app).main(args=arguments, prog_name="simlab")
    except SystemExit as leaving:
        return _exit_code(leaving)
    except SimlabError as error:
        return _failed(error, as_json=as_json)
    except BrokenPipeError:
        return _reader_gone()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        full = error.errno == errno.ENOSPC and error.filename is None
        return _not_written(error) if full else _unforeseen(error, as_json=as_json)
    except Exception as error:  # the last door: a person never sees a trace-back
        return _unforeseen(error, as_json=as_json)
    return 0


def _exit_code(leaving: SystemExit) -> int:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        return _reader_gone()
    except OSError as error:
        return _not_written(error)
    return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)


def _unforeseen(error: Exception, *, as_json: bool) -> int:
    if os.environ.get("SIMLAB_DEBUG"):
        traceback.print_exc()
    said = SimlabError(f"{type(error).__name__}: {error}", remedy="SIMLAB_DEBUG=1 shows where; please report it.")
    return _failed(said, as_json=as_json)


def _not_written(error: OSError) -> int:
    _reader_gone()
    said = SimlabError(f"the output cannot be written ({error.strerror})", place="stdout", remedy="Send it elsewhere.")
    return _failed(said, as_json=False)


def _failed(error: SimlabError, *, as_json: bool) -> int:
    line = " ".join(str(error).split())
    if as_json and sys.stdout is not None:
        try:
            parts = {"what": error.what, "place": error.place, "remedy": error.remedy}
            show.as_json({"ok": False, "summary": line, "error": parts})
            sys.stdout.flush()
        except BrokenPipeError:
            return _reader_gone()
        except OSError as full:
            return _not_written(full)
    elif sys.stderr is not None:
        print(f"error: {line}", file=sys.stderr)
    return 1


def _reader_gone() -> int:
    # Python flushes stdout once more at exit; give it somewhere to go.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1
