"""An established association, for either side: messages out and in, release, abort (PS3.7 8, PS3.8 7)."""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from simlab.dicom import dimse
from simlab.dicom.dimse import Command, Message
from simlab.dicom.upper_layer import (
    ABORT,
    P_DATA,
    RELEASE_RP,
    RELEASE_RQ,
    BadPdu,
    Connection,
    ConnectionLost,
    PeerAborted,
    TimedOut,
    parse_abort,
)

_HELD = 32768
"""Bytes of small messages that go out together: a write for each costs more than making them."""
_RELEASE_RQ_PDU = struct.pack(">BBLL", RELEASE_RQ, 0, 4, 0)
_RELEASE_RP_PDU = struct.pack(">BBLL", RELEASE_RP, 0, 4, 0)

Pieces = list[bytes | memoryview]
"""A message in PDUs, ready to be sent."""


@dataclass(frozen=True)
class Context:
    """An accepted presentation context. `as_scu` and `as_scp` are the roles of *this* side in it."""

    id: int
    abstract_syntax: str
    transfer_syntax: str
    as_scu: bool
    as_scp: bool


class Association:
    """Messages on a connection whose contexts are agreed. Used by one thread."""

    def __init__(
        self,
        connection: Connection,
        contexts: dict[int, Context],
        peer_max_pdu: int,
        options: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.connection = connection
        self.contexts = contexts
        self.options = options or {}
        """What extended negotiation granted, by SOP class (see `extended.OPTIONS`)."""
        self._peer_max_pdu = peer_max_pdu
        self._assembly = dimse.Assembly()
        self._waiting: deque[Message] = deque()
        self._cancelled: set[int] = set()
        self._release_asked = False
        self._last_id = 0
        self._last_command: Command = {}
        self._last_encoded = b""
        self._held: Pieces = []
        self._held_size = 0

    def next_id(self) -> int:
        """A message ID that is not in use."""
        self._last_id = self._last_id % 0xFFFF + 1
        return self._last_id

    def find_context(self, abstract_syntax: str, transfer_syntax: str = "", *, scu: bool = True) -> Context | None:
        """The context for an abstract syntax (and transfer syntax, when given) in which this side has the role."""
        for context in self.contexts.values():
            if context.abstract_syntax != abstract_syntax or not (context.as_scu if scu else context.as_scp):
                continue
            if not transfer_syntax or context.transfer_syntax == transfer_syntax:
                return context
        return None

    def send(
        self,
        context_id: int,
        command: Command,
        data: bytes | None = None,
        pixels: bytes | memoryview | None = None,
        *,
        more: bool = False,
    ) -> None:
        """Send one message, `pixels` being the end of its data set where that stands in two places.

        With `more` to come at once it may wait, until there are 32 KB. Raises ConnectionLost.
        """
        self.write(self.encode(context_id, command, data, pixels), more=more)

    def encode(
        self, context_id: int, command: Command, data: bytes | None = None, pixels: bytes | memoryview | None = None
    ) -> Pieces:
        """One message as `write` takes it; see `send`."""
        message = Message(context_id, command, data)
        complete = dimse.complete(message)
        if complete != self._last_command:
            # The pending responses of a query differ in their data sets alone.
            self._last_command, self._last_encoded = complete, dimse.encode_command(complete)
        return list(dimse.encode_message(message, self._peer_max_pdu, self._last_encoded, pixels))

    def write(self, pieces: Pieces, *, more: bool = False) -> None:
        """Send what `encode` gave; see `send`."""
        self._held += pieces
        self._held_size += sum(map(len, pieces))
        if self._held_size > _HELD or not more:
            self.flush()

    def flush(self) -> None:
        """Send what waits for more."""
        if self._held:
            held, self._held, self._held_size = self._held, [], 0
            self.connection.send_all(held)

    def receive(self, seconds: float) -> Message | None:
        """The next message within `seconds`, None when the peer asks for release; a C-CANCEL is only remembered.

        Raises TimedOut, ConnectionLost, PeerAborted, BadPdu.
        """
        until = time.monotonic() + seconds
        while not self._waiting:
            if self._release_asked:
                return None
            left = until - time.monotonic()
            if left <= 0:
                raise TimedOut(f"nothing came within {seconds:g} s", remedy="Look whether the peer still runs.")
            self._read(left)
        return self._waiting.popleft()

    def response(self, message_id: int, seconds: float) -> Message | None:
        """The response to our own request `message_id`; what else the peer says meanwhile waits its turn.

        None when the peer asks for release instead. Raises as `receive` does.
        """
        until = time.monotonic() + seconds
        while True:
            for message in self._waiting:
                if message.is_response and message.number("MessageIDBeingRespondedTo") == message_id:
                    self._waiting.remove(message)
                    return message
            if self._release_asked:
                return None
            left = until - time.monotonic()
            if left <= 0:
                raise TimedOut(f"no response came within {seconds:g} s", remedy="Look whether the peer still runs.")
            self._read(left)

    def stays(self, seconds: float) -> bool:
        """Whether the peer has not asked for release, and does not within `seconds`."""
        until = time.monotonic() + seconds
        while not self._release_asked and self.connection.readable(max(0.0, until - time.monotonic())):
            self._read(1.0)
        return not self._release_asked

    def _read(self, seconds: float) -> None:
        kind, body = self.connection.read(seconds)
        if kind == P_DATA:
            for message in self._assembly.take(body):
                if message.context_id not in self.contexts:
                    raise BadPdu(f"a message in presentation context {message.context_id}, which was not accepted", 6)
                if message.service == "C-CANCEL":
                    self._cancelled.add(message.number("MessageIDBeingRespondedTo"))
                else:
                    self._waiting.append(message)
            if not self._assembly.holds:
                self.connection.reuse()
        elif kind == RELEASE_RQ:
            self._release_asked = True
        elif kind == ABORT:
            raise parse_abort(bytes(body))
        else:
            raise BadPdu(f"a PDU of type {kind:02X} in an established association", 2)

    def begin(self, message_id: int) -> None:
        """Forget a cancel that was meant for an earlier operation of the same ID."""
        self._cancelled.discard(message_id)

    def cancelled(self, message_id: int, seconds: float = 0) -> bool:
        """Whether the peer has sent C-CANCEL for the operation, waiting `seconds` for it to say something."""
        if seconds:
            self.flush()
        while not self._release_asked and self.connection.readable(seconds):
            self._read(1.0)
            seconds = 0
        return message_id in self._cancelled

    def release(self, seconds: float = 5.0) -> None:
        """Ask for release and wait for the answer, then close; raises nothing: the work is done by then."""
        try:
            self.connection.send(_RELEASE_RQ_PDU)
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                kind, _body = self.connection.read(left)
                if kind == RELEASE_RQ:
                    self.connection.send(_RELEASE_RP_PDU)
                elif kind in (RELEASE_RP, ABORT):
                    break
        except (ConnectionLost, TimedOut, BadPdu, PeerAborted):
            pass
        finally:
            self.connection.close()

    def answer_release(self) -> None:
        """Agree to the release that the peer asked for."""
        self.connection.send(_RELEASE_RP_PDU)

    def abort(self, *, source: int = 0, reason: int = 0) -> None:
        """Abort and close."""
        self.connection.abort(source, reason)
        self.connection.close()
