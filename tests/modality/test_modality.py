"""A scanner over real sockets: worklist, scan, a queue that outlives refusal, and its log."""

import subprocess
from typing import Any

import pytest

from simlab import provenance
from simlab.config import LOOPBACK
from simlab.department.modality import VIEWS, ModalityStage, StudyFacts, render
from simlab.dicom.client import DicomRefused, Unreachable
from simlab.errors import BadInput, NotFound
from simlab.faults import Fault
from tests.modality.conftest import ITEM, Department, until
from tests.tools import need

FACTS = StudyFacts("RXX9", "Staged^Ann", "20260301", "101500", accession="A9")


def view(department: Department, name: str, **filters: Any) -> list[dict[str, Any]]:
    with department.store.read() as tx:
        return VIEWS[name](tx, **filters)


def test_the_scanner_echoes_from_its_own_title(department: Department) -> None:
    """C-ECHO to PACS and RIS, each in the scanner's log as SCU."""
    assert department.scanner.echo()["status"] == "0000"
    assert department.scanner.echo("RIS")["status"] == "0000"
    data = [event.data for event in department.events("dicom.operation")]
    assert [(d["role"], d["service"], d["calling"], d["called"]) for d in data] == [
        ("scu", "C-ECHO", "CT1", "PACS"),
        ("scu", "C-ECHO", "CT1", "RIS"),
    ]


def test_a_refused_echo_says_who_refused_and_why(department: Department) -> None:
    """The rejection's source and reason are in the log, and the caller gets them too."""
    department.known.clear()
    with pytest.raises(DicomRefused, match="calling AE title not recognised"):
        department.scanner.echo()
    data = department.events("dicom.association")[-1].data
    assert (data["result"], data["source"], data["reason"]) == ("rejected", 1, 3)


def test_a_closed_port_is_told_from_a_refusal(department: Department) -> None:
    """Nothing listens: unreachable, not rejected."""
    department.scanner.configure(pacs_port=1)
    with pytest.raises(Unreachable):
        department.scanner.echo()
    assert department.events("dicom.association")[-1].data["result"] == "unreachable"


def test_the_worklist_query_is_the_scanner_s_filter(department: Department) -> None:
    """Station, modality and the hospital's today go into the scheduled step's keys."""
    rows = department.scanner.worklist()
    step = department.asked[0]["keys"].ScheduledProcedureStepSequence[0]
    assert step.ScheduledStationAETitle == "CT1"
    assert step.Modality == "CT"
    assert step.ScheduledProcedureStepStartDate == "20260302"
    assert [(row["accession"], row["patient_name"], row["exam"], row["time"]) for row in rows] == [
        ("A100", "Núñez^José", "CSKUH", "0900")
    ]


def test_a_cleared_filter_asks_for_everything(department: Department) -> None:
    """An empty station and all dates are universal keys."""
    department.scanner.configure(filter_station="", filter_date="all")
    department.scanner.worklist()
    step = department.asked[0]["keys"].ScheduledProcedureStepSequence[0]
    assert not step.ScheduledStationAETitle
    assert not step.ScheduledProcedureStepStartDate


def test_a_scan_takes_the_identity_of_its_worklist_item(department: Department) -> None:
    """Study UID, accession, patient and request are the RIS's; the images arrive and the queue is empty."""
    done = department.scanner.scan("A100")
    assert (done["sent"], done["waiting"], done["recipe"]) == (12, 0, "ct-head")
    header = department.taken[0].header()
    assert (header.study_uid, header.accession, header.patient_id, header.patient_name) == (
        "2.25.100", "A100", "RXX100", "Núñez^José",
    )  # fmt: skip
    assert (header.study_date, header.study_time) == ("20260302", "074000")
    assert department.taken[0].dataset().RequestAttributesSequence[0].RequestedProcedureID == "P100"
    assert view(department, "queue") == []
    assert {row["sent_at"] for row in view(department, "held", system="CT1")} == {"2026-03-02T07:40:00"}


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PatientBirthDate", "3rd of Feb"), ("PatientName", "A^" + "B" * 300), ("PatientSex", "unknown"),
     ("AccessionNumber", "A" * 40), ("StudyInstanceUID", "not-a-uid"), ("StudyInstanceUID", "")],
)  # fmt: skip
def test_an_odd_worklist_item_is_examined_as_it_stands(department: Department, keyword: str, value: str) -> None:
    """Scanners write into the images what the worklist gives them; nothing breaks."""
    department.offered = [{**ITEM, keyword: value}]
    assert department.scanner.scan()["sent"] == 12
    assert department.scanner.worklist()[0]["patient_id"] == "RXX100"


