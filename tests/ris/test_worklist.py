"""The worklist answers a modality's query as PS3.4 K says, to DCMTK as to anybody."""

import re
import subprocess

import pytest

from simlab.dicom import client
from simlab.errors import SimlabError
from tests.ris.conftest import until
from tests.tools import need

STEP = "ScheduledProcedureStepSequence"


def ask(lab, calling="CT1", step=None, **keys):
    wanted = {"AccessionNumber": "", "PatientName": "", **keys, STEP: {"ScheduledProcedureStepID": "", **(step or {})}}
    return client.worklist(client.Peer("RIS", "127.0.0.1", lab.dicom), calling, wanted)


def accessions(lab, **asked):
    return [match["AccessionNumber"] for match in ask(lab, **asked).rows]


def findscu(lab, *keys, calling="CT1", called="RIS"):
    command = [need("findscu"), "-d", "-W", "-aet", calling, "-aec", called, "127.0.0.1", str(lab.dicom)]
    for key in keys:
        command += ["-k", key]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20)
    return done.stdout + done.stderr


def show_all(lab):
    lab.ris.configure(worklist_shows=["requested", "booked", "arrived", "cancelled"])


def test_findscu_sees_who_has_arrived(lab):
    """DCMTK's findscu gets the arrived step of its station, and success."""
    out = findscu(
        lab,
        "PatientName",
        "AccessionNumber",
        "ScheduledProcedureStepSequence[0].ScheduledStationAETitle=CT1",
        "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate=20260302",
        "ScheduledProcedureStepSequence[0].Modality=CT",
    )
    assert "RXX10000001" in out and "OKAFOR^GRACE" in out
    assert "RXX10000002" not in out and "RXX10000003" not in out
    assert re.search(r"DIMSE Status\s*: 0x0000", out)


def test_echo_is_answered(lab):
    """The RIS answers C-ECHO."""
    assert client.echo(client.Peer("RIS", "127.0.0.1", lab.dicom), "PINGER") == "0000"


def test_a_stranger_and_a_wrong_called_title_are_refused(lab):
    """An AE title outside the table gets 1/1/3, one that asks for another AE 1/1/7."""
    with pytest.raises(SimlabError, match="1/1/3"):
        ask(lab, calling="ROGUE")
    assert "Called AE Title Not Recognized" in findscu(lab, "PatientName", called="WRONG")


def test_a_peer_without_the_service_gets_no_list(lab):
    """A peer that may only echo is told that it may not ask for the worklist."""
    assert ask(lab, calling="PINGER").status == "0124"


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ({}, ["3", "1", "2"]),
        ({"ScheduledStationAETitle": "CT1"}, ["3", "1"]),
        ({"ScheduledStationAETitle": "ct1"}, []),
        ({"ScheduledStationAETitle": "CT?"}, ["3", "1", "2"]),
        ({"Modality": "US"}, []),
        ({"ScheduledProcedureStepStartDate": "20260302"}, ["1", "2"]),
        ({"ScheduledProcedureStepStartDate": "-20260301"}, ["3"]),
        ({"ScheduledProcedureStepStartDate": "20260301-20260302"}, ["3", "1", "2"]),
        (
            {
                "ScheduledProcedureStepStartDate": "20260301-20260302",
                "ScheduledProcedureStepStartTime": "1500-0810",
            },
            ["3", "1"],
        ),
        (
            {"ScheduledProcedureStepStartDate": "20260302", "ScheduledProcedureStepStartTime": "0815-1200"},
            ["2"],
        ),
        ({"ScheduledPerformingPhysicianName": "HALL*"}, ["1"]),
        ({"ScheduledStationAETitle": "CT1", "ScheduledProcedureStepStartDate": "20260302"}, ["1"]),
    ],
)
def test_keys_of_the_step_match_inside_the_sequence(lab, step, found):
    """Station, modality, date, time and operator match by value, wildcard and range; date and time are one range."""
    show_all(lab)
    assert accessions(lab, step=step) == [f"RXX1000000{n}" for n in found]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"PatientName": "OKAFOR*"}, ["1"]),
        ({"PatientID": "1000002"}, ["3", "2"]),
        ({"AccessionNumber": "RXX10000002"}, ["2"]),
        ({"PatientName": "MÜLLER*"}, ["3", "2"]),
        ({"PatientName": "okafor*"}, []),
    ],
)
def test_keys_of_patient_and_request_match(lab, keys, found):
    """Name, number and accession match beside the step's sequence, with umlauts too."""
    show_all(lab)
    assert accessions(lab, **keys) == [f"RXX1000000{n}" for n in found]


def test_the_requested_procedure_id_matches(lab):
    """The requested procedure ID of an answer finds the same step again."""
    procedure = lab.one("orders", accession="RXX10000001")["procedure_id"]
    assert accessions(lab, RequestedProcedureID=procedure) == ["RXX10000001"]


def test_names_may_be_asked_for_in_any_case_where_it_is_configured(lab):
    """`case_insensitive_pn` folds case and accents."""
    show_all(lab)
    lab.ris.configure(case_insensitive_pn=True)
    assert accessions(lab, PatientName="muller*") == ["RXX10000003", "RXX10000002"]


