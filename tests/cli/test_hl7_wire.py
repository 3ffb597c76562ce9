"""`simlab hl7 replay` of a lab's journal, and what `send` and `set-door` ask of the lab."""

import base64

import pytest

from simlab.hl7.catcher import Catcher, Caught
from tests.hl7.peer import peer


@pytest.fixture
def receiver():
    """A receiver without a lab: its address and what it caught."""
    caught: list[Caught] = []
    catcher = Catcher(caught.append)
    port = catcher.open("127.0.0.1", 0)
    yield f"mllp://127.0.0.1:{port}", caught
    catcher.close()


def event(number, direction="in"):
    return {"id": number, "at": f"2026-03-02T07:40:0{number}.000", "data": {"direction": direction}}


def test_replay_sends_what_was_there_when_it_began_and_ends(simlab, lab, receiver):
    """What a replay itself leaves in the journal is not replayed; what the system sent is not what it received."""
    to, caught = receiver
    lab.answers["GET /status"] = {"last_event": 3, "endpoints": {}}
    lab.answers["GET /events"] = [{"events": [event(1), event(2, "out")]}, {"events": [event(3), event(4)]}]
    for number in (1, 3):
        text = f"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302||ADT^A01|C{number}|P|2.5.1\rEVN||2026\r"
        lab.answers[f"GET /events/{number}"] = {"evidence": text}
    ran = simlab("hl7", "replay", "--system", "RIS", "--to", to)
    assert ran.code == 0 and [one.control_id for one in caught] == ["C1", "C3"]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--system", "FOO"), ("FOO has received no message", "EPR 1, RIS 2")),
        (("--system", "EPR", "--sent"), ("EPR has sent no message", "RIS 1")),
        (("--system", "PACS", "--after", "7"), ("PACS has received no message behind event 7", "EPR 1, RIS 2")),
    ],
)
def test_replay_says_who_has_received_messages_where_nobody_of_that_name_has(simlab, lab, receiver, asked, says):
    """A misspelt system, and one that nothing came to, are told with those that something came to."""
    to, caught = receiver
    lab.answers["GET /status"] = {"last_event": 4, "endpoints": {}}
    went_by = [
        {**event(number, way), "system": system}
        for number, way, system in ((1, "in", "RIS"), (2, "in", "RIS"), (3, "out", "RIS"), (4, "in", "EPR"))
    ]
    lab.answers["GET /events"] = [{"events": []}, {"events": went_by}, {"events": []}]
    ran = simlab("hl7", "replay", "--to", to, *asked)
    assert (ran.code, ran.out, caught) == (1, "", [])
    assert all(words in ran.err for words in says)


def test_replay_says_that_no_message_has_gone_by_at_all(simlab, lab, receiver):
    """As in a lab that has just been opened."""
    lab.answers["GET /status"] = {"last_event": 4, "endpoints": {}}
    lab.answers["GET /events"] = {"events": []}
    assert "no system has" in simlab("hl7", "replay", "--to", receiver[0]).err


def test_several_messages_go_to_a_door_of_the_lab_over_one_connection(simlab, lab, receiver, tmp_path):
    """The lab is asked where the door is; a DICOM door is none."""
    to, caught = receiver
    port = int(to.rsplit(":", 1)[1])
    ris, door = {"host": "h", "port": 1, "ae_title": "RIS"}, {"host": "127.0.0.1", "port": port}
    lab.answers["GET /status"] = {"endpoints": {"RIS_HL7": door, "RIS": ris}}
    for name in "ab":
        head = f"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302||ADT^A01|{name}|P|2.5.1\rEVN||2026\r"
        (tmp_path / f"{name}.hl7").write_text(head)
    files = [str(tmp_path / f"{name}.hl7") for name in "ab"]
    assert simlab("hl7", "send", *files, "--to", "RIS_HL7").code == 0
    assert [one.control_id for one in caught] == ["a", "b"]
    assert "there is no HL7 door RIS" in simlab("hl7", "send", *files, "--to", "RIS").err


def test_set_door_gives_only_what_was_named(simlab, lab):
    """`any` empties a list."""
    lab.answers["POST /act"] = {"ok": True, "summary": "set", "data": {}}
    simlab("hl7", "set-door", "RIS_HL7", "--processing-id", "P", "--version", "any", "--no-enhanced")
    assert lab.acted() == [
        ("hl7.set_door", {"door": "RIS_HL7", "processing_ids": ["P"], "versions": [], "enhanced": False})
    ]


def test_send_leaves_the_bytes_as_they_are(simlab, lab, tmp_path):
    """Latin-1 goes to a door of the lab and to an address byte for byte; --charset puts it into another set first."""
    file = tmp_path / "latin.hl7"
    data = b"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302||ADT^A01|L1|P|2.5.1||||||8859/1\rPID|1||1||J\xf6rg\r"
    file.write_bytes(data.replace(b"\r", b"\n"))
    lab.answers["POST /act"] = {"ok": True, "summary": "sent", "data": {}}
    assert simlab("hl7", "send", str(file), "--to", "RIS_HL7").code == 0
    [(action, given)] = lab.acted()
    assert action == "hl7.send" and base64.b64decode(given["encoded"]) == data
    with peer() as other:
        to = f"mllp://127.0.0.1:{other.port}"
        assert simlab("hl7", "send", str(file), "--to", to).code == 0
        assert simlab("hl7", "send", str(file), "--to", to, "--charset", "UNICODE UTF-8").code == 0
    assert other.messages == [data, data.replace(b"8859/1", b"UNICODE UTF-8").replace(b"\xf6", b"\xc3\xb6")]
    assert "no such" in simlab("hl7", "send", str(file), "--charset", "no such").err
