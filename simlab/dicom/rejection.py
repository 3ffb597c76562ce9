"""Why an association is rejected: results, sources and reasons (PS3.8 9.3.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from simlab.dicom.upper_layer import ASSOCIATE_RJ

RESULTS = {1: "rejected permanently", 2: "rejected for now"}
SOURCES = {1: "by the DICOM application", 2: "by the upper layer (ACSE)", 3: "by the upper layer (presentation)"}
REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognised",
    (1, 7): "called AE title not recognised",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}
"""PS3.8 9.3.4, by source and reason."""


@dataclass(frozen=True)
class Rejection:
    """An A-ASSOCIATE-RJ; `why` is for the journal, not for the wire."""

    result: int
    source: int
    reason: int
    why: str = ""

    def __str__(self) -> str:
        return (
            f"{RESULTS.get(self.result, 'rejected')} {SOURCES.get(self.source, '')}: "
            f"{REASONS.get((self.source, self.reason), 'a reason the standard does not know')} "
            f"({self.result}/{self.source}/{self.reason})"
        )

    def encode(self) -> bytes:
        return struct.pack(">BBLBBBB", ASSOCIATE_RJ, 0, 4, 0, self.result, self.source, self.reason)


APPLICATION_CONTEXT_UNKNOWN = Rejection(1, 1, 2)
CALLING_UNKNOWN = Rejection(1, 1, 3)
CALLED_UNKNOWN = Rejection(1, 1, 7)
VERSION_UNKNOWN = Rejection(1, 2, 2)
USER_UNKNOWN = Rejection(1, 2, 1)
"""PS3.7 D.3.3.7: permanently, by the provider of the upper layer, without a reason."""
LIMIT_EXCEEDED = Rejection(2, 3, 2)
