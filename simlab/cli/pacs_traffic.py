"""`simlab pacs`, continued: how the archive runs, its rules, transfers and room."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import LIMIT, Home, Json, Limit, chosen, group
from simlab.errors import BadInput

app = group("The PACS console: rules, transfers, room.")

Study = Annotated[str, typer.Argument(help="Study Instance UID.")]
Number = Annotated[int, typer.Argument(help="The transfer's number, as `simlab pacs transfers` lists it.")]
Which = Annotated[str, typer.Argument(help="AE title of a destination, or a transfer's number.")]


def _act(home: Home, json: bool, name: str, columns: show.Columns | None = None, **given: Any) -> None:
    show.outcome(Door(chosen(home)).act(name, given), json_wanted=json, columns=columns)


@app.command()
def transfers(
    destination: Annotated[str | None, typer.Option(show_default=False)] = None,
    state: Annotated[
        str | None, typer.Option(help="waiting, sending, sent, failed, held, cancelled", show_default=False)
    ] = None,
    limit: Limit = LIMIT,
    home: Home = None,
    json: Json = False,
) -> None:
    """List what waits to be sent on, and what was."""
    show.newest(
        Door(chosen(home)),
        "pacs.transfers",
        {"id": "No.", "destination": "To", "state": "State", "lane_held": "Dest. held", "priority": "Priority",
         "sent": "Sent", "failed": "Failed", "instances": "Of", "how": "By", "rule": "Rule", "attempts": "Tries",
         "error": "Error", "lane_error": "Destination", "accession": "Accession", "study_uid": "Study UID"},
        limit=limit,
        json_wanted=json,
        none="Nothing was to be sent on.",
        destination=destination,
        state=state,
    )  # fmt: skip


@app.command()
def forward(
    study_uid: Study,
    destination: Annotated[str, typer.Argument(help="AE title.")],
    series: Annotated[str, typer.Option(help="Only this Series Instance UID.")] = "",
    priority: Annotated[str, typer.Option(help="low, medium or high")] = "medium",
    home: Home = None,
    json: Json = False,
) -> None:
    """Send a study to a peer."""
    _act(home, json, "pacs.forward", study=study_uid, destination=destination, series=series, priority=priority)


def _either(which: str) -> dict[str, Any]:
    return {"transfer": int(which)} if which.isdecimal() else {"destination": which}


@app.command()
def hold(which: Which, home: Home = None, json: Json = False) -> None:
    """Hold all transfers to a destination, or one."""
    _act(home, json, "pacs.hold_transfers", **_either(which))


@app.command()
def release(which: Which, home: Home = None, json: Json = False) -> None:
    """Let transfers that are held go on."""
    _act(home, json, "pacs.release_transfers", **_either(which))


@app.command()
def retry(transfer: Number, home: Home = None, json: Json = False) -> None:
    """Send again now what failed or waits for its next try."""
    _act(home, json, "pacs.retry_transfer", transfer=transfer)


@app.command()
def cancel(transfer: Number, home: Home = None, json: Json = False) -> None:
    """Send nothing more of a transfer."""
    _act(home, json, "pacs.cancel_transfer", transfer=transfer)


@app.command()
def rules(home: Home = None, json: Json = False) -> None:
    """List the routing and prefetch rules."""
    found = Door(chosen(home)).view("pacs.rules")
    for row in found if not json else ():
        if row["kind"] == "route":
            row.update(on="", same="", last="", years="")
    show.rows(
        found,
        {"kind": "Kind", "name": "Rule", "enabled": "On", "match": "Looks at", "destinations": "To",
         "priority": "Priority", "on": "When", "same": "Same", "last": "Last", "years": "Years"},
        json_wanted=json,
        none="The PACS has no rule.",
    )  # fmt: skip


@app.command()
def add_rule(
    name: str,
    to: Annotated[list[str], typer.Option(help="AE title it sends to; repeat for several.")],
    match: Annotated[
        list[str] | None, typer.Option(metavar="WHAT=PATTERN", help="modality=CT; repeat.", show_default=False)
    ] = None,
    prefetch: Annotated[
        str, typer.Option(metavar="WHEN", help="Send priors: on order, on arrival, or at a time (05:00).")
    ] = "",
    same: Annotated[list[str] | None, typer.Option(help="modality, body_part; repeat.", show_default=False)] = None,
    last: Annotated[int, typer.Option(help="Priors at most.")] = 3,
    years: Annotated[int, typer.Option(help="How old priors may be.")] = 5,
    priority: Annotated[str, typer.Option(help="low, medium or high")] = "medium",
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a routing rule, or with --prefetch a prefetch rule."""
    patterns: dict[str, list[str]] = {}
    for one in match or ():
        attribute, equals, pattern = one.partition("=")
        if not equals:
            raise BadInput(f"{one!r} is no condition", place="--match", remedy="Write modality=CT.")
        patterns.setdefault(attribute, []).append(pattern)
    given: dict[str, Any] = {"rule": name, "destinations": to, "match": patterns, "priority": priority}
    if prefetch:
        given |= {"kind": "prefetch", "on": prefetch, "last": last, "years": years}
        given |= {"same": same} if same else {}
    _act(home, json, "pacs.add_rule", **given)


