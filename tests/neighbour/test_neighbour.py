"""The hospital next door, in a whole lab: it answers, sends, fetches, and keeps what comes under its own numbers."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.scene import load_scene
from tests.lab.test_workflow import do
from tests.tools import need

ZELLER = "2.25.31000068"
THEIRS = "2.25.88100"
SCENE = """
use: [_lib/small-hospital]
studies:
- recipe: ct-chest
  patient: vance
  accession: T77
  study_uid: 2.25.88100
  in: [TERTIARY]
  labelled: {mrn: T100200, issuer: TER01}
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("next-door") / "home")) as lab:
        yield lab


@pytest.fixture
def lab(opened: Lab) -> Lab:
    opened.stage(load_scene(SCENE, opened))
    return opened


def dcmtk(lab: Lab, program: str, *arguments: str, calling: str = "ADMIN") -> Any:
    port = str(lab.endpoint("TERTIARY").port)
    command = [need(program), "-d", "-aet", calling, "-aec", "TERTIARY", "127.0.0.1", port, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, errors="replace")


def test_it_sends_a_study_under_its_own_number(lab: Lab) -> None:
    """The PACS has a second number of the same person, of another issuer."""
    done = do(lab, "neighbour.send", study=THEIRS)
    (study,) = lab.look("pacs.studies", study_uid=THEIRS)
    assert (study["patient_id"], study["instances"]) == ("T100200", done["sent"])
    assert (
        lab.pacs.load(lab.look("pacs.instances", study_uid=THEIRS)[0]["sop_uid"]).dataset().IssuerOfPatientID == "TER01"
    )


def test_a_study_that_it_has_not_cannot_be_sent(lab: Lab) -> None:
    """NotFound, with where to look."""
    outcome = lab.perform("neighbour.send", {"study": "2.25.1"})
    assert not outcome.ok and "holds no study" in outcome.summary


def test_a_refusing_pacs_is_said(lab: Lab) -> None:
    """The status of the first that was refused, and no success."""
    do(lab, "pacs.configure", quota_kb=1, make_space=False)
    outcome = lab.perform("neighbour.send", {"study": THEIRS})
    assert not outcome.ok and outcome.data["failed"] > 0 and "A700" in outcome.data["problem"]


def test_what_the_pacs_has_not_cannot_be_fetched(lab: Lab) -> None:
    """The PACS answers success and sends nothing; that is none."""
    outcome = lab.perform("neighbour.fetch", {"study": "1.2.3"})
    assert not outcome.ok and "PACS has no study 1.2.3" in outcome.summary


def test_what_it_fetches_is_kept_under_its_number_and_receipted(lab: Lab) -> None:
    """The number that was sent is in the receipt and in the Original Attributes; the digest is of what the PACS has."""
    done = do(lab, "neighbour.fetch", study=ZELLER)
    held = lab.look("pacs.instances", study_uid=ZELLER)
    assert done["completed"] == len(held)
    (receipt,) = lab.look("neighbour.receipts", study_uid=ZELLER)
    assert (receipt["source"], receipt["sent_id"], receipt["sent_issuer"]) == ("PACS", "4100068", "RXX01")
    assert (receipt["number"], receipt["instances"]) == ("T500001", len(held))
    uids = "\n".join(sorted(row["sop_uid"] for row in held))
    assert receipt["digest"] == hashlib.sha256(uids.encode()).hexdigest()[:16]
    instance = lab.neighbour._holdings.study(ZELLER)[0].dataset()
    former = instance.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (instance.PatientID, instance.IssuerOfPatientID, former.PatientID) == ("T500001", "TER01", "4100068")


def test_the_same_person_keeps_the_same_number(lab: Lab) -> None:
    """Sent by the PACS's own queue and fetched: one number; another person gets the next."""
    do(lab, "neighbour.fetch", study=ZELLER)
    do(lab, "dicom.move", destination="TERTIARY", keys={"StudyInstanceUID": "2.25.30900041"})
    do(lab, "neighbour.fetch", study=ZELLER)
    assert [(row["number"], row["patient_id"]) for row in lab.look("neighbour.persons")] == [
        ("T500001", "4100068"), ("T500002", "4100041"),
    ]  # fmt: skip


def test_without_own_numbers_what_comes_is_kept_as_it_was_sent(lab: Lab) -> None:
    """Byte for byte, and nobody gets a number."""
    do(lab, "neighbour.configure", own_numbers=False)
    do(lab, "neighbour.fetch", study=ZELLER)
    kept = {one.header().sop_instance_uid: one.encoded for one in lab.neighbour._holdings.study(ZELLER)}
    sent = {
        row["sop_uid"]: lab.pacs.load(row["sop_uid"]).encoded for row in lab.look("pacs.instances", study_uid=ZELLER)
    }
    assert kept == sent
    assert lab.look("neighbour.persons") == []


def test_what_went_there_and_back_is_a_stranger_s(lab: Lab) -> None:
    """The same instances come home under the neighbour's number: the PACS keeps the first ones."""
    do(lab, "neighbour.fetch", study=ZELLER)
    lab.perform("neighbour.send", {"study": ZELLER})
    (study,) = lab.look("pacs.studies", study_uid=ZELLER)
    assert study["patient_id"] == "4100068"


