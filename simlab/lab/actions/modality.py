"""What happens at a scanner's own console: configure, echo, ask for the worklist, scan, send again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simlab.errors import NotFound
from simlab.lab.actions.action import Action, Result

if TYPE_CHECKING:
    from simlab.department.modality import Modality
    from simlab.lab.lab import Lab


class _AtModality(Action):
    modality: str = Field(description="the scanner: CT1, CT2, US1")

    def scanner(self, lab: Lab) -> Modality:
        if self.modality not in lab.modalities:
            raise NotFound(
                f"there is no modality {self.modality}", remedy=f"There are: {', '.join(sorted(lab.modalities))}."
            )
        return lab.modalities[self.modality]


class Configure(_AtModality):
    """Change settings of a scanner (``ae_title``, ``pacs_port``, ``filter_station``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "modality.configure"

    def perform(self, lab: Lab) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        return Result(
            f"{self.modality} settings: {', '.join(settings) or 'none'}", self.scanner(lab).configure(**settings)
        )


class Echo(_AtModality):
    """Verify from the scanner's own console whether the PACS or the RIS answers (C-ECHO)."""

    name: ClassVar[str] = "modality.echo"
    to: Literal["PACS", "RIS"] = "PACS"

    def perform(self, lab: Lab) -> Result:
        done = self.scanner(lab).echo(self.to)
        return Result(f"{self.modality}: {self.to} answered {done['status']}", done, ok=done["status"] == "0000")


class AskWorklist(_AtModality):
    """Refresh the scanner's worklist with its own filter."""

    name: ClassVar[str] = "modality.worklist"

    def perform(self, lab: Lab) -> Result:
        rows = self.scanner(lab).worklist()
        return Result(f"{self.modality} shows {len(rows)} scheduled steps", {"rows": rows})


class Scan(_AtModality):
    """Examine a patient from the worklist, or one typed in, and send the images."""

    name: ClassVar[str] = "modality.scan"
    accession: str | None = Field(None, description="by default the first item of the worklist")
    recipe: str | None = Field(None, description="sample study; by default the one that suits the exam")
    typed: dict[str, str] | None = Field(None, description="patient_id, patient_name…: examined without the worklist")

    def perform(self, lab: Lab) -> Result:
        done = self.scanner(lab).scan(self.accession, self.recipe, typed=self.typed)
        return Result(str(done["summary"]), done)


class Send(_AtModality):
    """Send what waits in the scanner's queue now."""

    name: ClassVar[str] = "modality.send"

    def perform(self, lab: Lab) -> Result:
        done = self.scanner(lab).send()
        return Result(str(done["summary"]), done, ok=not done["waiting"])


ACTIONS: tuple[type[Action], ...] = (Configure, Echo, AskWorklist, Scan, Send)
