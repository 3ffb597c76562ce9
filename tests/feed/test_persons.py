"""A person is the same person in every message, over the life that the feed gives them."""

from collections import defaultdict
from itertools import pairwise

import pytest

from simlab.feed import library
from tests.feed.feeding import Keeper, fed, written

RENAMING = ("ADT^A31", "ADT^A08")


def by_number(messages):
    """The messages by the hospital number in PID-3."""
    found = defaultdict(list)
    for message in messages:
        found[message.get("PID-3.1")].append(message)
    return found


@pytest.fixture(scope="module")
def day():
    """Four hundred starts of everything."""
    return fed(*library.names(), seed=11, count=400).messages


def test_a_name_or_address_changes_only_when_it_is_told(day):
    """From one message to the next PID-5, 7, 8, 11 and the GP stay, but for A31, A08, and after a merge."""
    for messages in by_number(day).values():
        for before, after in pairwise(messages):
            if after.get("MSH-9")[:7] in (*RENAMING, "ADT^A40"):
                continue
            for place in ("PID-5", "PID-7", "PID-8", "PID-11"):
                assert after.get(place) == before.get(place), after.get("MSH-10")


def test_who_comes_back_is_the_same_person():
    """The GP's patients who return keep number, name and birth date, and get another visit."""
    people = by_number(fed("gp-chest-xray", seed=2, count=200, hourly=2).messages)
    back = [messages for messages in people.values() if len({m.get("PV1-19") for m in messages} - {""}) > 1]
    assert len(back) > 10
    for messages in back:
        assert len({m.get("PID-5") for m in messages}) == 1
        assert len({m.get("PID-7") for m in messages}) == 1
        assert [m.get("MSH-9.2") for m in messages].count("A28") == 1


def test_a_surname_changes_between_two_scans():
    """The dating scan stands under the old name, the anomaly scan under the new, the given name stays."""
    messages = fed("maternity-surname", count=1).messages
    told = {m.get("OBR-4.1"): m for m in messages if m.get("ORC-1") == "NW"}
    old, new = told["UOBDS"], told["UOBAN"]
    assert old.get("PID-5.1") != new.get("PID-5.1")
    assert old.get("PID-5.2") == new.get("PID-5.2")
    assert old.get("PID-3.1") == new.get("PID-3.1")
    assert {m.get("PV1-15") for m in (old, new)} == {"B6"}
    changed = next(m for m in messages if m.get("MSH-9.2") == "A31")
    assert changed.get("PID-5.1") == new.get("PID-5.1")


def test_the_unknown_male_becomes_somebody_who_was_known():
    """Unknown without date of birth, address and NHS number; then himself; then merged into his own number."""
    messages = fed("trauma-unknown", count=1).messages
    known, unknown = messages[0], messages[1]
    assert unknown.get("PID-5.1") == "UNKNOWN"
    assert not any(unknown.get(place) for place in ("PID-7", "PID-11"))
    assert len(unknown.all("PID-3")) == 1
    merge = next(m for m in messages if m.get("MSH-9.2") == "A40")
    assert merge.get("PID-3.1") == known.get("PID-3.1")
    assert merge.get("MRG-1.1") == unknown.get("PID-3.1")
    identified = next(m for m in messages if m.get("MSH-9.2") == "A08")
    assert identified.get("PID-5") == known.get("PID-5")


def test_a_second_registration_has_its_slip():
    """The same family name, another number, no NHS number, and one fact that is wrong."""
    for seed in range(6):
        first, second = fed("duplicate-merge", seed=seed, count=1).messages[:2]
        assert first.get("PID-3.1") != second.get("PID-3.1")
        assert first.get("PID-5.1") == second.get("PID-5.1")
        assert len(second.all("PID-3")) == 1
        wrong = [place for place in ("PID-5.2", "PID-7", "PID-11") if first.get(place) != second.get(place)]
        assert len(wrong) == 1


def test_a_namesake_is_another_person():
    """The same name, other numbers and another date of birth."""
    one, other = fed("wrong-patient", count=1).messages[:2]
    assert one.get("PID-5.1") == other.get("PID-5.1")
    assert one.get("PID-5.2") == other.get("PID-5.2")
    assert one.get("PID-3.1") != other.get("PID-3.1")
    assert one.get("PID-7") != other.get("PID-7")


def test_a_retired_number_is_never_used_again(day):
    """After the A40 nothing more is told of it."""
    retired = set()
    for message in day:
        assert message.get("PID-3.1") not in retired
        if message.get("MSH-9.2") == "A40":
            retired.add(message.get("MRG-1.1"))
    assert retired


