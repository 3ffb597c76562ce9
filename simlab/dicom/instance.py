"""One SOP instance as encoded bytes: a small head that identities live in, and pixels that nobody needs to touch."""

from __future__ import annotations

import copy
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from io import BytesIO

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from simlab.dicom import charset, splice
from simlab.dicom.header import Header, scan_header
from simlab.dicom.scan import (
    DEFLATED_LITTLE,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    KNOWN,
    LITTLE,
    LONG,
    PIXEL_TAGS,
    Coding,
    Element,
    Malformed,
    coding,
    elements,
)
from simlab.errors import BadInput

IMPLEMENTATION_CLASS_UID = "2.25.190736482917344860471029384756102938475"
IMPLEMENTATION_VERSION = "SIMLAB_1"
_INFLATED_LIMIT = 512 * 1024 * 1024  # bytes; a deflated bomb stops here
_CHARSET, _ORIGINAL_ATTRIBUTES = 0x00080005, 0x04000561


@dataclass(frozen=True)
class Instance:
    """A SOP instance as an encoded data set, without preamble and file meta information.

    `head` holds the bytes up to the value of the pixel data (its tag, VR and length included), `pixels` the rest, None
    when there are none. A deflated instance is one head.
    """

    transfer_syntax: str
    head: bytes
    pixels: bytes | memoryview | None = None
    found: Sequence[Element] | None = field(default=None, repr=False, compare=False)
    """The elements before the pixel data, from who has looked for them already."""

    @property
    def encoded(self) -> bytes:
        """The whole data set as it goes over the wire."""
        return self.head if self.pixels is None else self.head + self.pixels

    @property
    def size(self) -> int:
        """The length of `encoded` in bytes."""
        return len(self.head) + len(self.pixels or b"")

    @property
    def coding(self) -> Coding:
        """How its elements are written, once inflated."""
        return coding(self.transfer_syntax)

    @property
    def before_pixels(self) -> bytes:
        """The head without tag, VR and length of the pixel data."""
        if self.pixels is None:
            return self.head
        return self.head[: -12 if self.coding.explicit else -8]

    @cached_property
    def inflated(self) -> Instance:
        """The same instance before it was deflated, in explicit VR little endian; itself when it is not deflated.

        Raises Malformed.
        """
        if self.transfer_syntax != DEFLATED_LITTLE:
            return self
        return Instance.from_encoded(EXPLICIT_LITTLE, _inflate(self.head))

    def deflated(self) -> Instance:
        """An instance in explicit VR little endian as a deflated one (PS3.5 A.5)."""
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        content = deflater.compress(self.encoded) + deflater.flush()
        return Instance(DEFLATED_LITTLE, content + b"\0" * (len(content) % 2))

    @classmethod
    def from_encoded(cls, transfer_syntax: str, encoded: bytes) -> Instance:
        """An instance from the data set bytes of a C-STORE; raises Malformed when they end early or make no sense."""
        if transfer_syntax == DEFLATED_LITTLE:
            return cls(transfer_syntax, encoded)
        how = coding(transfer_syntax)
        found: list[Element] = []
        for element in elements(encoded, explicit=how.explicit, order=how.order):
            tag, vr, value, _length, _end = element
            if tag in PIXEL_TAGS and (vr in LONG or not how.explicit):
                # A view: the pixels of a CT are 0.5 MB, and copying them once more is a twentieth of storing them.
                return cls(transfer_syntax, encoded[:value], memoryview(encoded)[value:], found)
            found.append(element)
        return cls(transfer_syntax, encoded, None, found)

    @classmethod
    def from_dataset(cls, ds: Dataset, transfer_syntax: str | None = None) -> Instance:
        """An instance from a pydicom data set, in its own transfer syntax, explicit VR little endian by default."""
        meta = getattr(ds, "file_meta", None)
        syntax = transfer_syntax or str(getattr(meta, "TransferSyntaxUID", "") or EXPLICIT_LITTLE)
        if syntax in (EXPLICIT_BIG, DEFLATED_LITTLE):
            raise BadInput(f"instances are not written in {syntax}", remedy="Use explicit VR little endian.")
        return cls.from_encoded(syntax, splice.encode(ds, coding(syntax)))

    @classmethod
    def from_part10(cls, content: bytes, place: str = "", *, stored: bool = True) -> Instance:
        """An instance from the bytes of a DICOM file (PS3.10 7.1); raises BadInput for a truncated or alien one.

        With `stored` False also what no archive stores, to be read only: a DICOMDIR, a file without UIDs.
        """
        if content[128:132] != b"DICM":
            raise BadInput(
                "this is not a DICOM file: it lacks DICM after a preamble of 128 bytes",
                place=place,
                remedy="Choose a DICOM Part 10 file; other pictures cannot be stored in a PACS as they are.",
            )
        try:
            syntax, start = declared(content)
            body = content[start:]
            if not body:
                raise Malformed("the file ends after its meta information", remedy="Fetch it again from where it came.")
            instance = cls.from_encoded(syntax, body)
            if stored and not instance.header().sop_instance_uid:
                raise Malformed("the file has no SOP Instance UID", remedy="It is no stored object (DICOMDIR perhaps).")
        except Malformed as error:
            raise BadInput(error.what, place=place, remedy=error.remedy) from error
        return instance

    def part10(self) -> bytes:
        """The instance as a DICOM file."""
        header = self.header()
        body = b"".join(
            [
                _meta(1, b"OB", b"\0\1"),
                _meta(2, b"UI", header.sop_class_uid.encode()),
                _meta(3, b"UI", header.sop_instance_uid.encode()),
                _meta(16, b"UI", self.transfer_syntax.encode()),
                _meta(18, b"UI", IMPLEMENTATION_CLASS_UID.encode()),
                _meta(19, b"SH", IMPLEMENTATION_VERSION.encode()),
            ]
        )
        return b"\0" * 128 + b"DICM" + _meta(0, b"UL", struct.pack("<L", len(body))) + body + self.encoded

    def dataset(self) -> Dataset:
        """The data set without its pixel data, for reading; raises Malformed when pydicom cannot read it."""
        if self.transfer_syntax == DEFLATED_LITTLE:
            return self.inflated.dataset()
        how = self.coding
        try:
            content = _readable(self.before_pixels, how)
            ds = read_dataset(BytesIO(content), not how.explicit, how.order is LITTLE, stop_when=_at_pixels)
            ds.decode()
            return ds
        except Exception as error:  # pydicom raises whatever the damaged bytes provoke
            raise Malformed(f"the data set cannot be read ({error})", remedy="The object is damaged.") from error

    def header(self) -> Header:
        """The index fields; raises Malformed when the bytes make no sense."""
        return self._header

    @cached_property
    def _header(self) -> Header:
        if self.transfer_syntax == DEFLATED_LITTLE:
            return self.inflated.header()
        head, how = self.before_pixels, self.coding
        found = elements(head, explicit=how.explicit, order=how.order) if self.found is None else self.found
        return scan_header(head, found, how.order)

    def with_identity(
        self, changes: Mapping[str, str], *, moment: datetime | None = None, system: str = "SIMLAB"
    ) -> Instance:
        """The same pixels under other attributes (`changes`: keyword to value), where they differ.

        The former values go into the Original Attributes Sequence (0400,0561), PS3.3 C.12.1.1.9; `moment` and `system`
        say when and by whom. Raises Malformed when the head cannot be read.
        """
        if self.transfer_syntax == DEFLATED_LITTLE:
            plain = self.inflated
            changed = plain.with_identity(changes, moment=moment, system=system)
            return self if changed is plain else changed.deflated()
        head, how = self.before_pixels, self.coding
        # What is not touched stays byte for byte: odd VRs and values that pydicom would write otherwise.
        tags = {_CHARSET, _ORIGINAL_ATTRIBUTES} | {tag_for_keyword(keyword) or 0 for keyword in changes}
        ds = splice.take(head, tags, how)
        former = Dataset()
        for keyword, value in changes.items():
            present = ds.get(keyword)
            if str(present if present is not None else "") != value:
                if keyword in ds:
                    former.add(copy.deepcopy(ds[keyword]))
                else:
                    setattr(former, keyword, "")
        if not len(former):
            return self
        terms = ds.get("SpecificCharacterSet") or ""
        declared = terms if isinstance(terms, str) else "\\".join(terms)
        whole = not all(charset.holds(declared, value) for value in changes.values())
        if whole:
            # Every text has to be written anew in the character set that holds them all.
            ds = self.dataset()
            ds.SpecificCharacterSet = charset.UTF_8
        for element in former:
            setattr(ds, element.keyword, changes[element.keyword])
        item = Dataset()
        item.ModifiedAttributesSequence = [former]
        item.AttributeModificationDateTime = (moment or datetime.now()).strftime("%Y%m%d%H%M%S")
        item.ModifyingSystem = system
        item.SourceOfPreviousValues = ""
        item.ReasonForTheAttributeModification = "COERCE"
        ds.OriginalAttributesSequence = [*ds.get("OriginalAttributesSequence", []), item]
        coerced = splice.encode(ds, how) if whole else splice.put(head, tags, ds, how)
        return Instance(self.transfer_syntax, coerced + self.head[len(head) :], self.pixels)