@app.command()
def remove_rule(name: str, home: Home = None, json: Json = False) -> None:
    """Take a routing or prefetch rule away."""
    _act(home, json, "pacs.remove_rule", rule=name)


@app.command()
def space(home: Home = None, json: Json = False) -> None:
    """Show what the archive holds, of its quota, by modality and age."""
    found = Door(chosen(home)).view("pacs.space")
    show.rows(
        found,
        {"kind": "By", "name": "", "instances": "Images", "bytes": "Bytes", "cached": "In the cache",
         "quota": "Quota", "per_cent": "Per cent", "state": "State"},
        json_wanted=json,
    )  # fmt: skip


@app.command()
def places(home: Home = None, json: Json = False) -> None:
    """Show where every study stands: in the cache, in the archive, on the shelf."""
    found = Door(chosen(home)).view("pacs.places")
    show.rows(
        found,
        {"patient_id": "Patient ID", "accession": "Accession", "availability": "Availability", "instances": "Images",
         "cached": "In the cache", "archived": "Archived", "shelved": "On the shelf", "study_uid": "Study UID"},
        json_wanted=json,
    )  # fmt: skip


@app.command()
def free_space(
    to: Annotated[int | None, typer.Option(help="Per cent of the quota; low water.", show_default=False)] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would leave the cache.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Drop from the cache what the archive has."""
    columns = {"instances": "Images", "bytes": "Bytes", "study_uid": "Study UID"}
    _act(home, json, "pacs.free_space", columns, to=to, preview=preview)


@app.command()
def archive(
    study_uid: Study,
    shelve: Annotated[bool, typer.Option("--shelve", help="Put its medium on the shelf.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Copy a study to the archive now."""
    _act(home, json, "pacs.archive_study", study=study_uid, shelve=shelve)


@app.command()
def recall(study_uid: Study, home: Home = None, json: Json = False) -> None:
    """Bring a study back into the cache, from the shelf too."""
    _act(home, json, "pacs.recall_study", study=study_uid)


@app.command()
def retention(home: Home = None, json: Json = False) -> None:
    """List how long every study is kept, by which rule, and which may go."""
    found = Door(chosen(home)).view("pacs.retention")
    for row in found if not json else ():
        row["until"] = row["until"] or "for ever"
    show.rows(
        found,
        {"patient_id": "Patient ID", "study_date": "Date", "modalities": "Mod.", "status": "Status", "until": "Until",
         "rule": "Rule", "may_go": "May go", "hindrance": "Held by", "bytes": "Bytes", "study_uid": "Study UID"},
        json_wanted=json,
    )  # fmt: skip


@app.command()
def set_retention(
    name: str,
    modality: Annotated[list[str] | None, typer.Option(help="A pattern; repeat.", show_default=False)] = None,
    status: Annotated[str, typer.Option(help="any, reported or unreported")] = "any",
    keep_days: Annotated[int | None, typer.Option(help="From the study's date.", show_default="for ever")] = None,
    until_age: Annotated[int | None, typer.Option(help="Patient's age to keep until.", show_default=False)] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the rule away.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a retention rule."""
    given: dict[str, Any] = {"rule": name, "modalities": modality or [], "status": status, "keep_days": keep_days}
    _act(home, json, "pacs.set_retention", **given, until_age=until_age, remove=remove)
