"""External programs that tests use as independent clients."""

import os
import shutil
import sysconfig
from pathlib import Path
from typing import NoReturn

import pytest

_SCRIPTS = Path(sysconfig.get_path("scripts")).resolve()


def find(program: str) -> str | None:
    """The path of `program`, None when it is absent.

    This Python's own scripts are passed over: pynetdicom installs an `echoscu` and others named like DCMTK's.
    """
    folders = [folder for folder in os.get_exec_path() if Path(folder).resolve() != _SCRIPTS]
    return shutil.which(program, path=os.pathsep.join(folders))


def need(program: str) -> str:
    """The path of `program`; skips the test when it is absent, fails where CI forbids the skip."""
    return find(program) or missing(program)


def missing(program: str) -> NoReturn:
    """Skip the test because `program` is absent, or fail it where CI forbids the skip."""
    message = f"{program} is not installed (Debian: dcmtk, dicom3tools, orthanc, tmux)"
    if os.environ.get("SIMLAB_REQUIRE_TOOLS"):
        pytest.fail(message)
    pytest.skip(message)
