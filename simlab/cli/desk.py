"""`simlab desk`: the inbox, answers, colleagues and tickets."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("Your desk.")


@app.command()
def inbox(home: Home = None, json: Json = False) -> None:
    """Read calls and mails."""
    found = Door(chosen(home)).view("desk.inbox")
    show.rows(found, {"arrived": "At", "sender": "From", "subject": "Subject", "text": "Says"}, json_wanted=json)


@app.command()
def colleagues(home: Home = None, json: Json = False) -> None:
    """List whom you can ask."""
    found = Door(chosen(home)).view("desk.colleagues")
    show.rows(found, {"who": "Ask", "name": "Name", "role": "Role"}, json_wanted=json)


@app.command()
def answer(task: str, value: str, home: Home = None, json: Json = False) -> None:
    """Answer the question of a task; the latest answer counts."""
    show.outcome(Door(chosen(home)).act("desk.answer", {"task": task, "value": value}), json_wanted=json)


@app.command()
def ask(who: str, text: str, home: Home = None, json: Json = False) -> None:
    """Ask a colleague."""
    show.outcome(Door(chosen(home)).act("desk.ask", {"who": who, "text": text}), json_wanted=json)


@app.command()
def ticket(
    to: str,
    subject: str,
    text: str,
    field: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Repeat for several.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a ticket to a supplier or another team."""
    given = {"to": to, "subject": subject, "text": text, "fields": parse_arguments(field or [])}
    show.outcome(Door(chosen(home)).act("desk.write_ticket", given), json_wanted=json)


@app.command()
def escalate(to: str, text: str, home: Home = None, json: Json = False) -> None:
    """Hand a matter to someone whose decision it is."""
    show.outcome(Door(chosen(home)).act("desk.escalate", {"to": to, "text": text}), json_wanted=json)
