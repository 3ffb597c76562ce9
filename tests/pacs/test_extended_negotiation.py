"""Extended negotiation with pynetdicom as the client: off unless both sides say so (PS3.4 C.5.1.1)."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from simlab.department.pacs import PacsStage
from simlab.dicom import client, contexts, extended
from simlab.dicom.resemblance import resembles, soundex
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import HOST, House


def found(house: House, keys: dict[str, str], options: Collection[str] = (), level: str = "STUDY") -> client.FindResult:
    return client.find(house.peer, "ADMIN", "study", level, keys, options=options)


@pytest.mark.parametrize(
    ("sop_class", "asked", "answered"),
    [
        (contexts.STUDY_FIND, b"\1\1\1\1\1", b"\1\1\1\1\0"),
        (contexts.STUDY_FIND, b"\1", b"\1"),
        (contexts.STUDY_FIND, b"\0\1\0", b"\0\1\0"),
        (contexts.STUDY_MOVE, b"\1\1", b"\1\0"),
        (contexts.STUDY_GET, b"\1", b"\1"),
    ],
)
def test_answer_has_a_byte_for_each_asked(house: House, sop_class: str, asked: bytes, answered: bytes) -> None:
    """What was asked for is granted byte by byte; conversion of enhanced multi-frame images never is."""
    ae = AE("ADMIN")
    ae.add_requested_context(sop_class)
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = sop_class, asked
    assoc = ae.associate(HOST, house.port, ae_title="PACS", ext_neg=[item])
    try:
        assert assoc.is_established
        assert assoc.acceptor.sop_class_extended == {sop_class: answered}
    finally:
        assoc.release()


def test_relational_query_only_when_negotiated(stocked: House) -> None:
    """SERIES without a study UID is A900, and answered when relational queries were negotiated."""
    keys = {"SeriesInstanceUID": "", "PatientID": "PID001", "Modality": "CT"}
    assert found(stocked, keys, level="SERIES").status == "A900"
    result = found(stocked, keys, [extended.RELATIONAL], level="SERIES")
    assert (result.status, len(result.rows)) == ("0000", 2)


def test_option_is_not_granted_when_switched_off(stocked: House) -> None:
    """An option that the setting leaves out is not granted, and the query is judged by the baseline."""
    stocked.pacs.configure(extended_negotiation=["datetime"])
    assert found(stocked, {"SeriesInstanceUID": ""}, [extended.RELATIONAL], level="SERIES").status == "A900"


def test_relational_retrieval_only_when_negotiated(stocked: House) -> None:
    """A series is moved by its UID alone when relational retrieval was negotiated, else refused with A900."""
    keys = {"SeriesInstanceUID": f"{ROOT}.1.1.1"}
    assert client.move(stocked.peer, "ADMIN", "THEATRE", "study", "SERIES", keys).status == "A900"
    done = client.move(stocked.peer, "ADMIN", "THEATRE", "study", "SERIES", keys, options=[extended.RELATIONAL])
    assert (done.status, done.completed) == ("0000", 3)


def test_date_and_time_are_one_range_when_negotiated(stocked: House) -> None:
    """From noon of the 1st to noon of the 3rd: two ranges find nothing, one combined range what lies between."""
    keys = {"StudyDate": "20260101-20260103", "StudyTime": "120000-120000", "StudyInstanceUID": ""}
    assert found(stocked, keys).rows == ()
    dates = {row["StudyDate"] for row in found(stocked, keys, [extended.DATE_TIME]).rows}
    assert dates == {"20260102", "20260103"}


def test_fuzzy_names_when_negotiated(stocked: House) -> None:
    """A misspelt name in the wrong order finds its patient when fuzzy matching was negotiated, and nobody else."""
    keys = {"PatientName": "Jon Smyth", "PatientID": ""}
    assert found(stocked, keys).rows == ()
    assert {row["PatientID"] for row in found(stocked, keys, [extended.FUZZY]).rows} == {"PID001"}


@pytest.mark.parametrize(
    ("name", "key", "alike"),
    [
        ("Müller^Jürgen", "muller", True),
        ("SMITH^JOHN", "SMITH^JANE", False),
        ("MEYER^ANNA", "MAIER", True),
        ("MEYER^ANNA", "MAYR^ANNA", True),
        ("JOHNSON^PETER", "JONSHON", True),
        ("O'NEILL^SEAN", "ONEIL", False),
        ("O'NEILL^SEAN", "O NEIL", True),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田", True),
        ("SMITH^JOHN", "SMI*", True),
        ("LEE^ANN", "LEA", True),
        ("LEE^ANN", "LEO^ANN", True),
        ("LI^WEI", "LU", False),
    ],
)
def test_resemblance(name: str, key: str, alike: bool) -> None:
    """Names resemble by accents, order, sound or one slip; words of one or two letters must be the same."""
    assert resembles(name, key) is alike


def test_soundex() -> None:
    """Soundex codes are those of its table: h and w do not part equal sounds, vowels do."""
    assert [soundex(word) for word in ("robert", "ashcraft", "tymczak", "pfister", "山田")] == [
        "r163",
        "a261",
        "t522",
        "p236",
        "",
    ]


def test_time_zone_adjusts_keys_and_answers(house: House) -> None:
    """With time-zone adjustment a study of 23:30 UTC is found on the next day of +0200, and answered in that zone."""
    house.pacs.stage(PacsStage(instances=[made("2.25.9", StudyDate="20260301", StudyTime="233000")]))
    keys = {
        "StudyDate": "20260302",
        "StudyTime": "",
        "StudyInstanceUID": "",
        "TimezoneOffsetFromUTC": "+0200",
    }
    assert found(house, keys).rows == ()
    (row,) = found(house, keys, [extended.TIME_ZONE]).rows
    assert (row["StudyDate"], row["StudyTime"], row["TimezoneOffsetFromUTC"]) == ("20260302", "013000", "+0200")


def test_granted_options_stand_in_the_log(stocked: House) -> None:
    """The association's event says what was granted."""
    found(stocked, {"StudyInstanceUID": ""}, [extended.FUZZY, extended.RELATIONAL])
    (event,) = stocked.events("dicom.association")
    assert event.data["options"] == ["fuzzy", "relational"]


