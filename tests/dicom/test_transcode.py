"""Instances of odd makes: told apart from their pixels, coerced, recoded, decompressed, previewed."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate_extended

from simlab.dicom import preview, tags, transcode
from simlab.dicom.instance import Instance
from simlab.dicom.scan import DEFLATED_LITTLE, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, Malformed
from simlab.dicom.transcode import LOSSLESS, convert
from tests.dicom.made import made

NATIVE = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED_LITTLE)
JPEG_2000 = "1.2.840.10008.1.2.4.90"
every_native = pytest.mark.parametrize("syntax", NATIVE)


def read(name: str) -> Instance:
    """A file of pydicom's installed test data."""
    path = get_testdata_file(name, download=False)
    assert path is not None
    with open(path, "rb") as file:
        return Instance.from_part10(file.read())


def element(group: int, number: int, vr: bytes, value: bytes, *, long: bool = False) -> bytes:
    """An element in explicit VR little endian."""
    if long:
        return struct.pack("<HH2sHL", group, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def with_element(instance: Instance, extra: bytes) -> Instance:
    """The instance with an element put before its pixel data."""
    return Instance(instance.transfer_syntax, instance.head[:-12] + extra + instance.head[-12:], instance.pixels)


@every_native
def test_there_and_back(syntax: str) -> None:
    """Recoding an instance and back gives the same bytes."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "2.25.9"
    instance = made(
        "2.25.1",
        charset="ISO_IR 192",
        patient_name="山田^太郎",
        ReferencedImageSequence=[item, Dataset()],
        SmallestImagePixelValue=3,
        RedPaletteColorLookupTableDescriptor=[256, 0, 16],
        DataSetTrailingPadding=b"\0\0",
        RecommendedDisplayFrameRateInFloat=1.5,
    )
    other = convert(instance, syntax)
    assert other.header() == instance.header()
    assert convert(other, EXPLICIT_LITTLE).encoded == instance.encoded


@pytest.mark.parametrize("twin", ["MR_small_implicit.dcm", "MR_small_bigendian.dcm", "MR_small_expb.dcm"])
def test_recoded_pixels_are_those_of_the_little_endian_twin(twin: str) -> None:
    """The same image in another coding, converted, has the pixels of the explicit little-endian one."""
    expected = np.frombuffer(read("MR_small.dcm").pixels or b"", "<u2")[:4096]
    assert np.array_equal(np.frombuffer(convert(read(twin), EXPLICIT_LITTLE).pixels or b"", "<u2")[:4096], expected)


@every_native
def test_identity_in_every_coding(syntax: str) -> None:
    """Coercion holds in each coding, keeps the former value, and leaves the pixels alone."""
    instance = convert(made("2.25.1", patient_name="Müller^Jürgen", charset="ISO_IR 100"), syntax)
    changed = instance.with_identity({"PatientID": "B", "PatientName": "Åse^Bjørn", "OtherPatientIDs": "C"})
    assert changed.transfer_syntax == syntax
    assert (changed.header().patient_id, changed.header().patient_name) == ("B", "Åse^Bjørn")
    assert changed.inflated.pixels == instance.inflated.pixels
    (item,) = changed.dataset().OriginalAttributesSequence
    assert str(item.ModifiedAttributesSequence[0].PatientName) == "Müller^Jürgen"
    assert instance.with_identity({"PatientID": "PID001"}) is instance


def test_coercion_leaves_the_rest_byte_for_byte() -> None:
    """What is not coerced stays as it was written, values that pydicom would mend among it; group lengths go."""
    odd = element(0x0018, 0x0050, b"DS", b"1.50 \0") + element(0x0019, 0x0010, b"LO", b"ACME  ")
    odd += element(0x0019, 0x1001, b"ZZ", b"\1\2\3\4", long=True) + element(0x0019, 0x1002, b"ZY", b"\1\2")
    instance = with_element(made("2.25.1", series_uid="2.25.2"), odd)
    group = element(0x0010, 0, b"UL", struct.pack("<L", 9999))
    at = instance.head.index(b"\x10\0\x10\0PN")
    instance = Instance(instance.transfer_syntax, instance.head[:at] + group + instance.head[at:], instance.pixels)
    assert instance.header().patient_id == "PID001"
    changed = instance.with_identity({"PatientID": "B"})
    assert odd in changed.head
    assert group not in changed.head
    assert changed.header().patient_id == "B"
    assert changed.dataset().OriginalAttributesSequence


def test_an_unknown_vr_is_shown_as_bytes() -> None:
    """An element of a VR to come stands in the tag browser, and those after it too."""
    instance = with_element(made("2.25.1"), element(0x0019, 0x1001, b"ZZ", b"\1\2\3\4", long=True))
    rows = {row["tag"]: row for row in tags.rows(instance)}
    assert rows["(0019,1001)"]["value"].endswith("(4 bytes)")
    assert rows["(7FE0,0010)"]["value"] == "128 bytes"


def test_sequences_of_undefined_length_in_un_are_little_endian() -> None:
    """An UN of undefined length holds implicit little endian, and is kept so in big endian."""
    inner = struct.pack("<HHL", 0x0009, 0x1001, 2) + b"AB"
    content = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    sequence = struct.pack("<HH2sHL", 0x0029, 0x1010, b"UN", 0, 0xFFFFFFFF) + content
    instance = with_element(made("2.25.1"), sequence)
    big = convert(instance, EXPLICIT_BIG)
    assert content in big.head
    assert convert(big, EXPLICIT_LITTLE) == instance


@pytest.mark.parametrize(
    ("keyword", "bits", "pixels"),
    [
        ("FloatPixelData", 32, np.arange(64, dtype="<f4")),
        ("DoubleFloatPixelData", 64, np.arange(64, dtype="<f8")),
        ("PixelData", 1, np.arange(8, dtype="u1")),
        ("PixelData", 32, np.arange(64, dtype="<u4")),
    ],
)
@every_native
def test_pixels_of_rare_kinds(keyword: str, bits: int, pixels: np.ndarray, syntax: str) -> None:
    """Float, double, 1-bit and 32-bit pixels are split off, recoded, previewed and named in the tag browser."""
    ds = made("2.25.1").dataset()
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit = bits - 1
    setattr(ds, keyword, pixels.tobytes())
    ds[keyword].VR = {"FloatPixelData": "OF", "DoubleFloatPixelData": "OD"}.get(keyword, "OB" if bits == 1 else "OW")
    plain = Instance.from_dataset(ds, EXPLICIT_LITTLE)
    instance = convert(plain, syntax)
    assert plain.pixels == pixels.tobytes()
    assert convert(instance, EXPLICIT_LITTLE) == plain or bits == 32
    assert tags.rows(instance)[-1]["name"] == {"PixelData": "Pixel Data"}.get(keyword, keyword).replace(
        "FloatPixelData", "Float Pixel Data"
    ).replace("DoubleFloat", "Double Float")
    assert preview.grey(instance, 8)[:2] == (8, 8)


def test_extended_offset_table_and_trailing_padding() -> None:
    """Offsets before the fragments and padding after them come back as they were, and go with the compression."""
    ds = read("MR_small_jp2klossless.dcm").dataset()
    compressed = bytes(read("MR_small_jp2klossless.dcm").pixels or b"")
    (length,) = struct.unpack_from("<L", compressed, 12)
    stream, offsets, lengths = encapsulate_extended([bytes(compressed[16 : 16 + length])])
    ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths, ds.PixelData = offsets, lengths, stream
    ds["PixelData"].is_undefined_length = True
    made_so = Instance.from_dataset(ds, JPEG_2000)
    padded = Instance.from_encoded(JPEG_2000, made_so.encoded + element(0xFFFC, 0xFFFC, b"OB", b"\0\0", long=True))
    assert Instance.from_part10(padded.part10()) == padded
    plain = convert(padded, EXPLICIT_LITTLE)
    assert "ExtendedOffsetTable" not in plain.dataset()
    expected = (read("MR_small.dcm").pixels or b"")[:8192]
    assert (plain.pixels or b"")[:8192] == expected


def test_an_object_without_pixels_in_a_compressed_syntax() -> None:
    """A report that came under a compressed syntax is recoded without a codec."""
    report = read("test-SR.dcm")
    said = Instance.from_encoded(JPEG_2000, report.encoded)
    assert convert(said, EXPLICIT_LITTLE).encoded == report.encoded
    assert convert(said, LOSSLESS).header() == report.header()


def test_thousands_of_items_before_the_pixels() -> None:
    """A long sequence of undefined lengths before the pixels is walked past in little time."""
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF) + element(0x0008, 0x1150, b"UI", b"1.2\0") * 4
    items = (item + struct.pack("<HHL", 0xFFFE, 0xE00D, 0)) * 20000 + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    extra = struct.pack("<HH2sHL", 0x5200, 0x9230, b"SQ", 0, 0xFFFFFFFF) + items
    encoded = with_element(made("2.25.1"), extra).encoded
    started = time.monotonic()
    instance = Instance.from_encoded(EXPLICIT_LITTLE, encoded)
    assert instance.pixels == made("2.25.1").pixels
    assert time.monotonic() - started < 5
    assert instance.header().frames is None


def test_a_deflated_bomb_or_stump_is_malformed() -> None:
    """A deflated data set that ends early is refused, not taken for what is left of it."""
    deflated = made("2.25.1").deflated()
    with pytest.raises(Malformed, match="ends early"):
        Instance.from_encoded(DEFLATED_LITTLE, deflated.head[:-20]).header()
    with pytest.raises(Malformed, match="cannot be inflated"):
        Instance.from_encoded(DEFLATED_LITTLE, b"\xff" * 40).header()


def test_claimed_size_is_not_believed() -> None:
    """A header that claims terabytes of pixels is refused before anything is decompressed."""
    ds = read("MR_small_RLE.dcm").dataset()
    ds.Rows = ds.Columns = 65535
    ds.NumberOfFrames = 1000
    head = Instance.from_dataset(ds, LOSSLESS).head
    huge = Instance(LOSSLESS, head + b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff", read("MR_small_RLE.dcm").pixels)
    with pytest.raises(transcode.NoConversion, match="GB"):
        convert(huge, EXPLICIT_LITTLE)
    with pytest.raises(preview.NoPreview, match="GB"):
        preview.grey(huge, 40)


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED_LITTLE, LOSSLESS])
@pytest.mark.parametrize("share", [0.02, 0.4, 0.6, 0.9])
def test_damage_is_told(syntax: str, share: float) -> None:
    """Bytes cut short in any coding raise Malformed or NoConversion, and never anything else."""
    encoded = convert(made("2.25.1"), syntax).encoded
    with pytest.raises((Malformed, transcode.NoConversion)):
        convert(Instance.from_encoded(syntax, encoded[: int(len(encoded) * share)]), EXPLICIT_LITTLE).dataset()


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("MR_small_jpeg_ls_lossless.dcm", 1),
        ("MR_small_jp2klossless.dcm", 1),
        ("MR_small_RLE.dcm", 1),
        ("MR_small_bigendian.dcm", 1),
        ("image_dfl.dcm", 1),
        ("examples_palette.dcm", 1),
        ("examples_ybr_color.dcm", 1),
        ("examples_ybr_color.dcm", 30),
        ("examples_rgb_color.dcm", 1),
        ("SC_rgb_rle_2frame.dcm", 2),
        ("SC_ybr_full_422_uncompressed.dcm", 1),
        ("rtdose.dcm", 15),
        ("liver_1frame.dcm", 1),
    ],
)
def test_previews(name: str, frame: int) -> None:
    """Compressed, colour, palette, 1-bit, 32-bit and multi-frame images have a preview with light and shade in it."""
    _width, _height, rows = preview.grey(read(name), 64, frame)
    assert len(set(rows)) > 1


def test_compression_does_not_change_the_preview() -> None:
    """The same image in four syntaxes looks the same."""
    names = ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm")
    assert len({preview.grey(read(name), 64) for name in names}) == 1


def test_no_such_frame() -> None:
    """A frame beyond the last is refused with how many there are."""
    with pytest.raises(preview.NoPreview, match="no frame 3"):
        preview.grey(read("SC_rgb_rle_2frame.dcm"), 64, 3)
