"""What happens at a scanner's own console: configure, echo, worklist, scan, performed steps, commitment."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simlab.department.modality import SCANNERS, Modality
from simlab.errors import NotFound
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class _AtModality(Action):
    modality: str = Field(description=f"the scanner: {', '.join(SCANNERS)}")

    def scanner(self, lab: Systems) -> Modality:
        if self.modality not in lab.modalities:
            raise NotFound(
                f"there is no modality {self.modality}", remedy=f"There are: {', '.join(sorted(lab.modalities))}."
            )
        return lab.modalities[self.modality]


class Configure(_AtModality):
    """Change settings of a scanner (``ae_title``, ``pacs_port``, ``filter_station``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "modality.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        return Result(
            f"{self.modality} settings: {', '.join(settings) or 'none'}", self.scanner(lab).configure(**settings)
        )


class Echo(_AtModality):
    """Verify from the scanner's own console whether the PACS or the RIS answers (C-ECHO)."""

    name: ClassVar[str] = "modality.echo"
    to: Literal["PACS", "RIS"] = "PACS"

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).echo(self.to)
        return Result(f"{self.modality}: {self.to} answered {done['status']}", done, ok=done["status"] == "0000")


class AskWorklist(_AtModality):
    """Refresh the scanner's worklist with its own filter."""

    name: ClassVar[str] = "modality.worklist"
    dock: bool = Field(False, description="have a mobile that shows a cached list fetch it anew")

    def perform(self, lab: Systems) -> Result:
        rows = self.scanner(lab).worklist(dock=self.dock)
        return Result(f"{self.modality} shows {len(rows)} scheduled steps", {"rows": rows})


class Scan(_AtModality):
    """Examine a patient from the worklist, or one typed in, and send the images."""

    name: ClassVar[str] = "modality.scan"
    accession: str | None = Field(None, description="by default the first item of the worklist")
    recipe: str | None = Field(None, description="sample study; by default the one that suits the exam")
    typed: dict[str, str] | None = Field(None, description="patient_id, patient_name…: examined without the worklist")
    laterality: Literal["R", "L"] | None = Field(None, description="the side that is examined")
    picked: str | None = Field(None, description="accession of the wrong row that is picked for this patient")

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).scan(
            self.accession, self.recipe, typed=self.typed, laterality=self.laterality, picked=self.picked
        )
        return Result(str(done["summary"]), done)


class Work(_AtModality):
    """Have the radiographer examine the patients on the worklist, from N-CREATE to commitment as the scanner is set."""

    name: ClassVar[str] = "modality.work"
    patients: int = Field(0, ge=0, description="how many; 0: everybody listed")

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).work(self.patients)
        return Result(str(done["summary"]), done, ok=not done["left"])


class Upgrade(_AtModality):
    """Install new software on the scanner."""

    name: ClassVar[str] = "modality.upgrade"
    version: str = Field("5.0", min_length=1, max_length=64)

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).upgrade(self.version)
        return Result(f"{self.modality}: {done['summary']}", done)


class Correct(_AtModality):
    """Correct patient or order in images that the scanner holds, and send them again under the same UIDs."""

    name: ClassVar[str] = "modality.correct"
    study: str = Field("", description="Study Instance UID")
    accession: str = ""
    identity: dict[str, str] = Field(description="patient_id, patient_name, birth_date, sex, accession, description")

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).correct(self.study, self.accession, self.identity)
        return Result(str(done["summary"]), done, ok=not done["waiting"])


class Send(_AtModality):
    """Send what waits in the scanner's queue now, and what is named once more."""

    name: ClassVar[str] = "modality.send"
    again: list[str] = Field([], description="SOP instance UIDs of held images to send again")

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).send(self.again)
        return Result(str(done["summary"]), done, ok=not done["waiting"])


class StartStep(_AtModality):
    """Tell the RIS that an examination begins (MPPS N-CREATE, PS3.4 F.7.2.1)."""

    name: ClassVar[str] = "modality.start_step"
    accession: str | None = Field(None, description="by default the first item of the worklist")
    typed: dict[str, str] | None = Field(None, description="patient_id, patient_name…: a step that was not scheduled")

    def perform(self, lab: Systems) -> Result:
        return _told(self.scanner(lab).start_step(self.accession, typed=self.typed))


class _EndStep(_AtModality):
    accession: str = Field("", description="by default the latest step, one in progress first")
    mpps: str = Field("", description="the step's SOP Instance UID")


class CompleteStep(_EndStep):
    """Tell the RIS that an examination is done, with its series (MPPS N-SET COMPLETED, PS3.4 F.7.2.2)."""

    name: ClassVar[str] = "modality.complete_step"

    def perform(self, lab: Systems) -> Result:
        return _told(self.scanner(lab).complete_step(self.accession, mpps_uid=self.mpps))


class DiscontinueStep(_EndStep):
    """Tell the RIS that an examination was broken off, and why (MPPS N-SET DISCONTINUED, PS3.4 F.7.2.2)."""

    name: ClassVar[str] = "modality.discontinue_step"
    reason: str = Field("110513", description="code of CID 9301: 110514 is a wrong worklist entry")

    def perform(self, lab: Systems) -> Result:
        return _told(self.scanner(lab).discontinue_step(self.accession, mpps_uid=self.mpps, reason=self.reason))


class _OfImages(_AtModality):
    study: str = Field("", description="Study Instance UID")
    accession: str = ""


class Commit(_OfImages):
    """Ask the PACS to commit to keeping the scanner's images, and wait for its report (PS3.4 J)."""

    name: ClassVar[str] = "modality.commit"
    wait: float = Field(3.0, ge=0, le=30, description="seconds to wait for the report; it may come later too")

    def perform(self, lab: Systems) -> Result:
        return _told(self.scanner(lab).commit(self.study, self.accession, wait=self.wait))


class Free(_OfImages):
    """Delete images from the scanner's own disk that the PACS has committed to."""

    name: ClassVar[str] = "modality.free"

    def perform(self, lab: Systems) -> Result:
        done = self.scanner(lab).free(self.study, self.accession)
        return Result(str(done["summary"]), done)


def _told(done: dict[str, Any]) -> Result:
    return Result(str(done["summary"]), done, ok=bool(done["done"]))


ACTIONS: tuple[type[Action], ...] = (
    Configure,
    Echo,
    AskWorklist,
    Scan,
    Work,
    Correct,
    Upgrade,
    Send,
    StartStep,
    CompleteStep,
    DiscontinueStep,
    Commit,
    Free,
)
