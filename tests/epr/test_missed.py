"""What happens when a system missed a message, and how it is set right."""


def lost(hospital, route, action, **args):
    """Do `action` while `route` is held, and discard what waited there."""
    hospital.do("engine.hold", route=route)
    done = hospital.do(action, **args)
    items = [row["id"] for row in hospital.rows("engine.queue", route=route, state="queued")]
    for item in items:
        hospital.do("engine.discard", item=item, reason="lost in this test")
    hospital.do("engine.release", route=route)
    return done, items


def test_a_merge_that_the_pacs_missed_leaves_two_patients_there(hospital):
    """A40 lost on the way to the PACS: RIS and EPR know one patient, the archive two, until the message is resent."""
    retire, survive = hospital.person(), hospital.person()
    _done, (item,) = lost(hospital, "ris-to-pacs", "epr.merge", retire=retire, survive=survive)
    assert hospital.one("ris.patients", patient_id=retire)["merged_into"] == survive
    assert hospital.one("pacs.patients", patient_id=retire)["merged_into"] is None
    hospital.do("epr.update", patient=survive, facts={"name": "LATER^NAME"})
    assert hospital.one("pacs.patients", patient_id=retire)["name"] != "LATER^NAME"
    hospital.do("engine.resend", item=item)
    assert hospital.one("pacs.patients", patient_id=retire)["merged_into"] == survive


def test_a_registration_that_the_ris_missed_comes_with_the_order(hospital):
    """A28 lost on the way to the RIS: the order's PID makes the patient known, what it does not say is lacking."""
    number = hospital.person(known=False)
    facts = {"name": "MISSED^MARY", "birth_date": "19700101", "phone": "07700 900001"}
    lost(hospital, "epr-to-ris", "epr.register", patient=number, event="A28", facts=facts)
    assert hospital.rows("ris.patients", patient_id=number) == []
    hospital.ordered(number)
    assert hospital.one("ris.patients", patient_id=number)["name"] == "MISSED^MARY"


def test_a_merge_before_the_registration_is_remembered(hospital):
    """A40 for a number that the RIS has never seen: an order under that number later is the survivor's."""
    retire, survive = hospital.person(known=False), hospital.person()
    lost(hospital, "epr-to-ris", "epr.register", patient=retire, event="A28", facts={"name": "DOUBLE^MARY"})
    hospital.do("epr.merge", retire=retire, survive=survive)
    late = hospital.one("epr.patients", patient_id=retire)
    assert late["merged_into"] == survive
    order = (
        f"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302080000||ORM^O01|LATE1|P|2.3.1\n"
        f"PID|1||{retire}^^^RXX01^MR||DOUBLE^MARY\nORC|NW|PLATE\nOBR|1|PLATE||CSKUH^CT Head^L\n"
    )
    hospital.do("hl7.send", message=order, to="RIS_HL7")
    (made,) = [row for row in hospital.rows("ris.orders", patient_id=survive) if row["placer"] == "PLATE"]
    assert made["state"] == "requested"


def test_a_cancellation_that_the_ris_missed_is_a_ghost_on_the_worklist(hospital):
    """CA lost: the scanner still sees the patient; sent again from the engine the ghost goes."""
    patient = hospital.person()
    placer, accession = hospital.ordered(patient, start="2026-03-02T10:00")
    hospital.do("ris.arrive", accession=accession)
    _done, (item,) = lost(hospital, "epr-to-ris", "epr.cancel_order", placer=placer)
    assert hospital.one("epr.orders", placer=placer)["state"] == "cancelled"
    assert hospital.one("ris.worklist", accession=accession)["state"] == "arrived"
    hospital.do("engine.resend", item=item)
    assert hospital.rows("ris.worklist", accession=accession) == []


def test_a_report_that_the_epr_missed_is_sent_again(hospital):
    """ORU lost on the way to the EPR: the next correction is flagged as a correction of nothing; the original after it
    is flagged too."""
    patient = hospital.person()
    placer, accession = hospital.ordered(patient, start="2026-03-02T10:00")
    hospital.do("ris.arrive", accession=accession)
    hospital.do("ris.perform", accession=accession)
    _done, (item,) = lost(hospital, "ris-to-epr", "ris.report", accession=accession, text="All well.")
    assert hospital.rows("epr.results", placer=placer) == []
    hospital.do("ris.correct_report", accession=accession, text="Not so well.")
    (row,) = hospital.rows("epr.results", placer=placer)
    assert (row["status"], row["note"]) == ("C", "a correction of nothing that is held here")
    hospital.do("engine.resend", item=item)
    assert "F came after C" in hospital.rows("epr.results", placer=placer)[-1]["note"]


def test_a_wrong_merge_is_undone_by_hand_in_all_three(hospital):
    """There is no un-merge message: each console takes its own apart, and what came since stays unless it is named."""
    wrong, right = hospital.person(), hospital.person()
    placer, mine = hospital.ordered(wrong)
    hospital.do("epr.merge", retire=wrong, survive=right)
    _placer, since = hospital.ordered(right)
    hospital.do("epr.unmerge", patient=wrong)
    assert hospital.one("epr.orders", placer=placer)["patient_id"] == wrong
    assert hospital.one("ris.orders", accession=mine)["patient_id"] == right
    hospital.do("ris.unmerge_patients", patient=wrong)
    hospital.do("pacs.unmerge_patients", patient=wrong)
    assert hospital.one("ris.orders", accession=mine)["patient_id"] == wrong
    assert hospital.one("ris.orders", accession=since)["patient_id"] == right
    for view in ("epr.patients", "ris.patients", "pacs.patients"):
        assert hospital.one(view, patient_id=wrong)["merged_into"] is None, view
    hospital.do("epr.update", patient=wrong, facts={"name": "HERSELF^AGAIN"})
    assert hospital.one("ris.patients", patient_id=right)["name"] != "HERSELF^AGAIN"
