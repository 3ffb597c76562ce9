"""Acknowledgements: built for a message received, and read by the sender who waits for one (HL7 v2.5.1 ch. 2.9)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from simlab.hl7.characters import Separators, escape
from simlab.hl7.errors import ERROR_CODES, Hl7Error, WrongAck
from simlab.hl7.message import Message, parse

ACCEPTED = frozenset({"AA", "CA"})
FAILED = frozenset({"AE", "CE"})
REFUSED = frozenset({"AR", "CR"})
CODES = ACCEPTED | FAILED | REFUSED
"""HL7 table 0008; the C codes are the accept acknowledgements of enhanced mode."""
ACCEPT_CODES = frozenset({"CA", "CE", "CR"})

_OLD_ERR = ("2.1", "2.2", "2.3", "2.3.1", "2.4")  # ERR-1 alone; ERR-2 to ERR-12 came with 2.5
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?)?")


@dataclass(frozen=True)
class Acknowledgement:
    """What a reply says: MSA-1, MSA-2, and in words what it complains of."""

    code: str
    control_id: str
    text: str

    @property
    def accepted(self) -> bool:
        return self.code in ACCEPTED


def is_acknowledgement(message: Message) -> bool:
    """Whether `message` is itself an acknowledgement; those are never acknowledged."""
    return message.get("MSH-9.1") == "ACK" or bool(message.named("MSA"))


def acknowledge(
    received: Message | bytes,
    *,
    now: datetime,
    error: Hl7Error | None = None,
    text: str = "",
    application: str = "SIMLAB",
    accept: bool = False,
    expected: int | None = None,
    conditions: tuple[str, str] = ("", ""),
) -> bytes:
    """The reply to `received`: AA (with `text` in MSA-3), or what `error` earns, with its place and code in ERR.

    Sender and receiver change places, MSH-11, 12 and 18 are copied, MSA-2 echoes MSH-10. Bytes that are no message
    get a reply all the same, from `application`, with what of the MSH could be read. With `accept` it is the accept
    acknowledgement of enhanced mode (CA, CE, CR; ch. 2.9.3). `expected` is the expected sequence number (MSA-4), and
    `conditions` what the reply itself asks for in MSH-15 and MSH-16.
    """
    message = received if isinstance(received, Message) else salvage(received)
    marks = message.separators if message else Separators()

    def given(field: int) -> str:
        fields = message.segments[0].fields if message else ()
        return fields[field].decode("latin-1") if field < len(fields) else ""

    event = given(9).split(marks.component)[1:2]
    version = given(12).split(marks.component)[0] or "2.5.1"
    code = (error.ack_code or "AE") if error else "AA"
    parts = {
        1: marks.encoding_characters,
        2: given(5) or application,
        3: given(6),
        4: given(3),
        5: given(4),
        6: now.strftime("%Y%m%d%H%M%S"),
        8: marks.component.join(["ACK", *event, "ACK"] if event and event[0] else ["ACK"]),
        9: f"A{secrets.token_hex(8).upper()}",
        10: given(11) or "P",
        11: given(12) or version,
        14: conditions[0],
        15: conditions[1],
        17: given(18),
    }
    segments = [_joined("MSH", parts, marks)]

    def own(words: str) -> str:
        return _fitting(escape(words, marks), message)

    said = own(f"{error.place}: {error.what}" if error and error.place else error.what if error else text)
    told = {1: "C" + code[1:] if accept else code, 2: given(10), 3: said}
    if expected is not None:
        told[4] = str(expected)
    segments.append(_joined("MSA", told, marks))
    if error:
        segments.append(
            _joined("ERR", {n: _fitting(v, message) for n, v in _complaint(error, version, marks).items()}, marks)
        )
    wire = "\r".join(segments) + "\r"
    # What was copied was read as Latin-1, byte for byte, and goes back so. An FS in it would end our frame.
    return wire.replace("\x1c", "?").encode("latin-1", "replace")


def acknowledge_head(data: bytes, *, now: datetime) -> bytes:
    """AA by what the MSH of `data` says alone, nothing else looked at: for a receiver that takes everything.

    As `acknowledge` would write it; raises Hl7Error for bytes that do not begin with an MSH that can be read.
    """
    end = data.find(b"\r")
    head = data if end < 0 else data[:end]
    mark = head[3:4]
    given = head.split(mark, 18) if mark else []
    if not head.startswith(b"MSH") or len(given) < 10 or len(given[1]) not in (4, 5):
        return acknowledge(parse(data), now=now)  # raises, or copes
    given += [b""] * (18 - len(given))
    component = given[1][:1]
    kind = given[8].split(component)
    event = [b"ACK", kind[1], b"ACK"] if len(kind) > 1 and kind[1] else [b"ACK"]
    replies = [
        *(b"MSH", given[1], given[4] or b"SIMLAB", given[5], given[2], given[3]),
        *(now.strftime("%Y%m%d%H%M%S").encode(), b"", component.join(event)),
        *(b"A" + secrets.token_hex(8).upper().encode(), given[10] or b"P", given[11] or b"2.5.1"),
    ]
    charset = given[17].split(mark)[0]
    if charset:
        replies += [b"", b"", b"", b"", b"", charset]
    return mark.join(replies) + b"\r" + mark.join((b"MSA", b"AA", given[9])) + b"\r"


def _fitting(words: str, message: Message | None) -> str:
    """Our own words as Latin-1 characters that stand for their bytes in the character set of the message."""
    try:
        encoding = message.encoding if message else "ascii"
    except Hl7Error:
        encoding = "ascii"
    return words.encode(encoding, "replace").decode("latin-1")


def _joined(name: str, fields: dict[int, str], marks: Separators) -> str:
    return marks.field.join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))]).rstrip(marks.field)


def _complaint(error: Hl7Error, version: str, marks: Separators) -> dict[int, str]:
    name = ERROR_CODES.get(error.code, "")
    place = _PLACE.fullmatch(error.place)
    where = [place.group(1), place.group(2) or "1", place.group(3) or ""] if place else []
    if version in _OLD_ERR:
        coded = marks.subcomponent.join([error.code, name, "HL70357"])
        return {1: marks.component.join([*(where or ["", "", ""]), coded])}
    if place and not place.group(3):
        where = where[:2]
    elif place:
        where += [place.group(4) or "1", *(n for n in place.groups()[4:] if n)]
    return {
        2: marks.component.join(where),
        3: marks.component.join([error.code, name, "HL70357"]),
        4: "E",
        7: escape(error.what, marks),
        8: escape(error.remedy, marks),
    }


def salvage(data: bytes) -> Message | None:
    """The message, or where it cannot be read as a whole its MSH; None when not even that can."""
    try:
        return parse(data)
    except Hl7Error:
        try:
            return parse(re.split(rb"[\r\n]", data, maxsplit=1)[0][:2000])
        except Hl7Error:
            return None


def read(reply: bytes | Message, sent: Message | None = None) -> Acknowledgement:
    """What an acknowledgement says; Hl7Error when `reply` is none, WrongAck when it is not for `sent`."""
    message = reply if isinstance(reply, Message) else parse(reply)
    if sent is not None and message.get("MSA-2") != sent.get("MSH-10"):
        raise WrongAck(
            f"the reply acknowledges {message.get('MSA-2')!r}, sent was {sent.get('MSH-10')!r}",
            place="MSA-2",
            remedy="MSA-2 must echo MSH-10; the receiver is late or answers for another message.",
            reply=message.data,
        )
    code = message.get("MSA-1")
    if code not in CODES:
        raise Hl7Error(f"{code!r} is no acknowledgement code", place="MSA-1", code="103")
    words = [message.get("MSA-3")]
    if code not in ACCEPTED:
        words += [message.get("ERR-8"), message.get("ERR-1")] if not words[0] else []
    return Acknowledgement(code, message.get("MSA-2"), next(filter(None, words), ""))
