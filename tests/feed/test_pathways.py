"""The pathways that ship send what they say, and every mistake in one of one's own is told with its place."""

import pytest

from simlab.errors import NotFound
from simlab.feed import library
from simlab.feed.dialect import Dialect
from simlab.feed.messages import TABLE
from simlab.feed.pathway import every
from simlab.validation import Invalid
from tests.feed.feeding import Keeper, fed, written

SEQUENCES = {
    "cancelled-order": "A28 A04 NW NW/SC CA/CA A03",
    "cancer-mdt": (
        "A28 S12 A04 NW NW R-F A03 NW/SC NW/SC A04 SC/IP SC/IP XO/CM XO/CM A03 R-F R-F NW NW/SC A04 SC/IP XO/CM "
        "A03 R-F S12"
    ),
    "chest-pain-ct": "A28 A04 NW NW/SC SC/IP XO/CM R-F R-F R-F A03",
    "corrected-report": "A28 A04 NW NW/SC SC/IP XO/CM R-P A03 R-F R-C",
    "demographics": "A28 A31",
    "duplicate-merge": "A28 A28 A04 NW NW/SC SC/IP XO/CM A03 A40 R-F",
    "gp-chest-xray": "A28 NW A04 NW/SC SC/IP XO/CM A03 R-F",
    "inpatient-transfers": "A28 A05 A01 A02 NW NW/SC SC/IP XO/CM R-F A03",
    "maternity-surname": "A28 S12 A04 NW NW/SC SC/IP XO/CM R-F A03 A31 A04 NW NW/SC SC/IP XO/CM R-F A03",
    "mri-rescheduled": "A28 A04 NW A03 NW/SC S12 XO/SC S13 A04 SC/IP XO/CM A03 R-F",
    "trauma-unknown": (
        "A28 A04 NW NW NW NW/SC NW/SC NW/SC R-F R-F SC/IP SC/IP SC/IP XO/CM XO/CM XO/CM R-P R-P R-P A06 R-F R-F "
        "R-F A08 A40 A02 A03"
    ),
    "wrong-patient": "A28 A28 A04 NW NW/SC SC/IP XO/CM R-F R-W NW NW/SC SC/IP XO/CM R-F A03",
}
"""What the first start with seed 1 sends: the event; of an order ORC-1/ORC-5; of a result R and its status."""

TINY = """
title: Tiny
number: 33
persons: {patient: {age: [20, 30], sex: F}}
steps:
- identify
"""


def step(message):
    kind, _, event = message.get("MSH-9").partition("^")
    if kind == "ORM":
        return f"{message.get('ORC-1')}/{message.get('ORC-5')}".rstrip("/")
    if kind == "ORU":
        return "R-W" if message.get("OBX-11") == "W" else f"R-{message.get('OBR-25')}"
    return event[:3]


@pytest.mark.parametrize("name", library.names())
def test_a_pathway_sends_its_messages_in_order(name):
    """Every pathway that ships has its row in the table."""
    assert " ".join(map(step, fed(name, seed=1, count=1).messages)) == SEQUENCES[name]


def test_all_kinds_of_happening_occur_in_what_ships():
    """Nothing is told that no pathway ever tells: links apart, which one of them makes."""
    kinds = set(fed(*library.names(), count=400).kinds)
    silent = {kind for kind, row in TABLE.items() if row.tell is None}
    assert set(TABLE) - kinds - silent == {"unlink", "undo_admit"}


def test_no_two_pathways_share_a_number():
    """So that all of them can run together."""
    numbers = [library.find(name).pathway.number for name in library.names()]
    assert len(set(numbers)) == len(numbers) >= 10


def test_several_exams_of_an_attendance_are_orders_of_one_visit():
    """Each with a placer number, an accession and a study of its own."""
    orders = [m for m in fed("trauma-unknown", count=1).messages if m.get("ORC-5") == "SC"]
    assert [m.get("OBR-4.1") for m in orders] == ["CSKUH", "CSPICE", "CCHABP"]
    assert len({m.get("PV1-19") for m in orders}) == 1
    for place in ("ORC-2", "OBR-18", "OBR-19", "OBR-20", "ZDS-1.1"):
        assert len({m.get(place) for m in orders}) == 3


def test_parallel_departments_go_on_side_by_side():
    """Results and film of one chest pain interleave, and the visit goes on after both."""
    text = """
        title: Parallel
        number: 33
        persons: {patient: {}}
        steps:
        - attend: {kind: E, specialty: emergency}
        - parallel:
            laboratory: [{wait: 10m}, {result: TROP}, {wait: 20m}, {result: UE}]
            imaging: [{order: XCHES}, {wait: 20m}, {schedule: {}}, {perform: exam}, {wait: 5m}, {report: exam}]
        - discharge: home
        """
    messages = fed(written(text), count=1).messages
    assert [step(m) for m in messages] == ["A04", "NW", "R-F", "NW/SC", "XO/CM", "R-F", "R-F", "A03"]
    assert messages[-1].get("MSH-7") == messages[-2].get("MSH-7")


