"""Data sets as plain values and back: ``{keyword: value}``, nested lists for sequences, as JSON can carry them."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_dict, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.multival import MultiValue
from pydicom.tag import Tag

from simlab.dicom import charset
from simlab.dicom.scan import IMPLICIT_LITTLE, Malformed
from simlab.errors import BadInput

_NUMBERS = frozenset({"IS", "US", "SS", "UL", "SL", "UV", "SV"})
_BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


def decode_dataset(encoded: bytes, transfer_syntax: str) -> Dataset:
    """The data set in `encoded`, text decoded; raises Malformed when it is none."""
    try:
        ds = read_dataset(BytesIO(encoded), transfer_syntax == IMPLICIT_LITTLE, True)
        if not encoded.isascii() or b"\x1b" in encoded:
            # Text of a character set, or the items of a sequence; a plain query is spared a quarter of its time.
            ds.decode()
        for _element in ds:  # raw elements are converted, and fail, on first look
            pass
        return ds
    except Exception as error:  # pydicom raises whatever the damaged bytes provoke
        raise Malformed(f"the data set cannot be read ({error})", remedy="Look at what the sender wrote.") from error


def encode_dataset(ds: Dataset, transfer_syntax: str) -> bytes:
    """The data set as it goes over the wire; text that its character set cannot hold makes it UTF-8."""
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = transfer_syntax == IMPLICIT_LITTLE, True
    write_dataset(file, ds)
    return file.getvalue()


def tag_of(name: str) -> int:
    """The tag of a keyword (``PatientID``) or of ``0010,0020``; raises BadInput with the nearest keyword."""
    found = tag_for_keyword(name)
    if found is not None:
        return found
    digits = name.strip("()").replace(",", "")
    if len(digits) == 8 and all(c in "0123456789abcdefABCDEF" for c in digits):
        return int(digits, 16)
    near = difflib.get_close_matches(name, keyword_dict, 1, 0.6)
    raise BadInput(
        f"{name!r} is no DICOM keyword",
        remedy=f"Did you mean {near[0]}?" if near else "Write a keyword such as PatientID, or a tag as 0010,0020.",
    )


def as_dataset(keys: Mapping[str, Any]) -> Dataset:
    """A data set of `keys`; a dictionary or a list of them is a sequence, None or "" an empty value.

    The character set is the narrowest that holds the values unless `keys` says it. Raises BadInput for a bad keyword or
    value.
    """
    ds = Dataset()
    texts: list[str] = []
    _fill(ds, keys, texts)
    narrowest = max(
        (charset.smallest(text) for text in texts),
        key=[charset.ASCII, charset.LATIN_1, charset.UTF_8].index,
        default="",
    )
    if narrowest and not ds.get("SpecificCharacterSet"):
        ds.SpecificCharacterSet = narrowest
    return ds


def _fill(ds: Dataset, keys: Mapping[str, Any], texts: list[str]) -> None:
    for name, value in keys.items():
        tag = Tag(tag_of(name))
        try:
            vr = dictionary_VR(tag)
        except KeyError:
            vr = "LO"
        if vr == "SQ":
            ds.add(DataElement(tag, vr, _items(name, value, texts)))
            continue
        vr = vr.split(" or ")[0]
        plain = "" if value is None else value
        try:
            plain = [_single(part, vr) for part in plain] if isinstance(plain, (list, tuple)) else _single(plain, vr)
            element = DataElement(tag, vr, plain if plain != "" or vr not in _NUMBERS else None)
            # What cannot be written must be said here, where its name is known.
            # On a copy: a name keeps the first encoding that it is written in.
            encode_dataset(Dataset({tag: copy.deepcopy(element)}), IMPLICIT_LITTLE)
        except Exception as error:  # pydicom raises whatever a wrong value provokes
            raise BadInput(
                f"{str(value)[:64]!r} is no value of {name} ({vr})", place=name, remedy=str(error).split("\n")[0]
            ) from error
        texts.append(str(value or ""))
        ds.add(element)


def _items(name: str, value: Any, texts: list[str]) -> list[Dataset]:
    entries = [value] if isinstance(value, Mapping) else value or []
    if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, Mapping) for entry in entries):
        raise BadInput("the value of a sequence is a group of keys, or a list of groups", place=name)
    items = []
    for entry in entries:
        item = Dataset()
        _fill(item, entry, texts)
        items.append(item)
    return items


def _single(value: Any, vr: str) -> Any:
    if vr not in _NUMBERS or vr == "IS":
        return str(value)
    return int(value) if isinstance(value, str) and value else value


def as_values(ds: Dataset) -> dict[str, Any]:
    """The elements of `ds` as ``{keyword: value}``: text, numbers for integer VRs, lists for several values and for
    sequences, None for a number that is empty; bytes only by their length."""
    return {_name(element): _plain(element) for element in ds}


def _name(element: DataElement) -> str:
    return keyword_for_tag(element.tag) or f"{int(element.tag):08X}"


def _whole(value: Any) -> int | str:
    """A number, or the text of what should be one and is not."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _plain(element: DataElement) -> Any:
    value = element.value
    if element.VR == "SQ":
        return [as_values(item) for item in value or ()]
    if element.VR in _BYTES:
        return f"<{len(value or b'')} bytes>"
    if element.VR in _NUMBERS:
        if value is None or value == "":
            return None
        return [_whole(part) for part in value] if isinstance(value, MultiValue) else _whole(value)
    if isinstance(value, (MultiValue, list)):
        return [str(part) for part in value]
    return "" if value is None else str(value)
