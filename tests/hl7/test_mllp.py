"""The MLLP server and client on real sockets, with good and bad bytes."""

import contextlib
import errno
import socket
import threading
import time
from datetime import datetime

import pytest

from simlab import provenance
from simlab.hl7.acknowledge import acknowledge, read
from simlab.hl7.errors import Hl7Error, NoAck, Unreachable, WrongAck
from simlab.hl7.framing import Deframer, frame
from simlab.hl7.message import parse
from simlab.hl7.mllp import MllpServer, send

NOW = datetime(2026, 3, 2, 7, 40)


def adt(control_id="C1"):
    return f"MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302||ADT^A01^ADT_A01|{control_id}|P|2.5.1\rEVN||2026\r".encode()


class Door:
    """A server that accepts everything and remembers it."""

    def __init__(self, **options):
        self.got, self.noise = [], []
        self.server = MllpServer("TEST", self.take, on_noise=self.hear, **options)
        self.port = self.server.open("127.0.0.1", 0)

    def take(self, data, caller):
        self.got.append((data, provenance.current()))
        return acknowledge(data, now=NOW)

    def hear(self, what, sample, caller):
        self.noise.append((what, sample))

    def connect(self):
        link = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        link.settimeout(5)
        return link


@contextlib.contextmanager
def door(**options):
    opened = Door(**options)
    try:
        yield opened
    finally:
        opened.server.close()


def replies(link, count):
    deframer = Deframer()
    found: list[bytes] = []
    while len(found) < count:
        chunk = link.recv(65536)
        if not chunk:
            break
        found += deframer.feed(chunk)[0]
    return found


def closed(link):
    with contextlib.suppress(ConnectionError):
        return link.recv(1) == b""
    return True


def test_a_message_is_acknowledged_in_the_callers_provenance():
    """The ACK echoes MSH-10, swaps the parties, and the handler acts for whoever sent."""
    with door() as d, provenance.acting(provenance.COLLEAGUE, 7):
        ack = parse(send("127.0.0.1", d.port, adt()))
        assert (ack.get("MSA-1"), ack.get("MSA-2"), ack.get("MSH-3"), ack.get("MSH-5")) == ("AA", "C1", "ENGINE", "EPR")
        assert ack.get("MSH-9") == "ACK^A01^ACK"
        assert d.got == [(adt(), provenance.Provenance(provenance.COLLEAGUE, 7))]


def test_split_coalesced_and_pipelined_frames_are_answered_in_order():
    """Bytes one by one, or three frames at once: each message gets its own answer."""
    with door() as d, d.connect() as link:
        for byte in frame(adt("A")):
            link.send(bytes([byte]))
        assert [read(r).control_id for r in replies(link, 1)] == ["A"]
        link.sendall(frame(adt("B")) + frame(adt("C")) + frame(adt("D")))
        assert [read(r).control_id for r in replies(link, 3)] == ["B", "C", "D"]


def test_junk_is_reported_and_the_next_frame_is_taken():
    """The server starts again at the next VT, also within a frame that never ended."""
    with door() as d, d.connect() as link:
        link.sendall(b"GET / HTTP/1.1\r\n\r\n" + frame(adt("A")) + b"\x0bMSH|half" + frame(adt("B")))
        assert [read(r).control_id for r in replies(link, 2)] == ["A", "B"]
        assert [what for what, _ in d.noise] == ["bytes outside a frame", "a frame without an end"]


def test_a_frame_without_an_end_times_out():
    """However slowly the bytes come, a frame that does not end is dropped, reported, and frees its slot."""
    with door(frame_timeout=0.2) as d, d.connect() as link:
        link.sendall(b"\x0bMSH|^~\\&|")
        assert closed(link)
        assert "without an end" in d.noise[0][0]
        assert read(send("127.0.0.1", d.port, adt())).accepted


def test_an_oversized_frame_closes_the_connection_only():
    """A frame beyond the cap is refused by its MSH and reported; others go on."""
    with door(max_frame=1000) as d, d.connect() as link:
        link.sendall(b"\x0b" + adt("LONG") + b"x" * 100_000)
        refusal = read(replies(link, 1)[0])
        assert (refusal.code, refusal.control_id) == ("AR", "LONG")
        assert "more than 1000 bytes" in refusal.text
        assert closed(link)
        assert "more than 1000 bytes" in d.noise[0][0]
        assert read(send("127.0.0.1", d.port, adt())).accepted