def test_an_answer_steers_the_way_on():
    """AE asks again, AA goes on, no answer gives up; a file counts as AA."""
    text = TINY + (
        "- order: XCHES\n- by_ack:\n    AA: [{schedule: exam}]\n    AE: [{order: XHIPR}]\n    none: [{cancel: exam}]\n"
    )
    for code, then in (("AA", "XCHES"), ("AE", "XHIPR"), ("none", "XCHES")):
        keeper = fed(written(text), count=1, keeper=Keeper(answers={"order": [code]}))
        assert keeper.messages[2].get("OBR-4.1") == then
    assert keeper.messages[2].get("ORC-1") == "CA"
    assert fed(written(text), count=1).messages[2].get("ORC-5") == "SC"


def test_the_profile_decides_how_demographics_are_told():
    """UK: A28 and A31, NHS number behind the hospital's; IHE: no A28, A08, one number, the account in PID-18."""
    uk = fed("demographics", count=30).messages
    ihe = fed("demographics", count=30, keeper=Keeper(Dialect(profile="ihe-rad"))).messages
    assert {m.get("MSH-9.2") for m in uk} == {"A28", "A31"}
    assert {m.get("MSH-9.2") for m in ihe} == {"A08"}
    assert [one.split("^")[3] for one in uk[0].all("PID-3")] == ["RXX01", "NHS"]
    assert {len(m.all("PID-3")) for m in ihe} == {1}
    assert not any(m.get("PID-32") for m in ihe)


@pytest.mark.parametrize(
    ("edit", "place", "says", "remedy"),
    [
        (("sex: F", "sex: X"), ":4", "'F' or 'M'", "values"),
        (("age: [20, 30]", "age: [30, 20]"), ":4", "smaller first", ""),
        (("- identify", "- identfy"), ":6", "identfy", "identify"),
        (("- identify", "- order: XNOPE"), ":6", "XNOPE", "XCHES"),
        (("- identify", "- admit: W99"), ":6", "W99", "AMU"),
        (("- identify", "- attend: {specialty: magic}"), ":6", "magic", "cardiology"),
        (("- identify", "- result: ABC"), ":6", "ABC", "FBC"),
        (("- identify", "- identify: nobody"), ":6", "nobody", "patient"),
        (("- identify", "- report: ct"), ":6", "no step orders 'ct'", ""),
        (("- identify", "- wait: soon"), ":6", "no span", ""),
        (("- identify", "- wait: 3h..1h"), ":6", "shorter", ""),
        (("- identify", "- wait: {mean: 1h, until: '08:00'}"), ":6", "one of mean", ""),
        (("- identify", "- either: [{share: 0.7, steps: []}, {share: 0.6, steps: []}]"), ":6", "more than 1", ""),
        (("- identify", "- {identify: patient, discharge: home}"), ":6", "one thing", ""),
        (("- identify", "- merge: {retire: patient, survive: other}"), ":6", "other", "patient"),
        (("number: 33", "number: 99"), ":3", "40", ""),
        (("patient: {age", "patient: {same_as: second, age"), ":4", "second", ""),
        (("title: Tiny", "titel: Tiny"), ":2", "titel", "title"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_remedy(edit, place, says, remedy):
    """So that whoever writes one need not read the code."""
    old, new = edit
    assert old in TINY
    with pytest.raises(Invalid) as caught:
        written(TINY.replace(old, new))
    assert any(
        problem.place == f"mine.yaml{place}" and says in problem.what and remedy in problem.remedy
        for problem in caught.value.problems
    ), [str(problem) for problem in caught.value.problems]


def test_all_mistakes_are_told_at_once():
    """Two wrong steps, two findings."""
    with pytest.raises(Invalid) as caught:
        written(TINY + "- order: XNOPE\n- parallel: {a: [{admit: W99}]}\n")
    assert [problem.place for problem in caught.value.problems] == ["mine.yaml:7", "mine.yaml:8"]


def test_a_pathway_that_is_not_there_names_those_that_are():
    """As every NotFound does."""
    with pytest.raises(NotFound, match="gp-chest-xray"):
        library.find("gp-chest")


def test_every_step_is_found_however_deep():
    """In branches, shares and parallel departments."""
    chest = library.find("chest-pain-ct").pathway
    kinds = [one.kind for one, _ in every(chest.steps)]
    assert kinds.count("order") == 3
    assert kinds.count("discharge") == 3
