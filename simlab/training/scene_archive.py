"""What a trainer may say of the archive: how it runs, and what happened there before the scene begins."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simlab.validation import Strict


class SceneMerge(Strict):
    """A merge made at the PACS before the scene begins; studies made later than `at` came after it."""

    retire: str = Field(description="the patient of the scene whose number was retired")
    survive: str
    at: str = Field("-1d 16:20", description="as an order's start")


class SceneAudit(Strict):
    """An entry of the PACS's audit trail from before the scene."""

    at: str = Field(description="as an order's start")
    user: str
    event: Literal["query", "transferred", "accessed", "deleted", "patient record", "login"] = "accessed"
    ae: str = ""
    patient: str = Field("", description="a patient of the scene")
    study_uid: str = ""
    summary: str = ""


class SceneArchive(Strict):
    """How the PACS runs (see its staging section): rules, retention, where studies stand, what waits to be sent."""

    rules: list[Any] = Field([], description="routing and prefetch rules, as pacs.add_rule takes them, with `name`")
    retention: list[Any] = Field([], description="as pacs.set_retention takes them, with `name`")
    archived: list[Any] = Field([], description="study_uid, cached, shelved")
    transfers: list[Any] = Field([], description="study_uid, destination, priority")
    held: list[str] = Field([], description="destinations whose transfers are held")
    merges: list[SceneMerge] = []
    audit: list[SceneAudit] = []
