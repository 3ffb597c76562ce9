"""Files that a person names on the command line, read within a limit of size."""

from __future__ import annotations

import sys
from pathlib import Path

from simlab.errors import BadInput


def content(name: str | Path, most: int) -> bytes:
    """The bytes of a file, of stdin for ``-``; BadInput when it cannot be read or holds more than `most` of them."""
    try:
        if str(name) == "-":
            found = sys.stdin.buffer.read(most + 1)
        else:
            # A size is asked for in vain where a device or a pipe stands in the file's place.
            with Path(name).open("rb") as file:
                found = file.read(most + 1)
    except (OSError, ValueError, AttributeError) as error:  # a NUL in the name; no stdin at all
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"the file cannot be read ({reason})", place=str(name), remedy="Is the path right?") from None
    if len(found) > most:
        raise BadInput(f"the file is larger than {most} bytes", place=str(name), remedy="Give a smaller one.")
    return found


def text(name: str | Path, most: int) -> str:
    """The text of a UTF-8 file; BadInput as `content`, and when it is none."""
    try:
        return content(name, most).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 text (byte {error.start})", place=str(name), remedy="Save it as UTF-8.") from None
