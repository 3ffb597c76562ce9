"""What a trainee does at the PACS console to put identities right: merge, move, split, reject, undo…"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from simlab.department.pacs.repair import reconciling
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems

_PREVIEW = "say what would happen, and change nothing"
_BIGGEST = 2**63
Preview = Field(False, description=_PREVIEW)


def _told(done: dict[str, Any]) -> Result:
    return Result(str(done["summary"]), done)


class MergePatients(Action):
    """Merge one patient number into another; everything of `retire` goes to `survive`."""

    name: ClassVar[str] = "pacs.merge_patients"
    retire: str
    retire_issuer: str = ""
    survive: str
    survive_issuer: str = ""
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        numbers = (self.retire, self.retire_issuer, self.survive, self.survive_issuer)
        return _told(lab.pacs.repairs.merge_patients(*numbers, preview=self.preview))


class UnmergePatients(Action):
    """Take a merge apart by its record: each study that it moved goes home; later ones stay unless named."""

    name: ClassVar[str] = "pacs.unmerge_patients"
    patient: str = Field(description="the number that was retired")
    issuer: str = ""
    studies: list[str] = Field([], description="Study Instance UIDs that came after the merge and go home too")
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.unmerge_patients(self.patient, self.issuer, self.studies, preview=self.preview))


class MoveStudy(Action):
    """Move one study to another patient; the original identity is kept on record."""

    name: ClassVar[str] = "pacs.move_study"
    study: str = Field(description="Study Instance UID")
    patient: str
    issuer: str = ""
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.move_study(self.study, self.patient, self.issuer, preview=self.preview))


class SplitStudy(Action):
    """Take series or instances out of a study into another one, of the same or of another patient."""

    name: ClassVar[str] = "pacs.split_study"
    study: str = Field(description="Study Instance UID")
    series: list[str] = Field([], description="Series Instance UIDs that go")
    instances: list[str] = Field([], description="SOP Instance UIDs that go")
    patient: str = Field("", description="whose the new study is; by default the same patient's")
    issuer: str = ""
    into: str = Field("", description="Study Instance UID of the study that takes them; by default a new one")
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.repairs.split_study(
            self.study,
            self.series,
            self.instances,
            patient_id=self.patient,
            issuer=self.issuer,
            new_study_uid=self.into,
            preview=self.preview,
        )
        return _told(done)


class Reconcile(Action):
    """File an unmatched study under the patient and accession number of the order that it was made for."""

    name: ClassVar[str] = "pacs.reconcile"
    study: str = Field(description="Study Instance UID")
    accession: str = Field(min_length=1, max_length=16)
    patient: str = Field("", description="the order's patient, when the PACS was not told of the order")
    issuer: str = ""
    patient_name: str = Field("", description="as DICOM writes it, for a patient who is new to the archive")
    birth_date: str = ""
    sex: str = ""
    description: str = Field("", description="the procedure, as Study Description")
    referring: str = ""
    order_study: str = Field("", description="the Study Instance UID that the order has")
    adopt_uid: bool = Field(False, description="give the images the order's Study Instance UID")
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        facts = {"patient_id": self.patient, "study_uid": self.order_study}
        facts |= {name: getattr(self, name) for name in reconciling.FACTS if name not in facts}
        given = (self.study, self.accession, facts)
        return _told(lab.pacs.repairs.reconcile(*given, adopt_uid=self.adopt_uid, preview=self.preview))


class Correct(Action):
    """Correct attributes of a patient, study or series: names, dates, descriptions, side, body part."""

    name: ClassVar[str] = "pacs.correct"
    level: Literal["patient", "study", "series"]
    uid: str = Field(description="Study or Series Instance UID, or the patient's number")
    issuer: str = ""
    values: dict[str, str] = Field(description="DICOM keyword: value (StudyDescription, Laterality, PatientName…)")
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.repairs.correct(self.level, self.uid, self.values, issuer=self.issuer, preview=self.preview)
        return _told(done)


class Quarantine(Action):
    """Hide a study from query and retrieve, or release it again."""

    name: ClassVar[str] = "pacs.quarantine"
    study: str = Field(description="Study Instance UID")
    release: bool = False
    reason: str = ""
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.repairs.quarantine(self.study, release=self.release, reason=self.reason, preview=self.preview)
        return _told(done)


class Reject(Action):
    """Write a rejection note for a study, or for series or instances of it; what it rejects is hidden."""

    name: ClassVar[str] = "pacs.reject"
    study: str = Field(description="Study Instance UID")
    code: str = Field(
        description="113001 quality, 113037 patient safety, 113038 wrong worklist entry, 113039 retention expired"
    )
    series: list[str] = []
    instances: list[str] = []
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.repairs.reject(self.study, self.code, self.series, self.instances, preview=self.preview)
        return _told(done)


class DeleteStudy(Action):
    """Delete a study that is quarantined and rejected; a second person must approve, and nothing undoes it."""

    name: ClassVar[str] = "pacs.delete_study"
    study: str = Field(description="Study Instance UID")
    reason: str
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.delete_study(self.study, self.reason, preview=self.preview))


class SettleDuplicate(Action):
    """Discard the second object of a SOP Instance UID, or admit it to the archive under UIDs of its own."""

    name: ClassVar[str] = "pacs.settle_duplicate"
    duplicate: int = Field(ge=1, lt=_BIGGEST)
    admit: bool = False
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.settle_duplicate(self.duplicate, admit=self.admit, preview=self.preview))


class MarkReported(Action):
    """Say that a study has a report (P, F, C), or none any more (W)."""

    name: ClassVar[str] = "pacs.mark_reported"
    study: str = Field(description="Study Instance UID")
    status: Literal["P", "F", "C", "W", ""] = "F"

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.mark_reported(self.study, self.status))


class NoteOrder(Action):
    """Tell the PACS of an order that no message brought."""

    name: ClassVar[str] = "pacs.note_order"
    accession: str = Field(min_length=1, max_length=16)
    patient: str
    issuer: str = ""
    patient_name: str = ""
    study: str = Field("", description="the order's Study Instance UID")
    description: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.repairs.note_order(
            self.accession,
            patient_id=self.patient,
            issuer=self.issuer,
            patient_name=self.patient_name,
            study_uid=self.study,
            description=self.description,
        )
        return _told(done)


class Undo(Action):
    """Put back what a repair changed."""

    name: ClassVar[str] = "pacs.undo"
    repair: int = Field(ge=1, lt=_BIGGEST, description="its number in pacs.repairs")
    preview: bool = Preview

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.undo(self.repair, preview=self.preview))


class Approve(Action):
    """Approve or decline a repair that waits for a second person; never one's own."""

    name: ClassVar[str] = "pacs.approve"
    request: int | None = Field(None, ge=1, lt=_BIGGEST, description="its number in pacs.requests")
    study: str = Field("", description="or a study that it is about")
    decline: bool = False

    def perform(self, lab: Systems) -> Result:
        return _told(lab.pacs.repairs.approve(self.request, self.study, decline=self.decline))


ACTIONS: tuple[type[Action], ...] = (
    MergePatients,
    UnmergePatients,
    MoveStudy,
    SplitStudy,
    Reconcile,
    Correct,
    Quarantine,
    Reject,
    DeleteStudy,
    SettleDuplicate,
    MarkReported,
    NoteOrder,
    Undo,
    Approve,
)
