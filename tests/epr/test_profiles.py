"""What EPR and RIS send over a busy morning is in order by the dictionaries, IHE's profile and the UK's."""

from simlab.hl7 import profile
from simlab.hl7.message import parse
from simlab.hl7.validator import validate

FACTS = {
    "nhs_number": "9990000018", "trace_status": "NSTS01", "gp": "OSEI^B", "birth_date": "19800101",
    "address": "1 Hill Road, Fernhill", "phone": "07700 900001",
}  # fmt: skip
STAY = {"location": "W1", "consultant": "SHAH^R^^DR"}


def a_morning(hospital):
    """Every event, order control and report status once."""
    one, other = hospital.person(), hospital.person()
    do = hospital.do
    do("epr.update", patient=one, facts=FACTS)
    do("epr.admit", patient=one, **STAY)
    do("epr.transfer", patient=one, location="W2")
    do("epr.cancel", patient=one, what="transfer")
    do("epr.change_class", patient=one, patient_class="O")
    do("epr.update", patient=one, facts={"phone": "07700 900002"})
    do("epr.discharge", patient=one)
    do("epr.cancel", patient=one, what="discharge")
    do("epr.link", one=one, other=other)
    do("epr.unlink", one=one, other=other)
    do("epr.move_identifier", number=FACTS["nhs_number"], wrong=one, right=other)
    do("epr.move_identifier", number=FACTS["nhs_number"], wrong=other, right=one)
    do("epr.preadmit", patient=other)
    do("epr.cancel", patient=other, what="preadmission")
    visit = do("epr.admit", patient=other, **STAY)["visit"]
    do("epr.cancel", patient=other, what="admission")
    do("epr.delete_visit", visit=visit)
    wanted = {"start": "2026-03-02T10:00", "reason": "Fall", "referrer": "OSEI^B"}
    placer, accession = hospital.ordered(one, **wanted)
    do("epr.change_order", placer=placer, start="2026-03-02T11:00")
    do("epr.hold_order", placer=placer)
    do("epr.hold_order", placer=placer, release=True)
    do("ris.arrive", accession=accession)
    do("ris.perform", accession=accession)
    do("ris.report", accession=accession, text="Perhaps.", status="P", author="OSEI^B")
    do("ris.report", accession=accession, text="Surely.")
    do("ris.correct_report", accession=accession, text="Surely not.")
    do("ris.withdraw_report", accession=accession, reason="of another", wrong_patient=True)
    cancelled, _accession = hospital.ordered(one, **wanted)
    do("epr.cancel_order", placer=cancelled)
    do("ris.create_order", patient=one, exam="CSKUH", when="2026-03-02T12:00")
    do("epr.configure", order_message="OMI")
    hospital.ordered(one, modality="CT", steps=["Plain", "Contrast"], **wanted)
    do("epr.configure", order_message="ORM")
    do("epr.merge", retire=other, survive=one)
    do("epr.renumber", old=one, new=f"9{one}")


def test_no_message_of_a_morning_has_an_error(hospital):
    """Neither the EPR's nor the RIS's, under ihe-rad and uk together."""
    a_morning(hospital)
    profiles = [profile.load(name) for name in profile.names()]
    wrong, seen = [], set()
    with hospital.lab.store.read() as tx:
        for table in ("epr_outbox", "ris_outbox"):
            for row in tx.execute(f"SELECT type, message FROM {table}").fetchall():
                seen.add(row["type"])
                found = validate(parse(bytes(row["message"])), profiles)
                wrong += [(table, row["type"], one.path, one.what) for one in found if one.severity == "error"]
    assert wrong == []
    assert {"ADT^A40", "ADT^A47", "OMI^O23", "ORM^O01", "ORU^R01", "SIU^S12", "SIU^S13"} <= seen
