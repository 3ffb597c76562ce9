"""A lab killed without warning: what it had acknowledged is there when it starts again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from tests.tools import need


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


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Forty instances of one study, of pydicom's small CT."""
    folder = tmp_path / "images"
    folder.mkdir()
    ct = dcmread(str(get_testdata_file("CT_small.dcm")))
    paths = []
    for number in range(40):
        ct.SOPInstanceUID = ct.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[f"kill-{number}"])
        paths.append(folder / f"{number:02}.dcm")
        ct.save_as(paths[-1])
    return paths


def acknowledged(output: str) -> int:
    """How many C-STORE responses with success DCMTK's storescu tells of."""
    return output.count("Received Store Response (Success)")


def held(port: int, study: str) -> int:
    """How many images of the study the PACS finds."""
    asked = subprocess.run(
        [need("findscu"), "-d", "-S", "-aet", "ADMIN", "-aec", "PACS", "127.0.0.1", str(port),
         "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}", "-k", "NumberOfStudyRelatedInstances"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    counts = [line for line in (asked.stdout + asked.stderr).splitlines() if "(0020,1208)" in line and "[" in line]
    return int(counts[-1].split("[")[1].split("]")[0]) if counts else 0


@pytest.mark.parametrize("after", [3, 11, 25])
def test_no_acknowledged_instance_is_lost(tmp_path: Path, images: list[Path], after: int) -> None:
    """Killed while storescu sends: every instance it got a success for is found after the restart; the rest fits."""
    home = tmp_path / "home"
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
        while acknowledged(seen) < after and (line := sending.stdout.readline()):
            seen += line
        lab.kill()
        seen += sending.stdout.read()
        sending.wait(30)
        sending.stdout.close()
    with a_lab(home) as (_, card):
        port = card["endpoints"]["PACS"]["port"]
        assert acknowledged(seen) >= after
        assert acknowledged(seen) <= held(port, study) <= acknowledged(seen) + 1
        again = subprocess.run(
            [need("storescu"), "-aet", "ADMIN", "-aec", "PACS", "127.0.0.1", str(port), *map(str, images)], timeout=60
        )
        assert again.returncode == 0
        assert held(port, study) == len(images)
