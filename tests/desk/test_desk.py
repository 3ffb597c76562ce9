"""The desk keeps what is written, delivers what is due, and its colleagues act only when asked well."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from simlab import provenance
from simlab.clock import Clock
from simlab.department.desk import VIEWS, Desk, DeskStage
from simlab.errors import BadInput, NotFound, Unavailable
from simlab.journal import Journal
from simlab.store import Store

MORNING = datetime(2026, 3, 2, 8, 0)


class Lab:
    """A desk with nothing behind it: what colleagues do is written down."""

    def __init__(self, path):
        self.clock = Clock()
        self.clock.set(MORNING, speed=0)
        self.store = Store(path / "lab.sqlite3", self.clock)
        self.journal = Journal(self.store)
        self.done = []
        self.desk = Desk(self.store, self.journal, self.clock, self.carry_out)

    def carry_out(self, actions):
        self.done.append((provenance.current(), actions))

    def view(self, name, **filters):
        with self.store.read() as tx:
            return VIEWS[name](tx, **filters)

    def stage(self, **section):
        with provenance.acting(provenance.SCENE), self.store.write():
            self.desk.stage(DeskStage(**section))


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    yield lab
    lab.store.close()


DATA_QUALITY = {
    "who": "data-quality",
    "name": "Asha Patel",
    "role": "Data quality",
    "otherwise": "Which two numbers?",
    "rules": [
        {
            "mentions": ["merge", "1000001", "1000002"],
            "reply": "Confirmed; done.",
            "does": [{"epr.merge": {"retire": "1000002", "survive": "1000001"}}],
            "once": True,
        },
        {"mentions": ["1000001", "1000002"], "reply": "Yes, the same lady."},
    ],
}


def test_the_first_rule_whose_mentions_are_all_there_answers_and_acts(lab):
    """A good question, in any case of letters, is answered and done as colleague because of the asking."""
    lab.stage(colleagues=[DATA_QUALITY])
    reply = lab.desk.ask("data-quality", "Please MERGE 1000002 into 1000001")
    assert reply["reply"] == "Confirmed; done." and reply["done"]
    (who, actions), *others = lab.done
    assert not others
    assert (who.actor, who.cause) == (provenance.COLLEAGUE, reply["event"])
    assert actions == [{"epr.merge": {"retire": "1000002", "survive": "1000001"}}]
    assert lab.view("asked")[0]["rule"] == 0


def test_a_vague_question_is_asked_back(lab):
    """With no rule met nothing is done and the colleague asks back."""
    lab.stage(colleagues=[DATA_QUALITY])
    reply = lab.desk.ask("data-quality", "please merge the duplicate")
    assert reply["reply"] == "Which two numbers?" and not reply["understood"]
    assert lab.done == [] and lab.view("asked")[0]["rule"] is None


def test_a_rule_for_once_gives_way_afterwards(lab):
    """The second time the next rule has its turn."""
    lab.stage(colleagues=[DATA_QUALITY])
    for _ in range(2):
        reply = lab.desk.ask("data-quality", "merge 1000001 1000002")
    assert reply["reply"] == "Yes, the same lady." and len(lab.done) == 1


def test_a_colleague_who_fails_says_so_and_may_be_asked_again(lab):
    """An action that fails becomes part of the reply; a rule for once is not used up by it."""
    lab.stage(colleagues=[DATA_QUALITY])

    def fails(actions):
        raise Unavailable("the EPR does not answer", place="EPR")

    lab.desk.carry_out = fails
    reply = lab.desk.ask("data-quality", "merge 1000001 1000002")
    assert not reply["done"] and "the EPR does not answer" in reply["reply"]
    lab.desk.carry_out = lab.carry_out
    assert lab.desk.ask("data-quality", "merge 1000001 1000002")["done"]


def test_an_unknown_colleague_is_named_with_those_who_are_there(lab):
    """Asking nobody lists whom one can ask."""
    lab.stage(colleagues=[DATA_QUALITY])
    with pytest.raises(NotFound, match="data-quality"):
        lab.desk.ask("boss", "help")


def test_nothing_is_open_while_a_colleague_acts(lab):
    """The question is committed before anything is done, so that the wire cannot wait for the database."""
    lab.stage(colleagues=[DATA_QUALITY])
    seen = []
    lab.desk.carry_out = lambda actions: seen.append(lab.view("asked"))
    lab.desk.ask("data-quality", "merge 1000001 1000002")
    assert len(seen[0]) == 1


def test_a_mail_arrives_when_the_hospital_clock_says_so(lab):
    """A mail at +5m is not in the inbox before five hospital minutes have passed."""
    lab.stage(
        inbox=[
            {"id": "first", "sender": "CT", "subject": "Empty list", "text": "Help!"},
            {"id": "later", "kind": "call", "sender": "CT", "text": "Hello?", "at": "+5m"},
        ]
    )
    assert [m["id"] for m in lab.view("inbox")] == ["first"]
    assert lab.desk.tick() == 0
    lab.clock.set(datetime(2026, 3, 2, 8, 5), speed=0)
    assert lab.desk.tick() == 1
    assert [m["id"] for m in lab.view("inbox")] == ["first", "later"]
    assert lab.desk.tick() == 0


def test_all_answers_are_kept_and_the_latest_counts(lab):
    """Changing one's mind is seen, and the last answer is the answer."""
    lab.desk.answer("explain", "wrong_date")
    lab.desk.answer("explain", ["1.2.3", "1.2.4"])
    assert [(a["value"], a["counts"]) for a in lab.view("answers", task="explain")] == [
        ("wrong_date", False),
        (["1.2.3", "1.2.4"], True),
    ]


