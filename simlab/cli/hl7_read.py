"""`simlab hl7`, continued: show, judge and compare messages of files, folders and stdin."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import hl7_sources, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen
from simlab.errors import BadInput, SimlabError

Sources = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]...", help="Files, folders, - for stdin, numbers of events.")
]


def show_messages(
    what: Sources = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the segments as they stand.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the messages that went by, or show some field by field, as a person reads them."""
    if not what:
        _listed(home, json)
        return
    printout = importlib.import_module("simlab.hl7.printout")
    found = list(hl7_sources.messages(what, home))
    if json:
        show.as_json(
            [
                {
                    "from": place,
                    "says": printout.headline(one),
                    "lines": [line.as_row() for line in printout.lines(one)],
                }
                for place, one in found
            ]
        )
        return
    for number, (place, one) in enumerate(found):
        if number:
            typer.echo("")
        if len(found) > 1:
            typer.echo(f"{place}:")
        if raw:
            typer.echo(one.data.decode(one.shown_encoding, "replace").replace("\r", "\n").rstrip("\n"))
            continue
        typer.echo(printout.headline(one))
        for line in printout.lines(one):
            typer.echo(_line(line))


def _line(line: Any) -> str:
    if line.depth == 0:
        return f"\n{line.path}  {line.name or line.meaning}"
    value = " ".join(line.value.split("\n")) if line.value else ""
    said = f"  ({line.meaning})" if line.meaning else ""
    head = f"{'  ' * line.depth}{line.path}"
    return f"{head:<20} {line.name:<36} {value}{said}".rstrip()


def _listed(home: Path | None, json: bool) -> None:
    found = Door(chosen(home)).get("/events", kinds="hl7.message", limit=5000)["events"]
    show.rows(
        [{**event["data"], **event} for event in found],
        {"id": "Event", "at": "At", "system": "System", "direction": "", "type": "Type",
         "control_id": "Control ID", "ack": "Ack", "text": "Says"},
        json_wanted=json,
        none="No message has gone by yet.",
    )  # fmt: skip


def validate(
    what: Sources = None,
    profile: Annotated[str, typer.Option(help="Profiles beside HL7 itself: ihe-rad, uk, FILE.yaml; by commas.")] = "",
    version: Annotated[str, typer.Option(help="Judge by this version, whatever MSH-12 says.")] = "",
    fail_on: Annotated[str, typer.Option(help="What makes the exit code 1: error, warning or note.")] = "warning",
    second_opinion: Annotated[bool, typer.Option("--second-opinion", help="Ask hl7apy too.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Judge messages and say everything that is wrong with them; exit code 1 when something is."""
    findings = importlib.import_module("simlab.hl7.findings")
    if fail_on not in findings.SEVERITIES:
        raise BadInput(f"{fail_on!r} is no severity", place="--fail-on", remedy="Use error, warning or note.")
    judged = [
        _judged(place, one, profile, version, second_opinion)
        for name, data in hl7_sources.contents(what or [], home)
        for place, one in importlib.import_module("simlab.hl7.batch").read_all(data, name)
    ]
    if json:
        show.as_json(judged)
    else:
        _print_judged(judged)
    grave = findings.SEVERITIES[: findings.SEVERITIES.index(fail_on) + 1]
    if any(one["severity"] in grave for verdict in judged for one in verdict["findings"]):
        raise typer.Exit(1)


def _judged(place: str, one: Any, profile: str, version: str, second: bool) -> dict[str, Any]:
    validator = importlib.import_module("simlab.hl7.validator")
    profiles = importlib.import_module("simlab.hl7.profile")
    chosen_ones = [profiles.load(name.strip()) for name in profile.split(",") if name.strip()]
    if isinstance(one, SimlabError):
        ((rule, (severity, _)),) = importlib.import_module("simlab.hl7.findings").OF_FILES.items()
        unread = {"path": "", "start": 0, "end": 0, "rule": rule, "severity": severity, "what": one.what,
                  "remedy": one.remedy}  # fmt: skip
        return {"from": one.place or place, "says": "no message", "findings": [unread]}
    printout = importlib.import_module("simlab.hl7.printout")
    found = validator.validate(one, chosen_ones, version=version)
    verdict: dict[str, Any] = {
        "from": place,
        "says": printout.headline(one),
        "findings": [finding.as_row() for finding in found],
    }
    if second:
        try:
            said = importlib.import_module("simlab.hl7.second_opinion").second_opinion(one)
        except BadInput as error:
            said = [error.what]
        verdict["hl7apy"] = said or ["hl7apy finds nothing wrong"]
    return verdict


def _print_judged(judged: list[dict[str, Any]]) -> None:
    columns = {"severity": "", "path": "Where", "rule": "Rule", "what": "What", "remedy": "Remedy"}
    total: Counter[str] = Counter()
    for verdict in judged:
        found = verdict["findings"]
        total.update(one["severity"] for one in found)
        typer.echo(f"{verdict['from']}: {verdict['says']}")
        if found:
            show.table(found, columns)
        for line in verdict.get("hl7apy", []):
            typer.echo(f"  hl7apy: {line}")
    said = [f"{total[name]} {name}{'s' if total[name] != 1 else ''}" for name in ("error", "warning", "note")]
    number = len(judged)
    typer.echo(f"{number} message{'s' if number != 1 else ''}: {', '.join(said)}.")


def diff(
    before: Annotated[str, typer.Argument(help="A file, - or the number of an event.")],
    after: Annotated[str, typer.Argument(help="The other one.")],
    ignore: Annotated[str, typer.Option(help="Fields to pass over: MSH-7,MSH-10.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Compare two messages field by field; exit code 1 when they differ. Two files are compared message by message."""
    difference = importlib.import_module("simlab.hl7.difference").difference
    first = list(hl7_sources.messages([before], home))
    second = list(hl7_sources.messages([after], home))
    if len(first) != len(second):
        raise BadInput(
            f"{len(first)} and {len(second)} messages cannot be paired",
            place=f"{before}, {after}",
            remedy="Compare files with as many messages each.",
        )
    passed = tuple(place.strip() for place in ignore.split(",") if place.strip())
    rows = [
        {"from": place if len(first) > 1 else "", "path": one.path, "name": one.name, "before": one.before,
         "after": one.after}
        for (place, left), (_, right) in zip(first, second, strict=True)
        for one in difference(left, right, ignore=passed)
    ]  # fmt: skip
    show.rows(
        rows,
        {"from": "", "path": "Where", "name": "Name", "before": "Before", "after": "After"},
        json_wanted=json,
        none="The messages are the same." if not passed else "Nothing else differs.",
    )
    if rows:
        raise typer.Exit(1)
