"""Quirks that a scene gives a scanner, as DCMTK sees them on the wire: storescp in the place of the PACS."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, build_role
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from simlab import journal as kinds
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.scene import load_scene
from tests.lab.test_workflow import do
from tests.modality.conftest import until
from tests.tools import need

YEO, DUNMORE = "RXX10000033", "RXX10000041"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("wire") / "home")) as lab:
        yield lab


@dataclass
class Archive:
    """storescp of DCMTK: its log, and what it has received."""

    log: Path
    folder: Path

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def associations(self) -> int:
        return self.text().count("Association Acknowledged")

    def dumped(self, *tags: str) -> list[list[str]]:
        """The values of elements in each file, by dcmdump, in the order the files came."""
        found = []
        for path in sorted(self.folder.iterdir(), key=lambda one: one.stat().st_mtime_ns):
            command = [need("dcmdump"), *(part for tag in tags for part in ("+P", tag)), str(path)]
            told = subprocess.run(command, capture_output=True, text=True, check=True, errors="replace").stdout
            found.append(re.findall(r"\[(.*?)\]", told))
        return found


@contextmanager
def archive(tmp_path: Path, *options: str) -> Iterator[tuple[int, Archive]]:
    """storescp on a free port."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    place = Archive(tmp_path / "storescp.log", tmp_path / "received")
    place.folder.mkdir()
    with place.log.open("w") as log:
        command = [need("storescp"), "-d", "--fork", "+uf", "-od", str(place.folder), *options, str(port)]
        with subprocess.Popen(command, stdout=log, stderr=log) as scp:
            try:
                until(lambda: _answers(port), 10)
                yield port, place
            finally:
                scp.terminate()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def staged(lab: Lab, port: int, scanner: str, settings: str) -> Lab:
    """The small hospital, where one scanner sends to storescp, everybody is listed, and the YAML adds the rest."""
    lab.stage(
        load_scene(
            "use: [_lib/small-hospital]\nsettings:\n  RIS: {worklist_shows: [booked, arrived]}\n"
            f"  {scanner}: {{pacs_title: STORESCP, pacs_port: {port}, {settings}}}\n",
            lab,
        )
    )
    return lab


def scanned(lab: Lab, scanner: str, **given: Any) -> dict[str, Any]:
    return do(lab, "modality.scan", modality=scanner, **given)


def test_one_association_per_image(opened: Lab, tmp_path: Path) -> None:
    """As many associations as images; without the quirk one."""
    with archive(tmp_path) as (port, scp):
        done = scanned(staged(opened, port, "US1", "quirks: []"), "US1", accession=YEO)
        until(lambda: scp.text().count("Association Release") == 1, 10)
        before = scp.associations()
        again = scanned(staged(opened, port, "US1", "quirks: [one_association_per_image]"), "US1", accession=YEO)
        until(lambda: scp.associations() == before + again["instances"], 10)
    assert done["instances"] == again["instances"] > 1


def test_implicit_only(opened: Lab, tmp_path: Path) -> None:
    """Nothing but little endian implicit is offered, and the files are in it."""
    with archive(tmp_path) as (port, scp):
        scanned(staged(opened, port, "CT1", "quirks: [implicit_only]"), "CT1", accession="RXX10000025")
        until(lambda: "Association Release" in scp.text(), 10)
    offered = set(re.findall(r"Proposed Transfer Syntax\(es\):\nD:\s+=(\w+)", scp.text()))
    accepted = set(re.findall(r"Accepted Transfer Syntax: =(\w+)", scp.text()))
    assert offered == accepted == {"LittleEndianImplicit"}


def test_titles_filled_up_with_nul(opened: Lab, tmp_path: Path) -> None:
    """DCMTK takes the association, for C reads up to the NUL; the RIS of the lab, which reads PS3.8, aborts it."""
    typed = {"patient_id": "RXX7", "patient_name": "A^B"}
    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "title_padding: nul")
        scanned(lab, "US1", typed=typed, recipe="us-aorta")
        until(lambda: "Association Release" in scp.text(), 10)
    assert re.search(r"Calling Application Name:\s+US1\n", scp.text())
    assert not lab.perform("modality.worklist", {"modality": "US1"}).ok


def test_a_retry_storm(opened: Lab, tmp_path: Path) -> None:
    """A PACS that refuses everybody is knocked at again and again; without the quirk once."""
    with archive(tmp_path, "--refuse") as (port, scp):
        lab = staged(opened, port, "US1", "quirks: [retry_storm]")
        scanned(lab, "US1", accession=YEO)
        until(lambda: scp.text().count("D: Association Received") >= 6, 15)
        do(lab, "modality.configure", modality="US1", quirks="")
    assert lab.look("modality.queue", system="US1")