def _at_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return int(tag) in PIXEL_TAGS


def _readable(content: bytes, how: Coding) -> bytes:
    """`content` with elements of an unknown VR as UN, for pydicom, which reads none."""
    if not how.explicit:
        return content
    parts, start, copied = [], 0, 0
    for _tag, vr, value, _length, end in elements(content, explicit=True, order=how.order):
        if vr not in KNOWN:
            length = struct.pack("<L" if how.order is LITTLE else ">L", end - value)
            parts += [content[copied : start + 4], b"UN\0\0", length]
            copied = value
        start = end
    return b"".join([*parts, content[copied:]]) if parts else content


def _inflate(content: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(content, _INFLATED_LIMIT)
    except zlib.error as error:
        raise Malformed(f"the deflated data set cannot be inflated ({error})", remedy="It is damaged.") from error
    if not inflater.eof and not inflater.unconsumed_tail:
        raise Malformed("the deflated data set ends early", remedy="It was truncated: send it again.")
    if inflater.unconsumed_tail:
        raise Malformed("the deflated data set is larger than 512 MB", remedy="Send it in another transfer syntax.")
    return plain


def declared(content: bytes) -> tuple[str, int]:
    """The transfer syntax that a DICOM file names, and where its data set begins; raises Malformed."""
    syntax, start = "", 132
    while content[start : start + 2] == b"\2\0":
        tag, _vr, value, length, end = next(elements(content, explicit=True, start=start))
        if tag == 0x00020010:
            syntax = content[value : value + length].decode("ascii", "replace").rstrip(" \0")
        start = end
    if not syntax:
        raise Malformed("the file meta information names no transfer syntax", remedy="The file is damaged.")
    return syntax, start


def _meta(number: int, vr: bytes, value: bytes) -> bytes:
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    if vr == b"OB":
        return struct.pack("<HH2sHL", 2, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", 2, number, vr, len(value)) + value
