"""What a trainer may say of things that are carried about: worklists kept on mobiles, discs in the drive."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simlab.validation import Strict


class SceneListed(Strict):
    """A row of a kept worklist: an order as it was when the list was fetched."""

    accession: str
    patient: str = Field("", description="a patient of the scene; by default the order's")
    exam: str = Field("", description="by default the order's")
    start: str | None = Field(None, description="when it was due then; by default the order's start")
    was: dict[str, str] = Field({}, description="columns of the worklist that were otherwise then: patient_name…")


class SceneKeptList(Strict):
    """The worklist that a mobile scanner fetched when it was last docked; its quirk `cached_list` shows it."""

    scanner: str
    taken: str = Field("yesterday 17:00", description="as an order's start")
    rows: list[SceneListed]


class SceneDisc(Strict):
    """A disc that lies in the drive of the workstation; a study is on it that says so with `in`."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    directory: bool = Field(True, description="false: DICOM files without a DICOMDIR")
    letters: Literal["upper", "lower"] = Field("upper", description="lower: files are written otherwise than listed")
    missing: int = Field(0, ge=0, description="so many files that are listed are not there")
    damaged: int = Field(0, ge=0, description="so many files end in the middle")
    unlisted: int = Field(0, ge=0, description="so many files that the DICOMDIR does not list")
    swapped: bool = Field(False, description="the first two records name each other's files")
    told: dict[str, str] = Field({}, description="what the DICOMDIR says of all studies: PatientName, PatientID…")


class SceneCarried(Strict):
    """The sections of a scene for what is carried about."""

    kept_lists: list[SceneKeptList] = []
    discs: list[SceneDisc] = []

    def carried_over(self, below: SceneCarried) -> dict[str, Any]:
        """Both sections laid over those of `below`: the same scanner's list, the same disc gives way."""
        lists = {one.scanner: one for one in (*below.kept_lists, *self.kept_lists)}
        discs = {one.name: one for one in (*below.discs, *self.discs)}
        return {"kept_lists": list(lists.values()), "discs": list(discs.values())}
