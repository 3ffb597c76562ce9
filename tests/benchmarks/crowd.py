"""Many associations at once: what idle ones cost, and how quick an answer is while others store and ask."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from simlab.dicom import client, contexts, statuses
from simlab.dicom.dimse import SERVICES
from tests.benchmarks import objects, peers
from tests.benchmarks.measure import Measure
from tests.tools import find

IDLE, CROWD = 50, 20


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Share of a core that idle associations take; errors and slowest answers in a crowd."""
    with peers.simlab(folder / "crowd") as archive:
        peer = client.Peer(archive.title, peers.HOST, archive.port)
        yield Measure(f"{IDLE} idle associations: share of one core", _idle(peer, archive.pid, quick), "%", most=2)
        if find("storescu") is None:
            return
        errors, waits = _crowd(folder, peer, archive, 40 if quick else 200)
        yield Measure(f"{CROWD} associations, store and find: errors", errors, "", most=0)
        slow = statistics.quantiles(waits, n=20)[-1] * 1000 if len(waits) > 1 else None
        yield Measure("C-ECHO on an open association meanwhile: p95", slow, "ms", most=100)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _idle(peer: client.Peer, pid: int, quick: bool) -> float | None:
    """What the idle associations add to the lab's own idling, in percent of a core."""
    if not Path("/proc").exists():
        return None
    seconds = 4 if quick else 15

    def share() -> float:
        before = _ticks(pid)
        time.sleep(seconds)
        return (_ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100

    alone = share()
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(client.associate(peer, "ADMIN", contexts.supported([contexts.VERIFICATION])))
        return max(share() - alone, 0.0)


def _crowd(folder: Path, peer: client.Peer, archive: peers.Archive, count: int) -> tuple[int, list[float]]:
    """Errors of the clients, and the seconds that each C-ECHO took while they ran."""
    to = ["-aet", "ADMIN", "-aec", archive.title, peers.HOST, str(archive.port)]
    asked = ["-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID", "-k", "StudyInstanceUID"]
    running, waits = [], []
    with client.associate(peer, "ADMIN", contexts.supported([contexts.VERIFICATION])) as association:
        for number in range(CROWD - 1):
            if number % 2:
                command = [find("findscu") or "", "-S", "--repeat", str(count // 2), *to, *asked]
            else:
                first = 1_000_000 + number * 10_000
                made = (objects.instance(first + n, side=256, study=first // 10_000) for n in range(count))
                paths = objects.write(folder / f"crowd-{number}", made)
                command = [find("storescu") or "", *to, *map(str, paths)]
            running.append(command)
        clients = [
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in running
        ]
        context = next(iter(association.contexts.values()))
        while any(one.poll() is None for one in clients):
            began = time.perf_counter()
            association.send(
                context.id,
                {
                    "AffectedSOPClassUID": context.abstract_syntax,
                    "CommandField": SERVICES["C-ECHO"],
                    "MessageID": association.next_id(),
                },
            )
            answer = association.receive(30)
            if answer is None or answer.number("Status") != statuses.SUCCESS:
                raise RuntimeError("the C-ECHO in the crowd failed")
            waits.append(time.perf_counter() - began)
            time.sleep(0.02)
    return sum(one.returncode != 0 for one in clients), waits
