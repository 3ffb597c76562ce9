"""`simlab modality` and `simlab neighbour`: what each command asks the lab for, in arguments that the action takes."""

import shlex

import pytest

from simlab.lab.actions import ACTIONS
from simlab.lab.systems import MODALITIES, VIEWERS
from tests.cli.conftest import outcome

COMMANDS = [
    ("modality worklist US1 --dock", "modality.worklist", {"modality": "US1", "dock": True}),
    ("modality scan CT1 --accession A1 --picked A2", "modality.scan",
     {"modality": "CT1", "accession": "A1", "picked": "A2"}),
    ("modality work MG1 --patients 3", "modality.work", {"modality": "MG1", "patients": 3}),
    ("modality configure DX1 mpps=true quirks=uid_reuse,late_n_set", "modality.configure",
     {"modality": "DX1", "mpps": "true", "quirks": "uid_reuse,late_n_set"}),
    ("modality send CT1 --again 2.25.1 --again 2.25.2", "modality.send",
     {"modality": "CT1", "again": ["2.25.1", "2.25.2"]}),
    ("modality echo US1 --to RIS", "modality.echo", {"modality": "US1", "to": "RIS"}),
    ("modality correct CT1 --accession A1 patient_id=0017", "modality.correct",
     {"modality": "CT1", "accession": "A1", "identity": {"patient_id": "0017"}}),
    ("modality configure CT1 quirks=", "modality.configure", {"modality": "CT1", "quirks": ""}),
    ("modality emergency CT1 --patient-id TEMP1", "modality.scan",
     {"modality": "CT1", "typed": {"patient_id": "TEMP1", "patient_name": "UNKNOWN^UNKNOWN"}}),
    ("modality upgrade CT2 --version 6.1", "modality.upgrade", {"modality": "CT2", "version": "6.1"}),
    ("viewer purge THEATRE --keep 20", "viewer.purge", {"viewer": "THEATRE", "keep": 20}),
    ("viewer purge THEATRE --keep 0", "viewer.purge", {"viewer": "THEATRE", "keep": 0}),
    ("viewer purge THEATRE --study 2.25.1", "viewer.purge", {"viewer": "THEATRE", "study": "2.25.1"}),
    ("viewer purge THEATRE", "viewer.purge", {"viewer": "THEATRE"}),
    ("viewer purge theatre --keep 5", "viewer.purge", {"viewer": "THEATRE", "keep": 5}),
    ("viewer configure CLINIC quota_images=100", "viewer.configure", {"viewer": "CLINIC", "quota_images": "100"}),
    ("neighbour send 2.25.1", "neighbour.send", {"study": "2.25.1"}),
    ("neighbour fetch 2.25.1", "neighbour.fetch", {"study": "2.25.1"}),
    ("neighbour configure own_numbers=false", "neighbour.configure", {"own_numbers": "false"}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "name", "given"), COMMANDS, ids=[one[0] for one in COMMANDS])
def test_a_command_is_one_action_with_what_was_typed(simlab, lab, command, name, given):
    """One action, whose own model accepts the arguments."""
    lab.answers["POST /act"] = outcome(summary="as you wish")
    ran = simlab(*shlex.split(command))
    assert (ran.code, ran.out) == (0, "as you wish\n")
    assert lab.acted() == [(name, given)]
    ACTIONS[name].model_validate(given)


def test_what_waits_at_a_scanner_is_listed_with_why(simlab, lab):
    """The queue of one scanner: how often it was tried, and what the last try came to."""
    row = {"system": "CT1", "sop_uid": "2.25.1", "attempts": 3, "last_error": "connection refused"}
    lab.answers["GET /view/modality.queue"] = {"rows": [row]}
    out = simlab("modality", "queue", "CT1").out
    assert lab.asked == [("GET /view/modality.queue", {"system": "CT1"})]
    assert "connection refused" in out and "2.25.1" in out


def test_the_neighbour_asks_for_what_was_typed_and_shows_it(simlab, lab):
    """Keys besides those of the table, a row a match."""
    rows = [{"PatientID": "17", "StudyInstanceUID": "2.25.1"}]
    lab.answers["POST /act"] = outcome(rows=rows)
    ran = simlab("neighbour", "find", "PatientName=DOE*")
    ((_, given),) = lab.acted()
    assert given["keys"]["PatientName"] == "DOE*" and "StudyInstanceUID" in given["keys"]
    assert "2.25.1" in ran.out
    ACTIONS["neighbour.find"].model_validate(given)


