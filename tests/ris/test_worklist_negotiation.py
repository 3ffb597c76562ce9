"""Extended negotiation of worklist queries (PS3.4 K.5.1): fuzzy names and time zones."""

import pytest
from pynetdicom import AE
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from simlab.dicom import client, contexts, extended
from simlab.errors import BadInput

STEP = "ScheduledProcedureStepSequence"
START = ("ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime")


def ask(lab, *options, step=None, **keys):
    wanted = {"AccessionNumber": "", **keys, STEP: {**dict.fromkeys(START, ""), **(step or {})}}
    return client.worklist(client.Peer("RIS", "127.0.0.1", lab.dicom), "CT1", wanted, options=options).rows


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (b"\1\1\1", b"\1\1\1"),
        (b"\1\1\1\1", b"\1\1\1\1"),
        (b"\1\1\0\1", b"\1\1\0\1"),
        (b"\1\1\1\1\1", b"\1\1\1\1\0"),
        (b"\0\0\1\0", b"\1\1\1\0"),
    ],
)
def test_the_answer_has_a_byte_for_each_asked(lab, asked, answered):
    """The two reserved bytes are always 1, fuzzy and zone are granted as asked for, what comes after them is not."""
    ae = AE("CT1")
    ae.add_requested_context(contexts.WORKLIST_FIND)
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = contexts.WORKLIST_FIND, asked
    association = ae.associate("127.0.0.1", lab.dicom, ae_title="RIS", ext_neg=[item])
    try:
        assert association.acceptor.sop_class_extended == {contexts.WORKLIST_FIND: answered}
    finally:
        association.release()


def test_a_misspelt_name_is_found_when_it_was_negotiated(lab):
    """Of patient and operator alike; literally without the option, and where the RIS does not grant it."""
    assert ask(lab, PatientName="Okafer^Grase") == ()
    (match,) = ask(lab, extended.FUZZY, PatientName="Okafer^Grase")
    assert match["AccessionNumber"] == "RXX10000001"
    assert len(ask(lab, extended.FUZZY, step={"ScheduledPerformingPhysicianName": "Hal Jo"})) == 1
    assert ask(lab, extended.FUZZY, PatientName="SMITH") == ()
    lab.ris.configure(extended_negotiation=["timezone"])
    assert ask(lab, extended.FUZZY, PatientName="Okafer^Grase") == ()


def test_keys_and_answers_are_in_the_zone_that_was_asked_in(lab):
    """A step at 08:00 UTC is one at 17:00 of +0900, and one of the evening before at -0900."""
    zones = {"+0900": ("20260302", "170000"), "-0900": ("20260301", "230000")}
    for zone, (date, time) in zones.items():
        step = {START[0]: date, START[1]: time}
        assert ask(lab, step=step, TimezoneOffsetFromUTC=zone) == ()
        (match,) = ask(lab, extended.TIME_ZONE, step=step, TimezoneOffsetFromUTC=zone)
        assert tuple(match[STEP][0][name] for name in START) == (date, time)
        assert match["TimezoneOffsetFromUTC"] == zone


def test_the_zone_of_the_ris_is_a_setting(lab):
    """Where the RIS stands at +0100, 08:00 there is 07:00 UTC; ranges over date and time move too."""
    lab.ris.configure(timezone="+0100")
    step = {START[0]: "20260301-20260302", START[1]: "2300-0700"}
    (match,) = ask(lab, extended.TIME_ZONE, step=step, TimezoneOffsetFromUTC="+0000")
    assert match[STEP][0][START[1]] == "070000"
    with pytest.raises(BadInput, match="no time zone"):
        lab.ris.configure(timezone="CET")


def test_what_is_no_zone_changes_nothing(lab):
    """A value that is no offset is passed over, and no answer names a zone."""
    (match,) = ask(lab, extended.TIME_ZONE, TimezoneOffsetFromUTC="Z")
    assert match[STEP][0][START[1]] == "080000" and not match.get("TimezoneOffsetFromUTC")
