"""Every row of the message set: what the EPR sends, and what RIS and PACS hold after it."""

from datetime import datetime

import pytest

VISITS = [
    ("A01", [("admit", {"location": "W1"})], ("open", "I", "W1")),
    ("A04", [("register", {"location": "ED"})], ("open", "O", "ED")),
    ("A05", [("preadmit", {"location": "W1"})], ("preadmitted", "P", "W1")),
    ("A01", [("preadmit", {"location": "W1"}), ("admit", {})], ("open", "I", "W1")),
    ("A02", [("admit", {"location": "W1"}), ("transfer", {"location": "W2"})], ("open", "I", "W2")),
    ("A03", [("admit", {"location": "W1"}), ("discharge", {})], ("discharged", "I", "W1")),
    ("A06", [("register", {"location": "ED"}), ("change_class", {"patient_class": "I"})], ("open", "I", "ED")),
    ("A07", [("admit", {"location": "W1"}), ("change_class", {"patient_class": "O"})], ("open", "O", "W1")),
    ("A11", [("admit", {"location": "W1"}), ("cancel", {"what": "admission"})], ("cancelled", "I", "W1")),
    (
        "A12",
        [("admit", {"location": "W1"}), ("transfer", {"location": "W2"}), ("cancel", {"what": "transfer"})],
        ("open", "I", "W1"),
    ),
    (
        "A13",
        [("admit", {"location": "W1"}), ("discharge", {}), ("cancel", {"what": "discharge"})],
        ("open", "I", "W1"),
    ),
    ("A38", [("preadmit", {"location": "W1"}), ("cancel", {"what": "preadmission"})], ("cancelled", "P", "W1")),
]


@pytest.mark.parametrize(("event", "steps", "holds"), VISITS, ids=[f"{row[0]}-{len(row[1])}" for row in VISITS])
def test_a_visit_is_where_the_epr_says(hospital, event, steps, holds):
    """The last step sends that event; the RIS has the visit in its state, class and place, the PACS nothing new."""
    patient = hospital.person()
    before = hospital.one("pacs.patients", patient_id=patient)
    for name, args in steps:
        hospital.do(f"epr.{name}", patient=patient, **args)
    assert hospital.event() == event
    visit = hospital.one("ris.visits", patient_id=patient)
    assert (visit["state"], visit["patient_class"], visit["location"]) == holds
    assert hospital.one("pacs.patients", patient_id=patient) == before
    own = hospital.one("epr.visits", patient_id=patient)
    assert (own["state"], own["patient_class"], own["location"]) == holds


def test_a_visit_that_never_was_is_deleted(hospital):
    """A23: the visit is deleted in both systems, and no transfer of it is possible any more."""
    patient = hospital.person()
    visit = hospital.do("epr.admit", patient=patient, location="W1")["visit"]
    hospital.do("epr.delete_visit", visit=visit)
    assert hospital.event() == "A23"
    assert hospital.one("ris.visits", patient_id=patient)["state"] == "deleted"
    assert "no visit" in hospital.refused("epr.transfer", patient=patient, location="W2")


def test_only_what_happened_last_is_cancelled(hospital):
    """A transfer cannot be cancelled after the discharge; the refusal names what happened last."""
    patient = hospital.person()
    hospital.do("epr.admit", patient=patient, location="W1")
    hospital.do("epr.transfer", patient=patient, location="W2")
    hospital.do("epr.discharge", patient=patient)
    assert "A03" in hospital.refused("epr.cancel", patient=patient, what="transfer")


@pytest.mark.parametrize(("event", "before"), [("A31", None), ("A08", "admit")])
def test_new_facts_reach_ris_and_pacs(hospital, event, before):
    """A08 during a visit, A31 without one: name and birth date change everywhere."""
    patient = hospital.person()
    if before:
        hospital.do(f"epr.{before}", patient=patient)
    hospital.do("epr.update", patient=patient, facts={"name": "NEWNAME^NORA", "birth_date": "19800517"})
    assert hospital.event() == event
    for view in ("ris.patients", "pacs.patients"):
        row = hospital.one(view, patient_id=patient)
        assert (row["name"], row["birth_date"]) == ("NEWNAME^NORA", "19800517"), view


