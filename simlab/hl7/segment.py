"""A segment of a message: its bytes as they came, split into fields when somebody asks for one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from simlab.hl7.characters import Separators


@dataclass(frozen=True)
class Segment:
    """One segment: its name, its bytes (without the CR) and where they stand in the message (`start`, `end`)."""

    name: str
    raw: bytes
    start: int
    separators: Separators

    @property
    def end(self) -> int:
        """The offset of the first byte behind the segment: that of its CR."""
        return self.start + len(self.raw)

    @cached_property
    def fields(self) -> tuple[bytes, ...]:
        """The raw fields by their HL7 number; `fields[0]` is the name. In MSH, field 1 is the separator itself."""
        mark = self.separators.wire.field
        parts = self.separators.split(self.raw, mark)
        return (parts[0], mark, *parts[1:]) if self.name == "MSH" else tuple(parts)

    def repetitions(self, field: int) -> list[bytes]:
        """The raw repetitions of a field, split once: whoever reads the n-th reads its neighbours too."""
        found = self._split.get(field)
        if found is None:
            raw = self.fields[field] if field < len(self.fields) else b""
            found = self._split[field] = self.separators.split(raw, self.separators.wire.repetition)
        return found

    @cached_property
    def _split(self) -> dict[int, list[bytes]]:
        return {}
