"""What a scanner with quirks does on the wire and in its images."""

from __future__ import annotations

from typing import Any

import pytest

from simlab.department.modality import VIEWS
from simlab.department.modality.recipes import named, names
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from simlab.errors import BadInput, NotFound
from tests.modality.conftest import ITEM, Department, until

IMPLICIT, RLE = IMPLICIT_LITTLE, "1.2.840.10008.1.2.5"


def associations(department: Department) -> list[Any]:
    """Those that the scanner has opened to the PACS."""
    return [e for e in department.events("dicom.association") if e.data["role"] == "scu" and e.data["called"] == "PACS"]


def configured(department: Department, **settings: Any) -> None:
    department.scanner.configure(**settings)


def test_an_unknown_quirk_lists_the_known_ones(department: Department) -> None:
    """And nothing is changed."""
    with pytest.raises(BadInput, match="uid_reuse"):
        configured(department, quirks=["uid_recycling"])


def test_one_association_an_image(department: Department) -> None:
    """Twelve images, twelve associations; without the quirk one."""
    department.scanner.scan("A100")
    assert len(associations(department)) == 1
    configured(department, quirks="one_association_per_image")
    department.scanner.scan("A100")
    assert len(associations(department)) == 13


def test_series_are_sent_as_they_are_made(department: Department) -> None:
    """Five series, five associations, and nothing is left."""
    configured(department, store_as_it_goes=True)
    done = department.scanner.scan("A100", "ct-abdomen-phases")
    assert len(associations(department)) == len({one.header().series_uid for one in department.taken}) > 1
    assert (done["sent"], done["waiting"]) == (len(department.taken), 0)


def test_implicit_only_offers_nothing_else(department: Department) -> None:
    """The images come in implicit VR, pixels untouched; without the quirk in explicit."""
    department.scanner.scan("A100")
    configured(department, quirks="implicit_only")
    department.scanner.scan("A100")
    assert [one.transfer_syntax for one in department.taken] == [EXPLICIT_LITTLE] * 12 + [IMPLICIT] * 12
    assert [one.pixels for one in department.taken[:12]] == [one.pixels for one in department.taken[12:]]
    assert department.taken[12].header().patient_name == "Núñez^José"


def test_a_scanner_set_to_compress_sends_rle(department: Department) -> None:
    """`transfer_syntax` rle; the scanner's own copy stays as it was made."""
    configured(department, transfer_syntax="rle")
    department.scanner.scan("A100")
    assert {one.transfer_syntax for one in department.taken} == {RLE}


def test_classes_that_the_scanner_is_not_set_to_send_are_not_made(department: Department) -> None:
    """And with none left there is nothing to examine."""
    configured(department, sop_classes="1.2.840.10008.5.1.4.1.1.2")
    assert department.scanner.scan("A100")["sent"] == 12
    configured(department, sop_classes="1.2.840.10008.5.1.4.1.1.4")
    with pytest.raises(BadInput, match="send no class"):
        department.scanner.scan("A100")


def test_a_retry_storm_knocks_again_and_again(department: Department) -> None:
    """A refused queue is tried many times within a second; a scanner without the quirk waits."""
    department.known.clear()
    configured(department, quirks="retry_storm")
    department.scanner.scan("A100")
    until(lambda: len(associations(department)) >= 4, 5)
    configured(department, quirks="")
    department.known.add("CT1")
    until(lambda: len(department.taken) == 12)


def test_the_clock_and_its_zone_stand_in_the_images(department: Department) -> None:
    """An hour ahead, and said to be in +0100; the query is of the scanner's own day."""
    configured(department, clock_drift=3600 * 20, utc_offset="+0100")
    department.scanner.scan("A100")
    ds = department.taken[0].dataset()
    assert (ds.StudyDate, ds.StudyTime, ds.TimezoneOffsetFromUTC) == ("20260303", "034000", "+0100")
    step = department.asked[0]["keys"].ScheduledProcedureStepSequence[0]
    assert step.ScheduledProcedureStepStartDate == "20260303"


