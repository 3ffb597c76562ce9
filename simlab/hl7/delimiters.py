"""What delimits the segments and fields of a message, by what its MSH declares."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from simlab.hl7 import iso2022, wide
from simlab.hl7.characters import Separators, hiding
from simlab.hl7.errors import Hl7Error


def of(data: bytes) -> Separators:
    """The separators that MSH-1 and MSH-2 declare, with how letters may hide them; Hl7Error when there are none."""
    if not data.startswith(b"MSH"):
        if refused := wide.refused(data):
            raise refused
        begin = "nothing" if not data else repr(data[:12])[1:]
        remedy = "An HL7 v2 message begins with MSH and the field separator."
        if data.startswith(b"\xef\xbb\xbf"):
            remedy = "Save the file without a byte order mark."
        raise Hl7Error(f"the message begins with {begin}", place="byte 0", remedy=remedy, code="100", ack="AR")
    separators = _declared(data[3:10])
    if data.isascii() and not iso2022.switches(data):
        return separators
    end = data.find(b"\r")
    fields = data[: end if end >= 0 else None].split(separators.wire.field, 18)
    hides = hiding(fields[17], separators.wire.repetition) if len(fields) > 17 else ""
    return _hidden(separators, hides) if hides else separators


@lru_cache(maxsize=256)
def _declared(begin: bytes) -> Separators:
    """The separators by what stands behind MSH."""
    head = begin.decode("latin-1")
    marks = head[1:].split(head[0])[0] if head else ""
    used = head[:1] + marks
    good = (
        len(marks) in (4, 5) and len(set(used)) == len(used) and all("!" <= c <= "~" and not c.isalnum() for c in used)
    )
    if not good:
        raise Hl7Error(
            f"the encoding characters are {marks!r}",
            place="MSH-2",
            remedy="MSH-1 and MSH-2 are five or six different signs, usually |^~\\&.",
            code="102",
            ack="AR",
        )
    return Separators(head[0], *marks)


@lru_cache(maxsize=64)
def _hidden(separators: Separators, hides: str) -> Separators:
    return replace(separators, hides=hides)


@lru_cache(maxsize=64)
def segment_begins(mark: bytes) -> re.Pattern[bytes]:
    """How a segment begins: three letters or digits, and the field separator or nothing."""
    return re.compile(rb"[A-Za-z][A-Za-z0-9]{2}(?:\Z|" + re.escape(mark) + rb")")
