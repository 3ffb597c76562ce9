"""`simlab hl7`, continued: what the lab's HL7 doors take, seen and set."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen
from simlab.errors import BadInput


def doors(
    door: Annotated[str, typer.Argument(help="ADT, RIS_HL7, PACS_HL7 or EPR_HL7; nothing: all of them.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """List what the lab's HL7 doors take."""
    show.rows(
        Door(chosen(home)).view("hl7.doors", door=door),
        {"door": "Door", "applications": "MSH-5", "facilities": "MSH-6", "types": "MSH-9", "processing_ids": "MSH-11",
         "versions": "MSH-12", "enhanced": "Enhanced", "sequence": "Sequence", "lenient": "Lenient",
         "remember_days": "Remembers (days)", "reply_to": "Replies to", "certificate": "Shows over TLS",
         "tls_mutual": "Asks for one"},
        json_wanted=json,
        none=f"There is no HL7 door {door}.",
    )  # fmt: skip


def set_door(
    door: Annotated[str, typer.Argument(help="ADT, RIS_HL7, PACS_HL7 or EPR_HL7.")],
    application: Annotated[list[str] | None, typer.Option(help="MSH-5 that it answers to; any: all.")] = None,
    facility: Annotated[list[str] | None, typer.Option(help="MSH-6 that it answers to; any: all.")] = None,
    type: Annotated[list[str] | None, typer.Option(help="MSH-9 that it takes: ADT, ORM^O01; any: all.")] = None,
    processing_id: Annotated[list[str] | None, typer.Option(help="MSH-11 that it takes: P, T, D.")] = None,
    version: Annotated[list[str] | None, typer.Option(help="MSH-12 that it takes; any: all of 2.x.")] = None,
    enhanced: Annotated[bool | None, typer.Option(help="Answer MSH-15 and MSH-16 as they ask.")] = None,
    sequence: Annotated[bool | None, typer.Option(help="Sequence numbers must follow one another.")] = None,
    lenient: Annotated[bool | None, typer.Option(help="Forgive a missing VT or CR, and LF for CR.")] = None,
    remember_days: Annotated[int | None, typer.Option(help="Days that a control ID is remembered.")] = None,
    order_reply: Annotated[
        list[str] | None, typer.Option(help="How a sender's orders are answered: EPR=order, EPR=ack, EPR=asked.")
    ] = None,
    limit: Annotated[list[str] | None, typer.Option(help="The most that it takes: IPC=200, PID-3=50; 0: any.")] = None,
    certificate: Annotated[str | None, typer.Option(help="What its TLS door shows (`simlab tls list`).")] = None,
    tls_mutual: Annotated[bool | None, typer.Option(help="Who comes over TLS must show a certificate too.")] = None,
    reply_to: Annotated[str | None, typer.Option(help="mllp(s)://HOST:PORT for replies of enhanced mode.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Change what one of the lab's HL7 doors takes, and how it answers; what is not named stays."""
    lists = {"applications": application, "facilities": facility, "types": type, "processing_ids": processing_id,
             "versions": version}  # fmt: skip
    given: dict[str, Any] = {name: [] if value == ["any"] else value for name, value in lists.items() if value}
    rest = {
        "enhanced": enhanced,
        "sequence": sequence,
        "lenient": lenient,
        "remember_days": remember_days,
        "certificate": certificate,
        "tls_mutual": tls_mutual,
        "reply_to": reply_to,
    }
    if order_reply:
        given["order_replies"] = dict(_reply(one) for one in order_reply)
    if limit:
        given["limits"] = dict(_limit(one) for one in limit)
    given |= {name: value for name, value in rest.items() if value is not None}
    show.outcome(Door(chosen(home)).act("hl7.set_door", {"door": door, **given}), json_wanted=json)


def _reply(text: str) -> tuple[str, str]:
    sender, _, form = text.partition("=")
    if not sender or form not in ("order", "ack", "asked"):
        raise BadInput(f"{text!r} is no reply", place="--order-reply", remedy="Write EPR=order, EPR=ack or EPR=asked.")
    return sender, form


def _limit(text: str) -> tuple[str, int]:
    place, _, most = text.partition("=")
    if not most.isdecimal():
        raise BadInput(f"{text!r} is no limit", place="--limit", remedy="Write IPC=200, or PID-3=50.")
    return place, int(most)


def sequences(
    link: Annotated[str, typer.Argument(help="A door or a sender; nothing: all of them.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """List the sequence numbers: which came last, and which is due."""
    show.rows(
        Door(chosen(home)).view("hl7.sequences", link=link),
        {"link": "Link", "way": "Way", "partner": "Of", "last": "Last", "next": "Next"},
        json_wanted=json,
        none="Nothing is numbered.",
    )


def set_sequence(
    link: Annotated[str, typer.Argument(help="As `simlab hl7 sequences` has it: RIS_HL7, 'ENGINE epr-to-ris'.")],
    last: Annotated[
        int | None, typer.Argument(help="The number that came last; nothing: begin anew.", show_default=False)
    ] = None,
    partner: Annotated[str, typer.Option(help="Of this application alone (MSH-3^MSH-4).")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Say which sequence number came last at a door or at a sender; without one the count begins anew."""
    given = {"link": link, "last": last, "partner": partner}
    show.outcome(Door(chosen(home)).act("hl7.set_sequence", given), json_wanted=json)