def test_its_own_study_uid(opened: Lab, tmp_path: Path) -> None:
    """Accession of the worklist, a Study Instance UID that the RIS never gave."""
    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "quirks: [own_study_uid]")
        scanned(lab, "US1", accession=YEO)
        until(lambda: "Association Release" in scp.text(), 10)
        found = scp.dumped("0008,0050", "0020,000d")
    (step,) = lab.look("ris.steps", accession=YEO)
    assert {row[0] for row in found} == {YEO}
    assert step["study_uid"] not in {row[1] for row in found}


def test_the_wrong_side(opened: Lab, tmp_path: Path) -> None:
    """A right knee is sent as a left one."""
    typed = {"patient_id": "4100033", "patient_name": "YEO^HUI MIN"}
    with archive(tmp_path) as (port, scp):
        for quirks in ("[]", "[wrong_laterality]"):
            lab = staged(opened, port, "DX1", f"quirks: {quirks}")
            scanned(lab, "DX1", typed=typed, recipe="dx-knee", laterality="R")
        until(lambda: scp.text().count("Association Release") == 2, 10)
        sides = [set(row) for row in scp.dumped("0020,0060", "0020,0062") if row]
    assert sides[0] == {"R"} and sides[-1] == {"L"}


def test_uids_that_come_again(opened: Lab, tmp_path: Path) -> None:
    """Two patients, the same SOP Instance UIDs."""
    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "quirks: [uid_reuse]")
        done = [scanned(lab, "US1", accession=one) for one in (YEO, DUNMORE)]
        until(lambda: scp.text().count("Association Release") == 2, 10)
        found = scp.dumped("0008,0018", "0010,0020")
    assert len(found) == sum(one["instances"] for one in done)
    assert len({row[0] for row in found}) == len(found) // 2
    assert {row[1] for row in found} == {"4100033", "4100041"}


def test_an_old_character_set_and_a_clock_that_is_ahead(opened: Lab, tmp_path: Path) -> None:
    """Question marks for what ISO_IR 6 lacks, the time an hour later, and its zone."""
    typed = {"patient_id": "RXX7", "patient_name": "Núñez^José"}
    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "character_set: ISO_IR 6, clock_drift: 3600, utc_offset: '+0100'")
        scanned(lab, "US1", typed=typed, recipe="us-aorta")
        until(lambda: "Association Release" in scp.text(), 10)
        (first, *_) = scp.dumped("0010,0010", "0008,0030", "0008,0201")
    assert first[0] == "N??ez^Jos?"
    assert first[1][:4] in ("0840", "0841") and first[2] == "+0100"


def test_an_upgrade_resets_what_its_peers_know_it_by(opened: Lab, tmp_path: Path) -> None:
    """The calling title on the wire is the works', and nobody was told."""
    typed = {"patient_id": "RXX7", "patient_name": "A^B"}
    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "quirks: []")
        do(lab, "modality.upgrade", modality="US1")
        scanned(lab, "US1", typed=typed, recipe="us-aorta")
        until(lambda: "Association Release" in scp.text(), 10)
        assert re.search(r"Calling Application Name:\s+ANYSCANNER\n", scp.text())


def test_a_correction_is_sent_under_the_same_uids(opened: Lab, tmp_path: Path) -> None:
    """The same instances twice, of two patients."""
    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "quirks: []")
        done = scanned(lab, "US1", accession=YEO)
        do(lab, "modality.correct", modality="US1", accession=YEO, identity={"patient_id": "4100017"})
        until(lambda: scp.text().count("Association Release") == 2, 10)
        found = scp.dumped("0008,0018", "0010,0020")
    assert len(found) == 2 * done["instances"] and len({row[0] for row in found}) == done["instances"]
    assert {row[1] for row in found} == {"4100033", "4100017"}


def test_a_step_is_ended_late(opened: Lab, tmp_path: Path) -> None:
    """N-CREATE at once, N-SET so many minutes of the lab's clock later; with nobody there too, and once."""

    def told(service: str) -> list[dict[str, Any]]:
        events = opened.journal.events(kinds=(kinds.OPERATION,), system="RIS")
        return [one.data for one in events if one.data["service"] == service]

    with archive(tmp_path) as (port, scp):
        lab = staged(opened, port, "US1", "quirks: [late_n_set], late_minutes: 20, mpps: true, poll_seconds: 0.1")
        begun = lab.clock.now().replace(second=0, microsecond=0)
        lab.clock.set(begun, speed=0)
        scanned(lab, "US1", accession=YEO)
        until(lambda: "Association Release" in scp.text(), 10)
        created, changed = len(told("N-CREATE")), len(told("N-SET"))
        lab.clock.set(begun + timedelta(minutes=19), speed=0)
        lab.settle()
        (step,) = lab.look("ris.mpps", accession=YEO)
        assert (step["status"], created, changed) == ("IN PROGRESS", len(told("N-CREATE")), len(told("N-SET")))
        lab.clock.set(begun + timedelta(minutes=20), speed=0)
        until(lambda: lab.look("ris.mpps", accession=YEO)[0]["status"] == "COMPLETED", 10)
    assert len(told("N-SET")) == changed + 1
    do(lab, "modality.configure", modality="US1", quirks="")