def test_a_second_scan_of_the_same_patient_makes_new_images(department: Department) -> None:
    """Repeating an examination adds series to the study; no UID is used twice."""
    department.scanner.scan("A100")
    department.scanner.scan("A100")
    headers = [instance.header() for instance in department.taken]
    assert len({header.sop_instance_uid for header in headers}) == 24
    assert len({header.study_uid for header in headers}) == 1


def test_an_accession_that_is_not_offered_is_not_scanned(department: Department) -> None:
    """The error says what the list does show."""
    with pytest.raises(NotFound, match="it shows A100"):
        department.scanner.scan("A999")
    assert view(department, "held") == []


@pytest.mark.parametrize("number", ["", " ", "A\\B", "A" * 65])
def test_what_no_console_takes_is_refused(department: Department, number: str) -> None:
    """A patient needs a number, of one value, that fits its VR."""
    with pytest.raises(BadInput):
        department.scanner.scan(None, "ct-head", typed={"patient_id": number, "patient_name": "UNKNOWN^MALE"})
    assert department.taken == []


def test_an_emergency_is_typed_in_without_the_worklist(department: Department) -> None:
    """No query is made; the typed identity and an existing accession are used."""
    typed = {"patient_id": "TEMP1", "patient_name": "Unknown^Male"}
    done = department.scanner.scan("A77", "ct-head", typed=typed)
    assert department.asked == []
    assert (done["patient_id"], done["accession"], done["sent"]) == ("TEMP1", "A77", 12)
    with pytest.raises(BadInput, match="lacks patient_name"):
        department.scanner.scan(typed={"patient_id": "TEMP1"})


def test_what_a_refusing_pacs_does_not_take_waits(department: Department) -> None:
    """The scan itself succeeds; the queue keeps the images and the reason, and `send` drains it once mended."""
    department.known.clear()
    done = department.scanner.scan("A100")
    assert (done["sent"], done["waiting"]) == (0, 12)
    assert "1/1/3" in done["problem"]
    queue = view(department, "queue", system="CT1")
    assert {(row["study_uid"], row["attempts"]) for row in queue} == {("2.25.100", 1)}
    assert department.scanner.busy() == 0
    department.known.add("CT1")
    assert department.scanner.send()["sent"] == 12
    assert len(department.taken) == 12
    assert view(department, "queue") == []


def test_a_full_archive_leaves_its_status_in_the_queue(department: Department) -> None:
    """A700 is the reason, instance by instance, and in the log of the operation."""
    department.status = 0xA700
    assert department.scanner.scan("A100")["waiting"] == 12
    assert all(row["last_error"].startswith("A700") for row in view(department, "queue"))
    data = department.events("dicom.operation")[-1].data
    assert (data["status"], data["completed"], data["failed"]) == ("A700", 0, 12)


def test_a_change_of_settings_tries_the_queue_at_once(department: Department) -> None:
    """Correcting the PACS's port is enough; the automatic send is the modality's, caused by the scan's event."""
    department.scanner.configure(pacs_port=1)
    with provenance.acting(provenance.TRAINEE, 7):
        assert department.scanner.scan("A100")["waiting"] == 12
    department.scanner.configure(pacs_port=department.pacs_port)
    until(lambda: department.scanner.busy() == 0 and not view(department, "queue"))
    event = department.events("dicom.operation")[-1]
    assert (event.actor, event.cause, event.data["completed"]) == (provenance.MODALITY, 7, 12)


def test_a_staged_queue_is_tried_again_in_the_background(department: Department) -> None:
    """The scene's waiting study goes when its time comes, and nothing is busy before."""
    department.scanner.close()
    department.scanner = department.make(retry_seconds=0.05)
    department.scanner.open(LOOPBACK, 0)
    stage = ModalityStage(
        settings=department.settings(), queued=render("us-aorta", FACTS, 1), queue_error="A700 out of resources"
    )
    department.scanner.stage(stage)
    until(lambda: len(department.taken) == 2)
    until(lambda: view(department, "queue") == [])


