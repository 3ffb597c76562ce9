"""Replaces elements at the top level of an encoded data set and leaves every other byte as it is."""

from __future__ import annotations

from collections.abc import Set
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import correct_ambiguous_vr, write_dataset

from simlab.dicom.scan import LITTLE, Coding, Malformed, elements


def encode(ds: Dataset, coding: Coding) -> bytes:
    """The data set's bytes."""
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = not coding.explicit, coding.order is LITTLE
    # pydicom settles "OB or OW" only for data sets it has read as implicit VR.
    write_dataset(file, correct_ambiguous_vr(ds, file.is_little_endian) if coding.explicit else ds)
    return file.getvalue()


def take(data: bytes, tags: Set[int], coding: Coding) -> Dataset:
    """The elements with `tags` of `data`, text decoded; raises Malformed when pydicom cannot read them."""
    parts, start = [], 0
    for tag, _vr, _value, _length, end in elements(data, explicit=coding.explicit, order=coding.order):
        if tag in tags:
            parts.append(data[start:end])
        start = end
    try:
        ds = read_dataset(BytesIO(b"".join(parts)), not coding.explicit, coding.order is LITTLE)
        ds.decode()
        return ds
    except Exception as error:  # pydicom raises whatever the damaged bytes provoke
        raise Malformed(f"the data set cannot be read ({error})", remedy="The object is damaged.") from error


def put(data: bytes, tags: Set[int], ds: Dataset, coding: Coding) -> bytes:
    """`data` with those of `tags` that `ds` has in place of its own, and without the others.

    The lengths of the groups that change (gggg,0000), retired, are left out since they no longer hold.
    """
    encoded, waiting, start = encode(ds, coding), [], 0
    for tag, _vr, _value, _length, end in elements(encoded, explicit=coding.explicit, order=coding.order):
        waiting.append((tag, encoded[start:end]))
        start = end
    waiting.reverse()
    changed = {tag & 0xFFFF0000 for tag in tags}
    parts, start = [], 0
    for tag, _vr, _value, _length, end in elements(data, explicit=coding.explicit, order=coding.order):
        while waiting and waiting[-1][0] <= tag:
            parts.append(waiting.pop()[1])
        if tag not in tags and tag not in changed:
            parts.append(data[start:end])
        start = end
    parts += [part for _tag, part in reversed(waiting)]
    parts.append(data[start:])
    return b"".join(parts)
