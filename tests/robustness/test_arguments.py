"""Absurd arguments of actions: each is refused in words that name the place, none is the lab's own failure."""

import pytest

from simlab.errors import SimlabError

HOSTS = ("x" * 100_000, "../../etc/passwd", "*" * 70, "a\x00b", "", "😀", "|^~\\&")
TO_A_HOST: tuple[tuple[str, dict[str, str]], ...] = (
    ("dicom.echo", {}),
    ("dicom.find", {}),
    ("dicom.move", {"destination": "ADMIN"}),
    ("dicom.get", {}),
    ("dicom.worklist", {}),
    ("hl7.send", {"message": "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1\rPID|1\r"}),
)
KEYS = (
    {"ScheduledProcedureStepSequence": "x"},
    {"ScheduledProcedureStepSequence": [1]},
    {"ReferencedStudySequence": 5},
    {"PixelData": "xx"},
    {"Rows": "x"},
    {"Rows": "99999999"},
    {"LUTData": "x"},
    {"FFFE,E000": "x"},
    {"SliceThickness": "thin"},
    {"NoSuchKeyword": "x"},
)


def said(target, action, arguments):
    """What the lab says to it: the outcome's summary, or the refusal."""
    try:
        outcome = target.door.act(action, arguments)
    except SimlabError as error:
        return str(error)
    return str(outcome["summary"])


@pytest.mark.parametrize("action, arguments", TO_A_HOST, ids=[action for action, _ in TO_A_HOST])
def test_a_host_that_is_no_host_cannot_be_reached(target, action, arguments):
    """A name that no resolver takes is a host that cannot be reached, not a failure of the lab."""
    for host in HOSTS:
        assert "failed at this" not in said(target, action, {**arguments, "host": host, "port": 9}), host[:20]


@pytest.mark.parametrize("action", ["dicom.find", "dicom.move", "dicom.get", "dicom.worklist"])
@pytest.mark.parametrize("keys", KEYS, ids=str)
def test_a_key_that_cannot_be_sent_is_named(target, action, keys):
    """A value that its VR cannot hold is refused before anything is sent, with the key's name."""
    arguments = {"keys": keys} | ({"destination": "ADMIN"} if action == "dicom.move" else {})
    answer = said(target, action, arguments)
    assert "failed at this" not in answer
    assert next(iter(keys)) in answer or "keys" in answer


@pytest.mark.parametrize("action, arguments", TO_A_HOST[:5], ids=[action for action, _ in TO_A_HOST[:5]])
def test_a_login_that_no_item_can_hold_is_refused(target, action, arguments):
    """The lengths in a user identity item have 16 bits (PS3.7 D.3.3.7.1)."""
    answer = said(target, action, {**arguments, "user": "x" * 40_000, "passcode": "y" * 40_000})
    assert "failed at this" not in answer
    assert "user" in answer


def test_a_number_in_text_is_a_number(target):
    """A command line gives text: ``Rows=512`` is sent as 512."""
    assert target.door.act("dicom.find", {"keys": {"Rows": "512"}})["data"]["status"]


@pytest.mark.parametrize("action", ["engine.resend", "engine.discard"])
@pytest.mark.parametrize("item", [0, -1, 2**63, 2**70, "1" * 70, "x", None])
def test_an_item_that_no_queue_can_hold_is_refused(target, action, item):
    """Numbers beyond the database's are bad arguments."""
    with pytest.raises(SimlabError, match="item"):
        target.door.act(action, {"item": item, "reason": "x"} if action == "engine.discard" else {"item": item})


@pytest.mark.parametrize("title", ["", " ", "A" * 17, "../../etc", "A\\B", "A\x00B", "ÄRZTE", "A\r\nB", "😀"])
def test_a_title_that_is_none_is_no_peer(target, title):
    """AE titles are 1 to 16 plain characters (PS3.5 6.2); nothing else reaches the table of peers."""
    before = target.door.view("pacs.peers")
    if title == "../../etc":  # an odd title, and a legal one: it is never a path
        assert target.door.act("pacs.set_peer", {"title": title, "port": 9})["ok"]
        assert target.door.act("pacs.remove_peer", {"title": title})["ok"]
    else:
        answer = said(target, "pacs.set_peer", {"title": title, "port": 9})
        assert "title" in answer.lower()
    assert target.door.view("pacs.peers") == before


@pytest.mark.parametrize("value", ["²", "1" * 5000, "-1", "0", "1e3", [], {}])
def test_a_setting_out_of_range_is_refused(target, value):
    """A number that is none is answered with the range."""
    answer = said(target, "pacs.configure", {"max_associations": value})
    assert "failed at this" not in answer
    assert "10000" in answer


def test_the_values_that_an_argument_takes_are_named_as_they_are_written(target):
    """What the refusal names can be typed as it stands."""
    answer = said(target, "epr.merge", {"retire": "1", "survive": "2", "event": "A99"})
    assert "'A40', 'A34' or 'A18'" in answer


def test_a_time_that_is_none_is_refused_with_how_one_is_written(target):
    """The remedy shows a time."""
    answer = said(target, "epr.order", {"patient": "1", "exam": "CSKUH", "start": "soon"})
    assert "Write it like 2026-03-02T09:30." in answer
