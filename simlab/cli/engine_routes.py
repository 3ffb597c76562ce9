"""`simlab engine`, continued: routes, their rules and their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from simlab import yaml_source
from simlab.cli import files, show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group
from simlab.errors import BadInput, NotFound

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a message file."""

app = group("The interface engine: routes and rules.")

Name = Annotated[str, typer.Argument(metavar="ROUTE", help="A route's name.")]
OneRoute = Annotated[str | None, typer.Argument(help="Only this route.", show_default=False)]
Fields = Annotated[
    list[str] | None,
    typer.Argument(metavar="[KEY=VALUE]...", help="host=…, port=…, types:='[\"ADT\"]', on_ae=retry …"),
]


def _do(home: Path | None, json: bool, name: str, given: dict[str, Any]) -> None:
    show.outcome(Door(chosen(home)).act(name, given), json_wanted=json)


def _act(home: Path | None, json: bool, name: str, **given: Any) -> None:
    _do(home, json, name, {key: value for key, value in given.items() if value is not None})


def must_exist(door: Door, route: str | None) -> None:
    """NotFound, with the routes that there are, where a `route` is named that the engine does not have."""
    names = [row["name"] for row in door.view("engine.routes")] if route is not None else []
    if route is not None and route not in names:
        raise NotFound(
            f"the engine has no route {route!r}", place="ENGINE", remedy=f"It has {', '.join(names) or 'none'}."
        )


def _rules(file: str) -> Any:
    """The rules of a file; BadInput for one in which nothing stands: that takes no rules away."""
    found = yaml_source.parse(files.text(file, yaml_source.MAX_BYTES), file)
    if found is None:
        raise BadInput("no rules stand there", place=file, remedy="Write a YAML list of them, or [] for none at all.")
    return found


@app.command()
def routes(home: Home = None, json: Json = False) -> None:
    """List the routes."""
    found = Door(chosen(home)).view("engine.routes")
    show.rows(
        found,
        {"name": "Route", "sources": "From", "types": "Types", "host": "Host", "port": "Port", "state": "State",
         "rules": "Rules", "waiting": "Waiting", "errors": "Errors"},
        json_wanted=json,
    )  # fmt: skip


@app.command()
def stats(route: OneRoute = None, home: Home = None, json: Json = False) -> None:
    """Show each route in numbers: what it took, filtered, delivered; what waits, how long; its last reply."""
    door = Door(chosen(home))
    found = door.view("engine.statistics", route=route)
    if not found:
        must_exist(door, route)
    show.rows(
        found,
        {"route": "Route", "state": "State", "received": "Received", "filtered": "Filtered", "delivered": "Delivered",
         "failed": "Failed", "retries": "Retries", "waiting": "Waiting", "errors": "Dead", "oldest": "Oldest s",
         "mean_seconds": "Mean s", "p95_seconds": "95 % s", "last_ack": "Last ack", "last_ack_at": "At"},
        json_wanted=json,
    )  # fmt: skip


@app.command()
def hold(route: Name, home: Home = None, json: Json = False) -> None:
    """Hold a route; its messages wait."""
    _act(home, json, "engine.hold", route=route)


@app.command()
def release(route: Name, home: Home = None, json: Json = False) -> None:
    """Let a held or disabled route run."""
    _act(home, json, "engine.release", route=route)


@app.command()
def disable(route: Name, home: Home = None, json: Json = False) -> None:
    """Disable a route: it takes no more messages."""
    _act(home, json, "engine.disable", route=route)


@app.command("add-route")
def add_route(
    route: Name, port: Annotated[int, typer.Argument()], fields: Fields = None, home: Home = None, json: Json = False
) -> None:
    """Add a route behind the others."""
    _do(home, json, "engine.add_route", parse_arguments(fields or [], route=route, port=port))


