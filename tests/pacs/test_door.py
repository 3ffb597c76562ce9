"""The PACS's door: rights, faults, provenance, and bytes that are no DICOM."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import time
from collections.abc import Callable

import pytest

from simlab import provenance
from simlab.dicom import client, contexts, dimse, negotiation, upper_layer
from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE
from simlab.dicom.values import as_dataset, encode_dataset
from simlab.faults import Fault
from tests.dicom.made import CT, ROOT, made
from tests.pacs.conftest import HOST, House


def soon(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def declare(house: House, point: str, match: dict[str, str], effect: dict[str, object]) -> None:
    house.faults.declare([Fault(id="f", point=point, system="PACS", match=match, effect=effect)])


def test_service_a_peer_may_not_use(stocked: House) -> None:
    """A peer without the query service is answered 0124, not authorised."""
    stocked.pacs.set_peer("CT1", HOST, 104, ["echo", "store"])
    found = client.find(stocked.peer, "CT1", "study", "STUDY", {"PatientID": "*"})
    assert (found.status, found.rows) == ("0124", ())


def test_rejection_says_why(house: House) -> None:
    """A client is told result, source and reason in words, with a remedy."""
    with pytest.raises(client.DicomRefused, match=r"calling AE title not recognised \(1/1/3\)"):
        client.echo(house.peer, "STRANGER")


def test_nothing_listens() -> None:
    """A closed port is told apart from a rejection."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        port = sock.getsockname()[1]
    with pytest.raises(client.Unreachable, match="refused the TCP connection"):
        client.echo(client.Peer("PACS", HOST, port), "ADMIN", seconds=2)


def test_association_fault(house: House) -> None:
    """A fault rejects the association it is meant for, and no other."""
    declare(house, "association", {"calling": "CT1"}, {"reject": [2, 3, 1]})
    with pytest.raises(client.DicomRefused, match="temporary congestion"):
        client.echo(house.peer, "CT1")
    assert client.echo(house.peer, "ADMIN") == "0000"


def test_abort_fault(house: House) -> None:
    """A fault aborts an association."""
    declare(house, "association", {}, {"abort": True})
    with pytest.raises(client.PeerAborted):
        client.echo(house.peer, "CT1")


def test_operation_fault(house: House) -> None:
    """A fault answers a store with its status, and nothing is kept."""
    declare(house, "operation", {"service": "C-STORE"}, {"status": "A700"})
    (reply,) = client.store(house.peer, "CT1", [made("2.25.5")])
    assert reply.status == "A700"
    assert house.view("instances") == []
    (event,) = house.events("dicom.operation")
    assert (event.data["status"], event.data["study_uid"]) == ("A700", f"{ROOT}.1")


def test_connection_fault(house: House) -> None:
    """A fault drops the connection after two stores; the rest has no status."""
    declare(house, "connection", {"service": "C-STORE"}, {"drop_after": 2})
    replies = client.store(house.peer, "CT1", [made(f"2.25.5{n}", number=n) for n in range(4)])
    assert [reply.status for reply in replies] == ["0000", "0000", "", ""]
    assert len(house.view("instances")) == 2


def test_events_carry_actor_and_cause_across_the_wire(house: House) -> None:
    """What a client does in somebody's name is journalled in that name, with its cause."""
    with provenance.acting(provenance.COLLEAGUE, 7):
        client.store(house.peer, "CT1", [made("2.25.5")])
    (event,) = house.events("dicom.operation")
    assert (event.actor, event.cause, event.data["calling"], event.data["status"]) == ("colleague", 7, "CT1", "0000")
    with house.store.read() as tx:
        actors = {row["actor"] for row in tx.execute("SELECT actor FROM lab_change WHERE tbl='pacs_instance'")}
    assert actors == {"colleague"}


def test_unclaimed_connection_is_the_trainees(house: House) -> None:
    """A program nobody in the lab started acts for the trainee."""
    house.dcmtk("echoscu", options=("-aec", "PACS"))
    assert {event.actor for event in house.events("dicom.association")} == {"trainee"}


def test_find_event_has_keys_and_matches(stocked: House) -> None:
    """A query is one event with level, keys, number of matches and their UIDs."""
    client.find(stocked.peer, "ADMIN", "study", "STUDY", {"PatientID": "PID001", "StudyInstanceUID": ""})
    (event,) = stocked.events("dicom.operation")
    assert event.data["keys"]["PatientID"] == "PID001"
    assert (event.data["level"], event.data["matches"], event.data["role"]) == ("STUDY", 2, "scp")
    assert event.data["uids"] == [f"{ROOT}.1.1", f"{ROOT}.1.2"]


RUBBISH = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "zeros": b"\x00" * 64,
    "ones": b"\xff" * 2000,
    "p-data": b"\x04\x00\x00\x00\x00\x02ab",
    "hl7": b"\x0bMSH|^~\\&|",
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_is_aborted_and_journalled(house: House, rubbish: bytes) -> None:
    """Bytes that are no association request are answered by A-ABORT and one noise event; the next caller is served."""
    with socket.create_connection((HOST, house.port), timeout=5) as sock:
        sock.sendall(rubbish)
        assert sock.recv(10)[:1] == b"\x07"
    assert len(house.events("noise")) == 1
    assert client.echo(house.peer, "ADMIN") == "0000"


def test_broken_association_request(house: House) -> None:
    """A request whose items lie about their length is aborted."""
    body = struct.pack(">H2x16s16s32x", 1, b"PACS".ljust(16), b"ADMIN".ljust(16)) + b"\x20\x00\xff\xff\x01\x00"
    with socket.create_connection((HOST, house.port), timeout=5) as sock:
        sock.sendall(struct.pack(">BBL", 1, 0, len(body)) + body)
        assert sock.recv(10)[:1] in (b"\x07", b"\x03")
    assert client.echo(house.peer, "ADMIN") == "0000"


