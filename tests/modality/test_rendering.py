"""Rendering: valid objects, the same bytes for the same person, pixels shared between people."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from simlab.department.modality import StudyFacts, drawing, recipes, render
from simlab.errors import BadInput
from tests.modality.warnings import WARNINGS
from tests.tools import need

FACTS = StudyFacts(
    patient_id="RXX100",
    issuer="RXX01",
    patient_name="Núñez^José",
    birth_date="19610203",
    sex="M",
    accession="A100",
    study_date="20260302",
    study_time="074000",
    referring="Ward^Ada",
    station_name="CT1",
    ae_title="CT1",
    institution="Fernhill General Hospital",
    study_id="P100",
    procedure_id="P100",
    step_id="S100",
)


@pytest.mark.parametrize("name", recipes.names())
def test_dciodvfy_finds_no_error(name: str, tmp_path: Path) -> None:
    """Every object of every sample study passes an independent validator (dicom3tools), warnings listed apart."""
    program = need("dciodvfy")
    for number, instance in enumerate(render(name, FACTS, 1)):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(instance.part10())
        told = subprocess.run([program, str(path)], capture_output=True, text=True, errors="replace", check=False)
        lines = (told.stdout + told.stderr).splitlines()
        assert not [line for line in lines if line.startswith("Error")]
        warned = [line for line in lines if line.startswith("Warning")]
        assert not [line for line in warned if not any(known in line for known in WARNINGS)]


@pytest.mark.parametrize("name", recipes.names())
def test_the_same_arguments_give_the_same_bytes(name: str) -> None:
    """Nothing depends on the moment, the order or what was drawn before."""
    first = render(name, FACTS, 7)
    drawing.forget()
    assert render(name, FACTS, 7) == first


@pytest.mark.parametrize("name", recipes.names())
def test_every_image_has_a_number_and_uid_of_its_own(name: str) -> None:
    """UIDs are under 2.25 and distinct; a study is one study."""
    headers = [instance.header() for instance in render(name, FACTS, 1)]
    assert len({header.sop_instance_uid for header in headers}) == recipes.named(name).images
    assert len({(header.series_uid, header.instance_number) for header in headers}) == len(headers)
    assert len({header.study_uid for header in headers}) == 1
    assert all(header.sop_instance_uid.startswith("2.25.") for header in headers)


def test_two_people_share_pixels_and_nothing_else() -> None:
    """A study of another person is new heads over the very same pixels."""
    one = render("ct-head", FACTS, 1)
    other = render("ct-head", replace(FACTS, patient_id="RXX200", accession="A200"), 1)
    assert all(a.pixels is b.pixels for a, b in zip(one, other, strict=True))
    assert not {a.header().sop_instance_uid for a in one} & {b.header().sop_instance_uid for b in other}


def test_the_person_stands_in_the_header() -> None:
    """Identity, request and character set are those of the facts."""
    instance = render("ct-head", replace(FACTS, study_uid="2.25.42"), 1)[0]
    header = instance.header()
    assert (header.patient_id, header.issuer, header.patient_name) == ("RXX100", "RXX01", "Núñez^José")
    assert (header.accession, header.study_uid, header.body_part) == ("A100", "2.25.42", "HEAD")
    dataset = instance.dataset()
    assert dataset.RequestAttributesSequence[0].ScheduledProcedureStepID == "S100"
    assert dataset.StationName == "CT1"


@pytest.mark.parametrize("character_set", ["ISO_IR 100", "ISO_IR 192"])
def test_a_name_with_accents_survives(character_set: str) -> None:
    """In Latin-1 as in UTF-8."""
    instance = render("ct-head", replace(FACTS, character_set=character_set), 1)[0]
    assert instance.header().patient_name == "Núñez^José"
    assert instance.dataset().SpecificCharacterSet == character_set


def test_a_name_that_the_scanner_cannot_write_loses_letters_not_the_study() -> None:
    """A scanner set to ASCII writes question marks, as scanners do."""
    instance = render("ct-head", replace(FACTS, character_set="ISO_IR 6"), 1)[0]
    assert instance.header().patient_name == "N??ez^Jos?"


def test_the_left_side_is_the_right_one_mirrored() -> None:
    """Header and picture agree about the side."""
    right, left = (render("dx-knee", replace(FACTS, laterality=side), 1)[0] for side in ("R", "L"))
    assert (right.header().laterality, left.header().laterality) == ("R", "L")
    assert left.header().study_description == "XR Knee Lt"
    columns = right.header().columns or 0
    rows = [(left.pixels or b"")[start : start + 2 * columns] for start in range(0, 400 * columns, 2 * columns)]
    mirrored = [b"".join(row[at : at + 2] for at in range(len(row) - 2, -1, -2)) for row in rows]
    plain = [(right.pixels or b"")[start : start + 2 * columns] for start in range(0, 400 * columns, 2 * columns)]
    assert mirrored[100:] == plain[100:]
    assert mirrored[:60] != plain[:60]  # the letter stands at the same place, unmirrored


def test_a_side_is_refused_where_there_is_none() -> None:
    """A head has no left one."""
    with pytest.raises(BadInput, match="has no side"):
        render("ct-head", replace(FACTS, laterality="L"), 1)
