"""On what terms a query is answered: what was negotiated, what is set, and what belongs to the personality."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from pydicom.dataset import Dataset

from simlab.department.pacs.personality import PERSONALITIES, Personality
from simlab.department.pacs.settings import setting
from simlab.dicom import extended, matching, zone
from simlab.dicom.matching import Condition, fold
from simlab.dicom.operation import Request
from simlab.dicom.resemblance import resembles


@dataclass(frozen=True)
class Terms:
    """The terms of one query. `shift` is minutes from the archive's zone to the one that the identifier speaks of."""

    personality: Personality
    together: bool = False
    fuzzy: bool = False
    insensitive: bool = False
    shift: int = 0
    zone: str = ""

    def column(self, keyword: str, column: str) -> str:
        """The SQL expression of an attribute that stands in `column`."""
        if self.shift and keyword in ("StudyDate", "StudyTime"):
            return f"zoned_{keyword[5:].lower()}(s.study_date, s.study_time, {self.shift})"
        return column

    def name(self, column: str, key: str) -> Condition | None:
        """The condition that the name in `column` matches `key`."""
        if matching.is_universal(key, "PN"):
            return None
        if self.fuzzy:
            return f"resembles({column}, ?)", [key]
        if not self.insensitive:
            return matching.condition(column, "PN", key)
        # The index keeps the patient's name ready folded.
        folded = "p.name_fold" if column == "p.name" else f"folded({column})"
        return matching.condition(folded, "PN", key, insensitive=True)


def terms(tx: sqlite3.Connection, request: Request, identifier: Dataset) -> Terms:
    """The terms of a query, its functions made known to `tx`."""
    options = request.options
    personality = PERSONALITIES[str(setting(tx, "personality"))]
    asked = str(identifier.get("TimezoneOffsetFromUTC") or "").strip() if extended.TIME_ZONE in options else ""
    shift = zone.minutes(asked) - zone.minutes(str(setting(tx, "timezone"))) if asked else 0
    tx.create_function("resembles", 2, resembles, deterministic=True)
    tx.create_function("folded", 1, fold, deterministic=True)
    tx.create_function("zoned_date", 3, lambda *given: zone.moved(*given)[0], deterministic=True)
    tx.create_function("zoned_time", 3, lambda *given: zone.moved(*given)[1], deterministic=True)
    return Terms(
        personality,
        extended.DATE_TIME in options,
        extended.FUZZY in options,
        bool(setting(tx, "case_insensitive_pn")) or personality.insensitive_names,
        shift,
        asked,
    )
