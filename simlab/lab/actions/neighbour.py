"""What happens at the console of the hospital next door: send, query, fetch, configure."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Configure(Action):
    """Change settings of the neighbour (``callers``, ``issuer``, ``own_numbers``, ``pacs_port``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "neighbour.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        done = lab.neighbour.configure(**settings)
        return Result(f"TERTIARY: {done['summary']}", done)


class SetPeer(Action):
    """Add a peer of the neighbour, or say where one listens."""

    name: ClassVar[str] = "neighbour.set_peer"
    title: str = Field(description="AE title")
    host: str = "127.0.0.1"
    port: int

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.set_peer(self.title, self.host, self.port)
        return Result(str(done["summary"]), done)


class RemovePeer(Action):
    """Take a peer out of the neighbour's table."""

    name: ClassVar[str] = "neighbour.remove_peer"
    title: str = Field(description="AE title")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.remove_peer(self.title)
        return Result(str(done["summary"]), done)


class SendReceipt(Action):
    """Have the neighbour send its receipt for a study once more (Instance Availability Notification, PS3.4 R)."""

    name: ClassVar[str] = "neighbour.send_receipt"
    study: str = Field(description="Study Instance UID")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.send_receipt(self.study)
        return Result(str(done["summary"]), done)


class Send(Action):
    """Have the neighbour send a study to the PACS, or to another peer, under its own patient number (C-STORE)."""

    name: ClassVar[str] = "neighbour.send"
    study: str = Field(description="Study Instance UID")
    to: str = Field("", description="AE title of a peer; by default the PACS")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.send(self.study, self.to)
        return Result(str(done["summary"]), done, ok=not done["failed"])


class Find(Action):
    """Have the neighbour query the PACS, or another peer (C-FIND, study root)."""

    name: ClassVar[str] = "neighbour.find"
    level: Literal["STUDY", "SERIES", "IMAGE"] = "STUDY"
    keys: dict[str, str] = Field({"PatientName": ""}, description="matching and return keys by keyword")
    to: str = Field("", description="AE title of a peer; by default the PACS")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.find(self.level, self.keys, self.to)
        return Result(str(done["summary"]), done, ok=done["status"] == "0000")


class Fetch(Action):
    """Have the neighbour fetch a study from the PACS, or from another peer (C-MOVE to itself)."""

    name: ClassVar[str] = "neighbour.fetch"
    study: str = Field(description="Study Instance UID")
    source: str = Field("", description="AE title of a peer; by default the PACS")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.fetch(self.study, self.source)
        return Result(str(done["summary"]), done, ok=done["status"] == "0000" and not done["failed"])


ACTIONS: tuple[type[Action], ...] = (Configure, SetPeer, RemovePeer, Send, Find, Fetch, SendReceipt)
