"""The rules of a route: what each verb makes of a message, and what is said of one that is none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.department.engine.passage import through
from simlab.department.engine.rulebook import VERBS, compiled, read_rules, written
from simlab.errors import BadInput
from simlab.hl7.message import parse

ORDER = (
    "MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302||ORM^O01|C1|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||9990001235^^^NHS^NH~123^^^RXX01^MR||MÜLLER^ANNA||1970|W\r"
    "ORC|NW|P1\rOBR|1|P1||CSKUH^CT Head\rZDS|1.2\r"
    "ORC|NW|P2\rOBR|1|P2||UAORT^US Aorta\rZDS|1.3\r"
)


def gone_through(*rules, text=ORDER, encoding="utf-8"):
    """What becomes of a message on a route with these rules, after they were kept and read again."""
    return through("out", compiled(written(read_rules(list(rules), "out"))), parse(text.encode(encoding)))


def one(*rules, **given):
    """The only message that goes out, parsed."""
    passage = gone_through(*rules, **given)
    assert not passage.refused and not passage.filtered
    (out,) = passage.out
    return parse(out)


def test_without_rules_every_byte_goes_out_as_it_came():
    """No rule, no change; nor does a rule whose `if` does not hold change a byte."""
    assert one().data == ORDER.encode()
    assert one({"drop_segment": "Z*", "if": {"PID-8": "F"}}).data == ORDER.encode()


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"MSH-9.1": "ORM"}, True),
        ({"MSH-9.1": ["ADT", "ORU"]}, False),
        ({"PID-3.4": "RXX01"}, True),  # in any repetition
        ({"PID-3[1].4": "RXX01"}, False),
        ({"OBR-4.1": "UAORT"}, True),  # in any segment
        ({"PID-8": {"in": ["M", "W"]}}, True),
        ({"PID-8": {"not": ["M", "W"]}}, False),
        ({"PID-30": {"not": "Y"}}, True),
        ({"PID-3.4": {"not": "NHS"}}, False),  # no repetition may be
        ({"PID-5.1": {"like": "MÜ*"}}, True),
        ({"PID-7": {"matches": r"^\d{4}$"}}, True),
        ({"PID-7": {"matches": r"^\d{8}$"}}, False),
        ({"PID-19": {"missing": True}}, True),
        ({"ZDS": {"missing": False}}, True),
        ({"ZZZ": {"missing": True}, "PID-8": "F"}, False),  # all of them must hold
        ({"PID-1": 1}, True),
    ],
)
def test_a_filter_keeps_what_its_conditions_say(conditions, holds):
    """`keep` lets through where all hold, `drop` where not all do, `refuse` makes a dead letter."""
    assert bool(gone_through({"keep": conditions}).out) is holds
    assert bool(gone_through({"drop": conditions}).out) is not holds
    assert bool(gone_through({"refuse": conditions, "because": "no"}).refused) is holds
    assert bool(gone_through({"keep": conditions}).filtered) is not holds


def test_a_refusal_names_route_rule_and_path_with_the_given_reason():
    """What a person reads in the dead letters."""
    refused = gone_through(
        {"version": "2.4"}, {"refuse": {"PID-3.5": "NH"}, "because": "NHS numbers stay here"}
    ).refused
    assert refused == "route out, rule 2, PID-3.5: NHS numbers stay here"


@pytest.mark.parametrize(
    ("rule", "place", "value"),
    [
        ({"set": "PID-8", "value": "F"}, "PID-8", "F"),
        ({"set": "PID-8", "value": "A&B|C"}, "PID-8", "A&B|C"),  # escaped, read back as it was meant
        ({"set": "PID-2", "from": "PID-3[2].1"}, "PID-2", "123"),
        ({"set": "PID-18", "from": "PID-3"}, "PID-18", "9990001235^^^NHS^NH"),
        ({"set": "PID-18", "template": "{PID-3[2].1}-{PID-7}^^^X"}, "PID-18", "123-1970^^^X"),
        ({"set": "OBR[2]-4.2", "value": "Ultrasound"}, "OBR[2]-4.2", "Ultrasound"),
        ({"set": "ORC-1", "value": "SC", "every": True}, "ORC[2]-1", "SC"),
        ({"set": "ORC-1", "value": "SC"}, "ORC[2]-1", "NW"),
        ({"translate": "PID-8", "table": {"W": "F", "M": "M"}}, "PID-8", "F"),
        ({"translate": "OBR-4.1", "table": {"UAORT": "X9"}}, "OBR[2]-4.1", "X9"),
        ({"translate": "PID-3.4", "table": {"NHS": "NHS", "RXX01": "RYY"}}, "PID-3[2].4", "RYY"),
        ({"translate": "PID-8", "table": {"M": "1"}, "otherwise": "empty"}, "PID-8", ""),
        ({"translate": "PID-8", "table": {"M": "1"}}, "PID-8", "W"),
        ({"version": "2.3.1"}, "MSH-12", "2.3.1"),
        ({"version": 2.4}, "MSH-12", "2.4"),
        ({"order_repetitions": "PID-3", "first": {"PID-3.5": "MR"}}, "PID-3", "123^^^RXX01^MR"),
        ({"order_repetitions": "PID-3", "first": {"PID-3.5": "MR"}}, "PID-3[2].5", "NH"),
        ({"keep_repetitions": "PID-3", "where": {"PID-3.5": "NH"}}, "PID-3", "9990001235^^^NHS^NH"),
        ({"drop_repetitions": "PID-3", "where": {"PID-3.5": "NH", "PID-3.4": "NHS"}}, "PID-3", "123^^^RXX01^MR"),
        ({"drop_repetitions": "PID-3", "where": {"PID-3.5": {"missing": False}}}, "PID-3", ""),
        ({"add_segment": "ZAL|1|{PID-5.1}|é", "after": "PID"}, "ZAL-2", "MÜLLER"),
        ({"add_segment": "NTE|1||end"}, "NTE-3", "end"),
    ],
)
def test_a_rule_writes_what_it_says(rule, place, value):
    """The place holds it afterwards."""
    assert one(rule).get(place) == value


def test_an_added_segment_stands_where_it_was_wanted():
    """Behind the last segment of that name, or at the end."""
    names = [
        segment.name for segment in one({"add_segment": "ZAL|1", "after": "ZDS"}, {"add_segment": "NTE|1"}).segments
    ]
    assert names == ["MSH", "PID", "ORC", "OBR", "ZDS", "ORC", "OBR", "ZDS", "ZAL", "NTE"]


def test_segments_are_dropped_by_name_or_by_first_letter():
    """`Z*` strips every Z-segment; all other bytes stay."""
    kept = ORDER.replace("ZDS|1.2\r", "").replace("ZDS|1.3\r", "")
    assert one({"drop_segment": "Z*"}).data == kept.encode()
    assert one({"drop_segment": ["ZDS", "XXX"]}).data == kept.encode()
    assert one({"drop_segment": "M*"}).segments[0].name == "MSH"


def test_a_character_set_is_converted_in_label_and_bytes_or_made_to_lie():
    """Converted, the text stays; with `only`, label and bytes part ways."""
    latin = one({"charset": "8859/1"})
    assert (latin.get("MSH-18"), b"M\xdcLLER" in latin.data, latin.get("PID-5.1")) == ("8859/1", True, "MÜLLER")
    assert b"M\xdcLLER" in one({"charset": "8859/1", "only": "bytes"}).data
    lie = one({"charset": "8859/1", "only": "label"})
    assert (lie.get("MSH-18"), lie.get("PID-5.1")) == ("8859/1", "MÃ\x9cLLER")
    assert "rule 1, MSH-18: ASCII has no 'Ü'" in gone_through({"charset": "ASCII"}).refused
    assert one({"charset": "ASCII", "replace": True}).get("PID-5.1") == "M?LLER"
    switched = one({"charset": "8859/1~ISO IR87"}, {"set": "PID-5.2", "value": "乱"})
    assert switched.all("MSH-18") == ["8859/1", "ISO IR87"] and b"^\x1b$BMp\x1b(B|" in switched.data
    assert switched.get("PID-5") == "MÜLLER^乱"


def test_a_message_is_made_one_of_another_version():
    """Not the label alone: an order of 2.3.1 with ZDS becomes OMI^O23, which carries the study UID in IPC-3."""
    numbered = "OBR|1|P1||CSKUH^CT Head" + "|" * 14 + "RXX1|RP1|S1||||CT\r"
    single = ORDER[: ORDER.rindex("ORC|")].replace("OBR|1|P1||CSKUH^CT Head\r", numbered)
    order = one({"convert": "2.5.1", "orders": "omi"}, text=single)
    assert (order.get("MSH-12"), order.get("MSH-9"), order.get("IPC-3")) == ("2.5.1", "OMI^O23^OMI_O23", "1.2")
    assert not order.named("ZDS")
    with pytest.raises(BadInput, match=r"no version '2\.7'"):
        read_rules([{"convert": "2.7"}], "out")


def test_an_order_message_is_split_by_its_groups():
    """Each ORC begins a message with the same head; the second gets a control ID of its own; later rules see each."""
    passage = gone_through({"split": "ORC"}, {"drop": {"OBR-4.1": "CSKUH"}})
    (out,) = passage.out
    assert parse(out).get("MSH-10") == "C1-2"
    assert [segment.name for segment in parse(out).segments] == ["MSH", "PID", "ORC", "OBR", "ZDS"]
    both = gone_through({"split": "ORC"}).out
    assert [parse(data).get("OBR-2") for data in both] == ["P1", "P2"]


def test_line_ends_are_spoilt_last():
    """LF for CR: what goes out no receiver splits; the rule stands last."""
    (out,) = gone_through({"set": "PID-8", "value": "F"}, {"line_ends": "LF"}).out
    assert b"\r" not in out and out.count(b"\n") == ORDER.count("\r")
    (out,) = gone_through({"line_ends": "CRLF", "if": {"PID-8": "M"}}).out
    assert out == ORDER.encode()


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"set": "PV1-2", "value": "I"}, "rule 1, PV1-2: the message has no PV1"),
        ({"translate": "PID-8", "table": {"M": "1"}, "otherwise": "refuse"}, "no translation of 'W'"),
        ({"set": "PID-5.1", "from": "PID-3"}, "has components"),
        ({"add_segment": "ZAL|1", "after": "PV1"}, "no PV1 to add a segment behind"),
        ({"set": "PID-8", "template": "a|b"}, "break the segment"),
    ],
)
def test_a_rule_that_cannot_be_carried_out_refuses_the_message(rule, says):
    """With the path and what is wrong; nothing raises."""
    assert says in gone_through(rule).refused


def test_a_letter_that_the_message_cannot_write_refuses_it():
    """The character set of the message has no such letter."""
    latin = ORDER.replace("UNICODE UTF-8", "8859/1")
    assert "MSH-18" in gone_through({"add_segment": "ZAL|Ω"}, text=latin, encoding="latin-1").refused
    assert "'Ω'" in gone_through({"set": "PID-8", "value": "Ω"}, text=latin, encoding="latin-1").refused


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ([{"kep": {"PID-8": "M"}}], "exactly one verb"),
        ([{"version": "2.4", "split": "ORC"}], "exactly one verb"),
        (["keep"], "exactly one verb"),
        ([{"version": "2.4"}, {"set": "PID-8"}], "rule 2: say one of: value, from, template"),
        ([{"set": "PID8", "value": "x"}], "is not a path"),
        ([{"set": "MSH-2", "value": "x"}], "separators"),
        ([{"set": "PID-8", "value": "x", "colour": "red"}], "colour"),
        ([{"keep": {}}], "at least 1 item"),
        ([{"keep": {"PID-8": {"matches": "(a+)+$"}}}], "repeats a group"),
        ([{"keep": {"PID-8": {"matches": ".*.*.*x"}}}], "repeats too much"),
        ([{"keep": {"PID-8": {"matches": "("}}}], "no regular expression"),
        ([{"keep": {"PID-8": {"like": "a", "missing": True}}}], "say one of"),
        ([{"line_ends": "LF"}, {"version": "2.4"}], "put it last"),
        ([{"drop_segment": "MSH"}], "without MSH"),
        ([{"drop_segment": "zds"}], "no segment's name"),
        ([{"charset": "KLINGON"}], "not supported"),
        ([{"add_segment": "pid|1"}], "begins with its name"),
        ([{"add_segment": "ZAL|1\rPID|2"}], "no line ends"),
        ([{"set": "PID-8", "template": "{PID8}"}], "is not a path"),
        ([{"keep_repetitions": "PID-3.1", "where": {"PID-3.5": "NH"}}], "whole field"),
        ([{"keep_repetitions": "PID-3", "where": {"PID-4.5": "NH"}}], "not within PID-3"),
        ([{"version": "3.0"}], "match pattern"),
        ([{"version": "12.4"}], "match pattern"),
        ([{"split": "XORC"}], "match pattern"),
        ([{"version": "2.4"}] * 101, "at most 100"),
        ({"version": "2.4"}, "valid list"),
        ([{"translate": "PID-8", "table": {"a": ["b"]}}], "table"),
    ],
)
def test_a_rule_that_is_none_is_named_with_its_number(rules, says):
    """Before anything is changed; the route and the rule's number stand in the place."""
    with pytest.raises(BadInput) as caught:
        read_rules(rules, "out")
    assert says in str(caught.value)
    assert caught.value.place.startswith("route out")


