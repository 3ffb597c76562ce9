"""How other archives differ from the standard: personalities that the PACS can put on, as a table.

Observed on the wire with DCMTK 3.6.7 as the client, of Orthanc 1.10.1 and dcmqrscp 3.6.7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from simlab.dicom import statuses
from simlab.dicom.operation import IdentifierMismatch, Reply, Request

WARN, IGNORE, NEVER = "warn", "ignore", "never"


@dataclass(frozen=True)
class Personality:
    """One product's ways. The defaults are the standard's."""

    relational: bool = False
    """Answers queries and retrievals without the unique keys above, negotiated or not."""
    patient_in_study_root: bool = False
    """Answers PATIENT level in the Study Root model, which has none."""
    whole_archive: bool = False
    """Retrieves everything when the unique key of the level is missing."""
    nothing_without_parents: bool = False
    """Takes a retrieval without the unique keys above, and finds nothing for it."""
    insensitive_names: bool = False
    """Finds names whatever their case."""
    unknown_keys: str = WARN
    """A key that the index does not know: ``warn`` (FF01), ``ignore`` (FF00), or ``never`` a match."""
    statuses: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Service and the standard's status: the status that it answers instead."""
    no_level: int | None = None
    """The status for an identifier without a level, when it is another than for a bad one."""

    def answered(self, service: str, status: int) -> int:
        """What this personality answers where the standard has `status`."""
        return self.statuses.get((service, status), status)


_CANNOT = statuses.CANNOT_UNDERSTAND
_BAD_KEYS = statuses.IDENTIFIER_MISMATCH

STRICT = "strict"
PERSONALITIES: dict[str, Personality] = {
    STRICT: Personality(),
    "orthanc": Personality(
        relational=True,
        patient_in_study_root=True,
        insensitive_names=True,
        unknown_keys=NEVER,
        statuses={
            ("C-FIND", _BAD_KEYS): _CANNOT,
            ("C-MOVE", _BAD_KEYS): _CANNOT,
            ("C-GET", _BAD_KEYS): _CANNOT,
            ("C-MOVE", statuses.DESTINATION_UNKNOWN): _CANNOT,
            ("C-MOVE", statuses.CANNOT_PERFORM_SUBOPERATIONS): _CANNOT,
        },
    ),
    "dcmqrscp": Personality(
        whole_archive=True,
        nothing_without_parents=True,
        unknown_keys=IGNORE,
        statuses={("C-FIND", _BAD_KEYS): _CANNOT, ("C-MOVE", _BAD_KEYS): _CANNOT, ("C-GET", _BAD_KEYS): _CANNOT},
        no_level=_BAD_KEYS,
    ),
}
"""By the value of the setting `personality`."""


def replies(personality: Personality, request: Request, given: Reply | Iterable[Reply]) -> Iterator[Reply]:
    """A handler's replies with this personality's statuses."""
    service = request.service
    try:
        for reply in [given] if isinstance(given, Reply) else given:
            status = personality.answered(service, reply.status)
            yield reply if status == reply.status else replace(reply, status=status)
    except IdentifierMismatch as error:
        status = personality.answered(service, statuses.IDENTIFIER_MISMATCH)
        if personality.no_level is not None and not request.dataset().get("QueryRetrieveLevel"):
            status = personality.no_level
        yield Reply(status, comment=error.what, offending=error.offending)
