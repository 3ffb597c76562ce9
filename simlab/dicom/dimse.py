"""DIMSE messages: command sets as small dictionaries, to and from the fragments that carry them (PS3.7 6.3, 9.3, E)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from simlab.dicom.upper_layer import P_DATA, BadPdu

Value = int | str | tuple[int, ...]
Command = dict[str, Value]

_ELEMENTS: tuple[tuple[int, str, str], ...] = (
    (0x0002, "UI", "AffectedSOPClassUID"),
    (0x0003, "UI", "RequestedSOPClassUID"),
    (0x0100, "US", "CommandField"),
    (0x0110, "US", "MessageID"),
    (0x0120, "US", "MessageIDBeingRespondedTo"),
    (0x0600, "AE", "MoveDestination"),
    (0x0700, "US", "Priority"),
    (0x0800, "US", "CommandDataSetType"),
    (0x0900, "US", "Status"),
    (0x0901, "AT", "OffendingElement"),
    (0x0902, "LO", "ErrorComment"),
    (0x0903, "US", "ErrorID"),
    (0x1000, "UI", "AffectedSOPInstanceUID"),
    (0x1001, "UI", "RequestedSOPInstanceUID"),
    (0x1002, "US", "EventTypeID"),
    (0x1005, "AT", "AttributeIdentifierList"),
    (0x1008, "US", "ActionTypeID"),
    (0x1020, "US", "NumberOfRemainingSuboperations"),
    (0x1021, "US", "NumberOfCompletedSuboperations"),
    (0x1022, "US", "NumberOfFailedSuboperations"),
    (0x1023, "US", "NumberOfWarningSuboperations"),
    (0x1030, "AE", "MoveOriginatorApplicationEntityTitle"),
    (0x1031, "US", "MoveOriginatorMessageID"),
)
"""PS3.7 E.1: element number in group 0000, VR, keyword, in the order in which they are sent."""
_BY_NUMBER = {number: (vr, keyword) for number, vr, keyword in _ELEMENTS}

SERVICES = {
    "C-STORE": 0x0001,
    "C-GET": 0x0010,
    "C-FIND": 0x0020,
    "C-MOVE": 0x0021,
    "C-ECHO": 0x0030,
    "N-EVENT-REPORT": 0x0100,
    "N-GET": 0x0110,
    "N-SET": 0x0120,
    "N-ACTION": 0x0130,
    "N-CREATE": 0x0140,
    "N-DELETE": 0x0150,
    "C-CANCEL": 0x0FFF,
}
NAMES = {field: name for name, field in SERVICES.items()}
RESPONSE = 0x8000
NO_DATA_SET = 0x0101
_MAX_COMMAND = 65536
MAX_DATA_SET = 1 << 30
"""Bytes of one message that we are ready to hold."""


@dataclass(frozen=True)
class Message:
    """A whole DIMSE message: its presentation context, command set and data set (None when it has none)."""

    context_id: int
    command: Command
    data: bytes | None = None

    @property
    def service(self) -> str:
        """The service's name, ``C-STORE`` for request and response alike; empty when unknown."""
        return NAMES.get(self.number("CommandField") & ~RESPONSE, "")

    @property
    def is_response(self) -> bool:
        return bool(self.number("CommandField") & RESPONSE)

    def number(self, keyword: str, default: int = 0) -> int:
        """An integer of the command set."""
        value = self.command.get(keyword, default)
        return value if isinstance(value, int) else default

    def text(self, keyword: str) -> str:
        """A text of the command set, empty when absent."""
        value = self.command.get(keyword, "")
        return value if isinstance(value, str) else ""


def encode_command(command: Command) -> bytes:
    """The command set in implicit VR little endian, with its group length."""
    parts = []
    for number, vr, keyword in _ELEMENTS:
        value = command.get(keyword)
        if value is None:
            continue
        if isinstance(value, int):
            raw = struct.pack("<H", value)
        elif isinstance(value, tuple):
            raw = b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in value)
        else:
            raw = value.encode("ascii", "replace")
            if len(raw) % 2:
                raw += b"\0" if vr == "UI" else b" "
        parts.append(struct.pack("<HHL", 0, number, len(raw)) + raw)
    body = b"".join(parts)
    return struct.pack("<HHLL", 0, 0, 4, len(body)) + body


