"""`simlab act`: any action by its name, with arguments from the command line or a YAML file."""

from __future__ import annotations

import json as json_codec
from typing import Annotated, Any

import typer

from simlab import yaml_source
from simlab.cli import files, show
from simlab.cli.door import Door
from simlab.cli.options import Home, chosen
from simlab.errors import BadInput

MAX_FILE = 4 * 1024 * 1024
"""Bytes of a file in an argument."""

Step = tuple[str, dict[str, Any], bool]
"""An action's name, its arguments, and whether it is expected to fail."""


def act(
    what: Annotated[
        str, typer.Argument(metavar="NAME|FILE.yaml", help="An action's name, a YAML file of actions, or - for stdin.")
    ] = "",
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...",
            help="key=text, key=@file, key:=JSON; a.b=text for what lies deeper.",
            show_default=False,
        ),
    ] = None,
    home: Home = None,
    list_all: Annotated[bool, typer.Option("--list", help="Name every action.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of NAME, or of all.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON for --list; an outcome is JSON in any case.")] = False,
) -> None:
    """Do an action and print its outcome as JSON; exit code 1 when the department said no.

    simlab act pacs.set_peer title=DEST host=127.0.0.1 port=11190
    """
    door = Door(chosen(home))
    if list_all or schema:
        _describe(door.get("/actions"), what, schema=schema, as_json=json)
        return
    if not what:
        raise BadInput("no action is named", place="simlab act", remedy="`simlab act --list` names them all.")
    if what == "-" or what.endswith((".yaml", ".yml")):
        if arguments:
            raise BadInput("a file of actions takes no further arguments", place=what)
        steps, many = read_steps(what)
    else:
        steps, many = [(what, parse_arguments(arguments or []), False)], False
    outcomes: list[dict[str, Any]] = []
    for name, given, failure_expected in steps:
        outcomes.append(door.act(name, given))
        if outcomes[-1]["ok"] == failure_expected:
            break
    show.as_json(outcomes if many else outcomes[0])
    if outcomes[-1]["ok"] == steps[len(outcomes) - 1][2]:
        raise typer.Exit(1)


def parse_arguments(given: list[str], /, **named: Any) -> dict[str, Any]:
    """``key=text``, ``key=@file`` and ``key:=JSON`` as nested arguments, beside those that the command has `named`.

    BadInput for what is none of these, and for what is named already.
    """
    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip(":"):
            raise BadInput("an argument is not KEY=VALUE", place=repr(text[:80]), remedy="For example: port=11112")
        path = key.removesuffix(":").split(".")
        if path[0] in named:
            raise BadInput(f"{path[0]} is named already", place=repr(text[:80]), remedy="Name it once.")
        _put(found, path, _value(text, value, as_json=key.endswith(":")), text)
    return {**named, **found}


def _value(text: str, value: str, *, as_json: bool) -> Any:
    if as_json:
        try:
            return json_codec.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"not JSON ({error})", place=repr(text[:80]), remedy="For plain text write key=text."
            ) from None
    if value.startswith("@") and len(value) > 1:
        return files.text(value[1:], MAX_FILE)
    return value


def _put(into: dict[str, Any], path: list[str], value: Any, text: str) -> None:
    for key in path[:-1]:
        into = into.setdefault(key, {})
        if not isinstance(into, dict):
            raise BadInput(f"{key} is given both as text and as a group", place=repr(text[:80]))
    into[path[-1]] = value


def read_steps(source: str) -> tuple[list[Step], bool]:
    """The actions of a YAML file (``-``: stdin), and whether it is a list of them."""
    found = yaml_source.parse(files.text(source, yaml_source.MAX_BYTES), source)
    steps = found if isinstance(found, list) else [found]
    if not steps:
        raise BadInput("the file holds no action", place=source)
    return [_step(step, yaml_source.place(found, n) or source) for n, step in enumerate(steps)], isinstance(found, list)


def _step(step: Any, place: str) -> Step:
    names = [key for key in step if isinstance(key, str) and "." in key] if isinstance(step, dict) else []
    if len(names) != 1 or not isinstance(step[names[0]] or {}, dict):
        raise BadInput("not one action", place=place, remedy="Write it as `pacs.set_peer: {title: DEST, port: 11190}`.")
    return names[0], dict(step[names[0]] or {}), step.get("expect") == "failure"


def _describe(actions: list[dict[str, Any]], name: str, *, schema: bool, as_json: bool) -> None:
    chosen_ones = [action for action in actions if not name or action["name"] == name]
    if not chosen_ones:
        raise BadInput(f"there is no action {name}", remedy="`simlab act --list` names them all.")
    if schema:
        show.as_json(chosen_ones[0]["schema"] if name else {action["name"]: action["schema"] for action in chosen_ones})
    elif as_json:
        show.as_json([{"name": action["name"], "doc": action["doc"]} for action in chosen_ones])
    else:
        show.table(
            [
                {**action, "takes": " ".join(_argument(action["schema"], key) for key in _properties(action["schema"]))}
                for action in chosen_ones
            ],
            {"name": "Action", "doc": "Does", "takes": "Arguments (* needed)"},
        )


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schema.get("properties", {})
    return properties


def _argument(schema: dict[str, Any], key: str) -> str:
    return f"{key}*" if key in schema.get("required", []) else key
