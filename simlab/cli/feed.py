"""`simlab feed`: a hospital's messages from pathways, to a file, to any MLLP port, or as deeds in the running lab."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group
from simlab.errors import BadInput

app = group("A hospital's day from pathways: to a file, to any MLLP port, or into the running lab.")

_LOOK = 0.2
_DIALECT = ("2.5.1", "uk", "UNICODE UTF-8", "ENGINE@RXX01")
"""What is asked for where nothing is said."""
_CLEAR = "\r\x1b[2K"
_EVERY = 1.0
"""Seconds between two lines of progress."""


@app.command("list")
def list_pathways(json: Json = False) -> None:
    """List the pathways that ship."""
    library = importlib.import_module("simlab.feed.library")
    found = [library.find(name) for name in library.names()]
    rows = [{"name": one.name, "title": one.pathway.title, "weight": one.pathway.weight} for one in found]
    show.rows(rows, {"name": "Pathway", "title": "What happens", "weight": "Weight"}, json_wanted=json)


@app.command("show")
def show_pathway(
    pathway: Annotated[str, typer.Argument(help="A pathway's name, or a YAML file.")],
    seed: Annotated[int, typer.Option(help="Whose start to show.")] = 1,
    json: Json = False,
) -> None:
    """Tell what a pathway is, and what one start of it sends."""
    library, sample = (importlib.import_module(f"simlab.feed.{name}") for name in ("library", "sample"))
    found = library.find(pathway)
    rows = sample.told(found, seed)
    if json:
        show.as_json({"name": found.name, **found.pathway.model_dump(include={"title", "about"}), "messages": rows})
        return
    typer.echo(f"{found.name}: {found.pathway.title}\n{found.pathway.about}\n".replace("\n\n", "\n"))
    columns = {"at": "At", "sender": "From", "told": "Message", "what": "What", "patient": "Patient", "about": "About"}
    show.table(rows, columns)


@app.command()
def run(
    pathways: Annotated[list[str], typer.Argument(help="Names, `all`, YAML files; NAME=20/h gives one its own rate.")],
    to: Annotated[str | None, typer.Option(help="mllp://HOST:PORT.", show_default=False)] = None,
    out: Annotated[str | None, typer.Option(help="A file; - for stdout.", show_default=False)] = None,
    rate: Annotated[str, typer.Option(help="Starts of all pathways together: 60/h, 2/m, 500/d.")] = "60/h",
    speed: Annotated[
        str | None, typer.Option(help="10x, or max: no waiting (the default for a file).", show_default=False)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed, the same bytes.", show_default=False)] = None,
    duration: Annotated[str, typer.Option(help="Of hospital time: 8h, 2d.", show_default=False)] = "",
    count: Annotated[int | None, typer.Option(help="So many starts, each to its end.", show_default=False)] = None,
    start: Annotated[str, typer.Option(help="2026-03-02T08:00, or now.", show_default=False)] = "",
    day: Annotated[str, typer.Option(help="flat, or office: busier from 9 to 17.")] = "flat",
    burst: Annotated[int, typer.Option(help="So many starts at once.")] = 1,
    warm_up: Annotated[
        str,
        typer.Option(
            help="How long the hospital was at work before; by default 24h, with --count 0s.", show_default=False
        ),
    ] = "",
    state: Annotated[
        str | None, typer.Option(help="A file to keep the state in; what is there is gone on with.", show_default=False)
    ] = None,
    format: Annotated[str, typer.Option(help="Of a file: text, lines or mllp.")] = "text",
    version: Annotated[str, typer.Option(help="HL7 2.3, 2.3.1, 2.4 or 2.5.1.")] = _DIALECT[0],
    profile: Annotated[str, typer.Option(help="uk or ihe-rad.")] = _DIALECT[1],
    charset: Annotated[str, typer.Option(help="MSH-18.")] = _DIALECT[2],
    receiver: Annotated[str, typer.Option(help="MSH-5 and MSH-6: APPLICATION@FACILITY.")] = _DIALECT[3],
    ack_seconds: Annotated[float, typer.Option(help="How long an acknowledgement is waited for.")] = 10.0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Run pathways: to a file, to an MLLP port, or, without either, in the lab that runs here. Ctrl-C ends it."""
    wanted = {"pathways": pathways, "rate": rate, "seed": seed, "duration": duration, "count": count, "shape": day,
              "burst": burst, "warm_up": warm_up}  # fmt: skip
    if to is None and out is None:
        if state is not None:
            raise BadInput(
                "the lab keeps the state of its feed itself",
                place="feed",
                remedy="`simlab feed resume` goes on with it; --state goes with --to or --out.",
            )
        if start or (version, profile, charset, receiver) != _DIALECT:
            raise BadInput(
                "in the lab the EPR and the RIS write the messages, by its clock",
                place="feed",
                remedy="Leave start, version, profile, charset and receiver away, or give --to or --out.",
            )
        _in_lab(Door(chosen(home)), "feed.start", {**wanted, "speed": speed}, json_wanted=json)
        return
    if to is not None and out is not None:
        raise BadInput("a feed goes to one place", place="feed", remedy="Give --to or --out.")
    session, dialect = (importlib.import_module(f"simlab.feed.{name}") for name in ("session", "dialect"))
    application, _, facility = receiver.partition("@")
    spoken = dialect.Dialect(version, profile, charset, receiving_application=application, receiving_facility=facility)
    asked = session.Wanted(**wanted, start=start)
    stop = threading.Event()
    progress = _Progress()
    if out is not None:
        done = session.to_file(asked, out, format, spoken, stop, progress.tell, speed or "max", state)
    else:
        done = session.to_address(
            asked,
            to,
            spoken,
            stop,
            progress.tell,
            progress.say,
            pace=speed or "1x",
            ack_seconds=ack_seconds,
            state=state,
        )
    progress.end()
    _summary(done, json_wanted=json, aside=out == "-")


