"""The envelope of a batch file: whether BTS and FTS count what stands between them (HL7 v2.5.1 ch. 2.10.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from simlab.hl7.batch import Opened

_LINE = re.compile(rb"(?:\A|(?<=[\r\n\x0b]))(FHS|BHS|BTS|FTS)([^\r\n\x0b\x1c]*)")


@dataclass
class _Count:
    messages: int = 0
    batches: int = 0
    notes: tuple[str, ...] = ()

    def counted(self, match: re.Match[bytes]) -> bytes:
        """The line as it should stand: BTS-1 the messages of its batch, FTS-1 the batches of the file."""
        name, rest = match[1], match[2]
        right = self.batches if name == b"FTS" else self.messages
        if name == b"BHS":
            self.batches += 1
        if name != b"FTS":
            self.messages = 0
        fields = rest.split(rest[:1]) if rest else []
        told = fields[1].strip() if len(fields) > 1 else b""
        unclear = name == b"FTS" and not right  # messages without a BHS, as some write them
        if name in (b"FHS", b"BHS") or not told or told == b"%d" % right or unclear:
            return match[0]
        self.notes += (f"{name.decode()}-1 was {told[:20].decode('latin-1')}, and is {right}",)
        fields[1] = b"%d" % right
        return name + rest[:1].join(fields)


def counted(file: Opened) -> tuple[Opened, tuple[str, ...]]:
    """The file with the counts of BTS-1 and FTS-1 right where they are filled, and what was put right."""
    count, around = _Count(), []
    for number, piece in enumerate(file.around):
        around.append(_LINE.sub(count.counted, piece))
        count.messages += number < len(file.bodies)
    return replace(file, around=tuple(around)), count.notes