def test_a_connection_that_says_nothing_is_dropped():
    """A half-open connection does not keep its slot."""
    with door(first_timeout=0.2) as d, d.connect() as link:
        assert closed(link)
        assert "without a message" in d.noise[0][0]


def test_close_takes_less_than_a_second_with_clients_connected():
    """Idle and half-sent clients do not hold the server up."""
    with door() as d, d.connect(), d.connect() as half:
        half.sendall(b"\x0bMSH|")
        start = time.monotonic()
        d.server.close()
        assert time.monotonic() - start < 1.0


def test_a_handler_that_fails_leaves_the_server_up():
    """An exception is reported as noise, and the next message is answered."""
    heard = []

    def take(data, caller):
        if b"|BAD|" in data:
            raise RuntimeError("boom")
        return acknowledge(data, now=NOW)

    server = MllpServer("TEST", take, on_noise=lambda what, sample, caller: heard.append(what))
    port = server.open("127.0.0.1", 0)
    try:
        with pytest.raises(NoAck):
            send("127.0.0.1", port, adt("BAD"), 0.3)
        assert read(send("127.0.0.1", port, adt())).accepted
        assert "boom" in heard[0]
    finally:
        server.close()


def test_a_flood_of_frame_starts_is_linear():
    """A megabyte of VT costs no more than a look at each byte."""
    start = time.monotonic()
    deframer = Deframer()
    for _ in range(16):
        deframer.feed(b"\x0b" * 65536)
    assert deframer.feed(b"MSH" + b"\x1c\r")[0] == [b"MSH"]
    assert time.monotonic() - start < 1.0


def answering(reply):
    """A listener that answers one connection with `reply` bytes, and its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        link, _ = listener.accept()
        with link:
            link.recv(65536)
            link.sendall(reply)
            if not reply:
                link.recv(1)
        listener.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def test_the_client_names_what_went_wrong():
    """Refused, silent, closed, wrong MSA-2 and nonsense each have their own error."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    with pytest.raises(Unreachable, match="nobody listens"):
        send("127.0.0.1", free, adt())
    with pytest.raises(NoAck, match="within"):
        send("127.0.0.1", answering(b""), adt(), 0.2)
    with pytest.raises(NoAck, match="closed"):
        send("127.0.0.1", answering(b"x"), adt(), 2)
    with pytest.raises(WrongAck, match="C9"):
        send("127.0.0.1", answering(frame(acknowledge(adt("C9"), now=NOW))), adt())
    with pytest.raises(WrongAck, match="no HL7"):
        send("127.0.0.1", answering(frame(b"hello")), adt())


def test_a_taken_port_is_an_oserror():
    """Opening a port twice says EADDRINUSE, so that the lab can seat the door elsewhere."""
    with door() as d, pytest.raises(OSError) as caught:
        MllpServer("OTHER", d.take).open("127.0.0.1", d.port)
    assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
def test_an_error_acknowledgement_says_where_and_what(version):
    """AE carries place and code in ERR, in the form of its version."""
    error = Hl7Error("the family name is missing", place="PID-5.1", code="101", remedy="Fill it.")
    ack = parse(acknowledge(adt().replace(b"2.5.1", version.encode()), now=NOW, error=error))
    assert read(ack.encode()).code == "AE"
    assert ack.get("MSA-3") == "PID-5.1: the family name is missing"
    if version == "2.3.1":
        assert ack.get("ERR-1") == "PID^1^5^101&Required field missing&HL70357"
    else:
        assert (ack.get("ERR-2"), ack.get("ERR-3.1"), ack.get("ERR-4")) == ("PID^1^5^1^1", "101", "E")


@pytest.mark.parametrize("data", [b"", b"\x00\xff garbage", b"MSH", b"MSH|^~\\&|A|B|C\nPID|1"])
def test_rubbish_gets_a_readable_refusal(data):
    """Whatever came in, the reply is a message with AR or AE and the reason."""
    with pytest.raises(Hl7Error) as caught:
        parse(data)
    ack = read(acknowledge(data, now=NOW, error=caught.value))
    assert ack.code in ("AR", "AE")
    assert ack.text
