"""A study as one walks through it: its series, and the images and frames of each in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simlab.tui.client import Door, Rows

_STATES = "1.2.840.10008.5.1.4.1.1.11."
"""What the SOP classes of presentation states begin with."""


@dataclass(frozen=True)
class Place:
    """One frame of one image."""

    sop_uid: str
    frame: int = 1


@dataclass
class Series:
    """Its row in the archive, and its frames one after the other."""

    row: dict[str, Any]
    places: list[Place] = field(default_factory=list)


@dataclass
class Stack:
    """The series of a study that have images; one of them is looked at."""

    study: dict[str, Any]
    series: list[Series]
    at: int = 0
    states: tuple[str, ...] = ()
    """The presentation states of the study, as UIDs."""

    @property
    def current(self) -> Series:
        """The series that is looked at."""
        return self.series[self.at]

    def choose(self, series_uid: str = "", sop_uid: str = "") -> int:
        """Go to a series or an image; gives the position in it, the middle of a series."""
        for at, one in enumerate(self.series):
            for position, place in enumerate(one.places):
                if sop_uid and place.sop_uid == sop_uid:
                    self.at = at
                    return position
            if not sop_uid and one.row.get("series_uid") == series_uid:
                self.at = at
        return len(self.current.places) // 2

    def like(self, other: Series) -> None:
        """Go to the series that is most like `other` of another study."""
        names = ("modality", "body_part", "description", "number")
        alike = [[one.row.get(name) == other.row.get(name) for name in names] for one in self.series]
        self.at = alike.index(max(alike))


async def open_stack(door: Door, study_uid: str) -> Stack | None:
    """A study of the archive; None when it has no images. Raises what the door raises."""
    studies = await door.view("pacs.studies", study_uid=study_uid)
    rows = await door.view("pacs.series", study_uid=study_uid)
    images = await door.view("pacs.instances", study_uid=study_uid)
    series = {str(row.get("series_uid")): Series(row) for row in rows}
    for image in images:
        one = series.get(str(image.get("series_uid")))
        if one is not None and image.get("rows"):
            frames = max(int(image.get("frames") or 1), 1)
            one.places += [Place(str(image["sop_uid"]), frame) for frame in range(1, frames + 1)]
    shown = [one for one in series.values() if one.places]
    states = tuple(str(image["sop_uid"]) for image in images if str(image.get("sop_class", "")).startswith(_STATES))
    return Stack(studies[0] if studies else {}, shown, states=states) if shown else None


def priors(studies: Rows, study: dict[str, Any]) -> list[str]:
    """The other studies of the same patient, those most like it and the latest of them first, as UIDs."""
    others = [row for row in studies if row.get("study_uid") != study.get("study_uid")
              and row.get("issuer") == study.get("issuer")]  # fmt: skip

    def likeness(row: dict[str, Any]) -> tuple[bool, bool, bool, str]:
        earlier = _moment(row) <= _moment(study)
        shared = bool(set(row.get("modalities") or []) & set(study.get("modalities") or []))
        return earlier, row.get("description") == study.get("description"), shared, _moment(row)

    return [str(row["study_uid"]) for row in sorted(others, key=likeness, reverse=True)]


def _moment(row: dict[str, Any]) -> str:
    return f"{row.get('study_date') or ''} {row.get('study_time') or ''}"