@pytest.mark.parametrize("event", ["A40", "A34", "A18"])
def test_a_merge_retires_the_number_everywhere(hospital, event):
    """Orders move in the RIS, the archive files under the survivor, the old number leads there in all three."""
    retire, survive = hospital.person(), hospital.person()
    _placer, accession = hospital.ordered(retire)
    hospital.do("epr.merge", retire=retire, survive=survive, event=event)
    assert hospital.event() == event
    assert hospital.one("ris.orders", accession=accession)["patient_id"] == survive
    for view in ("epr.patients", "ris.patients", "pacs.patients"):
        assert hospital.one(view, patient_id=retire)["merged_into"] == survive, view


def test_the_survivor_of_a_merge_inherits_the_numbers_it_lacks(hospital):
    """An NHS number that only the retired record had is told of in PID-3, and goes back when the merge is undone."""
    retire, survive = hospital.person(), hospital.person()
    for number, nhs in ((retire, "9990000093"), (survive, "")):
        hospital.do("epr.update", patient=number, facts={"nhs_number": nhs})
    hospital.do("epr.merge", retire=retire, survive=survive)
    assert hospital.one("epr.patients", patient_id=survive)["nhs_number"] == "9990000093"
    assert "9990000093" in str(hospital.one("ris.patients", patient_id=survive))
    hospital.do("epr.unmerge", patient=retire)
    numbers = [hospital.one("epr.patients", patient_id=one)["nhs_number"] for one in (retire, survive)]
    assert numbers == ["9990000093", ""]


def test_linked_records_both_stay(hospital):
    """A24 links in all three systems and changes neither record; A37 takes the link away."""
    one, other = hospital.person(), hospital.person()
    before = [hospital.one("ris.patients", patient_id=number) for number in (one, other)]
    hospital.do("epr.link", one=one, other=other)
    assert hospital.event() == "A24"
    for view in ("epr.links", "ris.links", "pacs.links"):
        assert hospital.one(view, patient_id=one)["other_id"] == other, view
    assert [hospital.one("ris.patients", patient_id=number) for number in (one, other)] == before
    hospital.do("epr.unlink", one=one, other=other)
    assert hospital.event() == "A37"
    for view in ("epr.links", "ris.links", "pacs.links"):
        assert hospital.rows(view, patient_id=one) == [], view


def test_an_nhs_number_is_moved_to_whom_it_belongs(hospital):
    """A43 takes it from the one patient and gives it to the other, in EPR and RIS; hospital numbers stay."""
    wrong, right = hospital.person(), hospital.person()
    hospital.do("epr.update", patient=wrong, facts={"nhs_number": "9990000018"})
    hospital.do("epr.move_identifier", number="9990000018", wrong=wrong, right=right)
    sent = hospital.sent()
    assert (sent.get("MSH-9.2"), sent.get("PID-2.1"), sent.get("MRG-4.1")) == ("A43", right, wrong)
    assert sent.get("PID-3") == sent.get("MRG-1")
    assert hospital.one("ris.patients", patient_id=wrong)["identifiers"] == []
    assert [one["number"] for one in hospital.one("ris.patients", patient_id=right)["identifiers"]] == ["9990000018"]
    assert [row["event"] for row in hospital.rows("epr.history", number="9990000018")][-1] == "moved"


