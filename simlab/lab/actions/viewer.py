"""What happens at a viewer: its settings, and room on its disk."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simlab.department.viewer import Viewer
from simlab.errors import BadInput, NotFound
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
    study: str = Field("", description="Study Instance UID")
    keep: int | None = Field(None, ge=0, description="in place of a study: how many images may stay; 0 deletes all")

    def perform(self, lab: Systems) -> Result:
        viewer = self.one(lab)
        if not self.study and self.keep is None:
            raise BadInput(
                "it is not said what may go", place="study", remedy="Name a study, or `keep`: 0 deletes all."
            )
        if self.study and self.keep is not None:
            raise BadInput("a study goes whole: name it or `keep`, not both", place="keep", remedy="Leave one out.")
        done = viewer.purge(self.study, self.keep or 0)
        return Result(f"{self.viewer}: {done['summary']}", done)


ACTIONS: tuple[type[Action], ...] = (Configure, Purge)
