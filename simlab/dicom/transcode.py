"""An instance in another transfer syntax: recoded, decompressed, or compressed in the one lossless way we have."""

from __future__ import annotations

from io import BytesIO

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import compress, decompress
from pydicom.uid import UID

from simlab.dicom import contexts, statuses
from simlab.dicom.instance import Instance
from simlab.dicom.recode import recode
from simlab.dicom.scan import DEFLATED_LITTLE, EXPLICIT_BIG, EXPLICIT_LITTLE, Malformed, coding
from simlab.errors import BadInput

LOSSLESS = "1.2.840.10008.1.2.5"
"""RLE: every toolkit reads it, it takes every depth that is stored here and colour as it is, and costs little time.
JPEG-LS would be half the size, but what is sent this way is a rare destination's last resort, not saved room."""
NATIVE = frozenset({*contexts.UNCOMPRESSED, EXPLICIT_BIG, DEFLATED_LITTLE})
_MOST_BYTES = 1 << 30  # of the decompressed frames; header and stream may claim anything


class NoConversion(BadInput):
    """An instance that cannot be had in the transfer syntax that is needed."""

    dicom_status = statuses.CANNOT_PERFORM_SUBOPERATIONS


def name(transfer_syntax: str) -> str:
    """The syntax's name in the standard, its UID when it has none."""
    return UID(transfer_syntax).name


def convertible(source: str, target: str) -> bool:
    """Whether instances in `source` can be had in `target`, as far as the decoders that are installed go."""
    if source == target:
        return True
    return (target in NATIVE or target == LOSSLESS) and (source in NATIVE or _decodable(source))


def _decodable(transfer_syntax: str) -> bool:
    try:
        return get_decoder(UID(transfer_syntax)).is_available
    except NotImplementedError:
        return False


def convert(instance: Instance, target: str) -> Instance:
    """The instance in the transfer syntax `target`, of the same UID since its pixels are the same.

    Raises NoConversion that says why, Malformed for a damaged instance.
    """
    source = instance.transfer_syntax
    if source == target:
        return instance
    if not convertible(source, target):
        raise _unable(source, target)
    plain = instance.inflated if source in NATIVE else _decompressed(instance)
    if target == LOSSLESS:
        return _compressed(_recoded(plain, EXPLICIT_LITTLE))
    return _recoded(plain, target)


def _unable(source: str, target: str) -> NoConversion:
    if source in NATIVE or _decodable(source):
        what = f"nothing here writes {name(target)}"
    else:
        what = f"no decoder for {name(source)}"
    return NoConversion(what, remedy=f"Let the destination accept {name(source)}, in which it is stored.")


def _recoded(instance: Instance, target: str) -> Instance:
    if instance.transfer_syntax == target:
        return instance
    wanted = EXPLICIT_LITTLE if target == DEFLATED_LITTLE else target
    if instance.transfer_syntax != wanted:
        encoded = recode(instance.encoded, instance.coding, coding(wanted))
        instance = Instance.from_encoded(wanted, encoded)
    return instance.deflated() if target == DEFLATED_LITTLE else instance


def dataset_with_pixels(instance: Instance) -> Dataset:
    """The whole data set of an instance as pydicom's codecs want it; raises Malformed when pydicom cannot read it."""
    instance = instance.inflated
    try:
        implicit, little = not instance.coding.explicit, instance.transfer_syntax != EXPLICIT_BIG
        ds = read_dataset(BytesIO(instance.encoded), implicit, little)
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = UID(instance.transfer_syntax)
        size = 1
        for keyword in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "NumberOfFrames"):
            size *= max(int(ds.get(keyword) or 1), 1)
    except Exception as error:  # pydicom raises whatever the damaged bytes provoke
        raise Malformed(f"the data set cannot be read ({error})", remedy="The object is damaged.") from error
    if size // 8 > _MOST_BYTES:
        raise NoConversion(f"{size >> 33} GB of pixels are not decompressed", remedy="Send it as it is stored.")
    return ds


def _decompressed(instance: Instance) -> Instance:
    if instance.pixels is None:  # a compressed syntax may be declared for what has no pixels
        return Instance(EXPLICIT_LITTLE, instance.head)
    ds = dataset_with_pixels(instance)
    try:
        decompress(ds, generate_instance_uid=False)
    except Exception as error:  # codecs raise whatever the damaged stream provokes
        raise NoConversion(
            f"{name(instance.transfer_syntax)} cannot be decompressed ({_in_words(error)})",
            remedy="Its pixel data is damaged, or of a kind the decoder does not know.",
        ) from error
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):  # of fragments that are no more
        if keyword in ds:
            del ds[keyword]
    return Instance.from_dataset(ds, EXPLICIT_LITTLE)


def _compressed(instance: Instance) -> Instance:
    if instance.pixels is None:
        return Instance(LOSSLESS, instance.head)
    ds = dataset_with_pixels(instance)
    try:
        compress(ds, UID(LOSSLESS), generate_instance_uid=False)
    except Exception as error:  # codecs raise whatever the pixels provoke
        raise NoConversion(
            f"it cannot be compressed in {name(LOSSLESS)} ({_in_words(error)})",
            remedy="Let the destination accept an uncompressed transfer syntax.",
        ) from error
    return Instance.from_dataset(ds, LOSSLESS)


def _in_words(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "; ".join(lines[:3])[:200] or type(error).__name__