def test_only_what_was_asked_comes_back_and_a_bare_sequence_comes_whole(lab):
    """An answer holds the asked attributes; a sequence without keys is filled."""
    peer = client.Peer("RIS", "127.0.0.1", lab.dicom)
    (match,) = client.worklist(peer, "CT1", {"PatientID": "", STEP: []}).rows
    assert match["PatientID"] == "1000001" and "PatientName" not in match
    (step,) = match[STEP]
    assert step["ScheduledStationAETitle"] == "CT1"
    assert (step["ScheduledProcedureStepStartDate"], step["ScheduledProcedureStepStartTime"]) == ("20260302", "080000")
    assert step["ScheduledProcedureStepStatus"] == "ARRIVED"


def test_every_attribute_of_the_mapping_is_there(lab):
    """What a scanner needs to fill its images comes with the list."""
    (match,) = ask(
        lab,
        IssuerOfPatientID="",
        OtherPatientIDsSequence=[],
        PatientBirthDate="",
        PatientSex="",
        ReferringPhysicianName="",
        StudyInstanceUID="",
        RequestedProcedureDescription="",
        RequestedProcedureCodeSequence=[],
        RequestedProcedurePriority="",
        ReasonForTheRequestedProcedure="",
        FillerOrderNumberImagingServiceRequest="",
    ).rows
    assert match["IssuerOfPatientID"] == "RXX01"
    assert match["OtherPatientIDsSequence"][0]["PatientID"] == "9990001235"
    assert (match["PatientBirthDate"], match["PatientSex"]) == ("19620304", "F")
    assert match["ReferringPhysicianName"] == "SHAH^R^^DR"
    assert match["StudyInstanceUID"] == lab.one("steps", accession="RXX10000001")["study_uid"]
    assert match["RequestedProcedureDescription"] == "CT chest"
    assert match["RequestedProcedurePriority"] == "ROUTINE"
    assert match["ReasonForTheRequestedProcedure"] == "Cough for six weeks"
    assert match["FillerOrderNumberImagingServiceRequest"] == "RXX10000001"


def test_a_key_that_is_not_known_is_ignored_with_a_warning(lab):
    """An optional key that the RIS does not know does not empty the list: FF01 says so (PS3.4 C.2.2.1.3)."""
    out = findscu(lab, "AccessionNumber", "EthnicGroup=X")
    assert "RXX10000001" in out and re.search(r"0xff01", out, re.IGNORECASE)


def test_arrival_puts_a_step_on_the_list_and_cancelling_takes_it_off(lab):
    """The list follows attendance."""
    lab.ris.arrive("RXX10000002")
    assert accessions(lab) == ["RXX10000001", "RXX10000002"]
    lab.ris.cancel_order("RXX10000001", "went home")
    assert accessions(lab) == ["RXX10000002"]


def test_the_view_shows_what_the_wire_shows(lab):
    """The `worklist` view and a modality's own query agree."""
    shown = [row["accession"] for row in lab.view("worklist", station="CT1", date="20260302")]
    assert shown == accessions(
        lab, step={"ScheduledStationAETitle": "CT1", "ScheduledProcedureStepStartDate": "20260302"}
    )


def test_a_query_leaves_one_event_with_its_matches(lab):
    """The journal holds one operation with keys, count and study UIDs."""
    ask(lab)
    (event,) = lab.journal.events(kinds=("dicom.operation",))
    assert event.data["service"] == "C-FIND" and event.data["matches"] == 1
    assert event.data["uids"] == [lab.one("steps", accession="RXX10000001")["study_uid"]]
    assert event.data["accessions"] == ["RXX10000001"]


def test_a_changed_title_holds_from_the_next_association(lab):
    """`configure(ae_title=…)` takes effect without a restart."""
    lab.ris.configure(ae_title="RIS_NEW")
    with pytest.raises(SimlabError, match="1/1/7"):
        ask(lab)
    assert lab.ris.endpoints["RIS"].ae_title == "RIS_NEW"


def test_a_long_list_can_be_cancelled(lab):
    """findscu --cancel ends a long answer with FE00 (PS3.4 K.4.1.1.4)."""
    orders = [
        {"accession": f"RXX2{n:07}", "patient_id": "1000001", "exam": "CTCHEST", "state": "arrived"} for n in range(300)
    ]
    lab.stage({"orders": orders})
    command = [need("findscu"), "-d", "-W", "--cancel", "5", "-aet", "CT1", "-aec", "RIS"]
    command += ["127.0.0.1", str(lab.dicom), "-k", "AccessionNumber"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20)
    assert re.search(r"0xfe00", done.stdout + done.stderr, re.IGNORECASE)


def test_busy_comes_to_rest(lab):
    """After a query nothing is on its way."""
    ask(lab)
    until(lambda: lab.ris.busy() == 0)


def test_a_step_without_a_room_of_its_own_gets_that_of_its_exam(lab):
    """The station of a staged order follows the exam's mapping."""
    assert lab.one("steps", accession="RXX10000002")["station_ae"] == "CT2"


