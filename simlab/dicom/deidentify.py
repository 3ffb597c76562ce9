"""Copies of images for others, without the person: dicognito for the header, blanked regions for the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from dicognito.anonymizer import Anonymizer
from pydicom.dataset import Dataset, FileMetaDataset

from simlab.dicom import lettering, residue, splice, transcode
from simlab.dicom.instance import Instance
from simlab.dicom.matching import fold
from simlab.dicom.scan import EXPLICIT_LITTLE, Malformed
from simlab.errors import BadInput

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""
_FREE_TEXT = (
    "ImageComments", "PatientComments", "AdditionalPatientHistory", "RequestedProcedureComments", "StudyComments",
    "ReasonForTheRequestedProcedure", "FrameComments", "AcquisitionComments", "Allergies", "MedicalAlerts",
    "OriginalAttributesSequence", "RequestingPhysician", "PatientAddress",
)  # fmt: skip
"""What nobody checks word by word, and what tells what stood there before."""
_UNDEFINED = 0xFFFFFFFF


@dataclass
class Copies:
    """De-identified copies; `left_out` are SOP Instance UIDs of what cannot be cleaned, and why."""

    instances: list[Instance] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def copies(
    instances: Sequence[Instance],
    *,
    secret: str,
    blank: Sequence[Box] = (),
    outside_regions: bool = False,
    keep_private: bool = False,
    words_seen: bool = False,
) -> Copies:
    """De-identified copies of one person's images: names, numbers, dates and UIDs replaced, the same way in each.

    The same `secret` gives the same replacements. `blank` are regions whose pixels are wiped in every image, with
    `outside_regions` all beside the calibrated regions of an ultrasound image (PS3.3 C.8.5.5) is wiped too. Words of
    what is known of the person are taken out of every text. Encapsulated documents are left out. An image in whose
    pixels something still looks like words is not said to be without the person, whatever its header says, unless
    `words_seen` says that somebody has looked at them.

    Raises BadInput for a region of `blank` that lies in none of the images: nothing would be wiped by it.
    """
    _check(instances, blank)
    anonymizer = Anonymizer(seed=secret)
    person = residue.known(instances)
    made = Copies()
    for instance in instances:
        sop_uid = instance.header().sop_instance_uid
        try:
            ds = instance.inflated.dataset()
            if "EncapsulatedDocument" in ds:
                made.left_out[sop_uid] = "a document cannot be cleaned"
                continue
            plain = _wiped(instance.inflated, ds, blank, outside_regions) if blank or outside_regions else None
            whole = plain or instance.inflated
            lettered = not words_seen and bool(lettering.suspected(whole))
            made.instances.append(_copy(whole, anonymizer, person, keep_private, bool(plain), lettered))
        except (BadInput, Malformed, ValueError, TypeError, KeyError, NotImplementedError) as error:
            made.left_out[sop_uid] = str(error)[:200]
    return made


def _check(instances: Sequence[Instance], blank: Sequence[Box]) -> None:
    if not blank:
        return
    sizes = {size for instance in instances if (size := _size(instance)) is not None}
    for left, top, width, height in blank:
        right, bottom = left + width, top + height
        in_some = any(left < columns and top < rows for columns, rows in sizes)
        if width < 1 or height < 1 or right < 1 or bottom < 1 or not in_some:
            there = ", ".join(f"{columns} x {rows}" for columns, rows in sorted(sizes)) or "without pixels"
            raise BadInput(
                f"the region {left},{top},{width},{height} lies in no image: nothing would be wiped",
                place="blank",
                remedy=f"Give left, top, width and height in pixels; the images are {there}.",
            )


def _size(instance: Instance) -> tuple[int, int] | None:
    """Columns and rows of what has pixels; None for what cannot be read too, which is left out later."""
    try:
        whole = instance.inflated
        found = splice.take(whole.before_pixels, {0x00280010, 0x00280011}, whole.coding)
        return None if whole.pixels is None else (int(found.Columns), int(found.Rows))
    except (BadInput, Malformed, ValueError, TypeError, AttributeError):
        return None


def _copy(
    instance: Instance, anonymizer: Anonymizer, person: residue.Known, keep_private: bool, wiped: bool, lettered: bool
) -> Instance:
    ds = instance.dataset()
    if not keep_private:
        ds.remove_private_tags()
    for keyword in _FREE_TEXT:
        if keyword in ds:
            delattr(ds, keyword)
    if wiped:
        ds.BurnedInAnnotation = "YES" if lettered else "NO"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    anonymizer.anonymize(ds)
    _without_words(ds, person)
    known_to_be = instance.pixels is not None and residue.may_be_lettered(ds)
    ds.PatientIdentityRemoved = "NO" if lettered or known_to_be else "YES"
    ds.LongitudinalTemporalInformationModified = "MODIFIED"
    head = splice.encode(ds, instance.coding)
    if instance.pixels is None:
        return Instance(instance.transfer_syntax, head)
    mark = instance.head[len(instance.before_pixels) :]
    length = int.from_bytes(mark[-4:], "little")
    # What stands behind the pixels (padding, signatures) is of the original.
    pixels = instance.pixels if length == _UNDEFINED else instance.pixels[:length]
    return Instance(instance.transfer_syntax, head + mark, bytes(pixels))


def _without_words(ds: Dataset, person: residue.Known) -> None:
    """Takes the person's names, numbers, places and dates out of texts; an X stands in their place."""
    searched = [pattern for _what, pattern in person.patterns()]
    for _path, element in residue.elements(ds):
        if element.VR not in residue.TEXT or element.VR == "PN" or not element.value:
            continue
        many = not isinstance(element.value, str)
        values = [str(value) for value in element.value] if many else [str(element.value)]
        for number, value in enumerate(values):
            folded = fold(value)
            if len(folded) != len(value) and any(pattern.search(folded) for pattern in searched):
                values[number] = "X"
                continue
            for pattern in searched:
                spans = [match.span() for match in pattern.finditer(fold(values[number]))]
                for start, end in reversed(spans):
                    values[number] = values[number][:start] + "X" + values[number][end:]
        element.value = values if many else values[0]


