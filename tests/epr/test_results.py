"""The result inbox: what may follow what, whose it must be, and what the policies make of it."""

import pytest

from simlab import provenance
from simlab.department.epr import VIEWS, Epr, EprOrder, EprPatient, EprStage
from simlab.hl7 import build
from simlab.hl7.acknowledge import read
from simlab.hl7.mllp import send
from tests.hl7.peer import Ground

ANNA = build.Patient((build.Identifier("1234567", "RXX01"),), family="SMITH")
BELL = build.Patient((build.Identifier("7654321", "RXX01"),), family="BELL")
ORDER = build.Order("P1", "ACC1", accession="ACC1", exam_code="CTHEAD", exam_text="CT head")


class Inbox:
    """An EPR with one order of Anna's, and its door."""

    def __init__(self, folder):
        self.ground = Ground(folder)
        self.epr = Epr(*self.ground.parts)
        with provenance.acting(provenance.SCENE):
            people = [EprPatient(patient_id="1234567", name="SMITH^A"), EprPatient(patient_id="7654321", name="BELL^B")]
            self.epr.stage(
                EprStage(patients=people, orders=[EprOrder(placer="P1", patient_id="1234567", exam="CTHEAD")])
            )
        self.port = self.epr.open()
        self._sent = 0

    def take(self, data):
        return read(send("127.0.0.1", self.port, data))

    def header(self):
        self._sent += 1
        return build.Header("RIS", "RXX01", "EPR", "RXX01", f"R{self._sent}", self.ground.clock.now())

    def report(self, status, text="All well.", *, patient=ANNA, order=ORDER):
        results = "W" if status == "W" else ""
        obr = "F" if status == "W" else status
        return self.take(build.oru(self.header(), patient, order, text, status=obr, results=results))

    def shown(self):
        return [(row["status"], row["text"]) for row in self.ground.view(VIEWS, "results", current=True)]

    def notes(self):
        return [row["note"] for row in self.ground.view(VIEWS, "results")]


@pytest.fixture
def inbox(tmp_path):
    opened = Inbox(tmp_path)
    yield opened
    opened.epr.close()
    opened.ground.store.close()


@pytest.mark.parametrize(
    ("statuses", "codes", "shown", "note"),
    [
        ("PF", "AA AA", "F", ""),
        ("PPF", "AA AA AA", "F", ""),
        ("FC", "AA AA", "C", ""),
        ("FCC", "AA AA AA", "C", ""),
        ("FP", "AA AE", "F", ""),
        ("FCP", "AA AA AE", "C", ""),
        ("FX", "AA AA", "X", ""),
        ("FW", "AA AA", "W", ""),
        ("FWF", "AA AA AA", "F", ""),
        ("W", "AE", "", ""),
        ("C", "AA", "C", "a correction of nothing that is held here"),
        ("PC", "AA AA", "C", "a correction of what was never final"),
        ("FF", "AA AA", "F", "F came after F"),
    ],
)
def test_a_report_may_follow_another_or_not(inbox, statuses, codes, shown, note):
    """The last one taken is shown; what is out of order is refused, or filed with a note that says so."""
    answers = [inbox.report(status, f"Text {n}").code for n, status in enumerate(statuses)]
    assert answers == codes.split()
    assert [status for status, _text in inbox.shown()] == [*shown]
    assert (inbox.notes() or [""])[-1] == note


@pytest.mark.parametrize(
    ("policy", "code", "shown"), [("refuse", "AE", ["F"]), ("flag", "AA", ["F"]), ("replace", "AA", ["P"])]
)
def test_a_preliminary_report_after_the_final_one_is_settled_by_policy(inbox, policy, code, shown):
    """Refused, filed beside the final one with a note, or (a fault) taken over it."""
    inbox.epr.configure(preliminary_after_final=policy)
    inbox.report("F", "Final.")
    assert inbox.report("P", "Late.").code == code
    assert [status for status, _text in inbox.shown()] == shown
    assert len(inbox.notes()) == (1 if policy == "refuse" else 2)


def test_an_epr_that_takes_a_correction_for_a_new_report_shows_both(inbox):
    """The fault `correction: append`: what was wrong stays on the ward's screen beside what is right."""
    inbox.epr.configure(correction="append")
    inbox.report("F", "Wrong.")
    inbox.report("C", "Right.")
    assert inbox.shown() == [("F", "Wrong."), ("C", "Right.")]


@pytest.mark.parametrize(
    ("patient", "order", "code", "says"),
    [
        (BELL, ORDER, "AE", "not of patient 7654321"),
        (build.Patient((build.Identifier("5", "RXX01"),)), ORDER, "AE", "no patient 5"),
        (build.Patient((build.Identifier("1234567", "OTHER"),)), ORDER, "AE", "RXX01"),
        (ANNA, build.Order("", "ACC9", accession="ACC9", exam_code="X"), "AA", "ACC9"),
    ],
)
def test_a_report_is_of_whom_the_order_is(inbox, patient, order, code, says):
    """Another patient's report is refused; one that nobody asked for is filed under its patient."""
    answer = inbox.report("F", patient=patient, order=order)
    assert (answer.code, says in answer.text) == (code, True)


def test_a_report_nobody_asked_for_is_refused_where_the_epr_is_set_to(inbox):
    """`unasked_reports: refuse` answers AE."""
    inbox.epr.configure(unasked_reports="refuse")
    assert inbox.report("F", order=build.Order("", "ACC9", accession="ACC9", exam_code="X")).code == "AE"


def test_a_report_after_a_merge_is_the_survivors(inbox):
    """Anna's number is retired; what comes under it is filed under the survivor."""
    inbox.epr.merge("1234567", "7654321")
    assert inbox.report("F").code == "AA"
    assert [row["patient_id"] for row in inbox.ground.view(VIEWS, "results")] == ["7654321"]


@pytest.mark.parametrize(
    ("made", "code", "says"),
    [
        (lambda head: build.adt(head, "A08", ANNA), "AR", "not ADT"),
        (lambda head: build.orm(head, "SC", ANNA, build.Order("P9", status="IP")), "AE", "no order P9"),
        (lambda head: build.orm(head, "NW", ANNA, build.Order("P1")), "AA", "the placer's own"),
        (lambda head: build.orm(head, "SC", ANNA, build.Order("P1", status="IP")), "AA", "P1: in progress"),
        (lambda head: build.siu(head, "S12", ANNA, build.Order("P1", exam_code="X")), "AE", "SCH-2"),
    ],
)
def test_what_is_not_the_eprs_business_is_answered(inbox, made, code, says):
    """AR for a type it does not take, AE for what it does not know, AA where there is nothing to do."""
    answer = inbox.take(made(inbox.header()))
    assert (answer.code, says in answer.text) == (code, True)


def test_every_setting_is_listed_with_what_is_in_force(inbox):
    """Who wants to change one must see which there are, the untouched ones too."""
    inbox.epr.configure(version="2.4")
    listed = {row["key"]: row["value"] for row in inbox.ground.view(VIEWS, "settings")}
    assert (listed["version"], listed["order_message"]) == ("2.4", "ORM")