def test_a_changed_number_takes_the_place_of_the_old_one(hospital):
    """A47: order, RIS patient and archive go over to a number that nobody had; a taken one is refused."""
    old, taken = hospital.person(), hospital.person()
    _placer, accession = hospital.ordered(old)
    assert "somebody's" in hospital.refused("epr.renumber", old=old, new=taken)
    hospital.do("epr.renumber", old=old, new=f"9{old}")
    assert hospital.event() == "A47"
    assert hospital.one("ris.orders", accession=accession)["patient_id"] == f"9{old}"
    for view in ("epr.patients", "ris.patients", "pacs.patients"):
        assert hospital.one(view, patient_id=old)["merged_into"] == f"9{old}", view


ORDERS = [
    ("CA", "cancel_order", {"reason": "better"}, "cancelled", "cancelled"),
    ("HD", "hold_order", {"reason": "wait"}, "held", "held"),
    ("XO", "change_order", {"start": "2026-03-02T15:30"}, "booked", "scheduled"),
]


@pytest.mark.parametrize(("control", "action", "args", "ris", "pacs"), ORDERS, ids=[row[0] for row in ORDERS])
def test_an_order_follows_what_the_placer_asks(hospital, control, action, args, ris, pacs):
    """ORC-1 of the EPR changes the RIS's order, and what the PACS was told of it."""
    placer, accession = hospital.ordered(hospital.person(), start="2026-03-02T14:00")
    hospital.do(f"epr.{action}", placer=placer, **args)
    assert hospital.sent().get("ORC-1") == control
    assert hospital.one("ris.orders", accession=accession)["state"] == ris
    assert hospital.one("pacs.orders", accession=accession)["status"] == pacs
    if control == "XO":
        assert hospital.one("ris.steps", accession=accession)["start"] == "2026-03-02T15:30:00"


def test_a_held_order_goes_on_when_it_is_released(hospital):
    """RL brings it back to where it has a time: booked."""
    placer, accession = hospital.ordered(hospital.person(), start="2026-03-02T14:00")
    hospital.do("epr.hold_order", placer=placer)
    hospital.do("epr.hold_order", placer=placer, release=True)
    assert hospital.sent().get("ORC-1") == "RL"
    assert hospital.one("ris.orders", accession=accession)["state"] == "booked"


def test_what_has_begun_is_discontinued_not_cancelled(hospital):
    """CA after the scan has begun is refused by the RIS (AE at the engine); DC stops it."""
    placer, accession = hospital.ordered(hospital.person(), start="2026-03-02T08:00")
    hospital.do("ris.arrive", accession=accession)
    hospital.do("modality.start_step", modality="CT1", accession=accession)
    assert hospital.one("epr.orders", placer=placer)["status"] == "IP"
    hospital.do("epr.cancel_order", placer=placer)
    (dead,) = [row for row in hospital.rows("engine.queue", state="error") if row["route"] == "epr-to-ris"]
    assert "discontinue" in dead["error"] or "in_progress" in dead["error"]
    assert hospital.one("ris.orders", accession=accession)["state"] == "in_progress"
    hospital.do("engine.discard", item=dead["id"], reason="DC was due")
    hospital.do("modality.discontinue_step", modality="CT1", reason="110513")
    assert hospital.one("ris.orders", accession=accession)["state"] == "discontinued"
    assert hospital.one("epr.orders", placer=placer)["status"] == "DC"
    assert "already" in hospital.refused("epr.discontinue_order", placer=placer)


def test_what_is_only_booked_can_be_cancelled_after_a_discontinuation_was_refused(hospital):
    """The RIS refuses DC, and while it has not told of an end itself, the EPR may say the other."""
    placer, accession = hospital.ordered(hospital.person(), start="2026-03-02T14:00")
    hospital.do("epr.discontinue_order", placer=placer)
    assert hospital.one("ris.orders", accession=accession)["state"] == "booked"
    assert "discontinued already" in hospital.refused("epr.discontinue_order", placer=placer)
    assert "discontinued already" in hospital.refused("epr.hold_order", placer=placer)
    hospital.do("epr.cancel_order", placer=placer)
    for item in hospital.rows("engine.queue", route="epr-to-ris", state="error"):
        hospital.do("engine.discard", item=item["id"], reason="CA was due")
    assert hospital.one("ris.orders", accession=accession)["state"] == "cancelled"
    assert hospital.one("epr.orders", placer=placer)["state"] == "cancelled"
    assert "cancelled already" in hospital.refused("epr.cancel_order", placer=placer)


