"""How fast an unmodified storescu stores into the PACS, beside a plain pynetdicom storescp."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from simlab.cli.session import background_lab
from tests.benchmarks.measure import Measure
from tests.tools import find

SIDE = 64
"""Pixels a side at 16 bit: 8 KB of pixel data an object."""


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Objects a second, both servers by turns, each over one association."""
    program = find("storescu")
    if program is None:
        yield Measure("storescu, 8 KB objects", None, "/s", least=100, note="DCMTK is not installed")
        return
    ours, theirs = [], []
    for turn in range(1 if quick else 3):
        many = _objects(folder / f"many-{turn}", 300, turn)
        few = _objects(folder / f"few-{turn}", 60, turn)
        with background_lab(folder / f"traffic-{turn}") as door:
            place = door.card["endpoints"]["PACS"]
            ours.append(len(many) / _store(program, "PACS", place["port"], many[0].parent))
        with _plain(folder / f"plain-{turn}") as port:
            theirs.append(len(few) / _store(program, "ANY-SCP", port, few[0].parent))
    mine, plain = max(ours), max(theirs)
    yield Measure("storescu, 8 KB objects, into SimLab", mine, "/s", least=100)
    yield Measure("storescu, 8 KB objects, into pynetdicom storescp", plain, "/s", note="for comparison")
    yield Measure("SimLab against plain pynetdicom", mine / plain, "x", note="for comparison")


def _store(program: str, called: str, port: int, folder: Path) -> float:
    command = [program, "-aet", "ADMIN", "-aec", called, "127.0.0.1", str(port), "+sd", str(folder)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, timeout=120, text=True)
    taken = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"storescu failed: {done.stderr.strip()[-500:]}")
    return taken


@contextmanager
def _plain(folder: Path) -> Iterator[int]:
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "pynetdicom", "storescp", str(port), "-od", str(folder), "-q"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 15
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _objects(folder: Path, count: int, turn: int) -> list[Path]:
    folder.mkdir()
    paths = []
    for number in range(1, count + 1):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image = Dataset()
        image.file_meta = meta
        image.SOPClassUID = CTImageStorage
        image.SOPInstanceUID = f"2.25.77.{turn}.{count}.{number}"
        image.StudyInstanceUID, image.SeriesInstanceUID = f"2.25.77.{turn}.{count}.0.1", f"2.25.77.{turn}.{count}.0.2"
        image.PatientID, image.PatientName = "BENCH1", "Bench^Mark"
        image.StudyDate, image.StudyTime, image.AccessionNumber, image.StudyID = "20260302", "080000", "B1", "1"
        image.PatientBirthDate, image.PatientSex, image.ReferringPhysicianName = "19700101", "O", ""
        image.Modality, image.SeriesNumber, image.InstanceNumber = "CT", "1", str(number)
        image.Rows = image.Columns = SIDE
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated = image.BitsStored = 16
        image.HighBit, image.PixelRepresentation = 15, 0
        image.PixelData = number.to_bytes(2, "little") * (SIDE * SIDE)
        path = folder / f"{number:04}.dcm"
        image.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths
