"""What a scene sets at a scanner: settings, studies that wait to be sent, studies it only still holds, a kept list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from simlab.department.modality import worklist
from simlab.dicom.instance import Instance


class KeptList(BaseModel):
    """The worklist that a mobile fetched when it was last docked (see the quirk ``cached_list``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    taken: datetime
    rows: list[dict[str, str]]
    """As `worklist.row` makes them; what is left out is empty."""

    @field_validator("rows")
    @classmethod
    def _known(cls, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            for name in row:
                if name not in worklist.COLUMNS:
                    raise ValueError(f"a worklist has no {name}; it has {', '.join(worklist.COLUMNS)}")
        return [{**dict.fromkeys(worklist.COLUMNS, ""), **row} for row in rows]


class ModalityStage(BaseModel):
    """Concrete values only; `settings` may leave out what stays at its default (see `ModalitySettings`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    settings: dict[str, Any] = {}
    queued: list[Instance] = []
    held: list[Instance] = []
    kept_list: KeptList | None = None
    queue_error: str = ""
    """What the last try to send the queued ones came to; empty when there was none."""