def test_every_verb_has_a_sentence_and_is_kept_as_it_was_written():
    """The vocabulary's documentation comes from the models, and a kept rule is the rule that was given."""
    assert all(kind.__doc__ for kind in VERBS.values())
    given_rules = [
        {"keep": {"PID-8": {"not": ["M"]}, "PID-1": "1"}, "note": "why"},
        {"set": "PID-2", "from": "PID-3", "if": {"ZDS": {"missing": True}}},
    ]
    assert [rule.as_json() for rule in compiled(written(read_rules(given_rules, "out")))] == given_rules


@pytest.mark.parametrize("expression", ["a*a*b$", "a?a?a?a*a*b$", "[ab]+[ab]+c$", "a{1,200}a{1,200}b"])
def test_no_allowed_expression_takes_long(expression):
    """What the checks let through is bounded, whatever the value."""
    begin = time.process_time()
    gone_through({"keep": {"PID-5.1": {"matches": expression}}}, text=ORDER.replace("MÜLLER", "a" * 100_000))
    assert time.process_time() - begin < 2.0


LAID = [
    *({"drop_segment": "Z*"}, {"split": "ORC"}, {"version": "2.3"}, {"keep": {"PID-8": ["W", "F"]}}),
    *({"convert": "2.5.1"}, {"convert": "2.3", "orders": "orm"}, {"convert": "2.5.1", "orders": "omi"}),
    *({"charset": "8859/1"}, {"charset": "UNICODE UTF-8"}, {"charset": "ASCII"}, {"add_segment": "ZZZ|{PID-5}"}),
    *({"set": "PID-2", "value": "ü"}, {"set": "OBR-4", "from": "PID-3", "every": True}),
    {"translate": "PID-8", "table": {"W": "F", "F": "W"}},
    {"order_repetitions": "PID-3", "first": {"PID-3.5": "MR"}},
    {"keep_repetitions": "PID-3", "where": {"PID-3.5": "MR"}},
]


