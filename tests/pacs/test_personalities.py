"""How the PACS differs from the standard when it behaves like another product, with DCMTK as the client."""

from __future__ import annotations

import re

import pytest

from simlab.department.pacs.personality import PERSONALITIES
from simlab.dicom import client
from simlab.errors import BadInput
from tests.dicom.made import ROOT
from tests.pacs.conftest import House

STUDY = f"StudyInstanceUID={ROOT}.1.1"

QUERIES: list[tuple[str, str, str, tuple[str, ...], str, str, str]] = [
    # what, root, level, keys, strict, orthanc, dcmqrscp: how many pending and the final status
    ("a level of another model", "-S", "PATIENT", ("PatientID",), "0 A900", "4 0000", "0 C000"),
    ("a level that is none", "-S", "FOO", ("StudyInstanceUID",), "0 A900", "0 C000", "0 C000"),
    ("no level", "-S", "", ("StudyInstanceUID",), "0 A900", "0 C000", "0 A900"),
    ("series without study", "-S", "SERIES", ("SeriesInstanceUID",), "0 A900", "16 0000", "0 C000"),
    ("image without series", "-S", "IMAGE", ("SOPInstanceUID",), "0 A900", "48 0000", "0 C000"),
    ("study without patient", "-P", "STUDY", ("StudyInstanceUID",), "0 A900", "8 0000", "0 C000"),
    ("a name in small letters", "-S", "STUDY", ("PatientName=smith*",), "0 0000", "4 0000", "0 0000"),
    ("an ID in small letters", "-S", "STUDY", ("PatientID=pid001",), "0 0000", "0 0000", "0 0000"),
    ("a key the index lacks", "-S", "STUDY", ("InstitutionName=X",), "8 0000", "0 0000", "8 0000"),
    ("a list of UIDs", "-S", "STUDY", (f"{STUDY}\\{ROOT}.2.1",), "2 0000", "2 0000", "2 0000"),
]
MOVES: list[tuple[str, str, tuple[str, ...], str, str, str, str]] = [
    # what, level, keys, destination, strict, orthanc, dcmqrscp: completed and the final status
    ("an unknown destination", "STUDY", (STUDY,), "NOWHERE", "0 A801", "0 C000", "0 A801"),
    ("a dead destination", "STUDY", (STUDY,), "DEAD", "0 A702", "0 C000", "0 A702"),
    ("no UID", "STUDY", (), "THEATRE", "0 A900", "0 C000", "48 0000"),
    ("no level", "", (STUDY,), "THEATRE", "0 A900", "0 C000", "0 A900"),
    ("series without study", "SERIES", (f"SeriesInstanceUID={ROOT}.1.1.1",), "THEATRE", "0 A900", "3 0000", "0 0000"),
]


@pytest.fixture
def populated(stocked: House) -> House:
    stocked.pacs.set_peer("DEAD", "127.0.0.1", 1)
    return stocked


def final(output: str) -> str:
    found = re.findall(r"DIMSE Status\s*: 0x([0-9a-fA-F]{4})", output)
    assert found, output
    return str(found[-1]).upper()


@pytest.mark.parametrize("row", QUERIES, ids=[row[0] for row in QUERIES])
def test_queries_differ_as_the_table_says(
    populated: House, row: tuple[str, str, str, tuple[str, ...], str, str, str]
) -> None:
    """Each query gets the matches and the final status that the product gives."""
    _what, root, level, keys, *expected = row
    given = [part for key in (f"QueryRetrieveLevel={level}" if level else "", *keys) if key for part in ("-k", key)]
    for name, wanted in zip(PERSONALITIES, expected, strict=True):
        populated.pacs.configure(personality=name)
        output = populated.dcmtk("findscu", *given, options=("-d", root, "-aec", "PACS"))
        pending = len(re.findall(r"DIMSE Status\s*: 0xff0[01]", output))
        assert f"{pending} {final(output)}" == wanted, name


@pytest.mark.parametrize("row", MOVES, ids=[row[0] for row in MOVES])
def test_moves_differ_as_the_table_says(
    populated: House, row: tuple[str, str, tuple[str, ...], str, str, str, str]
) -> None:
    """Each retrieval ends with the count and the status that the product gives."""
    _what, level, keys, destination, *expected = row
    given = [part for key in (f"QueryRetrieveLevel={level}" if level else "", *keys) if key for part in ("-k", key)]
    for name, wanted in zip(PERSONALITIES, expected, strict=True):
        populated.pacs.configure(personality=name)
        options = ("-d", "-S", "-aec", "PACS", "-aet", "MOVESCU", "-aem", destination)
        output = populated.dcmtk("movescu", *given, options=options)
        completed = re.findall(r"Completed Suboperations\s*: (\d+)", output)
        assert f"{completed[-1] if completed else 0} {final(output)}" == wanted, name


def test_unknown_keys_are_pointed_out_by_the_strict_one_only(populated: House) -> None:
    """FF01 says that a key was not used; dcmqrscp passes over it in silence with FF00."""
    statuses = []
    for name in ("strict", "dcmqrscp"):
        populated.pacs.configure(personality=name)
        output = populated.dcmtk("findscu", "-k", "QueryRetrieveLevel=STUDY", "-k", "InstitutionName=X",
                                 options=("-d", "-S", "-aec", "PACS"))  # fmt: skip
        statuses.append(set(re.findall(r"DIMSE Status\s*: 0x(ff0[01])", output)))
    assert statuses == [{"ff01"}, {"ff00"}]


def test_strict_is_the_default_and_the_switch_needs_no_restart(populated: House) -> None:
    """The personality is a setting that holds from the next operation on."""
    keys = {"SeriesInstanceUID": ""}
    with pytest.raises(BadInput, match="no personality"):
        populated.pacs.configure(personality="dcm4chee")
    for name, status in (("", "A900"), ("orthanc", "0000"), ("dcmqrscp", "C000"), ("strict", "A900")):
        if name:
            populated.pacs.configure(personality=name)
        assert client.find(populated.peer, "ADMIN", "study", "SERIES", keys).status == status
