"""Matches encoded by hand are, byte for byte, what pydicom writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from simlab.dicom.charset import ASCII, LATIN_1, UTF_8
from simlab.dicom.match_encoder import SYNTAXES, MatchEncoder
from simlab.dicom.values import encode_dataset

COLUMNS = ("PatientID", "StudyDate", "PatientName", "StudyInstanceUID", "SeriesNumber", "Rows", "ModalitiesInStudy",
           "StudyDescription", "InstanceNumber")  # fmt: skip
NUMBERS = {"SeriesNumber", "Rows", "InstanceNumber"}
ALPHABETS = {ASCII: "ABCxyz 09-", LATIN_1: "ABCäöüß é", UTF_8: "Aä山田たろう "}


def texts(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=20).map(str.strip)


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, list[str | int | None]]:
    """A character set, and a row of values in it."""
    term = draw(st.sampled_from(list(ALPHABETS)))
    row: list[str | int | None] = []
    for keyword in COLUMNS:
        if keyword in NUMBERS:
            row.append(draw(st.none() | st.integers(0, 65535)))
        elif keyword == "StudyInstanceUID":
            row.append(draw(st.sampled_from(["1.2.3", "2.25.44", ""])))
        elif keyword == "ModalitiesInStudy":
            row.append(draw(st.sampled_from(["CT", "CT\\OT", "", None])))
        elif keyword == "StudyDate":
            row.append(draw(st.sampled_from(["20260302", ""])))
        else:
            row.append(draw(texts(ALPHABETS[term])))
    return term, row


@pytest.mark.parametrize("syntax", sorted(SYNTAXES))
@given(rows())
def test_same_bytes_as_pydicom(syntax: str, given_row: tuple[str, list[str | int | None]]) -> None:
    """Every value of every VR that the index has, in either syntax and three character sets."""
    term, row = given_row
    constants = {
        0x00080052: ("CS", "STUDY"),
        0x00080054: ("AE", "PACS"),
        0x00081110: ("SQ", ""),
        0x00400275: ("SQ", ""),
    }
    columns = [(int(Tag(keyword)), dictionary_VR(keyword)) for keyword in COLUMNS]
    wanted = Dataset()
    if term:
        wanted.SpecificCharacterSet = term
    wanted.QueryRetrieveLevel, wanted.RetrieveAETitle = "STUDY", "PACS"
    wanted.ReferencedStudySequence = wanted.RequestAttributesSequence = []
    for keyword, value in zip(COLUMNS, row, strict=True):
        setattr(wanted, keyword, value)
    assert MatchEncoder(syntax, columns, constants).encode(row, term) == encode_dataset(wanted, syntax)


def test_other_character_sets_are_left_to_pydicom() -> None:
    """Code extensions are not encoded by hand."""
    encoder = MatchEncoder(sorted(SYNTAXES)[0], [(0x00100010, "PN")], {})
    assert encoder.encode(["Yamada^Tarou=山田^太郎"], "\\ISO 2022 IR 87") is None
