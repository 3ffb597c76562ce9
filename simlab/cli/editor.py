"""A person's own editor, opened on a text."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from simlab.errors import BadInput


def edited(text: str, suffix: str) -> str:
    """`text` after $VISUAL or $EDITOR had its turn; BadInput when that cannot be run or gives up."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"message{suffix}"
        file.write_text(text, encoding="utf-8")
        try:
            ended = subprocess.run([*shlex.split(editor, posix=os.name != "nt"), str(file)], check=False)
            code: object = ended.returncode
        except (OSError, ValueError) as error:
            code = error
        if code != 0:
            raise BadInput(f"the editor failed ({code})", place=editor, remedy="Name yours in the variable EDITOR.")
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise BadInput(f"what it left cannot be read ({error})", place=editor) from None
