"""The parts beneath the screens: forms from schemas, values into words, pictures, the client of the door."""

from __future__ import annotations

import asyncio

import pytest

from simlab.errors import BadInput, NotAllowed
from simlab.tui import words
from simlab.tui.attempt import read_attempt, read_marks
from simlab.tui.client import Door, Lost
from simlab.tui.fields import SETTINGS, Field, fields_of, read
from simlab.tui.widgets.message_tree import parts_of
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


def test_every_field_of_a_message_is_named() -> None:
    """PID-3 is the patient identifier list, with its value as it stands."""
    pid = next(part for part in parts_of(canned.ADT) if part.name == "PID")
    names = {line.place: (line.name, line.value) for line in pid.lines}
    assert names["PID-3"] == ("Patient Identifier List", "RXX4410082^^^RXX01^MR~9990001235^^^NHS^NH")


@pytest.mark.parametrize("text", ["", "rubbish", "MSH", "MSH|", "MSH|^~\\&|A\rPID", "\x00\xff"])
def test_a_message_that_cannot_be_parsed_is_shown_raw(text: str) -> None:
    """A broken message is what one wants to look at most."""
    assert all(part.raw in text or part.name == "✗" for part in parts_of(text))


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
