"""A feed into a file: one message after another, framed as on the wire, a line each, or readable."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from simlab.errors import BadInput
from simlab.feed.dialect import Dialect
from simlab.feed.messages import event, wire
from simlab.feed.run import Answer
from simlab.feed.state import Happening
from simlab.hl7.framing import frame

FORMATS: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda message: message.replace(b"\r", b"\n") + b"\n",
    "lines": lambda message: message + b"\n",
    "mllp": frame,
}
"""`text`: a line a segment, an empty line between messages; `lines`: a line a message, CR between its segments;
`mllp`: VT, the message, FS, CR."""


class FileSink:
    """Writes every message to a binary file; nobody answers, so every answer is AA."""

    def __init__(self, file: BinaryIO, dialect: Dialect, form: str = "text") -> None:
        if form not in FORMATS:
            raise BadInput(f"there is no format {form!r}", place="format", remedy=f"There are: {', '.join(FORMATS)}.")
        self._write = file.write
        self._dialect = dialect
        self._form = FORMATS[form]

    def take(self, happening: Happening) -> Answer | None:
        message = wire(happening, self._dialect)
        if message is None:
            return None
        self._write(self._form(message))
        return Answer("AA", event(message))