@given(st.lists(st.sampled_from(LAID), max_size=8))
def test_whatever_rules_are_laid_behind_one_another_a_message_goes_out_readable_or_is_accounted_for(rules):
    """Either messages that parse, or a reason; never neither, never both."""
    passage = gone_through(*rules)
    assert bool(passage.out) + bool(passage.filtered) + bool(passage.refused) == 1
    assert all(parse(out).get("PID-3") for out in passage.out)


REPEATED = ORDER.replace("~123^^^RXX01^MR", "".join(f"~{n}^^^RXX01^MR" for n in range(5000)))
LONG = ORDER + "".join(f"OBX|{n}|ST|||line {n}||||||P\r" for n in range(1, 9001))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"translate": "OBX-11", "table": {"P": "F"}}, LONG),
        ({"set": "OBX-11", "value": "F", "every": True}, LONG),
        ({"drop_segment": "OBX"}, LONG),
        ({"order_repetitions": "PID-3", "first": {"PID-3.5": "MR"}}, REPEATED),
        ({"translate": "PID-3.4", "table": {"RXX01": "RYY"}}, REPEATED),
    ],
    ids=["translate", "set", "drop", "order", "translate-repetitions"],
)
def test_a_rule_takes_time_in_proportion_to_the_message(rule, text):
    """Thousands of segments or repetitions are each read once: seconds at the very most, not hours."""
    begin = time.process_time()
    assert one(rule, text=text).data != text.encode()
    assert time.process_time() - begin < 5.0


