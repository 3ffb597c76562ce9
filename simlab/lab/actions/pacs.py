"""What a trainee does at the PACS console: peers and settings."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class SetPeer(Action):
    """Register a peer, or change the one of that title."""

    name: ClassVar[str] = "pacs.set_peer"
    title: str = Field(min_length=1, max_length=16)
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65535)
    services: list[str] | None = Field(None, description="what it may do; by default everything a workstation does")
    classes: list[str] = Field([], description="SOP classes it may store; `standard` for those of the standard")
    max_associations: int = Field(0, ge=0, le=10_000, description="how many it may hold at once; 0 sets no limit")
    tls: bool = Field(False, description="the PACS calls it over TLS")

    def perform(self, lab: Systems) -> Result:
        return Result(
            f"peer {self.title} at {self.host}:{self.port}",
            lab.pacs.set_peer(
                self.title,
                self.host,
                self.port,
                self.services,
                classes=self.classes,
                max_associations=self.max_associations,
                tls=self.tls,
            ),
        )


class RemovePeer(Action):
    """Take a peer off the list: it is refused from then on."""

    name: ClassVar[str] = "pacs.remove_peer"
    title: str

    def perform(self, lab: Systems) -> Result:
        return Result(f"peer {self.title} removed", lab.pacs.remove_peer(self.title))


class Configure(Action):
    """Change settings of the PACS (``ae_title``, ``check_calling``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "pacs.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        return Result(f"PACS settings: {', '.join(settings) or 'none'}", lab.pacs.configure(**settings))


class ResendReport(Action):
    """Try anew to deliver a commitment report that could not be (PS3.4 J.3.3)."""

    name: ClassVar[str] = "pacs.resend_report"
    transaction: str = Field(description="Transaction UID, as the list of commitments has it")

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.resend_report(self.transaction)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (SetPeer, RemovePeer, Configure, ResendReport)
