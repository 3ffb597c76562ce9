"""The encoded instance: split, index header, file, coercion."""

from __future__ import annotations

from datetime import datetime

import pytest
from pydicom.dataset import Dataset

from simlab.dicom import preview, tags
from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Malformed
from simlab.dicom.transcode import convert
from simlab.errors import BadInput
from tests.dicom.made import PEOPLE, made

SYNTAXES = pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])


@SYNTAXES
def test_file_round_trip(syntax: str) -> None:
    """A file read back is the same instance."""
    instance = made("2.25.1", syntax=syntax)
    assert Instance.from_part10(instance.part10()) == instance


@SYNTAXES
@pytest.mark.parametrize(("patient_id", "name", "charset"), PEOPLE)
def test_header_decodes_names(syntax: str, patient_id: str, name: str, charset: str) -> None:
    """The index header holds names in Unicode, by the object's character set."""
    header = made("2.25.1", patient_id=patient_id, patient_name=name, charset=charset, syntax=syntax).header()
    assert (header.patient_id, header.patient_name) == (patient_id, name)
    assert (header.rows, header.instance_number, header.frames) == (8, 1, None)


@SYNTAXES
@pytest.mark.parametrize("undefined", [True, False])
def test_sequences_are_walked_past(syntax: str, undefined: bool) -> None:
    """Sequences of either kind of length do not hide what follows, nor does what they hold reach the header."""
    inner, item = Dataset(), Dataset()
    inner.PatientID = "INNER"
    item.ReferencedImageSequence = [inner]
    item.PatientID = "ITEM"
    ds = made("2.25.1").dataset()
    ds.ReferencedStudySequence = [item, Dataset()]
    ds["ReferencedStudySequence"].is_undefined_length = undefined
    item.is_undefined_length_sequence_item = undefined
    ds.PixelData = b"\0\0" * 64
    instance = Instance.from_dataset(ds, syntax)
    assert instance.header().patient_id == "PID001"
    assert instance.pixels == b"\0\0" * 64


def test_identity_keeps_pixels_and_former_values() -> None:
    """Coercion changes the head alone and keeps what was there, in a character set that holds both."""
    instance = made("2.25.1", patient_name="Müller^Jürgen", charset="ISO_IR 100")
    changed = instance.with_identity(
        {"PatientID": "B", "PatientName": "山田^太郎"}, moment=datetime(2026, 3, 2, 7, 40), system="PACS"
    )
    assert changed.header().patient_name == "山田^太郎"
    assert changed.pixels == instance.pixels
    (item,) = changed.dataset().OriginalAttributesSequence
    assert str(item.ModifiedAttributesSequence[0].PatientName) == "Müller^Jürgen"
    assert item.AttributeModificationDateTime == "20260302074000"


def test_same_identity_changes_nothing() -> None:
    """Coercion to what is there already gives the instance itself."""
    instance = made("2.25.1")
    assert instance.with_identity({"PatientID": "PID001"}) is instance


@pytest.mark.parametrize(
    "content", [b"", b"hello" * 100, b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM" + b"\2\0\x10\0UI"]
)
def test_alien_files(content: bytes) -> None:
    """What is no DICOM file is refused with a remedy and its name."""
    with pytest.raises(BadInput) as raised:
        Instance.from_part10(content, place="photo.jpg")
    assert raised.value.place == "photo.jpg"
    assert raised.value.remedy


@pytest.mark.parametrize("keep", [140, 300, 420, -1])
def test_truncated_file(keep: int) -> None:
    """A file cut anywhere before its end is refused."""
    with pytest.raises(BadInput):
        Instance.from_part10(made("2.25.1").part10()[:keep])


def test_deep_nesting_is_refused() -> None:
    """Sequences nested without end are refused, not followed."""
    item = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    with pytest.raises(Malformed):
        Instance.from_encoded(EXPLICIT_LITTLE, item * 2000)


def test_conversion_keeps_pixels() -> None:
    """An instance in implicit VR says the same as the explicit one."""
    instance = made("2.25.1")
    implicit = convert(instance, IMPLICIT_LITTLE)
    assert implicit.pixels == instance.pixels
    assert implicit.header() == instance.header()
    assert convert(implicit, EXPLICIT_LITTLE) == instance


def test_header_rows_show_the_depth_of_items() -> None:
    """The tag browser's rows have tag, name and depth, and the pixel data by its size."""
    rows = tags.rows(made("2.25.1").with_identity({"PatientID": "B"}))
    wanted = {"tag": "(0010,0020)", "vr": "LO", "name": "Patient ID", "value": "B", "depth": 0}
    assert any(wanted.items() <= row.items() for row in rows)
    assert {row["depth"] for row in rows} == {0, 1, 2, 3, 4}
    assert rows[-1]["value"] == "128 bytes"


def test_preview_windows_and_shrinks() -> None:
    """The preview is no wider than asked for, and follows the window."""
    instance = made("2.25.1", size=64, shade=500, WindowCenter="500", WindowWidth="101")
    width, height, rows = preview.grey(instance, 20)
    assert (width, height, len(rows)) == (20, 20, 400)
    assert 120 < rows[0] < 135


def test_no_preview_of_a_short_picture() -> None:
    """Pixel data shorter than rows and columns say is an error that says so."""
    instance = made("2.25.1")
    with pytest.raises(preview.NoPreview, match="shorter"):
        preview.grey(Instance(instance.transfer_syntax, instance.head, b"\0\0"), 20)