def test_beyond_ten_thousand_of_a_kind_a_rule_gives_up_with_a_reason():
    """Repetitions and segments alike; a rule that names one of them still works."""
    many = ORDER + "".join(f"OBX|{n}||||||||||P\r" for n in range(10_001))
    assert (
        "there are 10001 segments OBX" in gone_through({"translate": "OBX-11", "table": {"P": "F"}}, text=many).refused
    )
    assert one({"translate": "OBX[2]-11", "table": {"P": "F"}}, text=many).get("OBX[2]-11") == "F"
    repeated = ORDER.replace("123^^^RXX01^MR", "~".join(["1"] * 10_001))
    assert (
        "repetitions" in gone_through({"drop_repetitions": "PID-3", "where": {"PID-3.1": "1"}}, text=repeated).refused
    )


def test_fields_of_the_header_are_translated_and_arranged_like_others():
    """MSH counts its separator as a field."""
    assert one({"translate": "MSH-9.1", "table": {"ORM": "OMG"}}).get("MSH-9") == "OMG^O01"
    profiled = ORDER.replace("UNICODE UTF-8\r", "UNICODE UTF-8|||A~B\r")
    assert one({"order_repetitions": "MSH-21", "first": {"MSH-21": "B"}}, text=profiled).all("MSH-21") == ["B", "A"]