@dataclass(frozen=True)
class _Words:
    """What a feed counts: messages that it writes itself, or in the lab the deeds that others write messages of."""

    counted: str
    of: str
    came: str


_SENT = _Words("messages", "of", "answers")
_DONE = _Words("deeds", "for", "came of them")


class _Progress:
    """One line on stderr that is written over, where a person sees it."""

    def __init__(self, words: _Words = _SENT) -> None:
        self._words = words
        self._live = sys.stderr is not None and sys.stderr.isatty()
        self._last = 0.0
        self._began = time.monotonic()

    def tell(self, summary: Any) -> None:
        now = time.monotonic()
        if not self._live or now - self._last < _EVERY:
            return
        self._last = now
        typer.echo(f"{_CLEAR}{_line(summary.as_json(), now - self._began, self._words)}", err=True, nl=False)

    def say(self, words: str) -> None:
        self.end()
        typer.echo(words, err=True)

    def end(self) -> None:
        if self._live:
            typer.echo(_CLEAR, err=True, nl=False)


def _line(done: Mapping[str, Any], seconds: float, words: _Words) -> str:
    answers = " ".join(f"{code} {count}" for code, count in done["answers"].items())
    per_second = done["messages"] / seconds if seconds else 0.0
    return (
        f"{done['now'].replace('T', ' ')}  {done['begun']} begun, {done['under_way']} under way, "
        f"{done['messages']} {words.counted} ({per_second:.0f}/s)  {answers}"
    )


def _summary(done: Mapping[str, Any], *, json_wanted: bool, aside: bool = False, words: _Words = _SENT) -> None:
    if json_wanted and not aside:
        show.as_json(done)
        return
    say: Callable[[str], None] = lambda words: typer.echo(words, err=aside)  # noqa: E731
    say(
        f"{done['messages']} {words.counted} {words.of} {done['patients']} patients, "
        f"{done['begun_at']} to {done['now'] or 'the same'}"
        f"{'' if done['finished'] else ', broken off'}; seed {done['seed']}"
    )
    if done["before"]:
        say(f"at the beginning: {done['before']} under way; {_counts(done['stands'])}")
    say(f"pathways: {done['begun']} begun, {done['ended']} ended: {_counts(done['pathways'])}")
    say(f"{words.counted}: {_counts(done['types'])}")
    say(f"{words.came}: {_counts(done['answers'])}")
    if done.get("repeated") or done.get("waited"):
        say(f"sent again: {done['repeated']}; waited {done['waited']:g} s for the receiver")


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items())) or "none"


def _in_lab(door: Door, action: str, wanted: dict[str, Any], *, json_wanted: bool) -> None:
    """Start the feed of the lab's own, or go on with it, follow it, and end it on Ctrl-C."""
    given = {name: value for name, value in wanted.items() if value not in (None, "")}
    done = door.act(action, given)
    if not done["ok"]:
        show.outcome(done, json_wanted=json_wanted)
    progress = _Progress(_DONE)
    try:
        while (state := door.view("lab.feed")[0])["running"]:
            progress.tell(_Read(state))
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        door.act("feed.stop", {})
        state = door.view("lab.feed")[0]
    progress.end()
    _summary(state, json_wanted=json_wanted, words=_DONE)


class _Read(dict[str, Any]):
    """A summary as the lab gives it."""

    def as_json(self) -> dict[str, Any]:
        return self


@app.command()
def stop(home: Home = None, json: Json = False) -> None:
    """End the feed that runs in the lab."""
    show.outcome(Door(chosen(home)).act("feed.stop", {}), json_wanted=json)


@app.command()
def resume(home: Home = None, json: Json = False) -> None:
    """Go on with the lab's feed where it stood when it was ended. Ctrl-C ends it again."""
    _in_lab(Door(chosen(home)), "feed.resume", {}, json_wanted=json)


@app.command()
def status(home: Home = None, json: Json = False) -> None:
    """Say how far the lab's feed is."""
    found = Door(chosen(home)).view("lab.feed")
    show.rows(
        found,
        {"running": "Runs", "now": "Hospital time", "begun": "Begun", "under_way": "Under way", "ended": "Ended",
         "messages": "Deeds", "answers": "Came of it", "seed": "Seed"},
        json_wanted=json,
        none="No feed has run.",
    )  # fmt: skip
