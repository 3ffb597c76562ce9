"""What an administrator does in the RIS: peers, merges, messages sent again, settings."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class SetPeer(Action):
    """Register a DICOM peer of the RIS, or change the one of that title."""

    name: ClassVar[str] = "ris.set_peer"
    title: str = Field(min_length=1, max_length=16)
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)

    def perform(self, lab: Systems) -> Result:
        return Result(f"RIS peer {self.title}", lab.ris.set_peer(self.title, self.host, self.port))


class RemovePeer(Action):
    """Take a DICOM peer off the RIS's list."""

    name: ClassVar[str] = "ris.remove_peer"
    title: str

    def perform(self, lab: Systems) -> Result:
        return Result(f"RIS peer {self.title} removed", lab.ris.remove_peer(self.title))


class MergePatients(Action):
    """Merge one patient number into another at the RIS console."""

    name: ClassVar[str] = "ris.merge_patients"
    retire: str
    retire_issuer: str | None = Field(None, description="by default the RIS's own authority")
    survive: str
    survive_issuer: str | None = None

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.merge_patients(
            self.retire, self.survive, retire_issuer=self.retire_issuer, survive_issuer=self.survive_issuer
        )
        return Result(f"{self.retire} merged into {self.survive}", done)


class UnmergePatients(Action):
    """Take a wrong merge apart in the RIS: HL7 has no message for it."""

    name: ClassVar[str] = "ris.unmerge_patients"
    patient: str = Field(description="the number that was retired")
    issuer: str | None = Field(None, description="by default the RIS's own authority")
    orders: list[str] = Field([], description="accession numbers of later orders that are this patient's too")

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.unmerge_patients(self.patient, issuer=self.issuer, orders=self.orders)
        return Result(
            f"merge of {self.patient} into {done['was_merged_into']} undone, {len(done['orders'])} orders back", done
        )


class Resend(Action):
    """Send a message of the RIS's outbox again, under the same control ID."""

    name: ClassVar[str] = "ris.resend"
    item: int = Field(description="number in ris.outbox")

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.resend(self.item)
        return Result(str(done["summary"]), done)


class Configure(Action):
    """Change settings of the RIS (``worklist_shows``, ``forward_adt``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "ris.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        return Result(f"RIS settings: {', '.join(settings) or 'none'}", lab.ris.configure(**settings))


ACTIONS: tuple[type[Action], ...] = (SetPeer, RemovePeer, MergePatients, UnmergePatients, Resend, Configure)