def test_a_ticket_is_kept_as_written(lab):
    """Even a ticket with a patient's number goes out: grading judges it, the desk does not."""
    lab.desk.write_ticket("supplier", "CT refused", "Patient 1000001", {"AE": "CT1"})
    (ticket,) = lab.view("tickets")
    assert (ticket["to"], ticket["text"], ticket["fields"]) == ("supplier", "Patient 1000001", {"AE": "CT1"})


def test_an_escalation_is_kept(lab):
    """An escalation says to whom, about what."""
    lab.desk.escalate("radiologist", "Possible aneurysm, 3.4 cm", about="RXX10000001")
    assert lab.view("escalations")[0]["about"] == "RXX10000001"


def test_the_rules_of_colleagues_cannot_be_seen(lab):
    """Views tell name and role only."""
    lab.stage(colleagues=[DATA_QUALITY])
    assert lab.view("colleagues") == [{"who": "data-quality", "name": "Asha Patel", "role": "Data quality"}]


def test_empty_or_enormous_texts_are_refused(lab):
    """What is written has a length between 1 and 20,000 characters."""
    lab.stage(colleagues=[DATA_QUALITY])
    for text in (" ", "x" * 30_000):
        with pytest.raises(BadInput):
            lab.desk.ask("data-quality", text)
        with pytest.raises(BadInput):
            lab.desk.write_ticket("supplier", "s", text)
    with pytest.raises(BadInput):
        lab.desk.answer("t", object())


@pytest.mark.parametrize(
    "section",
    [
        {"inbox": [{"id": "a", "sender": "b", "text": "c", "at": "soon"}]},
        {"colleagues": [{**DATA_QUALITY, "rules": [{"mentions": [""], "reply": "yes"}]}]},
        {"colleagues": [{**DATA_QUALITY, "rules": [{"mentions": ["x"], "reply": "y", "does": [{"a": {}, "b": {}}]}]}]},
        {"letters": []},
    ],
)
def test_a_scene_that_makes_no_sense_is_refused(section):
    """Times, mentions and actions are checked when the scene is read."""
    with pytest.raises(ValidationError):
        DeskStage(**section)


def test_what_the_trainee_writes_is_no_collateral_damage(lab):
    """Answers, tickets and questions are not recorded as changed rows."""
    lab.stage(colleagues=[DATA_QUALITY])
    with provenance.acting(provenance.TRAINEE):
        lab.desk.answer("a", 1)
        lab.desk.write_ticket("supplier", "s", "t")
        lab.desk.ask("data-quality", "hello")
    with lab.store.read() as tx:
        assert tx.execute("SELECT count(*) FROM lab_change").fetchone()[0] == 0
