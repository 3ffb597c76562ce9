"""SOP class extended negotiation of query, retrieve, worklist: asked for, granted (PS3.4 C.5.1.1, C.5.2.1, K.5.1)."""

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
"""What an archive can be asked for beyond the baseline, a worklist for the last two; off unless both sides say so."""

_ALWAYS = "always"
_FIND = (RELATIONAL, DATE_TIME, FUZZY, TIME_ZONE)
_RETRIEVE = (RELATIONAL,)
_WORKLIST = (_ALWAYS, _ALWAYS, FUZZY, TIME_ZONE)
_FIELDS = {contexts.WORKLIST_FIND: _WORKLIST} | {
    uid: _FIND if uid in (contexts.PATIENT_FIND, contexts.STUDY_FIND, contexts.PATIENT_STUDY_FIND) else _RETRIEVE
    for uid in contexts.QUERY_RETRIEVE
}
"""The option that each byte of the application information stands for. Of a worklist the first two are always 1: its
model has one level, and date and time are one range anyway. The bytes after these are answered 0. The first of them
would offer a second view of the archive, in which enhanced multi-frame images are converted to classic ones and back;
there is none, each object is found and sent as it was stored (PS3.4 C.5.1.1, C.5.2.1)."""

NEGOTIABLE = frozenset(_FIELDS)
"""SOP classes that options are negotiated for."""


def ask(sop_class: str, wanted: Collection[str]) -> bytes:
    """The application information that asks for options."""
    return bytes(option == _ALWAYS or option in wanted for option in _FIELDS[sop_class])


def grant(asked: Mapping[str, bytes], offered: Collection[str]) -> dict[str, bytes]:
    """The answer to what was asked for, by SOP class: as many bytes as came, 1 where the option is granted."""
    granted = {}
    for uid, information in asked.items():
        fields = _FIELDS.get(uid)
        if fields is None:
            continue  # silence says that it is not supported (PS3.7 D.3.3.5.2)
        wanted = options(uid, information)
        answer = bytes(field == _ALWAYS or (field in wanted and field in offered) for field in fields)
        granted[uid] = answer[: len(information)].ljust(len(information), b"\0")
    return granted


def options(sop_class: str, information: bytes) -> frozenset[str]:
    """The options that application information stands for."""
    fields = _FIELDS.get(sop_class, ())
    return frozenset(option for option, byte in zip(fields, information, strict=False) if byte == 1) - {_ALWAYS}
