"""The table of faults: where something can be made to go wrong, by which words, and what value each takes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DOOR = "door"
ASSOCIATION = "association"
OPERATION = "operation"
CONNECTION = "connection"
INSTANCE = "instance"
STATE = "state"
MESSAGE = "message"
ROUTE = "route"
ACK = "ack"

POINTS: dict[str, tuple[str, ...]] = {
    DOOR: ("host",),
    ASSOCIATION: ("calling", "called"),
    CONNECTION: ("service", "calling"),
    OPERATION: ("service", "calling", "sop_instance"),
    INSTANCE: ("way", "peer", "sop_instance"),
    STATE: (),
    MESSAGE: ("type",),
    ROUTE: ("route",),
    ACK: ("type",),
}
"""Where something can be made to go wrong, and the facts that a fault may match there. `way` is ``stored`` or ``sent``.

A fault at `state` lasts from its declaration until it is cleared; it neither counts nor draws.
"""


@dataclass(frozen=True)
class Effect:
    """One word of a fault's `effect`: the points it is for, what value it takes, what then happens."""

    points: tuple[str, ...]
    value: str
    does: str


EFFECTS: dict[str, Effect] = {
    # Transport
    "refuse": Effect((STATE,), "true", "nobody listens: TCP connections are refused"),
    "reset": Effect((DOOR,), "true", "the connection is reset as soon as it stands"),
    "stall": Effect((DOOR,), "seconds", "the connection is taken, and nothing ever answered on it"),
    "slow": Effect((DOOR,), "bytes a second", "answers trickle, and what is sent is read no faster"),
    "half_open": Effect(
        (CONNECTION,), "how many operations first", "the system falls silent without closing the connection"
    ),
    "drop_after": Effect((CONNECTION,), "how many operations first", "the connection breaks without a word of DICOM"),
    # Association
    "reject": Effect((ASSOCIATION,), "[result, source, reason]", "A-ASSOCIATE-RJ (PS3.8 9.3.4)"),
    "abort": Effect((ASSOCIATION,), "true", "A-ABORT instead of an answer"),
    "drop_contexts": Effect(
        (ASSOCIATION,), "{UID or *: result}", "presentation contexts of these SOP classes get that result (3, 4…)"
    ),
    "max_pdu": Effect((ASSOCIATION,), "bytes", "that largest PDU is announced, and held to"),
    # DIMSE
    "status": Effect((OPERATION,), "four hexadecimal digits", "not done, and answered with this status"),
    "warning": Effect((OPERATION,), "four hexadecimal digits", "done, and answered with this status where it succeeds"),
    "comment": Effect((OPERATION,), "text", "goes with `status` or `warning` as (0000,0902)"),
    "late": Effect((OPERATION,), "seconds", "done, and answered so much later"),
    "lost": Effect((OPERATION,), "true", "done, and not answered"),
    "duplicate": Effect((OPERATION,), "true", "done, and the last response sent twice"),
    "wrong_id": Effect((OPERATION,), "true", "done, and answered under another message ID"),
    # Data set
    "charset": Effect((INSTANCE,), "a defined term, or empty", "(0008,0005) says this, the text stays as it was"),
    "bad_vr": Effect((INSTANCE,), "keyword", "the element gets a VR that is none of the standard's"),
    "padding": Effect((INSTANCE,), "keyword", "the value is padded with NUL where the standard asks for a space"),
    "missing": Effect((INSTANCE,), "keyword, or a list", "the element is left out"),
    "over_long": Effect((INSTANCE,), "keyword", "the value is far longer than its VR allows"),
    "other_pixels": Effect((INSTANCE,), "true", "the same SOP Instance UID with other pixels"),
    # State
    "full": Effect((STATE,), "true", "the archive has no room left (A700)"),
    "clock_off": Effect((STATE,), "seconds", "the system's clock is ahead by so much, or behind when negative"),
    "certificate": Effect((STATE,), "the name of a certificate", "the TLS door shows this one in place of `server`"),
    # HL7
    "values": Effect((MESSAGE,), "{path: text}", "these places hold this text, delimiters and all"),
    "swapped": Effect((MESSAGE,), "[path, path]", "two places change values; of a field, the first repetition"),
    "without": Effect((MESSAGE,), "segment, or a list", "segments of that name are left out"),
    "unescaped": Effect((MESSAGE,), "a field's path", "the delimiters in the field go without their escapes"),
    "written_in": Effect((MESSAGE,), "a character set of Python's", "the bytes are in this one; MSH-18 stays"),
    "line_ends": Effect((MESSAGE,), "LF or CRLF", "segments end with this in place of CR"),
    "hold": Effect((ROUTE,), "true", "the route holds from this message on"),
    "code": Effect((ACK,), "AE, AR…", "acknowledged with this code"),
    "text": Effect((ACK,), "text", "goes with `code`"),
    "control_id": Effect((ACK,), "text", "acknowledged under another control ID"),
    "delay": Effect((ACK,), "seconds", "acknowledged so much later"),
    "none": Effect((ACK,), "true", "not acknowledged"),
}
"""Every word that an `effect` may hold; docs/faults.md explains each."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PLACE = re.compile(r"[A-Z][A-Z0-9]{2}(\[\d+\])?-\d+(\[\d+\])?(\.\d+){0,2}")


def _encodes(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


VALUES: dict[str, Callable[[Any], bool]] = {
    "true": lambda value: isinstance(value, bool),
    "seconds": lambda value: bool(_NUMBER.fullmatch(str(value))),
    "bytes": lambda value: isinstance(value, int) and value > 0,
    "bytes a second": lambda value: isinstance(value, int) and value > 0,
    "how many operations first": lambda value: isinstance(value, int) and value >= 0,
    "[result, source, reason]": lambda value: (
        isinstance(value, list) and len(value) == 3 and all(isinstance(n, int) and 0 <= n < 256 for n in value)
    ),
    "{UID or *: result}": lambda value: (
        isinstance(value, dict) and all(isinstance(n, int) and 0 < n < 256 for n in value.values())
    ),
    "{path: text}": lambda value: isinstance(value, dict) and all(map(_PLACE.fullmatch, map(str, value))),
    "[path, path]": lambda value: (
        isinstance(value, list) and len(value) == 2 and all(_PLACE.fullmatch(str(place)) for place in value)
    ),
    "a field's path": lambda value: bool(re.fullmatch(r"[A-Z][A-Z0-9]{2}-\d+", str(value))),
    "a character set of Python's": lambda value: isinstance(value, str) and _encodes(value),
    "LF or CRLF": lambda value: value in ("LF", "CRLF"),
    "four hexadecimal digits": lambda value: bool(re.fullmatch("[0-9A-Fa-f]{4}", str(value))),
}
"""Which values of an effect can be meant, by what the table says of them; any for the others."""
