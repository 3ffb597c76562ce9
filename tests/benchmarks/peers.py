"""The archives that are measured side by side: SimLab, Orthanc and dcmqrscp, each on free loopback ports and fresh."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simlab.cli.session import background_lab
from tests.tools import find

HOST = "127.0.0.1"
MOVER = "MOVER"
"""The move destination: a `storescp` that forgets what it gets, the same for all."""


@dataclass(frozen=True)
class Archive:
    """An archive that runs: its name, AE title and port, and the process that it is."""

    name: str
    title: str
    port: int
    pid: int


class Opener(Protocol):
    """Starts an archive in a folder; its data stays there.

    `mover` is the port of the move destination; with `power` an acknowledged object is to survive a power cut as well.
    """

    def __call__(
        self, folder: Path, *, mover: int = 0, nodelay: bool = False, power: bool = False
    ) -> AbstractContextManager[Archive]: ...


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def simlab(folder: Path, *, mover: int = 0, nodelay: bool = False, power: bool = False) -> Iterator[Archive]:
    """SimLab as a process with the empty scene. Its doors set TCP_NODELAY always."""
    scene, durability = None if (folder / "lab.sqlite3").exists() else "empty", "power" if power else "process"
    with background_lab(folder, scene=scene, durability=durability) as door:
        door.post("/act", name="pacs.configure", args={"max_associations": 80})
        door.post("/act", name="pacs.set_peer", args={"title": MOVER, "host": HOST, "port": mover or free_port()})
        door.get("/training/exercises")  # what the lab loads behind open doors is loaded then
        yield Archive("SimLab", "PACS", int(door.card["endpoints"]["PACS"]["port"]), int(door.card["pid"]))


@contextmanager
def orthanc(folder: Path, *, mover: int = 0, nodelay: bool = False, power: bool = False) -> Iterator[Archive]:
    """Orthanc with a configuration of its own, no plugins, no web server.

    SyncStorageArea is off unless `power` is asked for: an acknowledged object survives the end of the process, not a
    power cut, which is what SimLab promises by default too (both indexes are SQLite in WAL mode, synchronous=NORMAL).
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    configuration = {
        "Name": "bench",
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "Plugins": [],
        "HttpServerEnabled": False,
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomModalities": {MOVER: [MOVER, HOST, mover or free_port()]},
        "LimitFindResults": 0,
        "SyncStorageArea": power,
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    program = find("Orthanc") or find("orthanc") or "Orthanc"
    with _served([program, str(folder / "orthanc.json")], port, nodelay) as pid:
        yield Archive("Orthanc", "ORTHANC", port, pid)


@contextmanager
def dcmqrscp(folder: Path, *, mover: int = 0, nodelay: bool = False, power: bool = False) -> Iterator[Archive]:
    """DCMTK's dcmqrscp, one process an association; it has no setting to wait for the disk."""
    storage = folder / "db"
    storage.mkdir(parents=True, exist_ok=True)
    (folder / "dcmqrscp.cfg").write_text(
        "MaxPDUSize = 131072\nMaxAssociations = 80\n"
        f"HostTable BEGIN\nmover = ({MOVER}, {HOST}, {mover or free_port()})\nHostTable END\n"
        f"AETable BEGIN\nQRSCP {storage} RW (9999, 1024gb) ANY\nAETable END\n"
    )
    port = free_port()
    program = find("dcmqrscp") or "dcmqrscp"
    with _served([program, "-c", str(folder / "dcmqrscp.cfg"), str(port)], port, nodelay) as pid:
        yield Archive("dcmqrscp", "QRSCP", port, pid)


PEERS: dict[str, Opener] = {"SimLab": simlab, "Orthanc": orthanc, "dcmqrscp": dcmqrscp}

WAITING = ("SimLab", "Orthanc")
"""Those that can wait for the disk before they acknowledge."""


def present() -> dict[str, Opener]:
    """The archives that are installed."""
    missing = absent()
    return {name: opener for name, opener in PEERS.items() if name not in missing}


def absent() -> list[str]:
    """The names of the peers that are not installed."""
    found = {"Orthanc": find("Orthanc") or find("orthanc"), "dcmqrscp": find("dcmqrscp")}
    return [name for name, path in found.items() if path is None]


def with_nodelay(nodelay: bool) -> dict[str, str]:
    """The environment in which DCMTK's network, Orthanc's too, switches Nagle's algorithm off, or not."""
    environment = {key: value for key, value in os.environ.items() if key != "TCP_NODELAY"}
    return {**environment, "TCP_NODELAY": "1"} if nodelay else environment


@contextmanager
def _served(command: list[str], port: int, nodelay: bool) -> Iterator[int]:
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=with_nodelay(nodelay)
    )  # fmt: skip
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until and server.poll() is None:
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            print(f"{command[0]} did not start", file=sys.stderr)
        yield server.pid
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(5)


@contextmanager
def storescp() -> Iterator[int]:
    """DCMTK's storescp as a move destination; gives its port."""
    port = free_port()
    with _served([find("storescp") or "storescp", "--ignore", "-aet", MOVER, str(port)], port, nodelay=True):
        yield port
