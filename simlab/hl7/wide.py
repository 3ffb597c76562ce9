"""Messages in UTF-16 and UTF-32, as files have them: told by their first bytes, read as UTF-8, written back alike.

They do not go over MLLP, whose end of block may be part of a letter (HL7 v2 appendix C); so `parse` refuses them and
says why, and `batch` reads them from files.
"""

from __future__ import annotations

import codecs
import re

from simlab.hl7.errors import Hl7Error

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BARE = (
    (re.compile(rb"[A-Z\r\n]\0\0\0[A-Z\r\n]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[A-Z\r\n]\0\0\0[A-Z\r\n]"), "utf-32-be"),
    (re.compile(rb"[A-Z\r\n]\0[A-Z\r\n]\0"), "utf-16-le"),
    (re.compile(rb"\0[A-Z\r\n]\0[A-Z\r\n]"), "utf-16-be"),
)
_MARKED = "+mark"
FORMS = tuple(name + end for _, name in _MARKS for end in ("", _MARKED))
NEW = {"UNICODE UTF-16": "utf-16-be+mark", "UNICODE UTF-32": "utf-32-be+mark"}
"""The forms that messages newly put into these sets get: big-endian, with a byte order mark (RFC 2781, 3.3 and 4.3)."""


def form_of(data: bytes) -> str:
    """The form that bytes are in (``utf-16-le``, ``utf-16-le+mark``); "" when a byte is a letter."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name + _MARKED
    return next((name for bare, name in _BARE if bare.match(data)), "")


def named(form: str) -> str:
    """What table 0211 calls a form: UNICODE UTF-16 or UNICODE UTF-32."""
    return f"UNICODE {form[:6].upper()}" if form else ""


def narrowed(data: bytes, form: str) -> bytes:
    """The same text in UTF-8; Hl7Error when the bytes are not what their beginning promises."""
    try:
        text = data.decode(form.removesuffix(_MARKED))
        return (text[1:] if form.endswith(_MARKED) else text).encode()
    except UnicodeDecodeError as error:
        raise Hl7Error(
            f"bytes that are not {form[:6].upper()}",
            place=f"byte {error.start}",
            remedy="Save the file anew, as UTF-8.",
            code="102",
        ) from None


def widened(data: bytes, form: str, *, first: bool = True) -> bytes:
    """What `narrowed` made narrow, as it was; the byte order mark stands before the `first` text of a file alone."""
    mark = "\ufeff" if first and form.endswith(_MARKED) else ""
    return (mark + data.decode()).encode(form.removesuffix(_MARKED))


def refused(data: bytes) -> Hl7Error | None:
    """Why a message in a wide form is not read from the wire; None when it is in none."""
    form = form_of(data)
    if not form:
        return None
    return Hl7Error(
        f"the message is written in {form[:6].upper()}",
        place="byte 0",
        remedy="Send UNICODE UTF-8: in UTF-16 and UTF-32 a letter may hold the bytes that end an MLLP frame.",
        code="102",
        ack="AR",
    )