def test_a_foreign_cd_is_put_into_the_drive_and_imported(simlab, lab, tmp_path):
    """The folder is copied under a plain name, twice under two; an identity is only what was typed."""
    (cd := tmp_path / "Klinik CD ö").mkdir()
    (cd / "DICOMDIR").write_bytes(directory := b"\0" * 128 + b"DICM")
    lab.answers |= {"GET /status": {}, "POST /act": outcome(summary="read", images=1)}
    for disc in ("Klinik-CD", "Klinik-CD-2"):
        assert simlab("dicom", "import-media", str(cd), "--patient-id", "17").code == 0
        assert (lab.home / "media" / disc / "DICOMDIR").read_bytes() == directory
        given = {"disc": disc, "study": "", "to": "", "identity": {"patient_id": "17"}}
        assert lab.acted()[-1] == ("dicom.import_media", given)
        ACTIONS["dicom.import_media"].model_validate(given)


def test_a_disc_is_exported_by_name(simlab, lab):
    """Studies in the order typed."""
    lab.answers["POST /act"] = outcome(summary="written")
    assert simlab("dicom", "export-media", "home-1", "2.25.1", "2.25.2").out == "written\n"
    assert lab.acted() == [("dicom.export_media", {"disc": "home-1", "studies": ["2.25.1", "2.25.2"]})]


def test_regions_to_wipe_are_four_numbers(simlab, lab):
    """Anything else is refused before the lab is asked."""
    lab.answers["POST /act"] = outcome(summary="copied")
    assert simlab("dicom", "deidentify", "2.25.1", "--blank", "0,0,640,60", "--outside-regions").code == 0
    ((name, given),) = lab.acted()
    assert (name, given["blank"], given["outside_regions"]) == ("dicom.deidentify", [[0, 0, 640, 60]], True)
    ACTIONS[name].model_validate(given)
    assert simlab("dicom", "deidentify", "2.25.1", "--blank", "top").code != 0
    assert len(lab.acted()) == 1


def test_leftovers_are_shown_a_line_each(simlab, lab):
    """The element, and what was found."""
    row = {"path": "(0009,1001)", "vr": "UN", "what": "name", "value": "ZELLER", "sop_uid": "2.25.2"}
    lab.answers["POST /act"] = outcome(ok=False, summary="1 leftovers: name", residue=[row])
    ran = simlab("dicom", "residue", "2.25.9", "--of", "2.25.1")
    assert ran.code == 1 and "(0009,1001)" in ran.out + ran.err
    assert lab.acted() == [("dicom.check_residue", {"study": "2.25.9", "of": "2.25.1"})]


def test_a_viewer_s_images_and_room_are_lists(simlab, lab):
    """One viewer's images, every viewer's room."""
    lab.answers["GET /view/viewer.holds"] = {"rows": [{"patient_id": "17", "study_uid": "2.25.1"}]}
    lab.answers["GET /view/viewer.space"] = {"rows": [{"system": "THEATRE", "images": 12, "quota": 20}]}
    assert "2.25.1" in simlab("viewer", "holds", "THEATRE").out
    assert "12" in simlab("viewer", "space").out


@pytest.mark.parametrize(
    "command",
    ["viewer holds NOPE", "viewer purge NOPE --keep 0", "viewer configure NOPE quota_images=1", "modality steps NOPE",
     "modality held NOPE", "modality queue NOPE", "modality commitments NOPE", "modality settings NOPE",
     "modality worklist NOPE", "modality work NOPE"],
)  # fmt: skip
def test_a_viewer_or_scanner_that_there_is_not_is_an_error_that_names_them(simlab, lab, command):
    """An empty list would be a wrong comfort."""
    there = VIEWERS if command.startswith("viewer") else MODALITIES
    ran = simlab(*shlex.split(command))
    assert ran.code != 0 and all(name in ran.err for name in there) and "NOPE" in ran.err
    assert lab.asked == []


def test_a_scanner_s_settings_are_listed(simlab, lab):
    """One setting a line."""
    lab.answers["GET /view/modality.config"] = {"rows": [{"system": "CT1", "key": "slips", "value": 0}]}
    assert "slips" in simlab("modality", "settings", "CT1").out


@pytest.mark.parametrize("view", ["studies", "receipts"])
def test_the_neighbour_s_lists_say_when_they_are_empty(simlab, lab, view):
    """A view of its own each."""
    lab.answers[f"GET /view/neighbour.{view}"] = {"rows": []}
    ran = simlab("neighbour", view)
    assert ran.code == 0 and "neighbour" in ran.out
