"""Specific Character Set (0008,0005): text of a data set to Unicode, and the smallest repertoire that holds a text.

PS3.3 C.12.1.1.2 (defined terms), PS3.5 6.1 (code extensions).
"""

from __future__ import annotations

from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

ASCII = ""
LATIN_1 = "ISO_IR 100"
UTF_8 = "ISO_IR 192"


@lru_cache(maxsize=64)
def _codecs(charset: str) -> tuple[str, ...]:
    try:
        return tuple(convert_encodings(charset.split("\\") if charset else ""))
    except (LookupError, ValueError):
        return ("latin-1",)


def decode(raw: bytes, charset: str = ASCII, *, person_name: bool = False) -> str:
    r"""The text of `raw`, without padding; `charset` is the value of (0008,0005), repetitions parted by ``\``.

    Never fails: bytes outside the declared repertoire become replacement characters, as a viewer shows them.
    """
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii").rstrip(" \0")
    codecs = _codecs(charset)
    if codecs == ("iso8859",) and charset in ("", "ISO_IR 6"):
        # Undeclared eight-bit text: shown as Latin-1, which is what most products do with it.
        return raw.decode("latin-1").rstrip(" \0")
    if person_name:
        groups = raw.split(b"=")
        return "=".join(decode_bytes(g, codecs, PN_DELIMS) for g in groups).rstrip(" \0")
    return decode_bytes(raw, codecs, TEXT_VR_DELIMS).rstrip(" \0")


def smallest(text: str) -> str:
    """The narrowest defined term that can hold `text`: none for ASCII, else Latin-1, else UTF-8."""
    if text.isascii():
        return ASCII
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return UTF_8
    return LATIN_1


def fitted(charset: str, text: str) -> str:
    """The text with a question mark for every letter that `charset` lacks, as many products write it."""
    if text.isascii() or holds(charset, text):
        return text
    # pydicom takes Latin-1 for the default repertoire, which is ASCII (PS3.5 6.1.1).
    codec = "ascii" if charset in (ASCII, "ISO_IR 6") else _codecs(charset)[0]
    return text.encode(codec, "replace").decode(codec)


def holds(charset: str, text: str) -> bool:
    """Whether text declared as `charset` can carry `text`."""
    if text.isascii() or "192" in charset or charset == "GB18030":
        return True
    for codec in _codecs(charset):
        try:
            text.encode(codec)
        except (UnicodeEncodeError, LookupError):
            continue
        return charset not in (ASCII, "ISO_IR 6")
    return False
