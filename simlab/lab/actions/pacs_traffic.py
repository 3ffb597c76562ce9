"""What a trainee does at the PACS console to keep the archive running: rules, transfers, room."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems

Priority = Literal["low", "medium", "high"]
_BIGGEST = 2**63


class AddRule(Action):
    """Write a routing or prefetch rule, replacing the one of its name."""

    name: ClassVar[str] = "pacs.add_rule"
    rule: str = Field(min_length=1, max_length=64, description="the rule's name")
    kind: Literal["route", "prefetch"] = "route"
    match: dict[str, str | list[str]] = Field(
        {}, description="what it looks at (modality, calling, station, body_part, referring…) and patterns for it"
    )
    destinations: list[str] = Field(min_length=1, description="AE titles")
    priority: Priority = "medium"
    enabled: bool = True
    on: str = Field("order", description="a prefetch's occasion: order, arrival, or a time of day (05:00)")
    same: list[Literal["modality", "body_part"]] = Field(["body_part"], description="what makes a prior relevant")
    last: int = Field(3, ge=1, le=100, description="how many priors at most")
    years: int = Field(5, ge=1, le=100, description="how old they may be")

    def perform(self, lab: Systems) -> Result:
        given = self.model_dump(exclude={"rule"}) | {"name": self.rule}
        done = lab.pacs.dispatch.add_rule(given)
        return Result(str(done["summary"]), done)


class RemoveRule(Action):
    """Take a routing or prefetch rule away; what it has lined up stays in the queue."""

    name: ClassVar[str] = "pacs.remove_rule"
    rule: str = Field(min_length=1, description="the rule's name")

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.dispatch.remove_rule(self.rule)
        return Result(str(done["summary"]), done)


class Forward(Action):
    """Send a study, or one series of it, to a peer."""

    name: ClassVar[str] = "pacs.forward"
    study: str = Field(min_length=1, description="Study Instance UID")
    destination: str = Field(min_length=1, description="AE title")
    series: str = ""
    priority: Priority = "medium"

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.dispatch.forward(self.study, self.destination, series_uid=self.series, priority=self.priority)
        return Result(str(done["summary"]), done)


class HoldTransfers(Action):
    """Hold everything for a destination, or one transfer."""

    name: ClassVar[str] = "pacs.hold_transfers"
    destination: str = ""
    transfer: int | None = Field(None, ge=1, lt=_BIGGEST)

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.dispatch.hold_transfers(self.destination, self.transfer)
        return Result(str(done["summary"]), done)


class ReleaseTransfers(Action):
    """Let everything for a destination, or one transfer, go on."""

    name: ClassVar[str] = "pacs.release_transfers"
    destination: str = ""
    transfer: int | None = Field(None, ge=1, lt=_BIGGEST)

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.dispatch.release_transfers(self.destination, self.transfer)
        return Result(str(done["summary"]), done)


class RetryTransfer(Action):
    """Send again, at once, what failed of a transfer or waits for its next try."""

    name: ClassVar[str] = "pacs.retry_transfer"
    transfer: int = Field(ge=1, lt=_BIGGEST)

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.dispatch.retry_transfer(self.transfer)
        return Result(str(done["summary"]), done)


class CancelTransfer(Action):
    """Send nothing more of a transfer."""

    name: ClassVar[str] = "pacs.cancel_transfer"
    transfer: int = Field(ge=1, lt=_BIGGEST)

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.dispatch.cancel_transfer(self.transfer)
        return Result(str(done["summary"]), done)


class SetRetention(Action):
    """Write a retention rule: how long studies of some kind are kept; or take it away."""

    name: ClassVar[str] = "pacs.set_retention"
    rule: str = Field(min_length=1, max_length=64, description="the rule's name")
    modalities: list[str] = Field([], description="patterns; none means every modality")
    status: Literal["any", "reported", "unreported"] = "any"
    keep_days: int | None = Field(None, ge=0, le=100_000, description="from the study's date; for ever when not said")
    until_age: int | None = Field(None, ge=1, le=120, description="at least until the patient is so many years old")
    remove: bool = False

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.space.set_retention(
            self.rule, self.modalities, self.status, self.keep_days, self.until_age, remove=self.remove
        )
        return Result(str(done["summary"]), done)


class ArchiveStudy(Action):
    """Copy a study to the archive now; `shelve` puts its medium on the shelf."""

    name: ClassVar[str] = "pacs.archive_study"
    study: str = Field(min_length=1, description="Study Instance UID")
    shelve: bool = False

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.space.archive_study(self.study, shelve=self.shelve)
        return Result(str(done["summary"]), done)


class RecallStudy(Action):
    """Bring a study back into the cache, from the shelf too."""

    name: ClassVar[str] = "pacs.recall_study"
    study: str = Field(min_length=1, description="Study Instance UID")

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.space.recall_study(self.study)
        return Result(str(done["summary"]), done)


class FreeSpace(Action):
    """Drop from the cache what the archive has, the longest unused first."""

    name: ClassVar[str] = "pacs.free_space"
    to: int | None = Field(None, ge=0, le=100, description="per cent of the quota; the low-water mark when not said")
    preview: bool = Field(False, description="say what would leave the cache, and change nothing")

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.space.free_space(self.to, preview=self.preview)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (
    AddRule,
    RemoveRule,
    Forward,
    HoldTransfers,
    ReleaseTransfers,
    RetryTransfer,
    CancelTransfer,
    SetRetention,
    ArchiveStudy,
    RecallStudy,
    FreeSpace,
)