def test_an_old_character_set_loses_what_it_lacks(department: Department) -> None:
    """ISO_IR 6 has no ñ: question marks, not mojibake."""
    configured(department, character_set="ISO_IR 6")
    department.scanner.scan("A100")
    assert department.taken[0].header().patient_name == "N??ez^Jos?"


def test_its_filter_is_ignored(department: Department) -> None:
    """Whatever is set, all keys are universal."""
    configured(department, quirks="ignores_matches", filter_station="CT1")
    department.scanner.worklist()
    step = department.asked[-1]["keys"].ScheduledProcedureStepSequence[0]
    assert not (step.ScheduledStationAETitle or step.Modality or step.ScheduledProcedureStepStartDate)


def test_its_own_study_uid_is_not_the_worklist_s(department: Department) -> None:
    """Patient and accession are the item's, the study is another."""
    configured(department, quirks="own_study_uid")
    department.scanner.scan("A100")
    header = department.taken[0].header()
    assert (header.accession, header.patient_id) == ("A100", "RXX100")
    assert header.study_uid != "2.25.100"


def test_a_mobile_shows_the_list_it_fetched_last(department: Department) -> None:
    """Yesterday's patients stand there until it is docked; whoever it examines is one of them."""
    configured(department, quirks="cached_list")
    department.scanner.worklist()
    department.offered = [{**ITEM, "AccessionNumber": "A200"}]
    assert [row["accession"] for row in department.scanner.worklist()] == ["A100"]
    assert department.scanner.scan()["accession"] == "A100"
    assert [row["accession"] for row in department.scanner.worklist(dock=True)] == ["A200"]
    assert department.scanner.scan()["accession"] == "A200"


def test_the_wrong_side_stands_in_the_images(department: Department) -> None:
    """A right knee is labelled L; pixels, and so the marker in them, are as they were."""
    configured(department, modality="DX")
    department.scanner.scan("A100", "dx-knee", laterality="R")
    right = department.taken[-1]
    configured(department, quirks="wrong_laterality")
    department.scanner.scan("A100", "dx-knee", laterality="R")
    wrong = department.taken[-1]
    said = [one.dataset().get("ImageLaterality") or one.dataset().get("Laterality") for one in (right, wrong)]
    assert said == ["R", "L"]
    assert right.pixels == wrong.pixels


def test_uids_begin_again_with_each_patient(department: Department) -> None:
    """Two patients, the same twelve SOP Instance UIDs, and the scanner holds the later ones alone."""
    configured(department, quirks="uid_reuse")
    department.scanner.scan("A100")
    department.offered = [{**ITEM, "AccessionNumber": "A200", "PatientID": "RXX200", "StudyInstanceUID": "2.25.200"}]
    department.scanner.scan("A200")
    first, second = department.taken[:12], department.taken[12:]
    assert {one.header().sop_instance_uid for one in first} == {one.header().sop_instance_uid for one in second}
    assert {one.header().patient_id for one in second} == {"RXX200"}
    with department.store.read() as tx:
        assert {row["accession"] for row in VIEWS["held"](tx, "CT1")} == {"A200"}


def test_the_wrong_row_is_picked(department: Department) -> None:
    """The head of one patient under the name of the other, whose abdomen was ordered."""
    step = {**ITEM["ScheduledProcedureStepSequence"][0], "ScheduledProtocolCodeSequence": [{"CodeValue": "CABDOC"}]}
    other = {
        **ITEM, "AccessionNumber": "A200", "PatientID": "RXX200", "StudyInstanceUID": "2.25.200",
        "ScheduledProcedureStepSequence": [step],
    }  # fmt: skip
    department.offered = [ITEM, other]
    done = department.scanner.scan("A100", picked="A200")
    assert (done["recipe"], done["accession"], done["patient_id"]) == ("ct-head", "A200", "RXX200")
    assert department.taken[0].header().study_uid == "2.25.200"