def test_names_without_case_and_accents_by_a_switch(stocked: House) -> None:
    """With `case_insensitive_pn` muller finds Müller; identifiers stay exact."""
    keys = {"PatientName": "muller^j*", "PatientID": ""}
    assert found(stocked, keys).rows == ()
    stocked.pacs.configure(case_insensitive_pn=True)
    assert {row["PatientID"] for row in found(stocked, keys).rows} == {"PID003"}
    assert found(stocked, {"PatientID": "pid003"}).rows == ()


def sent(text: str, term: str) -> Dataset:
    ds = Dataset()
    ds.SpecificCharacterSet = term.split("\\") if "\\" in term else term
    ds.QueryRetrieveLevel, ds.PatientName, ds.StudyInstanceUID = "STUDY", text, ""
    return ds


@pytest.mark.parametrize(
    ("term", "name", "key"),
    [
        ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう", "*山田*"),
        ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동", "*홍*"),
        ("GB18030", "Wang^XiaoDong=王^小东", "*王*"),
        ("ISO_IR 192", "Müller^Jürgen", "Müller*"),
        ("ISO_IR 100", "Müller^Jürgen", "Müller*"),
    ],
)
def test_answer_comes_in_the_character_set_asked_in(house: House, term: str, name: str, key: str) -> None:
    """A name stored in UTF-8 is found by a key in another repertoire, and answered in that one, byte for byte."""
    house.pacs.stage(PacsStage(instances=[made("2.25.9", patient_name=name, charset="ISO_IR 192")]))
    (answer,) = asked_by_pynetdicom(house, sent(key, term))
    assert str(answer.PatientName) == name
    given = answer.SpecificCharacterSet
    assert (given if isinstance(given, str) else "\\".join(given)) == term


def test_answer_is_utf_8_where_the_one_asked_in_is_too_small(house: House) -> None:
    """Asked in Latin-1, a Japanese name is answered in UTF-8."""
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    house.pacs.stage(PacsStage(instances=[made("2.25.9", patient_name=name, charset="ISO_IR 192")]))
    (answer,) = asked_by_pynetdicom(house, sent("Yamada*", "ISO_IR 100"))
    assert (str(answer.PatientName), answer.SpecificCharacterSet) == (name, "ISO_IR 192")


def asked_by_pynetdicom(house: House, identifier: Dataset) -> list[Dataset]:
    ae = AE("ADMIN")
    ae.add_requested_context(contexts.STUDY_FIND)
    assoc = ae.associate(HOST, house.port, ae_title="PACS")
    assert assoc.is_established
    try:
        return [ds for _status, ds in assoc.send_c_find(identifier, contexts.STUDY_FIND) if ds is not None]
    finally:
        assoc.release()
