"""External programs that tests use as independent clients."""

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

_SCRIPTS = Path(sysconfig.get_path("scripts")).resolve()


def need(program: str) -> str:
    """The path of `program`; skips the test when it is absent, fails where CI forbids the skip.

    This Python's own scripts are passed over: pynetdicom installs an `echoscu` and others named like DCMTK's.
    """
    folders = [folder for folder in os.get_exec_path() if Path(folder).resolve() != _SCRIPTS]
    path = shutil.which(program, path=os.pathsep.join(folders))
    if path:
        return path
    message = f"{program} is not installed (Debian: dcmtk, dicom3tools, tmux)"
    if os.environ.get("SIMLAB_REQUIRE_TOOLS"):
        pytest.fail(message)
    pytest.skip(message)