def test_a_scene_can_rename_the_ris(lab):
    """A staged AE title holds on the wire and in the endpoints at once."""
    lab.stage({"settings": {"ae_title": "RIS_OLD"}})
    assert lab.ris.endpoints["RIS"].ae_title == "RIS_OLD"
    with pytest.raises(SimlabError, match="1/1/7"):
        ask(lab)


def test_each_modality_is_answered_in_its_own_character_set(lab):
    """`character_sets` by calling title: UTF-8 for one, ASCII for another, with a question mark for what it lacks."""
    lab.ris.configure(character_sets={"CT1": "ISO_IR 192", "ADMIN": "ISO_IR 6"})
    show_all(lab)
    asked = {"PatientID": "1000002", "SpecificCharacterSet": "", "PatientName": ""}
    peer = client.Peer("RIS", "127.0.0.1", lab.dicom)
    ours, plain = (client.worklist(peer, title, asked).rows[0] for title in ("CT1", "ADMIN"))
    assert (ours["SpecificCharacterSet"], ours["PatientName"]) == ("ISO_IR 192", "MÜLLER^JÜRGEN")
    assert (plain["SpecificCharacterSet"], plain["PatientName"]) == ("ISO_IR 6", "M?LLER^J?RGEN")


SWF_KEYS = """
    AccessionNumber RequestingPhysician RequestingService ReferringPhysicianName IssueDateOfImagingServiceRequest
    IssueTimeOfImagingServiceRequest PlacerOrderNumberImagingServiceRequest FillerOrderNumberImagingServiceRequest
    OrderEnteredBy OrderEntererLocation OrderCallbackPhoneNumber ImagingServiceRequestComments
    RequestedProcedureID RequestedProcedureDescription RequestedProcedureCodeSequence StudyInstanceUID
    ReferencedStudySequence RequestedProcedurePriority PatientTransportArrangements RequestedProcedureLocation
    ConfidentialityCode ReportingPriority NamesOfIntendedRecipientsOfResults ReasonForTheRequestedProcedure
    RequestedProcedureComments AdmissionID IssuerOfAdmissionID InstitutionName CurrentPatientLocation VisitStatusID
    IssuerOfAdmissionIDSequence
    ReferencedPatientSequence PatientName PatientID IssuerOfPatientID OtherPatientIDsSequence PatientBirthDate
    PatientSex PatientAge PatientWeight PatientSize PatientState PregnancyStatus MedicalAlerts Allergies SpecialNeeds
    ConfidentialityConstraintOnPatientDataDescription PatientComments AdditionalPatientHistory
"""
SWF_STEP_KEYS = """
    ScheduledStationAETitle ScheduledProcedureStepStartDate ScheduledProcedureStepStartTime Modality
    ScheduledPerformingPhysicianName ScheduledProcedureStepDescription ScheduledStationName
    ScheduledProcedureStepLocation ScheduledProtocolCodeSequence PreMedication ScheduledProcedureStepID
    RequestedContrastAgent ScheduledProcedureStepStatus CommentsOnTheScheduledProcedureStep
"""


def test_every_return_key_of_scheduled_workflow_is_known(lab):
    """All keys of IHE RAD TF-2 table 4.5-3 come back, none of them as unsupported."""
    keys, step = (
        {name: [] if name.endswith("Sequence") else "" for name in names.split()} for names in (SWF_KEYS, SWF_STEP_KEYS)
    )
    (match,) = client.worklist(client.Peer("RIS", "127.0.0.1", lab.dicom), "CT1", {**keys, STEP: [step]}).rows
    assert set(keys) <= set(match) and set(step) <= set(match[STEP][0])
    assert (match["PatientAge"], match["InstitutionName"]) == ("063Y", "Fernhill General Hospital")
    assert match["IssueDateOfImagingServiceRequest"] == "20260302"
    assert match["ReferencedStudySequence"][0]["ReferencedSOPInstanceUID"] == match["StudyInstanceUID"]


TYPE_1 = ("RequestedProcedureID", "StudyInstanceUID", "PatientName", "PatientID")
STEP_TYPE_1 = (
    "ScheduledStationAETitle",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "Modality",
    "ScheduledProcedureStepID",
)


def test_return_keys_of_type_1_have_a_value_and_a_procedure_has_one_code(lab):
    """PS3.4 table K.6-1: type 1 is never empty; the step and the procedure's code are single items."""
    show_all(lab)
    codes = {"RequestedProcedureCodeSequence": [], "RequestedProcedureDescription": ""}
    asked = {**dict.fromkeys(TYPE_1, ""), **codes, STEP: [dict.fromkeys(STEP_TYPE_1, "")]}
    found = client.worklist(client.Peer("RIS", "127.0.0.1", lab.dicom), "CT1", asked).rows
    assert len(found) == 3
    for match in found:
        (step,), (code,) = match[STEP], match["RequestedProcedureCodeSequence"]
        assert all(match[name] for name in TYPE_1) and all(step[name] for name in STEP_TYPE_1)
        assert code["CodeValue"] and code["CodingSchemeDesignator"] and code["CodeMeaning"]
