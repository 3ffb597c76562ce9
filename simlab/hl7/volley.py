"""Many messages to one address, one after the other over one connection, at a pace."""

from __future__ import annotations

import re
import secrets
import ssl
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simlab.errors import BadInput, SimlabError
from simlab.hl7.acknowledge import read
from simlab.hl7.errors import Hl7Error
from simlab.hl7.link import Link
from simlab.hl7.message import Message, parse
from simlab.hl7.record import message_type

_ADDRESS = re.compile(r"mllps?://(\[[0-9A-Fa-f:.%]+\]|[^\s/:\[\]]+):([0-9]{1,5})/?")
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/([smhd]))?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?)x?")


def address(text: str) -> tuple[str, int, bool]:
    """Host, port and whether it is TLS, of ``mllp://HOST:PORT`` or ``mllps://HOST:PORT``; else BadInput."""
    found = _ADDRESS.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 65535:
        raise BadInput(f"{text!r} is no address", remedy="Write mllp://HOST:PORT, or mllps:// for TLS.")
    return found[1].strip("[]"), int(found[2]), text.startswith("mllps")


def gap(rate: str) -> float:
    """The seconds between two messages at ``60/h``, ``2/m``, ``5/s`` or ``5``; BadInput for anything else."""
    found = _RATE.fullmatch(rate)
    if not found or not float(found[1]):
        raise BadInput(f"{rate!r} is no rate", place="--rate", remedy="Write 60/h, 2/m, or 5/s.")
    return _SECONDS[found[2] or "s"] / float(found[1])


def factor(speed: str) -> float:
    """How many times faster than it was, of ``10x``, ``1`` or ``0.5x``; BadInput for anything else."""
    found = _SPEED.fullmatch(speed)
    if not found or not float(found[1]):
        raise BadInput(f"{speed!r} is no speed", place="--speed", remedy="Write 1x, 10x, or 0.5x.")
    return float(found[1])


@dataclass(frozen=True)
class Shot:
    """One message to send: where it is from, its bytes, and `due`, the seconds after the first one it was sent."""

    place: str
    data: bytes
    due: float = 0.0


@dataclass(frozen=True)
class Hit:
    """What came of one: the code of its acknowledgement (empty when there was none), in words, and how long it took."""

    place: str
    type: str
    control_id: str
    ack: str
    text: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.ack in ("AA", "CA", "-")


def renumbered(shots: Iterable[Shot]) -> Iterator[Shot]:
    """The shots under control IDs that no receiver has seen; what is no message stays as it is."""
    run = secrets.token_hex(4).upper()
    for number, shot in enumerate(shots, 1):
        try:
            data = parse(shot.data).set("MSH-10", f"R{run}{number}").data
        except Hl7Error:
            data = shot.data
        yield Shot(shot.place, data, shot.due)


def fire(
    shots: Iterable[Shot],
    host: str,
    port: int,
    *,
    timeout: float = 10.0,
    context: ssl.SSLContext | None = None,
    gap: float = 0.0,
    speed: float = 0.0,
) -> Iterator[Hit]:
    """Send message by message and say what came of each; whoever has heard enough asks for no more.

    `gap` is the least time between the beginnings of two, in seconds; with `speed` each goes when it is due, that
    many times faster. No message waits shorter than its acknowledgement takes.
    """
    link = Link(host, port, context=context)
    begun, following = time.monotonic(), 0.0
    try:
        for shot in shots:
            when = max(following, shot.due / speed if speed else 0.0)
            time.sleep(max(0.0, begun + when - time.monotonic()))
            following = max(when, time.monotonic() - begun) + gap
            yield _sent(shot, link, timeout)
    finally:
        link.close()


def _sent(shot: Shot, link: Link, timeout: float) -> Hit:
    message = _message(shot.data)
    kind, control_id = (message_type(message), message.get("MSH-10")) if message else ("?", "")
    began = time.monotonic()
    code, text = "", ""
    try:
        reply = link.exchange(shot.data, timeout).reply
        if reply is None:
            code, text = "-", "asks for no acknowledgement"
        else:
            said = read(reply)
            code, text = said.code, said.text
    except SimlabError as error:
        text = str(error)
    return Hit(shot.place, kind, control_id, code, text, time.monotonic() - began)


def _message(data: bytes) -> Message | None:
    try:
        return parse(data)
    except Hl7Error:
        return None