@app.command("set-route")
def set_route(route: Name, fields: Fields = None, home: Home = None, json: Json = False) -> None:
    """Change where a route goes, what it takes, and how it delivers."""
    _do(home, json, "engine.set_route", parse_arguments(fields or [], route=route))


@app.command("remove-route")
def remove_route(
    route: Name,
    reason: Annotated[str, typer.Option(help="Why what waits on it is discarded.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Remove a route."""
    _act(home, json, "engine.remove_route", route=route, reason=reason)


@app.command()
def rules(
    route: OneRoute = None,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print them as `set-rules` reads them.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the rules of the routes, in the order in which they are applied."""
    door = Door(chosen(home))
    found = door.view("engine.rules", route=route)
    if not found:
        must_exist(door, route)
    if as_yaml and not json:
        written = yaml.safe_dump([row["rule"] for row in found], allow_unicode=True, sort_keys=False, width=110)
        typer.echo(written.rstrip())
        return
    if not json:
        found = [{**row, "text": _one_line(row["rule"])} for row in found]
    show.rows(
        found,
        {"route": "Route", "number": "No.", "text": "Rule", "note": "Note"},
        json_wanted=json,
        none="No rules: what a route takes goes out as it came in.",
    )


@app.command("set-rules")
def set_rules(
    route: Name,
    file: Annotated[str, typer.Argument(help="A YAML list of rules; - for stdin.")],
    waiting: Annotated[bool, typer.Option("--waiting", help="Put what waits through them too.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Give a route the rules of a file in place of its own."""
    _act(home, json, "engine.set_rules", route=route, rules=_rules(file), waiting=waiting)


@app.command("set-rule")
def set_rule(
    route: Name,
    rule: Annotated[str, typer.Argument(help="YAML, such as 'drop_segment: ZDS'.")],
    number: Annotated[
        int | None, typer.Option("--number", help="In place of this one; by default behind all.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Add a rule to a route, or replace one."""
    _act(home, json, "engine.set_rule", route=route, rule=yaml_source.parse(rule, "the rule"), number=number)


@app.command("remove-rule")
def remove_rule(route: Name, number: int, home: Home = None, json: Json = False) -> None:
    """Take a rule out of a route."""
    _act(home, json, "engine.remove_rule", route=route, number=number)


@app.command("try")
def try_rules(
    route: Name,
    message: Annotated[str, typer.Argument(help="A message's number (`simlab engine messages`), a file, or -.")],
    rules: Annotated[str | None, typer.Option(help="A YAML file of rules to try instead.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show what a route would make of a message, rule by rule; nothing changes."""
    given: dict[str, Any] = (
        {"number": int(message)} if message.isdigit() else {"message": files.text(message, MAX_FILE)}
    )
    if rules is not None:
        given["rules"] = _rules(rules)
    done = Door(chosen(home)).act("engine.try_rules", {"route": route, **given})
    show.outcome(done, json_wanted=json, columns={"rule": "Rule", "verb": "Verb", "changed": "Changed", "said": "Says"})
    if done["ok"] and not json:
        for text, changes in zip(done["data"]["messages"], done["data"]["changes"], strict=True):
            typer.echo("\n" + text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
            if changes:
                show.table(changes, {"path": "Place", "before": "Came in", "after": "Goes out"})


@app.command()
def configure(
    setting: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="delivered_hours=24")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Change settings: how many hours delivered items stay in the queue's table."""
    _do(home, json, "engine.configure", parse_arguments(setting))


@app.command()
def settings(home: Home = None, json: Json = False) -> None:
    """List every setting with its value in force."""
    found = Door(chosen(home)).view("engine.settings")
    show.rows(found, {"key": "Setting", "value": "Value"}, json_wanted=json)


def _one_line(rule: dict[str, Any]) -> str:
    told = {key: value for key, value in rule.items() if key != "note"}
    flow = yaml.safe_dump(told, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000)
    return flow.strip().removeprefix("{").removesuffix("}")
