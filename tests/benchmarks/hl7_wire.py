"""MLLP round trips: our server bare and durable, beside the asyncio server of python-hl7, under the same client.

Server and client are processes of their own; the client sends frames that were built before and looks only at the
end of what comes back.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import hl7
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

from simlab.clock import Clock
from simlab.department.engine import Engine, EngineStage, Route
from simlab.faults import FaultTable
from simlab.hl7.acknowledge import acknowledge_head
from simlab.hl7.framing import frame
from simlab.hl7.mllp import Caller, MllpServer
from simlab.journal import Journal
from simlab.store import Store
from tests.benchmarks.measure import Measure

HOST = "127.0.0.1"
LARGE = 5 * 1024 * 1024


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Round trips a second over one connection and eight, and the seconds that a report of 5 MiB takes."""
    seconds = 1.0 if quick else 3.0
    ours, theirs = {}, {}
    for many in (1, 8):
        with _process("theirs") as port:
            theirs[many] = _rate(port, many, seconds)
        with _process("bare") as port:
            ours[many] = _rate(port, many, seconds)
    for many, least in ((1, 5000), (8, 15000)):
        what = f"MLLP round trips, {many} connection{'s' if many > 1 else ''}"
        yield Measure(what, ours[many], "/s", least=least, note=f"python-hl7: {theirs[many]:.0f}/s")
        yield Measure(f"{what}, beside python-hl7", ours[many] / theirs[many], "x", least=5)
    with _process("durable", str(folder / "durable")) as port:
        yield Measure("MLLP round trips, stored for two routes before AA", _rate(port, 1, seconds), "/s", least=1500)
        yield Measure("the same, 8 connections", _rate(port, 8, seconds), "/s")
        yield Measure("a report of 5 MiB, stored for two routes before AA", _large(port), "s", most=0.3)
    yield from _delivering(folder / "delivering", seconds)
    with _process("bare") as port:
        yield Measure("a report of 5 MiB, bare", _large(port), "s", most=0.3)


def _delivering(folder: Path, seconds: float) -> Iterator[Measure]:
    """The engine takes and delivers in one process: how fast it takes, what it delivers meanwhile, when it is done."""
    with _process("bare") as one, _process("bare") as two, _process("durable", str(folder), str(one), str(two)) as port:
        rate = _rate(port, 1, seconds)
        ended = time.perf_counter()
        waiting, delivered = _queue(folder)
        while _queue(folder)[0] and time.perf_counter() - ended < 60:
            time.sleep(0.05)
        rest = time.perf_counter() - ended
    note = "one connection, one process"
    yield Measure("MLLP round trips, while both routes deliver", rate, "/s", least=1500, note=note)
    yield Measure("delivered meanwhile, by both routes together", delivered / seconds, "/s")
    yield Measure("until the rest was delivered too", rest, "s", note=f"{waiting} waited")


def _queue(folder: Path) -> tuple[int, int]:
    """How many messages wait on the routes of an engine, and how many were delivered."""
    with closing(sqlite3.connect(folder / "lab.sqlite3")) as database:
        states = dict(database.execute("SELECT state, count(*) FROM engine_queue GROUP BY state").fetchall())
    return states.get("queued", 0) + states.get("sending", 0), states.get("delivered", 0)


def message(number: int, *, padding: int = 0) -> bytes:
    """An ADT^A08, or with `padding` an ORU^R01 of so many bytes more."""
    kind, rest = ("ORU^R01^ORU_R01", f"OBX|1|TX|1||{'report ' * (padding // 7)}||||||F\r") if padding else (
        "ADT^A08^ADT_A01", "PV1|1|I|W1^B2^1^RXX01||||C123^HOUSE^G\r"
    )  # fmt: skip
    return (
        f"MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302074000||{kind}|B{number}|P|2.5.1\rEVN||20260302074000\r"
        "PID|1||1234567^^^RXX01^MR~9990001235^^^NHS^NH||SMITH^JOHN^A^^MR||19700101|M|||1 HIGH ST^^LEEDS^^LS1 1AA\r"
        f"{rest}"
    ).encode()


@contextmanager
def _process(*role: str) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.benchmarks.hl7_wire", *role]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline() if server.stdout else 0)
        finally:
            server.kill()


def _rate(port: int, connections: int, seconds: float) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.hl7_wire", "client", str(port), str(connections), str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _large(port: int) -> float:
    sent = frame(message(0, padding=LARGE))
    with socket.create_connection((HOST, port)) as link:
        taken = []
        for _ in range(3):
            began = time.perf_counter()
            link.sendall(sent)
            while not link.recv(65536).endswith(b"\x1c\r"):
                pass
            taken.append(time.perf_counter() - began)
            sent = sent.replace(b"|B0", b"|B00", 1)
    return min(taken)


def _client(port: int, connections: int, seconds: float) -> float:
    """Round trips a second, with one message in flight on each connection, every one under another control ID."""
    began = time.time_ns()
    frames = iter([frame(message(began + n)) for n in range(int(seconds * 40000))])
    links = [socket.create_connection((HOST, port)) for _ in range(connections)]
    with selectors.DefaultSelector() as waiting:
        for link in links:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(link, selectors.EVENT_READ)
            link.sendall(next(frames))
        count, start = 0, time.perf_counter()
        with suppress(StopIteration):
            while time.perf_counter() - start < seconds:
                for key, _ in waiting.select():
                    link = key.fileobj
                    if link.recv(65536).endswith(b"\x1c\r"):
                        count += 1
                        link.sendall(next(frames))
        return count / (time.perf_counter() - start)


def _bare() -> int:
    def take(data: bytes, _caller: Caller) -> bytes:
        return acknowledge_head(data, now=datetime.now())

    return MllpServer("BENCH", take).open(HOST, 0)


def _durable(folder: Path, *receivers: str) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock()
    store = Store(folder / "lab.sqlite3", clock)
    journal = Journal(store)
    engine = Engine(store, journal, clock, FaultTable(store, journal))
    # Held without receivers: then what is measured is what must be done before the AA, not what they take meanwhile.
    state = "running" if receivers else "held"
    routes = [
        Route(name=f"r{n}", host=HOST, port=int(port), state=state) for n, port in enumerate(receivers or ("9", "9"))
    ]
    engine.stage(EngineStage(routes=routes))
    return engine.open(HOST, 0)


async def _theirs() -> None:
    async def serve(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                received: hl7.Message = await reader.readmessage()
                writer.writemessage(received.create_ack())
                await writer.drain()

    server = await start_hl7_server(serve, HOST, 0, encoding="utf-8")
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _main(role: str, *arguments: str) -> None:
    if role == "client":
        port, connections, seconds = arguments
        print(_client(int(port), int(connections), float(seconds)))
    elif role == "theirs":
        asyncio.run(_theirs())
    else:
        print(_bare() if role == "bare" else _durable(Path(arguments[0]), *arguments[1:]), flush=True)
        time.sleep(3600)


if __name__ == "__main__":
    _main(*sys.argv[1:])
