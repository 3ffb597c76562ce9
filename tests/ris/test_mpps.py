"""Performed procedure steps, with pynetdicom as the modality: the state machine, and what it does to orders."""

import pytest
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import ModalityPerformedProcedureStep, ModalityPerformedProcedureStepRetrieve

from simlab.errors import BadInput, NotFound

ACCESSION = "RXX10000001"
OTHER = "RXX10000002"


class Modality:
    """One MPPS SCU."""

    def __init__(self, lab):
        self.lab = lab
        self.uid = generate_uid()

    def ask(self, sop_class, call, calling="CT1"):
        ae = AE(calling)
        ae.add_requested_context(sop_class)
        association = ae.associate("127.0.0.1", self.lab.dicom, ae_title="RIS")
        assert association.is_established
        try:
            return call(association)
        finally:
            association.release()

    def create(self, *, calling="CT1", **changes):
        """N-CREATE of the step of `ACCESSION`, with `changes`; None leaves an attribute out."""
        made = self.ask(
            ModalityPerformedProcedureStep,
            lambda a: a.send_n_create(self.attributes(**changes), ModalityPerformedProcedureStep, self.uid),
            calling,
        )
        return made[0].Status

    def attributes(self, accession=ACCESSION, step_id=None, **changes):
        step = self.lab.one("steps", accession=accession) if accession else None
        item = Dataset()
        item.StudyInstanceUID = step["study_uid"] if step else generate_uid()
        item.AccessionNumber = accession
        item.ScheduledProcedureStepID = step["step_id"] if step_id is None and step else step_id or ""
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 100"
        ds.ScheduledStepAttributesSequence = [item]
        ds.PatientName, ds.PatientID = "MÜLLER^JÜRGEN", step["patient_id"] if step else "TEMP1"
        ds.PatientBirthDate, ds.PatientSex = "19501212", "M"
        ds.PerformedProcedureStepID, ds.PerformedStationAETitle, ds.Modality = "PPS1", "CT1", "CT"
        ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = "20260302", "081500"
        ds.PerformedProcedureStepStatus = "IN PROGRESS"
        for keyword, value in changes.items():
            if value is None:
                delattr(ds, keyword)
            else:
                setattr(ds, keyword, value)
        return ds

    def set(self, status=None, **changes):
        """N-SET; a final status comes with what it needs."""
        ds = Dataset()
        if status:
            ds.PerformedProcedureStepStatus = status
            ds.PerformedProcedureStepEndDate, ds.PerformedProcedureStepEndTime = "20260302", "083000"
            series = Dataset()
            series.SeriesInstanceUID = generate_uid()
            image = Dataset()
            image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", generate_uid()
            series.ReferencedImageSequence = [image]
            ds.PerformedSeriesSequence = [series]
        for keyword, value in changes.items():
            setattr(ds, keyword, value)
        return self.ask(
            ModalityPerformedProcedureStep, lambda a: a.send_n_set(ds, ModalityPerformedProcedureStep, self.uid)
        )[0]

    def get(self, *keywords):
        return self.ask(
            ModalityPerformedProcedureStepRetrieve,
            lambda a: a.send_n_get([Tag(k) for k in keywords], ModalityPerformedProcedureStepRetrieve, self.uid),
        )


@pytest.fixture
def modality(lab):
    return Modality(lab)


def reason(code, meaning="x"):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
    return [item]


def state(lab, accession=ACCESSION):
    assert lab.one("orders", accession=accession)["state"] == lab.one("steps", accession=accession)["state"]
    return lab.one("orders", accession=accession)["state"]


def test_row_30_of_the_conformance_table(modality):
    """Create 0000; again 0111; create as COMPLETED 0106; set unknown 0112; set after completion 0110."""
    assert modality.create() == 0x0000
    assert modality.create() == 0x0111
    assert Modality(modality.lab).create(PerformedProcedureStepStatus="COMPLETED") == 0x0106
    assert Modality(modality.lab).set("COMPLETED").Status == 0x0112
    assert modality.set("COMPLETED").Status == 0x0000
    again = modality.set("DISCONTINUED")
    assert (again.Status, again.ErrorID) == (0x0110, 0xA710)


