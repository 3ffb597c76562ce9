"""SOP class extended negotiation of query and retrieve: what is asked for, what granted (PS3.4 C.5.1.1, C.5.2.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from simlab.dicom import contexts

RELATIONAL = "relational"
DATE_TIME = "datetime"
FUZZY = "fuzzy"
TIME_ZONE = "timezone"
OPTIONS = {
    RELATIONAL: "queries and retrievals without the unique keys of the levels above",
    DATE_TIME: "a date range and a time range are one range",
    FUZZY: "names that only resemble the one asked for match too",
    TIME_ZONE: "dates and times are meant in the zone that the identifier names",
}
"""What the archive can be asked for beyond the baseline; off unless both sides say so."""

_FIND = (RELATIONAL, DATE_TIME, FUZZY, TIME_ZONE)
_RETRIEVE = (RELATIONAL,)
_FIELDS = {
    uid: _FIND if uid in (contexts.PATIENT_FIND, contexts.STUDY_FIND, contexts.PATIENT_STUDY_FIND) else _RETRIEVE
    for uid in contexts.QUERY_RETRIEVE
}
"""The option that each byte of the application information stands for. The byte after these, conversion of enhanced
multi-frame images, is never granted."""


def ask(sop_class: str, wanted: Collection[str]) -> bytes:
    """The application information that asks for options."""
    return bytes(option in wanted for option in _FIELDS[sop_class])


def grant(asked: Mapping[str, bytes], offered: Collection[str]) -> dict[str, bytes]:
    """The answer to what was asked for, by SOP class: as many bytes as came, 1 where the option is granted."""
    granted = {}
    for uid, information in asked.items():
        fields = _FIELDS.get(uid)
        if fields is None:
            continue  # silence says that it is not supported (PS3.7 D.3.3.5.2)
        wanted = options(uid, information)
        answer = bytes(field in wanted and field in offered for field in fields)
        granted[uid] = answer[: len(information)].ljust(len(information), b"\0")
    return granted


def options(sop_class: str, information: bytes) -> frozenset[str]:
    """The options that application information stands for."""
    fields = _FIELDS.get(sop_class, ())
    return frozenset(option for option, byte in zip(fields, information, strict=False) if byte == 1)
