"""The parts beneath the screens: forms from schemas, values into words, pictures, the client of the door."""

from __future__ import annotations

import asyncio

import pytest

from simlab.errors import BadInput, NotAllowed
from simlab.tui import words
from simlab.tui.anatomy import dissect
from simlab.tui.attempt import read_attempt, read_marks
from simlab.tui.client import Door, Lost
from simlab.tui.fields import SETTINGS, Field, fields_of, read
from simlab.tui.octets import octets
from simlab.tui.screens.compare_messages import differing
from simlab.tui.widgets.preview import read_picture
from simlab.tui.widgets.services import BY_ID, STEP, arguments, flat
from tests.tui import canned
from tests.tui.fake_door import FakeDoor


def test_required_fields_come_first_and_optional_lists_take_a_line_an_item() -> None:
    """The form of pacs.set_peer as its schema gives it."""
    schema = next(action["schema"] for action in canned.ACTIONS if action["name"] == "pacs.set_peer")
    fields = fields_of(schema)
    assert [field.name for field in fields] == ["title", "port", "host", "services"]
    assert read(fields[3], "echo\n store \n") == ["echo", "store"]
    assert read(fields[1], "11112") == 11112


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "object", "description": "name, sex"}, "key=value, one a line: name, sex"),
        ({"type": "array", "items": {"type": "string"}}, "one a line"),
        ({"type": "string", "description": "a station"}, "a station"),
    ],
)
def test_an_empty_field_says_how_it_is_filled_in(schema: dict, says: str) -> None:
    """What a field takes, and, where it has several lines, how a line is written."""
    (field,) = fields_of({"properties": {"field": schema}})
    assert field.hint == says


def test_an_action_that_takes_any_setting_has_one_field_for_them() -> None:
    """`additionalProperties` become name=value lines, numbers and truth values read as such."""
    (field,) = fields_of({"type": "object", "properties": {}, "additionalProperties": True})
    assert field.name == SETTINGS
    assert read(field, "ae_title=PACS\ncheck_calling=true\nport=104") == {
        "ae_title": "PACS",
        "check_calling": True,
        "port": 104,
    }


@pytest.mark.parametrize(("kind", "text"), [("whole", "eleven"), ("pairs", "no equals sign"), ("json", "{")])
def test_a_value_that_does_not_fit_names_its_field(kind: str, text: str) -> None:
    """The error's place is the field's label."""
    with pytest.raises(BadInput) as refused:
        read(Field("port", "port", kind=kind), text)
    assert refused.value.place == "port"


def test_a_long_identifier_keeps_its_beginning_and_its_end() -> None:
    """UIDs differ at the end."""
    assert words.short("1.2.840.113619.2.55.3.604688119.971.1", 20) == "1.2.840.11…119.971.1"


def test_worklist_keys_go_into_the_step_and_come_out_flat() -> None:
    """A person sees one row; the wire has a sequence (PS3.4 K)."""
    given = arguments(BY_ID["worklist"], {"to": "RIS", "Modality": "CT", "PatientID": "7"})
    assert given["keys"][STEP][0]["Modality"] == "CT"
    assert given["keys"]["PatientID"] == "7"
    assert flat({"PatientID": "7", STEP: [{"Modality": "CT"}]}) == {"Modality": "CT", "PatientID": "7"}


@pytest.mark.parametrize("told", [None, {}, {"width": 4, "height": 4, "rows": "AA=="}, {"width": "x", "rows": "AA=="}])
def test_a_picture_that_does_not_fit_its_size_is_no_picture(told: dict | None) -> None:
    """Whatever the door says, drawing never fails."""
    assert read_picture(told) is None


def test_every_element_of_a_message_is_named_down_to_its_components() -> None:
    """PID-3 is the patient identifier list, of two repetitions whose parts have names and bytes of their own."""
    pid = next(part for part in dissect(canned.ADT.encode()).parts if part.path == "PID")
    (numbers,) = (part for part in pid.parts if part.path == "PID-3")
    assert numbers.name == "Patient Identifier List"
    authority = next(part for part in numbers.parts[0].parts if part.path == "PID-3[1].4")
    assert (authority.name, authority.value) == ("Assigning Authority", "RXX01")
    assert canned.ADT.encode()[authority.start : authority.end] == b"RXX01"