def test_a_booking_that_crosses_the_cancellation_does_not_bring_the_order_back(hospital):
    """SC waits at the engine while the EPR cancels; when it comes at last, both systems have the order cancelled."""
    hospital.do("engine.hold", route="ris-to-epr")
    placer, accession = hospital.ordered(hospital.person(), start="2026-03-02T14:00")
    hospital.do("epr.cancel_order", placer=placer)
    hospital.do("engine.release", route="ris-to-epr")
    own = hospital.one("epr.orders", placer=placer)
    assert (own["state"], own["accession"]) == ("cancelled", accession)
    assert hospital.one("ris.orders", accession=accession)["state"] == "cancelled"


def test_the_placer_is_told_how_far_its_order_is(hospital):
    """SC at booking, IP and CM from the scanner's performed step; the EPR has accession and study UID with it."""
    placer, accession = hospital.ordered(hospital.person())
    hospital.do("ris.vet", accession=accession)
    hospital.do("ris.book", accession=accession, start="2026-03-02T09:00")
    own = hospital.one("epr.orders", placer=placer)
    assert (own["status"], own["accession"]) == ("SC", accession)
    hospital.do("ris.arrive", accession=accession)
    hospital.do("modality.start_step", modality="CT1", accession=accession)
    assert hospital.one("epr.orders", placer=placer)["status"] == "IP"
    scanned = hospital.do("modality.scan", modality="CT1", accession=accession)
    hospital.do("modality.complete_step", modality="CT1")
    own = hospital.one("epr.orders", placer=placer)
    assert (own["status"], own["state"], own["study_uid"]) == ("CM", "performed", scanned["study_uid"])
    assert hospital.rows("pacs.unmatched", study_uid=scanned["study_uid"]) == []


def test_appointments_follow_the_booking(hospital):
    """S12 at booking, S13 at another time, S14 at another room, S15 when it is cancelled."""
    patient = hospital.person()
    _placer, accession = hospital.ordered(patient)
    hospital.do("ris.vet", accession=accession)
    told = []
    for name, args in (
        ("book", {"start": "2026-03-02T09:00"}),
        ("reschedule", {"start": "2026-03-02T10:30"}),
        ("reschedule", {"station": "CT2"}),
        ("cancel_order", {"reason": "unwell"}),
    ):
        hospital.do(f"ris.{name}", accession=accession, **args)
        told.append([row["type"] for row in hospital.rows("ris.outbox") if row["type"].startswith("SIU")][-1])
        appointment = hospital.one("epr.appointments", patient_id=patient)
    assert told == ["SIU^S12", "SIU^S13", "SIU^S14", "SIU^S15"]
    assert (appointment["start"], appointment["place"], appointment["state"]) == (
        "2026-03-02T10:30",
        "CT2",
        "cancelled",
    )


def test_an_order_that_the_ris_made_gets_a_placer_number(hospital):
    """SN to the EPR, NA back; the PACS knows the order too, and its cancellation."""
    patient = hospital.person()
    accession = hospital.do("ris.create_order", patient=patient, exam="CSKUH", when=datetime(2026, 3, 2, 13))[
        "accession"
    ]
    row = hospital.one("ris.orders", accession=accession)
    assert row["placer"] and hospital.one("epr.orders", placer=row["placer"])["accession"] == accession
    assert hospital.one("pacs.orders", accession=accession)["status"] == "scheduled"
    hospital.do("ris.cancel_order", accession=accession, reason="duplicate")
    assert hospital.one("epr.orders", placer=row["placer"])["state"] == "cancelled"
    assert hospital.one("pacs.orders", accession=accession)["status"] == "cancelled"


