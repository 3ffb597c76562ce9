"""The tag browser's rows, what is found in them, and how two instances differ."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from simlab.dicom import tags
from simlab.dicom.difference import NOTHING, difference
from simlab.dicom.instance import Instance
from simlab.dicom.transcode import LOSSLESS, convert
from tests.dicom.made import made


def code(value: str, meaning: str) -> Sequence:
    """A code of the scheme 99T."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "99T", meaning
    return Sequence([item])


def with_private(value: str = "secret") -> Instance:
    """An image with an element of a manufacturer."""
    ds = made("2.25.1").dataset()
    ds.private_block(0x0019, "ACME 1.0", create=True).add_new(0x01, "LO", value)
    ds.PixelData = b"\0" * 128
    return Instance.from_dataset(ds)


def test_values_are_explained() -> None:
    """A UID has a name, a date reads as one, a sequence of a code has the code's meaning."""
    rows = {
        row["keyword"]: row
        for row in tags.rows(made("2.25.1", StudyTime="091530", ProcedureCodeSequence=code("1", "Knee")))
    }
    assert rows["SOPClassUID"]["meaning"] == "CT Image Storage"
    assert rows["PatientBirthDate"]["meaning"] == "1970-01-01"
    assert rows["StudyTime"]["meaning"] == "09:15:30"
    assert rows["ProcedureCodeSequence"]["meaning"] == "Knee"


def test_private_elements_name_their_creator_and_can_be_had_alone() -> None:
    """The creator's element and the creator's name at what it defined."""
    rows = tags.filtered(tags.rows(with_private()), "", private=True)
    assert [row["name"] for row in rows] == ["Private creator", "Private [ACME 1.0]"]


def test_search_keeps_the_sequences_above_what_fits() -> None:
    """All words must fit one element; tags may be written with and without punctuation."""
    rows = tags.rows(made("2.25.1", ProcedureCodeSequence=code("1", "Knee"), PatientComments="knee"))
    assert [row["name"] for row in tags.filtered(rows, "meaning knee")] == [
        "Procedure Code Sequence", "Item 1", "Code Meaning"
    ]  # fmt: skip
    assert [row["name"] for row in tags.filtered(rows, "00100020")] == ["Patient ID"]
    assert [row["name"] for row in tags.filtered(rows, "0010,0020")] == ["Patient ID"]
    assert tags.filtered(rows, "no such thing") == []


def test_the_same_instance_does_not_differ() -> None:
    """Not from itself, and not in its pixels once they are compressed."""
    one = made("2.25.1", size=16, shade=300)
    assert difference(one, one) == []
    assert [row["name"] for row in difference(one, convert(one, LOSSLESS))] == ["Transfer Syntax UID"]


def test_differences_name_place_and_both_values() -> None:
    """Inside a sequence by its item; an element that one lacks once; an item that one lacks in one row."""
    one = made("2.25.1", ProcedureCodeSequence=code("1", "Knee"), PatientAge="030Y")
    other = made("2.25.1", ProcedureCodeSequence=code("2", "Knee"), ReasonForStudy="pain",
                 PerformedProtocolCodeSequence=code("1", "AP"))  # fmt: skip
    rows = {row["place"]: (row["before"], row["after"]) for row in difference(one, other)}
    assert rows == {
        "(0008,1032)[1].(0008,0100)": ("1", "2"),
        "(0010,1010)": ("030Y", NOTHING),
        "(0032,1030)": (NOTHING, "pain"),
        "(0040,0260)": (NOTHING, "1 item"),
    }


def test_named_elements_are_not_compared() -> None:
    """By keyword or by tag, whatever the case."""
    one, other = made("2.25.1", patient_id="A", number=1), made("2.25.2", patient_id="B", number=2)
    assert difference(one, other, ("sopinstanceuid", "(0010,0020)", "InstanceNumber")) == []


def test_pixels_that_differ_are_counted() -> None:
    """How many values, and by how much at most."""
    one = made("2.25.1", size=8, shade=100)
    pixels = np.frombuffer(bytes(one.pixels or b""), "<u2").copy()
    pixels[:3] += 40
    (row,) = difference(one, Instance(one.transfer_syntax, one.head, pixels.tobytes()))
    assert row["name"] == "Pixel Data" and "3 of 64 values differ, by 40 at most" in row["after"]


def test_private_differences_are_told() -> None:
    """They are where exported objects differ most."""
    (row,) = difference(with_private("one"), with_private("two"))
    assert row["private"] and (row["before"], row["after"]) == ("one", "two")