def test_a_finding_stands_at_its_element_and_marks_what_is_above() -> None:
    """A date that no calendar has is told of at PID-7, and the segment shows it too."""
    anatomy = dissect(canned.ADT.replace("19510412", "19511350").encode())
    pid = next(part for part in anatomy.parts if part.path == "PID")
    (born,) = (part for part in pid.parts if part.path == "PID-7")
    assert [finding.rule for finding in born.findings] == ["type.date"]
    assert pid.severity == "error" and pid.findings == []


def test_of_a_message_of_megabytes_only_the_beginning_is_drawn() -> None:
    """What is left out is counted."""
    anatomy = dissect((canned.ADT + "OBX|1|TX|GDT^Report^L||line||||||F\r" * 5000).encode())
    assert anatomy.left_out > 5000


@pytest.mark.parametrize("data", [b"", b"rubbish", b"MSH", b"MSH|", b"MSH|^~\\&|A\rPID", b"\x00\xff"])
def test_a_message_that_cannot_be_parsed_is_shown_line_by_line(data: bytes) -> None:
    """A broken message is what one wants to look at most."""
    anatomy = dissect(data)
    assert bool(anatomy.error) != bool(anatomy.parts and anatomy.parts[0].name)
    assert all(data[part.start : part.end] for part in anatomy.parts)


def test_the_bytes_of_the_chosen_element_stand_out_without_colour() -> None:
    """They are reversed in both columns, and a CR is visible."""
    text = octets(b"MSH|^~\\&|A\rPID|1\r", 10, 11, 80)
    assert "␍" in text.plain
    reversed_ = {text.plain[span.start : span.end] for span in text.spans if span.style == "reverse"}
    assert reversed_ == {"0d", "␍"}


@pytest.mark.parametrize(
    ("one", "other", "places"),
    [
        (canned.ADT.encode(), canned.ADT.encode(), []),
        (canned.ADT.encode(), canned.ADT.replace("HAROLD", "HARRY").encode(), ["PID-5.2"]),
        (canned.ADT.encode(), b"rubbish", [""]),
    ],
)
def test_two_messages_differ_only_where_they_do(one: bytes, other: bytes, places: list[str]) -> None:
    """A row a place; of one that cannot be read, the whole text."""
    assert [row["place"] for row in differing(one, other)] == places


def test_marks_say_partly_when_some_checks_hold() -> None:
    """A guard that holds is no progress; one that is broken undoes it."""
    check = {"id": "a", "result": "passed"}
    other = {"id": "b", "result": "failed"}
    guard = {"id": "g", "result": "failed", "guard": True}
    states = [
        read_marks({"tasks": [{"id": "t", "checks": checks}]}).tasks[0].state
        for checks in ([check, other], [check], [other], [check, guard])
    ]
    assert states == ["partly", "passed", "open", "failed"]


def test_no_attempt_is_read_from_an_answer_without_one() -> None:
    """An empty answer and a missing one are the same."""
    assert read_attempt({}) is None
    assert read_attempt(None) is None


def test_the_doors_errors_keep_their_remedy(door: FakeDoor) -> None:
    """A refusal arrives as the error that the lab raised."""

    async def ask() -> None:
        client = Door(door.url, "canned")
        try:
            with pytest.raises(NotAllowed, match="not yours") as refused:
                await client.act("engine.hold", {"route": "x"})
            assert refused.value.remedy == "Ask interfaces (desk.ask)."
        finally:
            client.close()

    asyncio.run(ask())


def test_closing_ends_a_long_poll_at_once(door: FakeDoor) -> None:
    """Leaving the terminal never waits for the lab."""

    async def ask() -> float:
        client = Door(door.url, "canned")
        poll = asyncio.create_task(client.get("/events", after=99, wait=30))
        while not any(call == "GET /events" for call, _ in door.lab.calls):
            await asyncio.sleep(0.01)
        began = asyncio.get_running_loop().time()
        client.close()
        with pytest.raises(Lost):
            await poll
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(ask()) < 2