def test_an_exam_of_several_steps_goes_as_omi(hospital):
    """OMI^O23 with three IPC: three scheduled steps under one accession number and one study; a RIS that takes the
    first alone makes one."""
    patient = hospital.person()
    protocols = ["Plain", "Arterial", "Venous"]
    hospital.do("epr.configure", order_message="OMI")
    try:
        wanted = {"description": "CT Abdomen", "modality": "CT", "start": "2026-03-02T14:00", "steps": protocols}
        _placer, accession = hospital.ordered(patient, **wanted)
        sent = hospital.sent()
        assert (sent.get("MSH-9"), len(sent.named("IPC"))) == ("OMI^O23^OMI_O23", 3)
        steps = hospital.rows("ris.steps", accession=accession)
        assert [step["description"] for step in steps] == protocols
        assert {step["study_uid"] for step in steps} == {sent.get("IPC[1]-3.1")}
        assert hospital.one("pacs.orders", accession=accession)["study_uid"] == sent.get("IPC[1]-3.1")
        hospital.do("ris.configure", first_ipc_only=True)
        _placer, accession = hospital.ordered(patient, **wanted)
        assert [step["description"] for step in hospital.rows("ris.steps", accession=accession)] == ["Plain"]
    finally:
        hospital.do("epr.configure", order_message="ORM")
        hospital.do("ris.configure", first_ipc_only=False)


def test_a_report_comes_back_by_version(hospital):
    """P, F, C: each replaces the one before at the EPR, and the archive's study is marked; P after F is refused."""
    patient = hospital.person()
    placer, accession = hospital.ordered(patient, start="2026-03-02T08:00")
    hospital.do("ris.arrive", accession=accession)
    study = hospital.do("modality.scan", modality="CT1", accession=accession)["study_uid"]
    hospital.do("ris.perform", accession=accession)
    hospital.do("ris.report", accession=accession, text="Maybe a bleed.", status="P", author="OSEI^B")
    hospital.do("ris.report", accession=accession, text="No bleed.", author="OSEI^B")
    assert "correct" in hospital.refused("ris.report", accession=accession, text="Hm.", status="P")
    hospital.do("ris.correct_report", accession=accession, text="A small bleed.", reason="seen again")
    versions = hospital.rows("epr.results", placer=placer)
    assert [(row["version"], row["status"], row["current"]) for row in versions] == [
        (1, "P", False), (2, "F", False), (3, "C", True),
    ]  # fmt: skip
    assert (versions[-1]["text"], versions[-1]["study_uid"]) == ("A small bleed.", study)
    assert hospital.one("pacs.studies", study_uid=study)["report"] == "C"


def test_a_report_posted_to_the_wrong_patient_is_withdrawn(hospital):
    """Every OBX-11 is W, OBR-25 stays F; the EPR keeps the text as withdrawn, the study is unreported."""
    patient = hospital.person()
    placer, accession = hospital.ordered(patient, start="2026-03-02T08:00")
    hospital.do("ris.arrive", accession=accession)
    study = hospital.do("modality.scan", modality="CT1", accession=accession)["study_uid"]
    hospital.do("ris.perform", accession=accession)
    hospital.do("ris.report", accession=accession, text="Of somebody else.")
    hospital.do("ris.withdraw_report", accession=accession, reason="wrong patient", wrong_patient=True)
    sent = hospital.sent("ris")
    assert (set(sent.all("OBX-11")), sent.get("OBR-25")) == ({"W"}, "F")
    (held,) = hospital.rows("epr.results", placer=placer, current=True)
    assert (held["status"], held["text"]) == ("W", "Of somebody else.")
    assert hospital.one("pacs.studies", study_uid=study)["report"] == ""
    hospital.do("ris.report", accession=accession, text="Now of the right one.")
    (held,) = hospital.rows("epr.results", placer=placer, current=True)
    assert held["status"] == "F"
