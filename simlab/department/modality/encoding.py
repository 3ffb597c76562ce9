"""Attributes as encoded data elements (explicit VR little endian), and UIDs that derive from what they name."""

from __future__ import annotations

import hashlib
import struct
import uuid
from typing import Any

from pydicom import config
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.tag import Tag

from simlab.errors import BadInput

Encoded = dict[int, bytes]
"""Data elements by tag, each encoded in explicit VR little endian."""


def derived_uid(*parts: object) -> str:
    """A UID under 2.25 (PS3.5 B.2) that is always the same for the same parts."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def encode(attributes: dict[str, Any]) -> Encoded:
    """Keyword and value pairs as encoded elements by tag; text in the Specific Character Set among them.

    A private element is keyed ``ggggeeeeVR`` (``00091001LO``). Odd values are written as they are, as scanners do with
    what a worklist gives them. Raises BadInput for those that cannot be written at all.
    """
    codecs = convert_encodings(attributes.get("SpecificCharacterSet", ""))
    encoded: Encoded = {}
    for keyword, value in attributes.items():
        private = keyword[:1].isdigit()
        tag = int(keyword[:8], 16) if private else tag_for_keyword(keyword)
        file = DicomBytesIO()
        file.is_implicit_VR, file.is_little_endian = False, True
        try:
            if tag is None:
                raise ValueError("no such keyword")
            vr = keyword[8:] if private else _vr(tag, attributes)
            element = DataElement(Tag(tag), vr, value, validation_mode=config.IGNORE)
            write_data_element(file, element, codecs)
        except (ValueError, TypeError, OverflowError, AttributeError, struct.error) as error:
            raise BadInput(
                f"{value!r} cannot be written as {keyword} ({error})", place=keyword, remedy="Correct it at its source."
            ) from None
        encoded[tag] = file.getvalue()
    return encoded


def _vr(tag: int, attributes: dict[str, Any]) -> str:
    vr = dictionary_VR(tag)
    if vr == "US or SS":
        return "SS" if attributes.get("PixelRepresentation") else "US"
    return vr


def decimal(number: float) -> str:
    """A number as a decimal string (VR DS, at most 16 characters)."""
    return f"{round(number, 4):.10g}" if abs(number) < 1e6 else f"{number:.8e}"


def element(tag: int, vr: str, value: str) -> bytes:
    """One short element of ASCII text, which is quicker by hand than through a data set."""
    content = value.encode("ascii")
    content += (b"\0" if vr == "UI" else b" ") * (len(content) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(content)) + content