def decode_command(encoded: bytes) -> Command:
    """The command set in `encoded`; raises BadPdu when it is none."""
    command: Command = {}
    at = 0
    while at < len(encoded):
        if at + 8 > len(encoded):
            raise BadPdu("a command set that ends in the middle of an element", 6)
        group, number, length = struct.unpack_from("<HHL", encoded, at)
        at += 8
        raw = encoded[at : at + length]
        at += length
        if group or len(raw) != length:
            raise BadPdu("a command set that is no command set", 6)
        if number not in _BY_NUMBER:
            continue
        vr, keyword = _BY_NUMBER[number]
        if vr == "US":
            if length < 2:
                raise BadPdu(f"a command set whose {keyword} is too short", 6)
            command[keyword] = int.from_bytes(raw[:2], "little")
        elif vr == "AT":
            pairs = struct.unpack(f"<{length // 4 * 2}H", raw[: length // 4 * 4])
            command[keyword] = tuple(g << 16 | e for g, e in zip(pairs[::2], pairs[1::2], strict=True))
        else:
            command[keyword] = raw.decode("latin-1").strip(" \0")
    if "CommandField" not in command:
        raise BadPdu("a command set without a command", 6)
    return command


def complete(message: Message) -> Command:
    """The message's command set with its Command Data Set Type (PS3.7 E.1)."""
    return {**message.command, "CommandDataSetType": NO_DATA_SET if message.data is None else 1}


_head_of_pdu = struct.Struct(">BBLLBB").pack


def encode_message(
    message: Message,
    max_pdu: int,
    encoded_command: bytes | None = None,
    pixels: bytes | memoryview | None = None,
) -> Iterator[bytes | memoryview]:
    """The P-DATA-TF PDUs that carry the message, none longer than the peer's `max_pdu` bytes (0: no limit).

    They come in pieces, to be sent one behind the other: joining them would copy the pixels of a CT, which cost more
    than all the rest. `pixels` is the end of the data set, where it is kept apart from the message's data.
    """
    encoded_command = encoded_command or encode_command(complete(message))
    room = max(max_pdu - 6, 64) if max_pdu else 1 << 24
    parts = ((1, encoded_command, True), (0, message.data, not pixels), (0, pixels or None, True))
    context = message.context_id
    for control, content, ends in parts:
        if content is None:
            continue
        view, size = memoryview(content), len(content)
        end = size - room
        full = _head_of_pdu(P_DATA, 0, room + 6, room + 2, context, control)
        start = 0
        while start < end:
            yield full
            yield view[start : start + room]
            start += room
        length = size - start
        yield _head_of_pdu(P_DATA, 0, length + 6, length + 2, context, control | (2 if ends else 0))
        yield view[start:]


class Assembly:
    """Puts the fragments of P-DATA-TF PDUs together (PS3.8 E).

    The bodies it is given must stay as they are while it `holds` them.
    """

    def __init__(self) -> None:
        self._command: list[bytes] = []
        self._data: list[memoryview] = []
        self._size = 0
        self._decoded: Command | None = None
        self._context = 0

    @property
    def holds(self) -> bool:
        """Whether it holds fragments of a data set whose rest is still to come."""
        return bool(self._data)

    def take(self, body: memoryview) -> list[Message]:
        """The messages that the PDU body completes; raises BadPdu when its fragments make no sense."""
        done = []
        at = 0
        while at < len(body):
            if at + 6 > len(body):
                raise BadPdu("a P-DATA PDU with a broken fragment", 6)
            (length,) = struct.unpack_from(">L", body, at)
            if length < 2 or at + 4 + length > len(body):
                raise BadPdu("a P-DATA PDU whose fragment is longer than itself", 6)
            context, control = body[at + 4], body[at + 5]
            fragment = body[at + 6 : at + 4 + length]
            at += 4 + length
            message = self._fragment(context, control, fragment)
            if message is not None:
                done.append(message)
        return done

    def _fragment(self, context: int, control: int, fragment: memoryview) -> Message | None:
        self._size += len(fragment)
        if control & 1:
            if self._decoded is not None or self._size > _MAX_COMMAND:
                raise BadPdu("a command fragment where a data set was due", 2)
            self._command.append(bytes(fragment))
            if not control & 2:
                return None
            self._decoded = decode_command(b"".join(self._command))
            self._context, self._size = context, 0
            if self._decoded.get("CommandDataSetType") == NO_DATA_SET:
                return self._complete(None)
            return None
        if self._decoded is None or context != self._context:
            raise BadPdu("a data set fragment without its command", 2)
        if self._size > MAX_DATA_SET:
            raise BadPdu("a data set of more than 1 GiB", 6)
        self._data.append(fragment)
        return self._complete(b"".join(self._data)) if control & 2 else None

    def _complete(self, data: bytes | None) -> Message:
        message = Message(self._context, self._decoded or {}, data)
        self._command, self._data, self._size, self._decoded = [], [], 0, None
        return message
