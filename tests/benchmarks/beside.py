"""SimLab beside Orthanc and dcmqrscp: the same clients, in the same run, by turns, as a table of ratios."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import many_studies, objects, peers
from tests.benchmarks.peers import HOST, MOVER, Archive
from tests.tools import find

SLOW_SHARE = 10
"""Peers that need 40 ms an object (Nagle against delayed acknowledgement) get a tenth of the objects: the rate is the
same, and the run ends today."""


@dataclass(frozen=True)
class Row:
    """One work: what each archive did, as a rate (more is better) or a time (less is)."""

    what: str
    unit: str
    found: dict[str, float]
    least: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float | None:
        """How much better SimLab is than Orthanc; None when one was not measured."""
        ours, theirs = self.found.get("SimLab"), self.found.get("Orthanc")
        if not ours or not theirs:
            return None
        return ours / theirs if self.unit.startswith("/") else theirs / ours

    def line(self) -> str:
        """The row of the table."""
        cells = [f"{self.found[name]:9.1f}" if name in self.found else f"{'-':>9}" for name in peers.PEERS]
        ratio = f"{self.ratio:7.1f}x" if self.ratio is not None else f"{'-':>8}"
        wanted = f">= {self.least:g}x" if self.least else ""
        holds = self.ratio is None or not self.least or self.ratio >= self.least
        if self.most is not None:
            wanted += f", <= {self.most:g} {self.unit}"
            holds = holds and self.found.get("SimLab", 0) <= self.most
        return f"{self.what:<44} {self.unit:<10} {' '.join(cells)} {ratio}  {wanted:<18} {'' if holds else 'NOT MET'}"


HEAD = f"{'':<44} {'':<10} {' '.join(f'{name:>9}' for name in peers.PEERS)} {'ratio':>8}  must"

FOOT = """\
Medians of turns taken one after the other; the ratio is SimLab against Orthanc, more is better. Orthanc runs without
plugins and with SyncStorageArea off: like SimLab it then promises that an acknowledged object survives the end of the
process, not a power cut. Where the disk is waited for, SimLab runs with --durability power, which syncs pixel data and
index both, and Orthanc with SyncStorageArea on, which syncs its files alone. SimLab's doors always set TCP_NODELAY;
where it is not named, the others do as they are."""


def rows(folder: Path, *, quick: bool) -> Iterator[Row]:
    """Every work of the table, as it is measured; nothing without DCMTK."""
    if find("storescu") is None:
        print("DCMTK is not installed: nothing is measured against the peers.")
        return
    for name in peers.absent():
        print(f"{name} is not installed: its column stays empty.")
    ct = objects.write(folder / "ct", (objects.instance(n, side=512) for n in range(60 if quick else 300)))
    small = objects.write(folder / "small", (objects.instance(n) for n in range(200 if quick else 1000)))
    turns = 1 if quick else 3
    stores = (
        (f"storescu, {len(ct)} CT of 0.5 MB", ct, False, 15.0),
        (f"storescu, {len(small)} objects of 8 KB", small, False, 50.0),
        (f"storescu, {len(ct)} CT, TCP_NODELAY=1", ct, True, 1.5),
        (f"storescu, {len(small)} of 8 KB, TCP_NODELAY=1", small, True, 1.2),
    )
    for what, files, nodelay, least in stores:
        yield Row(what, "/s", _stores(folder, files, nodelay, turns), least)
    for what, files in ((f"{len(ct)} CT", ct), (f"{len(small)} of 8 KB", small)):
        yield Row(f"the {what}, the disk waited for", "/s", _stores(folder, files, True, turns, power=True))
    yield from _retrieves(folder, ct, turns)
    yield from _finds(folder, 200 if quick else 2000, 1 if quick else 5)
    yield from many_studies.rows(folder, 2000 if quick else 100_000, 5 if quick else 25)


def in_turns(archives: list[Archive], turns: int, work: Callable[[Archive], float]) -> dict[str, float]:
    """The median of `work` at each archive, A B C A B C, so that a busy minute of the machine hits all."""
    found: dict[str, list[float]] = {archive.name: [] for archive in archives}
    for _ in range(turns):
        for archive in archives:
            found[archive.name].append(work(archive))
    return {name: statistics.median(values) for name, values in found.items()}


def _stores(folder: Path, files: list[Path], nodelay: bool, turns: int, *, power: bool = False) -> dict[str, float]:
    openers = {name: opener for name, opener in peers.present().items() if not power or name in peers.WAITING}
    found: dict[str, list[float]] = {name: [] for name in openers}
    for turn in range(turns):
        for name, opener in openers.items():
            count = len(files) if name == "SimLab" or nodelay else max(len(files) // SLOW_SHARE, 20)
            place = Path(tempfile.mkdtemp(prefix=f"{name}-{turn}-", dir=folder))
            with opener(place, nodelay=nodelay, power=power) as archive:
                found[name].append(count / store(archive, files[:count], nodelay))
    return {name: statistics.median(rates) for name, rates in found.items()}


def store(archive: Archive, files: list[Path], nodelay: bool = True) -> float:
    """Seconds that one storescu takes for the files over one association."""
    return _timed(["storescu", *_to(archive), *map(str, files)], nodelay)


def _to(archive: Archive) -> list[str]:
    return ["-aet", "ADMIN", "-aec", archive.title, HOST, str(archive.port)]


def _timed(command: list[str], nodelay: bool = True) -> float:
    program = find(command[0]) or command[0]
    began = time.perf_counter()
    done = subprocess.run(
        [program, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=900,
        env=peers.with_nodelay(nodelay),
    )  # fmt: skip
    taken = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")
    return taken


def _retrieves(folder: Path, ct: list[Path], turns: int) -> Iterator[Row]:
    study = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=2.25.7700000002"]
    with ExitStack() as stack:
        mover = stack.enter_context(peers.storescp())
        archives = [
            stack.enter_context(opener(folder / f"retrieve-{name}", mover=mover, nodelay=True))
            for name, opener in peers.present().items()
        ]
        for archive in archives:
            store(archive, ct)

        def get(archive: Archive) -> float:
            return len(ct) / _timed(["getscu", "-S", "--ignore", *_to(archive), *study])

        def move(archive: Archive) -> float:
            return len(ct) / _timed(["movescu", "-S", "-aem", MOVER, *_to(archive), *study])

        yield Row(f"getscu, {len(ct)} CT", "/s", in_turns(archives, turns, get), 1.0)
        yield Row(f"movescu, {len(ct)} CT", "/s", in_turns(archives, turns, move), 1.0)


def _finds(folder: Path, count: int, turns: int) -> Iterator[Row]:
    files = objects.write(folder / "studies", (objects.instance(n, study=n, day=n % 300) for n in range(count)))
    keys = ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "StudyTime", "AccessionNumber", "StudyID",
            "StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances")  # fmt: skip
    asked = [part for key in ("QueryRetrieveLevel=STUDY", *keys) for part in ("-k", key)]
    with ExitStack() as stack:
        archives = [
            stack.enter_context(opener(folder / f"find-{name}", nodelay=True))
            for name, opener in peers.present().items()
            if name != "dcmqrscp"  # it holds fewer studies than that
        ]
        for archive in archives:
            store(archive, files)
        yield Row(
            f"findscu, {count} studies answered, 10 keys",
            "/s",
            in_turns(archives, turns, lambda archive: count / _timed(["findscu", "-S", *_to(archive), *asked])),
            1.0,
        )
        yield Row(
            f"findscu, {count} studies answered, 7 plain keys",
            "/s",
            in_turns(archives, turns, lambda archive: count / _timed(["findscu", "-S", *_to(archive), *asked[:16]])),
            1.0,
        )
