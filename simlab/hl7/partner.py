"""A partner that misbehaves as it is told: a receiver for senders to be tried on, and a sender for receivers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from simlab import yaml_source
from simlab.errors import BadInput, NotFound
from simlab.hl7.acknowledge import ACCEPT_CODES, CODES, acknowledge
from simlab.hl7.errors import Hl7Error
from simlab.hl7.framing import Deframer, frame
from simlab.hl7.link import Link
from simlab.hl7.message import parse
from simlab.listener import Listener
from simlab.validation import Strict, validated

BEHAVIOURS = Path(__file__).with_name("behaviours.yaml")
_SHAPE = "Write a name and its turns, such as `mine: {turns: [{code: AE, times: 2}, {}]}`."
MAX_KEPT = 1000  # messages that a partner remembers

FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "good": frame,
    "no-vt": lambda message: frame(message)[1:],
    "no-fs": lambda message: b"\x0b" + message + b"\r",
    "no-cr": lambda message: frame(message)[:-1],
    "fs-lf": lambda message: frame(message)[:-1] + b"\n",
    "bare": lambda message: message,
    "junk-before": lambda message: b"HTTP/1.1 400 Bad Request\r\n\r\n" + frame(message),
    "junk-behind": lambda message: frame(message) + b"\x00\x00ABC",
    "two-vt": lambda message: b"\x0b" + frame(message),
    "half": lambda message: frame(message)[: len(message) // 2],
    "twice": lambda message: frame(message) * 2,
    "empty": lambda _message: frame(b""),
    "nonsense": lambda _message: frame(b"this is no HL7"),
}
"""What is written in place of VT message FS CR."""

_LINE_ENDS = {"CR": b"\r", "LF": b"\n", "CRLF": b"\r\n"}


class Turn(Strict):
    """How a partner treats one message: what it answers (as a receiver), and how the bytes go out (either way)."""

    times: int | None = Field(None, ge=1, description="for so many messages; the last turn lasts for ever")
    code: str = Field("AA", description="MSA-1 of the answer")
    text: str = Field("", description="what the answer complains of")
    control_id: str | None = Field(None, description="MSA-2, in place of the one that belongs there")
    delay: float = Field(0.0, ge=0, le=600, description="seconds until the answer")
    silent: bool = Field(False, description="no answer at all")
    close: bool = Field(False, description="the connection is closed then")
    line_ends: Literal["CR", "LF", "CRLF"] = "CR"
    framing: str = Field("good", description=f"one of {', '.join(FRAMINGS)}")
    pieces: int = Field(0, ge=0, description="bytes that are written at once; 0: all")
    pause: float = Field(0.0, ge=0, le=60, description="seconds between two pieces")

    @field_validator("framing", "code")
    @classmethod
    def _known(cls, value: str, info: ValidationInfo) -> str:
        allowed = FRAMINGS if info.field_name == "framing" else CODES
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def written(self, message: bytes) -> Iterator[bytes]:
        """The pieces of `message` as this turn writes it, paused between."""
        data = FRAMINGS[self.framing](message.replace(b"\r", _LINE_ENDS[self.line_ends]))
        size = self.pieces or len(data) or 1
        for at in range(0, len(data), size):
            if at and self.pause:
                time.sleep(self.pause)
            yield data[at : at + size]

    def answer(self, received: bytes) -> bytes:
        """The acknowledgement of `received`, with what this turn has wrong with it."""
        error = None
        if self.code not in ("AA", "CA"):
            error = Hl7Error(self.text or "refused", code="207", ack="A" + self.code[1:])
        reply = acknowledge(
            received, now=datetime.now(), error=error, application="PARTNER", accept=self.code in ACCEPT_CODES
        )
        if self.control_id is not None:
            reply = parse(reply).set("MSA-2", self.control_id).data
        return reply


class Behaviour(Strict):
    """The turns that a partner takes, one after the other, over all its connections; `cycle`: and again."""

    about: str = ""
    turns: tuple[Turn, ...] = Field((Turn(),), min_length=1)
    cycle: bool = False

    def turn(self, number: int) -> Turn:
        """The turn of message `number`, counted from 0."""
        if self.cycle and all(turn.times for turn in self.turns):
            number %= sum(turn.times or 0 for turn in self.turns)
        for turn in self.turns[:-1]:
            if turn.times is None or number < turn.times:
                return turn
            number -= turn.times
        return self.turns[-1]


def behaviours(path: Path = BEHAVIOURS) -> dict[str, Behaviour]:
    """Every behaviour of a YAML file by its name; BadInput, with the line, for one that cannot be."""
    found = yaml_source.read(path)
    if not isinstance(found, dict) or not found:
        raise BadInput("the file holds no behaviour", place=str(path), remedy=_SHAPE)
    for name, value in found.items():
        if not isinstance(value, dict):
            raise BadInput(
                f"{name!r} is not the name of a behaviour, with its turns below it",
                place=yaml_source.locate(found, [name]) or str(path),
                remedy=_SHAPE,
            )
    return {name: validated(Behaviour, value, str(path)) for name, value in found.items()}


def behaviour(named: str) -> Behaviour:
    """The behaviour of that name, or the first one in the file of that name; NotFound says which there are."""
    if named.endswith((".yaml", ".yml")):
        return next(iter(behaviours(Path(named)).values()))
    known = behaviours()
    if named not in known:
        raise NotFound(f"there is no behaviour {named}", remedy=f"There are: {', '.join(known)}; or name a YAML file.")
    return known[named]


class Partner:
    """A receiver that behaves as told. `got` has what it took; `on_message(data, reply)` hears of each message."""

    def __init__(
        self, behaviour: Behaviour, *, on_message: Callable[[bytes, bytes | None], None] = lambda _data, _reply: None
    ) -> None:
        self.got: list[bytes] = []
        self._behaviour = behaviour
        self._on_message = on_message
        self._listener = Listener("mllp-partner", self._admit)
        self._lock = threading.Lock()
        self._count = 0
        self._links: set[socket.socket] = set()
        self._closing = threading.Event()

    def open(self, host: str, port: int) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it is taken."""
        return self._listener.open(host, port)

    def close(self) -> None:
        """Stop listening and drop every connection."""
        self._closing.set()
        self._listener.forget()
        with self._lock:
            links = list(self._links)
        for link in links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def _admit(self, link: socket.socket) -> None:
        with self._lock:
            self._links.add(link)
        threading.Thread(target=self._serve, args=(link,), name="mllp-partner-connection", daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        deframer = Deframer(lenient=True)
        with contextlib.suppress(OSError), link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while chunk := link.recv(65536):
                for message in deframer.feed(chunk)[0]:
                    if not self._answer(link, message):
                        return
        with self._lock:
            self._links.discard(link)

    def _answer(self, link: socket.socket, message: bytes) -> bool:
        """Treat one message; whether the connection stays."""
        with self._lock:
            turn = self._behaviour.turn(self._count)
            self._count += 1
            self.got = [*self.got[1 - MAX_KEPT :], message]
        reply = None if turn.silent else turn.answer(message)
        self._on_message(message, reply)
        if turn.delay and self._closing.wait(turn.delay):
            return False
        if reply is not None:
            for piece in turn.written(reply):
                link.sendall(piece)
        return not turn.close


def send_as(
    turn: Turn,
    host: str,
    port: int,
    message: bytes,
    timeout: float = 10.0,
    *,
    context: ssl.SSLContext | None = None,
) -> list[bytes]:
    """Send one message as `turn` writes it, and give what comes back within `timeout` seconds, if anything does.

    Raises Unreachable when nobody listens, NoAck when the connection breaks.
    """
    link = Link(host, port, context=context)
    try:
        for piece in turn.written(message):
            link.write(piece)
        return [] if turn.close else link.read(timeout)
    finally:
        link.close()
