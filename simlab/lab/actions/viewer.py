"""What happens at a viewer: its settings, and room on its disk."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simlab.department.viewer import Viewer
from simlab.errors import NotFound
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import VIEWERS, Systems


class _AtViewer(Action):
    viewer: str = Field(description=f"which one: {', '.join(VIEWERS)}")

    def one(self, lab: Systems) -> Viewer:
        if self.viewer not in lab.viewers:
            raise NotFound(f"there is no viewer {self.viewer}", remedy=f"There are: {', '.join(sorted(lab.viewers))}.")
        return lab.viewers[self.viewer]


class Configure(_AtViewer):
    """Change settings of a viewer (``callers``, ``refused_syntaxes``, ``quota_images``, ``purge_oldest``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "viewer.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        done = self.one(lab).configure(**settings)
        return Result(f"{self.viewer}: {done['summary']}", done)


class Purge(_AtViewer):
    """Delete a study from a viewer's disk, or its oldest ones."""

    name: ClassVar[str] = "viewer.purge"
    study: str = Field("", description="Study Instance UID; by default the oldest ones go")
    keep: int = Field(0, ge=0, description="how many images may stay")

    def perform(self, lab: Systems) -> Result:
        done = self.one(lab).purge(self.study, self.keep)
        return Result(f"{self.viewer}: {done['summary']}", done)


ACTIONS: tuple[type[Action], ...] = (Configure, Purge)