def test_an_upgrade_resets_three_settings_and_says_nothing_of_it(department: Department) -> None:
    """AE title, filter and character set are the works'; the log tells of a passed self-test."""
    department.scanner.upgrade("6.1")
    now = department.scanner.settings()
    assert (now.ae_title, now.filter_station, now.character_set) == ("ANYSCANNER", "ANYSCANNER", "ISO_IR 6")
    assert now.pacs_port == department.pacs_port
    summary = department.events("console")[-1].summary
    assert "6.1" in summary and "ANYSCANNER" not in summary


def test_a_correction_at_the_console_is_sent_under_the_same_uids(department: Department) -> None:
    """The PACS gets the same instances twice, of two patients; what is not corrected stays byte for byte."""
    department.scanner.scan("A100")
    done = department.scanner.correct("", "A100", {"patient_id": "RXX999", "patient_name": "Peña^Ana"})
    assert (done["sent"], done["waiting"], done["images"]) == (12, 0, 12)
    before, after = department.taken[0], department.taken[12]
    assert before.header().sop_instance_uid == after.header().sop_instance_uid
    assert (after.header().patient_id, after.header().patient_name) == ("RXX999", "Peña^Ana")
    assert (after.pixels, after.header().study_uid) == (before.pixels, "2.25.100")
    with department.store.read() as tx:
        assert {(row["patient_id"], row["patient_name"]) for row in VIEWS["held"](tx, "CT1")} == {
            ("RXX999", "Peña^Ana")
        }


@pytest.mark.parametrize(
    ("key", "value"),
    [("birth_date", "zz"), ("birth_date", "19610230"), ("birth_date", "1961-02-03"), ("birth_date", "²0000101"),
     ("sex", "Q"), ("sex", "m"), ("patient_id", "A\\B"), ("accession", "A" * 17), ("description", "D" * 65),
     ("patient_name", "A\nB")],
)  # fmt: skip
def test_what_no_console_takes_is_not_written_into_images(department: Department, key: str, value: str) -> None:
    """Neither by a correction nor for an emergency; nothing is sent."""
    department.scanner.scan("A100")
    with pytest.raises(BadInput, match=key):
        department.scanner.correct("", "A100", {"patient_name": "PEEL^ANN", key: value})
    with pytest.raises(BadInput, match=key):
        typed = {"patient_id": "E1", "patient_name": "PEEL^ANN", key: value}
        number = typed.pop("accession", None)
        department.scanner.scan(number, "ct-head", typed=typed)
    assert len(department.taken) == 12


def test_what_is_not_known_can_be_left_empty(department: Department) -> None:
    """Birth date and sex of somebody nobody knows."""
    department.scanner.scan("A100")
    department.scanner.correct("", "A100", {"birth_date": "", "sex": ""})
    ds = department.taken[-1].dataset()
    assert (ds.PatientBirthDate or "", ds.PatientSex or "") == ("", "")


@pytest.mark.parametrize("recipe", ["mr-knee", "us-aorta", "dx-knee@left"])
def test_a_scanner_makes_no_images_of_another_kind(department: Department, recipe: str) -> None:
    """A CT takes no ultrasound, whoever asks for it; what it is set up for is said."""
    with pytest.raises(BadInput, match="set up for CT"):
        department.scanner.scan(recipe=recipe, typed={"patient_id": "E1", "patient_name": "PEEL^ANN"})
    assert department.taken == []


def test_one_set_up_as_another_kind_makes_its_images(department: Department) -> None:
    """A radiography room reads cassettes too."""
    department.scanner.configure(modality="DX")
    for recipe in ("dx-knee", next(name for name in names() if named(name).modality == "CR")):
        department.scanner.scan(recipe=recipe, typed={"patient_id": "E1", "patient_name": "PEEL^ANN"})
    assert {one.header().modality for one in department.taken} == {"DX", "CR"}


def test_only_identities_can_be_corrected(department: Department) -> None:
    """Anything else is named with what there is; nobody's images are no images."""
    with pytest.raises(BadInput, match="pixels cannot be corrected here"):
        department.scanner.correct("", "A100", {"pixels": "x"})
    with pytest.raises(BadInput, match="nothing is named"):
        department.scanner.correct("", "A100", {})
    with pytest.raises(NotFound):
        department.scanner.correct("", "", {"patient_id": "X"})