def _wiped(instance: Instance, ds: Dataset, blank: Sequence[Box], outside_regions: bool) -> Instance | None:
    """The image uncompressed, with those regions black in every frame; None for what has no pixels."""
    if instance.pixels is None or "Rows" not in ds:
        return None
    native = transcode.convert(instance, EXPLICIT_LITTLE)
    ds = native.dataset()
    rows, columns = int(ds.Rows), int(ds.Columns)
    frames, samples = int(ds.get("NumberOfFrames") or 1), int(ds.get("SamplesPerPixel") or 1)
    bits = int(ds.BitsAllocated)
    if bits not in (8, 16):
        raise BadInput(f"pixels of {bits} bits cannot be wiped")
    count = frames * rows * columns * samples
    image = np.frombuffer(bytes(native.pixels or b""), "u1" if bits == 8 else "<u2", count).copy()
    planes = bool(ds.get("PlanarConfiguration")) and samples > 1
    shaped = image.reshape((frames, samples, rows, columns) if planes else (frames, rows, columns, samples))
    if planes:
        shaped = shaped.transpose(0, 2, 3, 1)
    wiped = _mask(ds, rows, columns, blank, outside_regions)
    shaped[:, wiped] = _black(ds, bits)
    pixels = image.tobytes()
    return Instance(native.transfer_syntax, native.head, pixels + b"\0" * (len(pixels) % 2))


def _mask(ds: Dataset, rows: int, columns: int, blank: Sequence[Box], outside_regions: bool) -> np.ndarray:
    regions = ds.get("SequenceOfUltrasoundRegions") if outside_regions else None
    wiped = np.zeros((rows, columns), bool)
    if regions:
        wiped[:] = True
        for region in regions:
            left, top = int(region.RegionLocationMinX0), int(region.RegionLocationMinY0)
            right, bottom = int(region.RegionLocationMaxX1), int(region.RegionLocationMaxY1)
            wiped[top : bottom + 1, left : right + 1] = False
    for left, top, width, height in blank:
        wiped[max(top, 0) : top + height, max(left, 0) : left + width] = True
    return wiped


def _black(ds: Dataset, bits: int) -> list[int]:
    """The darkest value of the image's photometric interpretation, a number a sample (PS3.3 C.7.6.3.1.2)."""
    kind, samples = str(ds.get("PhotometricInterpretation", "")), int(ds.get("SamplesPerPixel") or 1)
    if kind == "MONOCHROME1":
        return [(1 << int(ds.get("BitsStored") or bits)) - 1]
    if kind.startswith("YBR"):
        return [0, 128, 128]
    lowest = 1 << (int(ds.get("BitsStored") or bits) - 1) if int(ds.get("PixelRepresentation") or 0) else 0
    return [lowest] * samples