def test_a_step_that_begins_and_ends_takes_its_order_along(lab, modality):
    """Arrived → in_progress → performed; the list no longer shows it."""
    assert state(lab) == "arrived"
    modality.create()
    assert state(lab) == "in_progress"
    assert lab.view("worklist") == []
    modality.set("COMPLETED")
    assert state(lab) == "performed"
    row = lab.one("mpps", accession=ACCESSION)
    assert (row["status"], row["series"], row["instances"], row["scheduled"], row["conflict"]) == (
        "COMPLETED", 1, 1, True, "",
    )  # fmt: skip


def test_a_discontinued_step_discontinues_its_order_with_the_reason(lab, modality):
    """DISCONTINUED with 110505 is final; the order says why."""
    modality.create()
    codes = reason("110505", "Patient refused to continue procedure")
    modality.set("DISCONTINUED", PerformedProcedureStepDiscontinuationReasonCodeSequence=codes)
    assert state(lab) == "discontinued"
    assert lab.one("orders", accession=ACCESSION)["state_reason"] == "110505 Patient refused to continue procedure"
    assert lab.one("mpps")["reason_code"] == "110505"


def test_a_wrong_worklist_entry_gives_its_order_back(lab, modality):
    """DISCONTINUED with 110514: the scheduled step was never begun and stands on the list again."""
    modality.create()
    modality.set("DISCONTINUED", PerformedProcedureStepDiscontinuationReasonCodeSequence=reason("110514"))
    assert state(lab) == "arrived"
    assert [row["accession"] for row in lab.view("worklist")] == [ACCESSION]


def test_a_step_that_was_only_booked_begins_all_the_same(lab, modality):
    """What the modality does is so, whatever attendance says."""
    modality.create(accession=OTHER)
    assert state(lab, OTHER) == "in_progress"


def test_an_unscheduled_step_refers_to_none(lab, modality):
    """Without a scheduled step ID it is kept, and no order changes."""
    assert modality.create(accession="") == 0x0000
    assert modality.set("COMPLETED").Status == 0x0000
    row = lab.one("mpps")
    assert (row["scheduled"], row["patient_id"], row["status"]) == (False, "TEMP1", "COMPLETED")
    assert state(lab) == "arrived"


def test_what_does_not_agree_with_the_schedule_is_noted(lab, modality):
    """Another patient than the order's, or a cancelled step: accepted, and seen as a conflict."""
    modality.create(PatientID="1000002")
    assert "is of patient 1000001, not 1000002" in lab.one("mpps", accession=ACCESSION)["conflict"]
    late = Modality(lab)
    late.create(accession="RXX10000003")
    assert "cancelled" in lab.one("mpps", accession="RXX10000003")["conflict"]
    assert state(lab, "RXX10000003") == "cancelled"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"PerformedProcedureStepStatus": None}, 0x0120),
        ({"PerformedProcedureStepStatus": ""}, 0x0121),
        ({"PerformedProcedureStepStatus": "DISCONTINUED"}, 0x0106),
        ({"PerformedProcedureStepStatus": "in progress"}, 0x0106),
        ({"PerformedStationAETitle": None}, 0x0120),
        ({"PerformedProcedureStepStartDate": ""}, 0x0121),
    ],
)
def test_a_strict_ris_refuses_what_lacks(lab, modality, changes, status):
    """Type 1 attributes: 0120 when missing, 0121 when empty; nothing is kept."""
    lab.ris.configure(mpps_strict=True)
    assert modality.create(**changes) == status
    assert lab.view("mpps") == []


def test_a_lenient_ris_notes_what_lacks(lab, modality):
    """By default a sloppy modality is not stopped, and its log entry names what lacks."""
    assert modality.create(PerformedStationAETitle=None) == 0x0000
    (event,) = lab.journal.events(kinds=("dicom.operation",))
    assert event.data["lacking"] == ["PerformedStationAETitle"]


def test_a_set_leaves_alone_what_may_not_change(lab, modality):
    """Patient and start are fixed at creation; a description may come later."""
    modality.create()
    modality.set(None, PatientID="9", PerformedProcedureStepDescription="Thorax")
    _, found = modality.get()
    assert (found.PatientID, found.PerformedProcedureStepDescription) == ("1000001", "Thorax")
    assert modality.set("SCHEDULED").Status == 0x0106