def test_an_order_keeps_its_numbers(day):
    """One accession, procedure and study a placer number, from scheduling to the corrected report."""
    numbers = defaultdict(set)
    for message in day:
        if message.get("OBR-18"):
            numbers[message.get("OBR-2")].add((message.get("OBR-18"), message.get("OBR-3")))
    assert numbers
    assert all(len(found) == 1 for found in numbers.values())
    assert len({pair for found in numbers.values() for pair in found}) == len(numbers)


def test_a_visit_has_one_number_from_arrival_to_discharge(day):
    """PV1-19 of an A03 was opened by an A01, A04, A05 of the same person, or moved with a merge."""
    opened = {m.get("PV1-19") for m in day if m.get("MSH-9.2") in ("A01", "A04", "A05")}
    left = [m.get("PV1-19") for m in day if m.get("MSH-9.2") == "A03"]
    assert left
    assert set(left) <= opened


def test_ages_are_those_that_the_pathway_says():
    """Between 38 and 88 on the day of the first message; nobody is born in the future."""
    for message in fed("chest-pain-ct", seed=4, count=120, hourly=600).messages:
        born = message.get("PID-7")
        assert "19370302" <= born <= "19880303"


def test_a_report_for_the_wrong_patient_is_withdrawn():
    """OBX-11 is W while OBR-25 stays F (table 0123 has no W), and the right patient gets a report of their own."""
    for seed in range(1, 9):
        reports = [m for m in fed("wrong-patient", seed=seed, count=1).messages if m.get("MSH-9.1") == "ORU"]
        if len(reports) == 3:
            break
    posted, withdrawn, right = reports
    assert (withdrawn.get("OBR-25"), withdrawn.all("OBX-11")) == ("F", ["W"] * len(withdrawn.all("OBX-11")))
    assert posted.get("OBR-18") == withdrawn.get("OBR-18") != right.get("OBR-18")
    assert posted.get("PID-3.1") != right.get("PID-3.1")


def test_a_corrected_report_says_other_words():
    """P and F in the same words, C in others, all of one accession."""
    reports = [m for m in fed("corrected-report", count=1).messages if m.get("MSH-9.1") == "ORU"]
    assert [m.get("OBR-25") for m in reports] == ["P", "F", "C"]
    texts = [m.all("OBX-5")[1:] for m in reports]
    assert texts[0] == texts[1] != texts[2]
    assert len({m.get("OBR-18") for m in reports}) == 1


def test_links_part_again():
    """A24 and A37 name both records; neither is retired."""
    text = """
        title: Linked
        number: 33
        persons: {patient: {}, second: {same_as: patient}}
        steps:
        - identify
        - identify: second
        - link: {persons: [patient, second]}
        - link: {persons: [patient, second], apart: true}
        - amend: {who: second, change: phone}
        """
    messages = fed(written(text), count=1, keeper=Keeper()).messages
    assert [m.get("MSH-9.2") for m in messages] == ["A28", "A28", "A24", "A37", "A31"]
    assert [len(m.named("PID")) for m in messages] == [1, 1, 2, 2, 1]


def test_exams_of_one_request_are_of_one_group():
    """Two or three exams at one attendance have orders of their own, and ORC-4 says that they belong together."""
    messages = [m for m in fed("cancer-mdt", "trauma-unknown", count=8).messages if m.get("MSH-9.1") == "ORM"]
    groups = defaultdict(set)
    for message in messages:
        groups[message.get("ORC-4")].add((message.get("PV1-19"), message.get("OBR-4.1"), message.get("ORC-2")))
    alone = {code for _, code, _ in groups.pop("", set())}
    assert alone <= {"NPETWB"}
    assert {frozenset(code for _, code, _ in group) for group in groups.values()} == {
        frozenset({"CCHEC", "CABDOC"}),
        frozenset({"CSKUH", "CSPICE", "CCHABP"}),
    }
    assert all(len({visit for visit, _, _ in group}) == 1 for group in groups.values())


def test_a_transfer_that_was_none_leaves_everybody_in_their_bed(day):
    """PV1-3 of A12 is that of before the A02, bed included, and the A02 says in PV1-6 from where."""
    places: dict[str, str] = {}
    before: dict[str, str] = {}
    undone = 0
    for message in day:
        visit, event = message.get("PV1-19"), message.get("MSH-9.2")
        if event == "A02":
            assert message.get("PV1-6") == places[visit]
            before[visit] = places[visit]
        elif event == "A12":
            undone += 1
            assert message.get("PV1-3") == before[visit]
        places[visit] = message.get("PV1-3")
    assert undone > 3
