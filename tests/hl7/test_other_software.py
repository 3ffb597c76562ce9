"""SimLab's wire against other people's: python-hl7 in both roles, hl7apy's server, messages that others generate."""

import asyncio
import contextlib
import subprocess
import sys
import threading
from datetime import datetime

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import start_hl7_server
from hl7apy.core import Message as Hl7apyMessage
from hl7apy.mllp import AbstractHandler, MLLPServer

from simlab.hl7 import acknowledge
from simlab.hl7.link import Link
from simlab.hl7.message import parse
from tests.hl7.inbox import inbox, message


def test_mllp_send_of_python_hl7_is_acknowledged(ground, tmp_path):
    """The command sends two messages of a file over one connection, and prints what we answer."""
    # Its file format is the wire's: VT and FS CR round each message.
    (tmp_path / "two.hl7").write_bytes(b"".join(b"\x0b" + message(name) + b"\x1c\r" for name in ("A", "B")))
    with inbox(ground) as door:
        ran = subprocess.run(
            [sys.executable, "-m", "hl7.client", "-p", str(door.port), "-f", str(tmp_path / "two.hl7"), "127.0.0.1"],
            capture_output=True,
            timeout=30,
        )
        assert ran.returncode == 0 and door.done == ["A", "B"]
        assert b"MSA|AA|A|" in ran.stdout and b"MSA|AA|B|" in ran.stdout


def test_the_client_of_python_hl7_reads_our_acknowledgements(ground):
    """Good and refused messages on one connection, non-ASCII letters among them; python-hl7 parses every answer."""
    with inbox(ground) as door, MLLPClient("127.0.0.1", door.port) as client:
        for control_id, processing, code in (("A", "P", "AA"), ("B", "X", "AR"), ("C", "P", "AA")):
            sent = message(control_id, processing=processing, asks="|||UNICODE UTF-8", rest="PID|||1||MÜLLER^ŽOFIE\r")
            answer = hl7.parse(client.send_message(sent).strip(b"\x0b\x1c\r").decode())
            assert (str(answer["MSA.F1"]), str(answer["MSA.F2"])) == (code, control_id)


@contextlib.contextmanager
def python_hl7_server():
    """The asyncio server of python-hl7 in a thread; gives its port and what it got."""
    got, ready, loop = [], threading.Event(), asyncio.new_event_loop()

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                received = await reader.readmessage()
                got.append(str(received["MSH.F10"]))
                writer.writemessage(received.create_ack("AE" if got[-1] == "BAD" else "AA"))
                await writer.drain()

    async def main():
        server = await start_hl7_server(serve, "127.0.0.1", 0, encoding="utf-8")
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await stop.wait()
        server.close()

    ports: list[int] = []
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0], got
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def test_the_server_of_python_hl7_is_understood():
    """Its acknowledgements match; one connection carries all messages, in order."""
    with python_hl7_server() as (port, got), contextlib.closing(Link("127.0.0.1", port)) as link:
        told = [acknowledge.read(link.exchange(message(name), 5).reply) for name in ("A", "BAD", "C")]
        assert [(one.code, one.control_id) for one in told] == [("AA", "A"), ("AE", "BAD"), ("AA", "C")]
        assert got == ["A", "BAD", "C"] and link.opened == 1


class _Answering(AbstractHandler):  # type: ignore[misc]
    def reply(self):
        received = parse(self.incoming_message.encode())
        made = acknowledge.acknowledge(received, now=datetime(2026, 3, 2)).decode()
        return f"\x0b{made}\x1c\r"


def test_the_server_of_hl7apy_takes_one_message_a_connection_and_gets_all():
    """It hangs up after every answer; the link opens another connection, and nothing is sent twice."""
    with MLLPServer("127.0.0.1", 0, {"ADT^A01^ADT_A01": (_Answering,)}) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with contextlib.closing(Link("127.0.0.1", server.server_address[1])) as link:
            told = [acknowledge.read(link.exchange(message(f"C{n}"), 5).reply) for n in range(5)]
        assert [one.control_id for one in told] == [f"C{n}" for n in range(5)]
        assert link.opened == 5
        server.shutdown()
        thread.join(5)


def by_hl7apy():
    made = Hl7apyMessage("ADT_A01", version="2.5.1")
    made.msh.msh_3, made.msh.msh_9, made.msh.msh_10, made.msh.msh_11 = "HL7APY", "ADT^A01^ADT_A01", "H1", "P"
    made.evn.evn_2, made.pid.pid_3, made.pid.pid_5, made.pv1.pv1_2 = "20260302", "1^^^RXX01^MR", "DOE^JANE", "I"
    return made.to_er7().encode()


def by_python_hl7():
    return bytes(str(hl7.parse(message("P1", sender="PYHL7").decode())), "utf-8")


OTHERS = {
    "hl7apy": by_hl7apy,
    "python-hl7": by_python_hl7,
    "other separators": lambda: b"MSH$%~\\&$EPR$RXX01$A$B$20260302$$ADT%A01$S1$P$2.3\rEVN$A01$2026\rPID$$$1%%%RXX01\r",
    "a trailing CR too many": lambda: message("T1") + b"\r\r",
    "no CR at the end": lambda: message("N1").rstrip(b"\r"),
    "Z-segments and fields beyond the standard": lambda: message(
        "Z1", rest="ZPI|1|a^b&c~d\rPID|||1" + "|" * 60 + "x\r"
    ),
    "five encoding characters": lambda: message("F1", version="2.7").replace(b"^~\\&", b"^~\\&#", 1),
    "the fields of MSH to the last": lambda: message("L1", asks="||GBR|UNICODE UTF-8|en^English|ISO 2022|PROFILE^1"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_messages_of_other_generators_get_the_right_acknowledgement(ground, name):
    """AA under their own control ID, in their own separators, versions and processing IDs."""
    sent = OTHERS[name]()
    received = parse(sent)
    with inbox(ground) as door:
        told = door.talk(sent)[0]
        assert (told.get("MSA-1"), told.get("MSA-2")) == ("AA", received.get("MSH-10"))
        assert told.separators == received.separators
        assert [told.get(f"MSH-{n}") for n in (5, 11, 12)] == [received.get(f"MSH-{n}") for n in (3, 11, 12)]