def test_half_open_connections_take_no_slot(house: House) -> None:
    """Connections that say nothing, or half a PDU, hold no association slot and are let go."""
    house.pacs.configure(max_associations=1)
    house.pacs.server._acse_seconds = 0.3
    socks = [socket.create_connection((HOST, house.port)) for _ in range(10)]
    try:
        for sock in socks[:5]:
            sock.sendall(b"\x01\x00\x00")
        assert client.echo(house.peer, "ADMIN") == "0000"
        assert soon(lambda: len(house.events("noise")) == 10)
    finally:
        for sock in socks:
            sock.close()


@pytest.mark.parametrize("cut", [1, 20, 100, 135])
def test_truncated_store_is_refused(house: House, cut: int) -> None:
    """A data set that ends early is refused with C000, nothing is kept, and the association goes on."""
    whole = made("2.25.5")
    broken = Broken(whole.transfer_syntax, whole.encoded[:-cut])
    replies = client.store(house.peer, "CT1", [broken, made("2.25.6")])
    assert replies[0].status[0] in "CA"
    assert replies[1].status == "0000"
    assert [row["sop_uid"] for row in house.view("instances")] == ["2.25.6"]


class Broken(Instance):
    """An instance whose bytes end early, under the header of a whole one."""

    def header(self):  # type: ignore[no-untyped-def]
        return made("2.25.5").header()


def test_hostile_uids_are_refused(house: House) -> None:
    """UIDs that are no UIDs are refused and never reach a path."""
    (reply,) = client.store(house.peer, "CT1", [made("2.25.5", StudyInstanceUID="../../etc/passwd")])
    assert reply.status == "A900"
    assert house.view("instances") == []


def test_close_is_quick_with_callers_inside(house: House) -> None:
    """Closing takes less than a second whatever clients do."""
    socks = [socket.create_connection((HOST, house.port)) for _ in range(3)]
    with client.associate(house.peer, "ADMIN", client.storage_contexts([made("2.25.1")])) as association:
        start = time.monotonic()
        house.pacs.close()
        assert time.monotonic() - start < 1.0
        association.connection.drop()
    for sock in socks:
        sock.close()


def test_get_brings_what_was_stored(stocked: House) -> None:
    """C-GET brings whole instances back on the same association."""
    got: list[Instance] = []
    result = client.get(
        stocked.peer,
        "ADMIN",
        "study",
        "STUDY",
        {"StudyInstanceUID": f"{ROOT}.1.1"},
        got.append,  # type: ignore[arg-type]
        storage_classes=[CT, "1.2.840.10008.5.1.4.1.1.7"],
    )
    assert (result.status, result.completed, len(got)) == ("0000", 6, 6)
    assert got[0].encoded == stocked.pacs.load(got[0].header().sop_instance_uid).encoded


def test_get_without_a_context_fails(stocked: House) -> None:
    """C-GET of instances whose class was not negotiated counts them as failed."""
    result = client.get(
        stocked.peer,
        "ADMIN",
        "study",
        "STUDY",
        {"StudyInstanceUID": f"{ROOT}.1.1"},
        lambda _instance: 0,
        storage_classes=[CT],
    )
    assert (result.status, result.completed, result.failed) == ("B000", 3, 3)


def message(context: int, service: str, sop_class: str, data: bytes | None, **more: str) -> bytes:
    command: dimse.Command = {
        "AffectedSOPClassUID": sop_class,
        "CommandField": dimse.SERVICES[service],
        "MessageID": context,
        "Priority": 0,
        **more,
    }
    return b"".join(dimse.encode_message(dimse.Message(context, command, data), 16384))


def mutated(rng: random.Random, parts: list[bytes]) -> list[bytes]:
    """The parts with a few bytes changed, left out or put in."""
    damaged = [bytearray(part) for part in parts]
    for _ in range(rng.randint(1, 5)):
        part = rng.choice(damaged)
        at = rng.randrange(len(part))
        kind = rng.random()
        if kind < 0.7:
            part[at] = rng.randrange(256)
        elif kind < 0.85:
            del part[at : at + rng.randint(1, 20)]
        else:
            part[at:at] = rng.randbytes(rng.randint(1, 8))
    return [bytes(part) for part in damaged]


def test_damaged_conversations_leak_nothing(
    stocked: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Conversations with damaged bytes raise nothing, hold no slot, and the next caller is served."""
    monkeypatch.setattr(upper_layer, "PDU_SECONDS", 0.2)
    stocked.pacs.server._acse_seconds = 0.2
    stocked.pacs.server._idle_seconds = lambda: 0.2
    offered = contexts.supported([contexts.STUDY_FIND, CT, contexts.STUDY_GET])
    keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": f"{ROOT}.1.1"}
    identifier = encode_dataset(as_dataset(keys), EXPLICIT_LITTLE)
    parts = [
        negotiation.propose("PACS", "ADMIN", offered),
        message(1, "C-FIND", contexts.STUDY_FIND, identifier),
        message(3, "C-STORE", CT, made("2.25.5").encoded, AffectedSOPInstanceUID="2.25.5"),
        message(5, "C-GET", contexts.STUDY_GET, identifier),
    ]
    rng = random.Random(7)
    for _ in range(30):
        request, *rest = mutated(rng, parts)
        with socket.create_connection((HOST, stocked.port)) as sock, contextlib.suppress(OSError):
            sock.settimeout(0.5)
            sock.sendall(request)
            sock.recv(4096)
            sock.sendall(b"".join(rest))
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
    assert soon(lambda: stocked.pacs.server.established == 0)
    assert client.echo(stocked.peer, "ADMIN") == "0000"
    assert caplog.records == []
