"""Faults that a scene arranges: each effect as a client meets it, and nothing of it once the fault is cleared."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pydicom.dataset import Dataset

from simlab.department.pacs import PacsStage
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.dicom.spoiling import spoil
from simlab.dicom.upper_layer import BadPdu
from simlab.fault_effects import EFFECTS, POINTS
from simlab.faults import Fault, SystemClock
from tests.dicom.made import CT, ROOT, made
from tests.pacs.conftest import HOST, House
from tests.pacs.test_conformance import statuses

OBJECTS = [made(f"2.25.7{number}", number=number) for number in range(4)]


@contextmanager
def arranged(house: House, point: str, effect: dict[str, Any], system: str = "PACS", **more: Any) -> Iterator[None]:
    """The fault is in force inside the block; afterwards a caller is served as if there had been none."""
    house.faults.declare([Fault(id="f", point=point, system=system, effect=effect, **more)])
    yield
    house.faults.clear("f")
    assert client.echo(house.peer, "ADMIN") == "0000"


def echo(house: House, seconds: float = 5.0) -> str:
    return client.echo(house.peer, "ADMIN", seconds=seconds)


def stored(house: House, seconds: float = 5.0) -> list[str]:
    """The statuses of four C-STOREs over one association; empty where none came."""
    return [reply.status for reply in client.store(house.peer, "CT1", OBJECTS, seconds=seconds)]


def held(house: House) -> int:
    return len(house.view("instances"))


# Transport


def test_refuse(house: House) -> None:
    """Nobody listens: TCP refuses, for as long as the fault stands."""
    with arranged(house, "state", {"refuse": True}), pytest.raises(client.Unreachable, match="refused the TCP"):
        echo(house)


def test_reset(house: House) -> None:
    """The connection is reset before a byte of DICOM."""
    with arranged(house, "door", {"reset": True}), pytest.raises(client.Unreachable):
        echo(house)


def test_stall(house: House) -> None:
    """The connection stands and nothing comes; others are served meanwhile, and no slot is taken."""
    house.pacs.configure(max_associations=1)
    with arranged(house, "door", {"stall": 30}, count=1), socket.create_connection((HOST, house.port)) as silent:
        silent.settimeout(0.3)
        with pytest.raises(TimeoutError):
            silent.recv(1)
        assert echo(house) == "0000"


def test_slow(house: House) -> None:
    """Answers trickle at the arranged pace, and are right all the same."""
    begun = time.monotonic()
    with arranged(house, "door", {"slow": 600}):
        assert echo(house) == "0000"
        assert time.monotonic() - begun > 0.5


def test_half_open(house: House) -> None:
    """After two stores nothing comes any more, and nobody says that the association has ended."""
    with arranged(house, "connection", {"half_open": 2}, match={"service": "C-STORE"}):
        assert stored(house, seconds=0.5) == ["0000", "0000", "", ""]
    assert held(house) == 2
    assert "connection still open" in house.events("dicom.association")[-2].summary


def test_drop_after(house: House) -> None:
    """After two stores the connection breaks without a word."""
    with arranged(house, "connection", {"drop_after": 2}, match={"service": "C-STORE"}):
        assert stored(house) == ["0000", "0000", "", ""]


# Association


@pytest.mark.parametrize(
    ("rejection", "words"),
    [([1, 1, 3], "Calling AE Title Not Recognized"), ([2, 3, 1], "Temporary Congestion"), ([1, 2, 2], "Protocol")],
)
def test_reject(house: House, rejection: list[int], words: str) -> None:
    """DCMTK is told the arranged result, source and reason."""
    with arranged(house, "association", {"reject": rejection}, match={"calling": "ECHOSCU"}):
        assert words.lower() in house.dcmtk("echoscu", options=("-d", "-aec", "PACS")).lower()


def test_abort(house: House) -> None:
    """The request is answered by A-ABORT, and the next caller is served."""
    with arranged(house, "association", {"abort": True}, count=1), pytest.raises(client.PeerAborted):
        echo(house)


def test_drop_contexts(house: House) -> None:
    """A SOP class gets the arranged result of its presentation context; other classes are accepted."""
    with arranged(house, "association", {"drop_contexts": {CT: 4}}):
        with pytest.raises(client.NoContext, match="result 4"):
            client.store(house.peer, "CT1", OBJECTS)
        assert echo(house) == "0000"


def test_max_pdu(house: House, tmp_path: Path) -> None:
    """The arranged largest PDU is announced, and a sender that heeds it is served."""
    (tmp_path / "one.dcm").write_bytes(made("2.25.7", size=64).part10())
    with arranged(house, "association", {"max_pdu": 4096}):
        output = house.dcmtk("storescu", str(tmp_path / "one.dcm"), options=("-d", "-aec", "PACS"))
    assert re.search(r"Their Max PDU Receive Size:\s+4096", output)
    assert statuses(output) == ["0000"]


# DIMSE


def test_status_by_count(house: House) -> None:
    """The first two objects are refused, the others are not."""
    with arranged(house, "operation", {"status": "A700"}, match={"service": "C-STORE"}, count=2):
        assert stored(house) == ["A700", "A700", "0000", "0000"]
    assert held(house) == 2


def test_status_by_match(house: House) -> None:
    """The one object that is meant is refused."""
    with arranged(house, "operation", {"status": "C000"}, match={"sop_instance": "2.25.72"}):
        assert stored(house) == ["0000", "0000", "C000", "0000"]


def test_status_by_share(house: House) -> None:
    """About half are refused, the same ones for the same seed and in whatever order they come."""
    many = [made(f"2.25.7{number}") for number in range(20)]

    def refused(objects: list[Instance], seed: int) -> set[str]:
        with arranged(house, "operation", {"status": "A700"}, match={"service": "C-STORE"}, share=0.5, seed=seed):
            return {reply.sop_uid for reply in client.store(house.peer, "CT1", objects) if reply.status == "A700"}

    first = refused(many, 1)
    assert 4 <= len(first) <= 16
    assert refused(many[::-1], 1) == first
    assert refused(many, 2) != first


def test_each_subject_is_struck_so_often_and_no_more(house: House) -> None:
    """A second attempt for the same object goes well; another object is struck in its turn."""
    house.faults.declare([Fault(id="once", point="operation", system="PACS", effect={"status": "A700"}, each=1)])
    struck = [
        house.faults.ask("operation", "PACS", subject, service="C-STORE") is not None
        for subject in ("1.2.1", "1.2.1", "1.2.2", "1.2.1", "1.2.2")
    ]
    assert struck == [True, False, True, False, False]


def test_warning(house: House) -> None:
    """The object is kept, and answered with a warning that the event shows too."""
    with arranged(house, "operation", {"warning": "B000", "comment": "coerced"}, match={"service": "C-STORE"}):
        assert stored(house) == ["B000"] * 4
    assert held(house) == 4
    assert {e.data["status"] for e in house.events("dicom.operation") if e.data["service"] == "C-STORE"} == {"B000"}


def test_late(house: House) -> None:
    """The answer comes late: too late for who does not wait, though the object was kept."""
    with arranged(house, "operation", {"late": 0.8}, match={"service": "C-STORE"}, count=1):
        assert stored(house, seconds=0.3) == ["", "", "", ""]
        assert stored(house) == ["0000"] * 4
    assert held(house) == 4


def test_lost(house: House) -> None:
    """No answer comes to an object that was kept; sent again it is simply there."""
    with arranged(house, "operation", {"lost": True}, match={"service": "C-STORE"}, count=1):
        assert stored(house, seconds=0.3)[0] == ""
        assert held(house) == 1
        assert stored(house) == ["0000"] * 4
    assert held(house) == 4


def test_duplicate(house: House) -> None:
    """The response comes twice; a careful client aborts at the second."""
    with arranged(house, "operation", {"duplicate": True}, match={"service": "C-STORE"}, count=1):
        replies = client.store(house.peer, "CT1", OBJECTS)
    assert replies[0].status == "0000"
    assert "something else where the answer to a C-STORE was due" in replies[1].comment


def test_wrong_id(house: House) -> None:
    """The response belongs to another message ID, which DCMTK notices and pynetdicom would too."""
    wrong: dict[str, Any] = {"effect": {"wrong_id": True}, "match": {"service": "C-ECHO"}, "count": 1}
    with arranged(house, "operation", **wrong), pytest.raises(BadPdu, match="something else"):
        echo(house)
    with arranged(house, "operation", **wrong):
        assert "Success" not in house.dcmtk("echoscu", options=("-d", "-aec", "PACS"))


# Data set


def archived(house: House, effect: dict[str, Any], instance: Instance) -> tuple[str, Dataset | None]:
    """The status of a store with the fault at its side, and what the archive then holds."""
    with arranged(house, "instance", effect, match={"way": "stored"}):
        (reply,) = client.store(house.peer, "CT1", [instance])
    kept = house.view("instances")
    return reply.status, house.pacs.load(kept[0]["sop_uid"]).dataset() if kept else None


def test_charset(house: House) -> None:
    """The declared character set is wrong, the bytes of the name are as they were."""
    _status, ds = archived(
        house, {"charset": "ISO_IR 144"}, made("2.25.7", patient_name="Müller", charset="ISO_IR 100")
    )
    assert ds is not None
    assert ds.SpecificCharacterSet == "ISO_IR 144"
    assert str(ds.PatientName) == "Mќller"


def test_missing(house: House) -> None:
    """A study date is left out and the study is found by no date; without its UID the object is refused."""
    _status, ds = archived(house, {"missing": "StudyDate"}, made("2.25.7", StudyDate="20260101"))
    assert ds is not None
    assert "StudyDate" not in ds
    with arranged(house, "instance", {"missing": ["StudyInstanceUID"]}):
        assert client.store(house.peer, "CT1", [made("2.25.8")])[0].status == "A900"


def test_padding(house: House) -> None:
    """A text is padded with NUL."""
    damaged = spoil(made("2.25.7", AccessionNumber="ACC11"), {"padding": "AccessionNumber"})
    assert b"SH\x06\x00ACC11\x00" in damaged.head
    status, _ds = archived(house, {"padding": "AccessionNumber"}, made("2.25.7", AccessionNumber="ACC11"))
    assert status == "0000"
    assert house.view("studies")[0]["accession"] == "ACC11"


def test_bad_vr(house: House) -> None:
    """An element carries a VR that does not exist, and the rest of the object can still be read."""
    damaged = spoil(made("2.25.7", AccessionNumber="ACC11"), {"bad_vr": "AccessionNumber"})
    assert b"\x08\x00\x50\x00XX\x06\x00ACC11 " in damaged.head
    assert damaged.header().patient_id == "PID001"
    assert archived(house, {"bad_vr": "AccessionNumber"}, made("2.25.7"))[0] == "0000"


def test_over_long(house: House) -> None:
    """A value is far longer than its VR allows."""
    _status, ds = archived(house, {"over_long": "StationName"}, made("2.25.7", StationName="CT1"))
    assert ds is not None
    assert len(ds.StationName) > 1000


def test_other_pixels(house: House) -> None:
    """The same UID with other pixels is refused by who holds the first, with C111."""
    whole = made("2.25.7")
    house.pacs.stage(PacsStage(instances=[whole]))
    with arranged(house, "instance", {"other_pixels": True}):
        assert client.store(house.peer, "CT1", [whole])[0].status == "C111"
    assert house.pacs.load("2.25.7") == whole


def test_damage_on_what_is_sent(stocked: House) -> None:
    """What the PACS sends to one destination is damaged on the way; what it holds is not."""
    keys = {"StudyInstanceUID": f"{ROOT}.1.1"}
    with arranged(stocked, "instance", {"missing": "AccessionNumber"}, match={"way": "sent", "peer": "THEATRE"}):
        assert client.move(stocked.peer, "ADMIN", "THEATRE", "study", "STUDY", keys).completed == 6
    assert {instance.header().accession for instance in stocked.theatre.instances()} == {""}
    assert stocked.pacs.load(f"{ROOT}.1.1.1.1").header().accession == "ACC11"


# State


def test_full(house: House) -> None:
    """Every object is refused with A700 until there is room; echo and query go on."""
    with arranged(house, "state", {"full": True}):
        assert stored(house) == ["A700"] * 4
        assert echo(house) == "0000"
    assert stored(house) == ["0000"] * 4


def test_clock_off(house: House) -> None:
    """One system's clock is ahead by an hour, the others' are right."""
    pacs, ris = (SystemClock(house.clock, house.faults, name) for name in ("PACS", "RIS"))
    with arranged(house, "state", {"clock_off": 3600}):
        assert timedelta(minutes=59) < pacs.now() - house.clock.now() <= timedelta(hours=1)
        assert abs(ris.now() - house.clock.now()) < timedelta(seconds=5)
    assert abs(pacs.now() - house.clock.now()) < timedelta(seconds=5)


# The tables


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"point": "door", "effect": {"status": "A700"}}, "'status' is no effect at the point door"),
        ({"point": "operation", "effect": {"explode": True}}, "'explode' is no effect"),
        ({"point": "association", "match": {"service": "C-STORE"}}, "'service' is no fact at the point association"),
        ({"point": "operation", "effect": {"late": "soon"}}, "'soon' is no value of late; it takes: seconds"),
        ({"point": "association", "effect": {"reject": [1, 3]}}, "is no value of reject"),
        ({"point": "operation", "effect": {"status": "FULL"}}, "'FULL' is no value of status"),
        ({"point": "cellar"}, "String should match pattern"),
    ],
)
def test_a_fault_that_could_never_strike_is_refused(fault: dict[str, Any], why: str) -> None:
    """A word, fact or point that does not exist is refused where the fault is declared, with those that do."""
    with pytest.raises(ValidationError, match=why):
        Fault(id="f", system="PACS", **fault)


def test_documentation_knows_every_word() -> None:
    """docs/faults.md has a row for each effect with its points, value and meaning, as the table in the code has."""
    text = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    for word, effect in EFFECTS.items():
        points = ", ".join(f"`{point}`" for point in effect.points)
        assert f"| `{word}` | {points} | {effect.value} | {effect.does} |" in text, word
    for point, facts in POINTS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{point}` |"))
        assert all(f"`{fact}`" in row for fact in facts)


def test_contexts_are_dropped_all_at_once(house: House) -> None:
    """An asterisk drops every context, so that nothing can be done on the association."""
    with arranged(house, "association", {"drop_contexts": {"*": 3}}), pytest.raises(client.NoContext, match="result 3"):
        client.find(house.peer, "ADMIN", "study", "STUDY", {"StudyInstanceUID": ""})