def test_the_queue_survives_the_process(department: Department) -> None:
    """A scanner started anew on the same store sends what the old one could not."""
    department.known.clear()
    department.scanner.scan("A100")
    department.scanner.close()
    department.scanner = department.make()
    department.known.add("CT1")
    assert department.scanner.send()["sent"] == 12
    assert [instance.pixels for instance in department.taken] == [i.pixels for i in render("ct-head", FACTS, 0)]


def test_an_unknown_setting_lists_the_known_ones(department: Department) -> None:
    """And nothing is changed, not even the good one beside it."""
    with pytest.raises(BadInput, match="ae_title"):
        department.scanner.configure(ae_tittle="CT9", filter_date="all")
    assert department.scanner.settings().filter_date == "today"


@pytest.mark.parametrize(
    ("key", "value"),
    [("ae_title", "A" * 17), ("ae_title", ""), ("pacs_port", 0), ("pacs_port", "x"), ("character_set", "KLINGON"),
     ("filter_date", "tomorrow"), ("accept", "A\\B"), ("modality", "../x")],
)  # fmt: skip
def test_a_bad_setting_is_refused(department: Department, key: str, value: Any) -> None:
    """The error names the setting."""
    with pytest.raises(BadInput, match=key):
        department.scanner.configure(**{key: value})


def test_a_changed_setting_is_seen_and_logged(department: Department) -> None:
    """View, console event and the record of changes agree, with the actor."""
    with provenance.acting(provenance.TRAINEE):
        department.scanner.configure(pacs_title="ARCHIVE", accept="PACS,RIS")
    config = {row["key"]: row["value"] for row in view(department, "config", system="CT1")}
    assert (config["pacs_title"], config["accept"], config["pacs_port"]) == (
        "ARCHIVE", ["PACS", "RIS"], department.pacs_port,
    )  # fmt: skip
    event = department.events("console")[-1]
    assert (event.actor, event.data["changed"]["pacs_title"]) == (provenance.TRAINEE, ["PACS", "ARCHIVE"])
    with department.store.read() as tx:
        changed = tx.execute("SELECT key, actor FROM lab_change WHERE tbl='modality_config' AND actor='trainee'")
        assert [row["key"] for row in changed] == ["CT1/pacs_title", "CT1/accept"]


@pytest.mark.parametrize(("calling", "called", "code"), [("ADMIN", "CT1", 0), ("ROGUE", "CT1", 1), ("ADMIN", "CT9", 1)])
def test_the_scanner_s_door_answers_those_it_accepts(
    department: Department, calling: str, called: str, code: int
) -> None:
    """echoscu of DCMTK: a known caller of the right title gets 0000, a stranger and a wrong title are rejected."""
    port = str(department.scanner.endpoints["CT1"].port)
    command = [need("echoscu"), "-to", "5", "-aet", calling, "-aec", called, LOOPBACK, port]
    assert (subprocess.run(command, capture_output=True, timeout=20, check=False).returncode != 0) == bool(code)


def test_scanners_share_tables_and_see_only_their_own(department: Department) -> None:
    """The other scanner of the lab has its defaults and an empty disk."""
    department.scanner.scan("A100")
    assert view(department, "held", system="US1") == []
    config = {row["key"]: row["value"] for row in view(department, "config", system="US1")}
    assert (config["ae_title"], config["modality"], config["filter_station"]) == ("US1", "US", "US1")


def test_a_fault_spoils_what_the_scanner_sends_and_not_what_it_holds(department: Department) -> None:
    """The object that the fault counts goes out without its name; the scanner's own copy, sent again, has it."""
    effect = {"missing": "PatientName"}
    department.faults.declare([Fault(id="nameless", point="instance", system="CT1", effect=effect, count=1)])
    department.scanner.scan("A100")
    spoiled = [instance for instance in department.taken if "PatientName" not in instance.dataset()]
    assert (len(department.taken), len(spoiled)) == (12, 1)
    department.faults.declare([])
    department.scanner.send([one.header().sop_instance_uid for one in department.taken])
    assert all("PatientName" in instance.dataset() for instance in department.taken[12:])
    assert len(department.taken) == 24