def test_the_retrieve_class_gives_the_attributes_asked_for(modality):
    """N-GET of its own SOP class: some, all, one that is not there (0001), an unknown step (0112)."""
    modality.create()
    status, found = modality.get("PatientName", "PerformedProcedureStepStatus")
    assert status.Status == 0x0000
    assert (str(found.PatientName), found.PerformedProcedureStepStatus) == ("MÜLLER^JÜRGEN", "IN PROGRESS")
    assert len(found) <= 3
    assert modality.get()[1].ScheduledStepAttributesSequence[0].AccessionNumber == ACCESSION
    assert modality.get("PatientWeight")[0].Status == 0x0001
    modality.uid = generate_uid()
    assert modality.get()[0].Status == 0x0112


def test_a_service_in_the_wrong_class_is_not_offered(lab, modality):
    """N-CREATE in the Retrieve class, N-GET in the other: 0211."""
    status, _ = modality.ask(
        ModalityPerformedProcedureStepRetrieve,
        lambda a: a.send_n_create(modality.attributes(), ModalityPerformedProcedureStepRetrieve, modality.uid),
    )
    assert status.Status == 0x0211


def test_a_peer_without_the_right_may_not(lab, modality):
    """MPPS is a right of its own: 0124."""
    lab.ris.set_peer("CT1", "127.0.0.1", 104, ["echo", "worklist"])
    assert modality.create() == 0x0124


def test_the_ris_corrects_a_finished_step(lab, modality):
    """Linked to the right order: the wrong one goes back to where it stood, the right one is performed (F.7.2.2.3)."""
    modality.create()
    modality.set("COMPLETED")
    done = lab.ris.correct_step(modality.uid, accession=OTHER)
    assert done["told"] == f"{ACCESSION} → {OTHER}" and done["corrected"] == 1
    assert (state(lab), state(lab, OTHER)) == ("arrived", "performed")
    _, found = modality.get()
    assert found.PatientID == "1000002"
    assert found.ScheduledStepAttributesSequence[0].AccessionNumber == OTHER
    assert modality.set("COMPLETED").Status == 0x0110


def test_the_ris_closes_a_step_that_was_never_closed(lab, modality):
    """A step left in progress is ended at the console, with a reason when it is discontinued."""
    modality.create()
    with pytest.raises(BadInput, match="for a reason"):
        lab.ris.correct_step(modality.uid, status="DISCONTINUED")
    lab.ris.correct_step(modality.uid, status="DISCONTINUED", reason="110501")
    assert state(lab) == "discontinued"
    assert lab.one("mpps")["reason"] == "Equipment failure"


def test_a_correction_that_makes_no_sense_changes_nothing(lab, modality):
    """An unknown step, an unknown order, an order that has ended, nothing said."""
    modality.create()
    before = lab.store.digest()
    for given in ({"accession": "NONE"}, {"accession": "RXX10000003"}, {}, {"status": "LOST"}):
        with pytest.raises((BadInput, NotFound)):
            lab.ris.correct_step(modality.uid, **given)
    with pytest.raises(NotFound):
        lab.ris.correct_step("1.2.3", accession=OTHER)
    assert lab.store.digest() == before


def test_broken_attributes_are_answered(lab, modality):
    """An attribute list that is no data set gets a failure status, and the RIS goes on."""
    from simlab.dicom import contexts, dimse
    from simlab.dicom.client import Peer
    from simlab.dicom.requestor import associate

    peer = Peer("RIS", "127.0.0.1", lab.dicom)
    with associate(peer, "CT1", contexts.supported([contexts.PERFORMED_STEP])) as association:
        (context,) = association.contexts.values()
        command = {
            "AffectedSOPClassUID": contexts.PERFORMED_STEP,
            "AffectedSOPInstanceUID": modality.uid,
            "CommandField": dimse.SERVICES["N-CREATE"],
            "MessageID": 1,
        }
        association.send(context.id, command, b"\x08\x00\x05\x00\xff\xff\xff\xff garbage")
        assert association.receive(5).number("Status") in (0x0110, 0x0120)
    assert modality.create() == 0x0000