@pytest.mark.parametrize(("quirks", "granted"), [("[]", True), ("[no_role_selection]", False)])
def test_who_brings_a_report_of_commitment_is_granted_the_role_or_not(
    opened: Lab, tmp_path: Path, quirks: str, granted: bool
) -> None:
    """PS3.7 D.3.3.4: the archive asks to be the SCP of the association that it opens."""
    lab = staged(opened, 1, "CT1", f"quirks: {quirks}, accept: [PACS, PYNETDICOM]")
    end = lab.endpoint("CT1")
    caller = AE("PYNETDICOM")
    caller.add_requested_context(StorageCommitmentPushModel)
    role = build_role(StorageCommitmentPushModel, scp_role=True)
    association = caller.associate(end.host, end.port, ae_title=end.ae_title, ext_neg=[role])
    assert association.is_established
    try:
        (context,) = association.accepted_contexts
        assert context.as_scp is granted
    finally:
        association.release()


def test_a_mobile_shows_the_list_that_the_scene_has_it_bring(opened: Lab) -> None:
    """A name that the RIS has mended since; the RIS is asked for nothing until the mobile is docked."""
    opened.stage(
        load_scene(
            "use: [_lib/small-hospital]\nsettings:\n  US1: {quirks: [cached_list]}\nkept_lists:\n"
            "- scanner: US1\n  taken: yesterday 17:00\n"
            f"  rows: [{{accession: {YEO}, was: {{patient_name: OLD^NAME}}}}]\n",
            opened,
        )
    )

    def asked() -> int:
        events = opened.journal.events(kinds=(kinds.OPERATION,), system="RIS")
        return sum(one.data["service"] == "C-FIND" for one in events)

    before = asked()
    (row,) = do(opened, "modality.worklist", modality="US1")["rows"]
    assert (row["accession"], row["patient_name"], asked()) == (YEO, "OLD^NAME", before)
    docked = do(opened, "modality.worklist", modality="US1", dock=True)["rows"]
    assert asked() == before + 1 and "OLD^NAME" not in {row["patient_name"] for row in docked}


@contextmanager
def worklists(tmp_path: Path, *accessions: str) -> Iterator[tuple[int, Path]]:
    """wlmscpfs of DCMTK with an item for each accession number: its port and its log."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    folder, log = tmp_path / "lists" / "WLM", tmp_path / "wlmscpfs.log"
    folder.mkdir(parents=True)
    (folder / "lockfile").touch()
    for accession in accessions:
        item = worklist_item(accession)
        item.save_as(folder / f"{accession}.wl", enforce_file_format=True)
    with log.open("w") as told:
        command = [need("wlmscpfs"), "-d", "-dfp", str(folder.parent), "--single-process", str(port)]
        with subprocess.Popen(command, stdout=told, stderr=told) as scp:
            try:
                until(lambda: _answers(port), 10)
                yield port, log
            finally:
                scp.terminate()


def worklist_item(accession: str) -> Dataset:
    """What wlmscpfs wants of an item (type 1 keys)."""
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = "US", "US9"
    step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = "20260301", "090000"
    step.ScheduledPerformingPhysicianName, step.ScheduledProcedureStepDescription = "", "US aorta"
    step.ScheduledProcedureStepID = "S1"
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.AccessionNumber, ds.PatientName, ds.PatientID = accession, "LIST^ANN", "RXX1"
    ds.PatientBirthDate, ds.PatientSex, ds.StudyInstanceUID = "19700101", "F", f"2.25.{accession}"
    ds.RequestedProcedureID, ds.RequestedProcedureDescription = "P1", "US aorta"
    ds.ScheduledProcedureStepSequence = [step]
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2.276.0.7230010.3.1.0.1"
    return ds


def listed(lab: Lab, **given: Any) -> set[str]:
    return {row["accession"] for row in do(lab, "modality.worklist", modality="US1", **given)["rows"]}


def test_a_filter_that_is_ignored_and_a_list_that_is_kept(opened: Lab, tmp_path: Path) -> None:
    """wlmscpfs is asked for everything, and then, until the mobile is docked, for nothing more."""
    with worklists(tmp_path, "701", "702") as (port, log):
        lab = staged(opened, 1, "US1", f"ris_title: WLM, ris_port: {port}")
        assert listed(lab) == set()
        do(lab, "modality.configure", modality="US1", quirks=["ignores_matches", "cached_list"])
        assert listed(lab) == {"701", "702"}
        (tmp_path / "lists" / "WLM" / "702.wl").unlink()
        asked = log.read_text(errors="replace").count("Association Acknowledged")
        assert listed(lab) == {"701", "702"}
        assert log.read_text(errors="replace").count("Association Acknowledged") == asked
        assert listed(lab, dock=True) == {"701"}
        assert log.read_text(errors="replace").count("Association Acknowledged") > asked
