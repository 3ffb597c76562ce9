"""What a scene sets at a scanner: its settings, studies that wait to be sent, studies it only still holds."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from simlab.dicom.instance import Instance


class ModalityStage(BaseModel):
    """Concrete values only; `settings` may leave out what stays at its default (see `ModalitySettings`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    settings: dict[str, Any] = {}
    queued: list[Instance] = []
    held: list[Instance] = []
    queue_error: str = ""
    """What the last try to send the queued ones came to; empty when there was none."""
