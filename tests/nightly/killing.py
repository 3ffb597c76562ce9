"""A lab killed without warning while it stores, and what is there when it starts again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from simlab.blobs import SMALL
from tests.tools import need

IMAGES = 40


@contextmanager
def a_lab(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A lab in a process of its own, and what it printed."""
    command = [sys.executable, "-m", "simlab", "up", "--home", str(home), "--ports", "auto", "--scene", "empty"]
    if (home / "lab.sqlite3").exists():
        command = command[:-2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def some_images(folder: Path, *, small: bool = False) -> list[Path]:
    """Forty instances of one study, of pydicom's small CT; `small`: the pixels fit into the row of the instance."""
    folder.mkdir()
    ct = dcmread(str(get_testdata_file("CT_small.dcm")))
    if small:
        ct.Rows = 64
        ct.PixelData = ct.PixelData[: 64 * ct.Columns * 2]
    assert (len(ct.PixelData) <= SMALL) == small
    paths = []
    for number in range(IMAGES):
        ct.SOPInstanceUID = ct.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[f"kill-{number}"])
        paths.append(folder / f"{number:02}.dcm")
        ct.save_as(paths[-1])
    return paths


def _acknowledged(output: str) -> int:
    """How many C-STORE responses with success DCMTK's storescu tells of."""
    return output.count("Received Store Response (Success)")


def _held(port: int, study: str) -> int:
    """How many images of the study the PACS finds."""
    asked = subprocess.run(
        [need("findscu"), "-d", "-S", "-aet", "ADMIN", "-aec", "PACS", "127.0.0.1", str(port),
         "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}", "-k", "NumberOfStudyRelatedInstances"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    counts = [line for line in (asked.stdout + asked.stderr).splitlines() if "(0020,1208)" in line and "[" in line]
    return int(counts[-1].split("[")[1].split("]")[0]) if counts else 0


def kill_during_store(home: Path, images: list[Path], after: int) -> None:
    """Kill the lab of `home` once `after` images are acknowledged; assert what must hold when it runs again.

    No acknowledged image is lost, none is half there, and storing all again completes the study.
    """
    study = str(dcmread(images[0], stop_before_pixels=True).StudyInstanceUID)
    with a_lab(home) as (lab, card):
        port = card["endpoints"]["PACS"]["port"]
        command = [need("storescu"), "-v", "-aet", "ADMIN", "-aec", "PACS", "127.0.0.1", str(port)]
        environment = {**os.environ, "TCP_NODELAY": "1"}
        sending = subprocess.Popen(
            [*command, *map(str, images)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        assert sending.stdout is not None
        seen = ""
        while _acknowledged(seen) < after and (line := sending.stdout.readline()):
            seen += line
        lab.kill()
        seen += sending.stdout.read()
        sending.wait(30)
        sending.stdout.close()
    with a_lab(home) as (_, card):
        port = card["endpoints"]["PACS"]["port"]
        assert _acknowledged(seen) >= after
        assert _acknowledged(seen) <= _held(port, study) <= _acknowledged(seen) + 1
        again = subprocess.run(
            [need("storescu"), "-aet", "ADMIN", "-aec", "PACS", "127.0.0.1", str(port), *map(str, images)], timeout=60
        )
        assert again.returncode == 0
        assert _held(port, study) == len(images)