def test_it_queries_the_pacs(lab: Lab) -> None:
    """C-FIND from its own title."""
    rows = do(lab, "neighbour.find", keys={"PatientName": "ZELLER*", "StudyInstanceUID": ""})["rows"]
    assert [row["StudyInstanceUID"] for row in rows] == [ZELLER]


@pytest.mark.parametrize(
    ("keys", "matches"),
    [(["QueryRetrieveLevel=STUDY", "PatientName=VANCE*", "StudyInstanceUID"], 1),
     (["QueryRetrieveLevel=STUDY", "PatientID=T100200", "ModalitiesInStudy=CT"], 1),
     (["QueryRetrieveLevel=STUDY", "PatientID=4100050"], 0),
     (["QueryRetrieveLevel=STUDY", "StudyDate=20200101-20200102"], 0),
     (["QueryRetrieveLevel=SERIES", f"StudyInstanceUID={THEIRS}", "SeriesInstanceUID"], 2)],
)  # fmt: skip
def test_it_is_queried_by_its_own_numbers(lab: Lab, keys: list[str], matches: int) -> None:
    """findscu of DCMTK in the study root."""
    told = dcmtk(lab, "findscu", "-S", *(part for key in keys for part in ("-k", key))).stderr
    assert told.count("Pending") == matches, told[-2000:]
    assert "0x0000: Success" in told


def test_a_level_of_another_model_is_a900(lab: Lab) -> None:
    """PATIENT in the study root."""
    assert "a900" in dcmtk(lab, "findscu", "-S", "-k", "QueryRetrieveLevel=PATIENT").stderr.lower()


def test_a_stranger_is_refused(lab: Lab) -> None:
    """Calling AE title not recognised."""
    assert dcmtk(lab, "echoscu", calling="ROGUE").returncode != 0
    assert dcmtk(lab, "echoscu").returncode == 0


def test_the_pacs_s_administrator_retrieves_from_it(lab: Lab) -> None:
    """C-MOVE at the neighbour to the PACS, C-GET to the workstation; nobody else is known there."""
    keys = {"StudyInstanceUID": THEIRS}
    moved = do(lab, "dicom.move", to="TERTIARY", destination="PACS", keys=keys)
    assert moved["completed"] == len(lab.look("pacs.instances", study_uid=THEIRS)) > 0
    got = do(lab, "dicom.get", to="TERTIARY", keys=keys)
    assert got["completed"] == moved["completed"]
    refused = lab.perform("dicom.move", {"to": "TERTIARY", "destination": "THEATRE", "keys": keys})
    assert not refused.ok and "A801" in refused.summary


@pytest.mark.parametrize("changes", [{}, {"pacs_port": 0}, {"issuer": ""}, {"prefix": "x1"}, {"colour": "red"}])
def test_a_bad_setting_changes_nothing(lab: Lab, changes: dict[str, Any]) -> None:
    """The error names it."""
    before = lab.look("neighbour.settings")
    outcome = lab.perform("neighbour.configure", changes)
    assert not outcome.ok and next(iter(changes), "no setting") in outcome.summary
    assert lab.look("neighbour.settings") == before


@pytest.mark.parametrize(
    ("action", "given"),
    [("neighbour.set_peer", {"title": "A\\B", "port": 104}), ("neighbour.set_peer", {"title": "A", "port": 0}),
     ("neighbour.remove_peer", {"title": "NOBODY"}), ("neighbour.send", {"study": THEIRS, "to": "NOBODY"}),
     ("neighbour.find", {"to": "NOBODY"}), ("neighbour.fetch", {"study": THEIRS, "source": "NOBODY"})],
)  # fmt: skip
def test_strange_peers_are_refused(lab: Lab, action: str, given: dict[str, Any]) -> None:
    """And the table stays as it was."""
    before = lab.look("neighbour.peers")
    assert not lab.perform(action, given).ok
    assert lab.look("neighbour.peers") == before


def test_it_sends_to_whoever_stands_in_its_table(lab: Lab) -> None:
    """By its own send and by C-MOVE of DCMTK; taken out of the table, A801 again."""
    do(lab, "viewer.configure", viewer="THEATRE", callers=["TERTIARY", "PACS"])
    do(lab, "neighbour.set_peer", title="THEATRE", port=lab.endpoint("THEATRE").port)
    assert [row["title"] for row in lab.look("neighbour.peers")] == ["PACS", "THEATRE"]
    told = dcmtk(
        lab, "movescu", "-S", "-aem", "THEATRE", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={THEIRS}"
    ).stderr
    assert "0x0000: Success" in told, told[-2000:]
    assert len(lab.look("viewer.holds", system="THEATRE")) == lab.look("neighbour.studies")[0]["instances"]
    assert do(lab, "neighbour.send", study=THEIRS, to="THEATRE")["failed"] == 0
    do(lab, "neighbour.remove_peer", title="THEATRE")
    assert not lab.perform(
        "dicom.move", {"to": "TERTIARY", "destination": "THEATRE", "keys": {"StudyInstanceUID": THEIRS}}
    ).ok


def test_a_scene_brings_peers_along(opened: Lab) -> None:
    """`system: TERTIARY` in the table of peers."""
    opened.stage(load_scene(f"{SCENE}peers:\n- {{system: TERTIARY, title: CLINIC, at: CLINIC}}\n", opened))
    (clinic,) = opened.look("neighbour.peers", title="CLINIC")
    assert clinic["port"] == opened.endpoint("CLINIC").port
