"""What a trainee does at the workstation ADMIN with DICOM: echo, find, move, get, store, commit, worklist."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from dataclasses import asdict
from typing import Any, ClassVar, Literal

from pydantic import Field

from simlab import tls
from simlab.dicom import client, identity, normalized
from simlab.dicom.client import Peer
from simlab.dicom.commitment import COMPLETE, TOLD, Reference, told
from simlab.dicom.instance import Instance
from simlab.dicom.uids import uid
from simlab.errors import BadInput
from simlab.journal import OPERATION
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems

_RETURNED = (
    "AccessionNumber",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "ReferringPhysicianName",
)
_RETURNED_STEP = (
    "ScheduledStationAETitle",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "Modality",
    "ScheduledPerformingPhysicianName",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
    "ScheduledProcedureStepStatus",
)


class _ToPeer(Action):
    to: str = Field("PACS", description="a system's name; `host`, `port` and `title` override what is known of it")
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)
    title: str | None = Field(None, description="called AE title")
    calling: str = Field("ADMIN", description="calling AE title")
    tls: bool = Field(False, description="over TLS, at the TLS door where the system has one")
    certificate: str | None = Field("client", description="which certificate to show when asked for one")
    user: str | None = Field(None, description="the user to log in as")
    passcode: str | None = None

    def peer(self, lab: Systems) -> Peer:
        folder = lab.home.certificates
        secure = tls.client_context(folder, self.certificate) if self.tls else None
        login = identity.login(self.user, self.passcode) if self.user else None
        if self.host and self.port:
            return Peer(self.title or self.to, self.host, self.port, tls=secure, user=login)
        secured = f"{self.to}_TLS"
        known = lab.endpoint(secured if self.tls and secured in lab.endpoints else self.to)
        if not known.ae_title:
            raise BadInput(f"{self.to} does not speak DICOM", remedy="Choose PACS, RIS or a viewer.")
        return Peer(
            self.title or known.ae_title, self.host or known.host, self.port or known.port, tls=secure, user=login
        )

    def for_journal(self) -> dict[str, Any]:
        shown = super().for_journal()
        return shown | ({"passcode": "..."} if self.passcode else {})


class _Query(_ToPeer):
    root: Literal["study", "patient", "patient-study"] = "study"
    level: Literal["PATIENT", "STUDY", "SERIES", "IMAGE"] = "STUDY"
    keys: dict[str, str] = Field({}, description="matching and return keys by keyword")
    options: list[Literal["relational", "datetime", "fuzzy", "timezone"]] = Field(
        [], description="what to ask for by extended negotiation"
    )


class Echo(_ToPeer):
    """Ask whether a peer's DICOM service answers (C-ECHO, PS3.4 A)."""

    name: ClassVar[str] = "dicom.echo"

    def perform(self, lab: Systems) -> Result:
        peer = self.peer(lab)
        status = client.echo(peer, self.calling)
        return Result(f"{peer.ae_title} answered {status}", {"status": status}, ok=status == "0000")


class Find(_Query):
    """Query an archive (C-FIND, PS3.4 C.4.1)."""

    name: ClassVar[str] = "dicom.find"
    limit: int = Field(1000, ge=1, description="answers after which the query is cancelled")

    def perform(self, lab: Systems) -> Result:
        found = client.find(
            self.peer(lab), self.calling, self.root, self.level, self.keys, self.limit, options=self.options
        )
        return Result(
            f"{len(found.rows)} matches, status {found.status}{_comment(found.comment)}",
            {"status": found.status, "rows": list(found.rows), "complete": found.complete},
            ok=found.status == "0000" or not found.complete,
        )


class Worklist(_ToPeer):
    """Ask a RIS for scheduled procedure steps (Modality Worklist C-FIND, PS3.4 K)."""

    name: ClassVar[str] = "dicom.worklist"
    to: str = "RIS"
    keys: dict[str, Any] = Field(
        {}, description="matching keys; those of the step stand in ScheduledProcedureStepSequence"
    )
    limit: int = Field(1000, ge=1)
    options: list[Literal["fuzzy", "timezone"]] = Field([], description="what to ask for by extended negotiation")

    def perform(self, lab: Systems) -> Result:
        found = client.worklist(self.peer(lab), self.calling, _asked(self.keys), self.limit, options=self.options)
        return Result(
            f"{len(found.rows)} scheduled steps, status {found.status}{_comment(found.comment)}",
            {"status": found.status, "rows": list(found.rows), "complete": found.complete},
            ok=found.status == "0000" or not found.complete,
        )


class Move(_Query):
    """Have an archive send what matches to a destination it knows (C-MOVE, PS3.4 C.4.2)."""

    name: ClassVar[str] = "dicom.move"
    destination: str = Field(description="the destination's AE title")

    def perform(self, lab: Systems) -> Result:
        done = client.move(
            self.peer(lab),
            self.calling,
            self.destination,
            self.root,
            self.level,
            self.keys,
            options=self.options,
        )
        return Result(
            f"status {done.status}: {done.completed} sent to {self.destination}, {done.failed} failed"
            f"{_comment(done.comment)}",
            {
                "status": done.status,
                "completed": done.completed,
                "failed": done.failed,
                "warning": done.warning,
                "failed_uids": list(done.failed_uids),
            },
            ok=done.status == "0000",
        )


class Get(_Query):
    """Fetch what matches to this workstation on the same association (C-GET, PS3.4 C.4.3)."""

    name: ClassVar[str] = "dicom.get"

    def perform(self, lab: Systems) -> Result:
        workstation = lab.viewers["ADMIN"]
        done = client.get(
            self.peer(lab),
            self.calling,
            self.root,
            self.level,
            self.keys,
            on_instance=workstation.receive,
            options=self.options,
        )
        return Result(
            f"status {done.status}: {done.completed} fetched, {done.failed} failed{_comment(done.comment)}",
            {"status": done.status, "completed": done.completed, "failed": done.failed, "warning": done.warning},
            ok=done.status == "0000",
        )


class Store(_ToPeer):
    """Send DICOM files, or a study that this workstation holds, to a peer (C-STORE, PS3.4 B)."""

    name: ClassVar[str] = "dicom.store"
    files: list[str] = Field([], description="DICOM files, each base64")
    names: list[str] = Field([], description="what an error shall call the files, in the same order")
    study: str | None = Field(None, description="Study Instance UID of a study in the workstation")

    def for_journal(self) -> dict[str, Any]:
        kept = super().for_journal()
        if self.files:
            kept["files"] = [f"sha256:{hashlib.sha256(file.encode()).hexdigest()}" for file in self.files]
        return kept

    def perform(self, lab: Systems) -> Result:
        named = [*self.names, *(f"file {number}" for number in range(len(self.names) + 1, len(self.files) + 1))]
        instances = [self._instance(name, text) for name, text in zip(named, self.files, strict=False)]
        if self.study:
            instances += lab.viewers["ADMIN"].instances(self.study)
        if not instances:
            raise BadInput("there is nothing to send", remedy="Give files, or the UID of a study in the workstation.")
        sent = client.store(self.peer(lab), self.calling, instances)
        refused = [reply for reply in sent if not reply.stored]
        return Result(
            f"{len(sent) - len(refused)} of {len(sent)} stored" + _first(refused),
            {"replies": [asdict(reply) for reply in sent]},
            ok=not refused,
        )

    @staticmethod
    def _instance(name: str, text: str) -> Instance:
        try:
            content = base64.b64decode(text, validate=True)
        except binascii.Error:
            raise BadInput(
                "the content is not base64", place=name, remedy="Send it with `simlab dicom store FILE`."
            ) from None
        return Instance.from_part10(content, place=name)


class Commit(_ToPeer):
    """Ask an archive to commit to keeping instances, and wait for its report (N-ACTION, PS3.4 J)."""

    name: ClassVar[str] = "dicom.commit"
    study: str | None = Field(None, description="Study Instance UID of a study in the workstation")
    references: dict[str, str] = Field({}, description="further instances: SOP class UIDs by SOP instance UID")
    transaction: str | None = Field(None, description="Transaction UID; by default a new one")
    wait: float = Field(3.0, ge=0, le=30, description="seconds to wait for the report; it may come later too")

    def perform(self, lab: Systems) -> Result:
        wanted = [Reference(sop_class, sop_uid) for sop_uid, sop_class in self.references.items()]
        if self.study:
            headers = [instance.header() for instance in lab.viewers["ADMIN"].instances(self.study)]
            wanted += [Reference(header.sop_class_uid, header.sop_instance_uid) for header in headers]
        if not wanted:
            raise BadInput("no instance is named", remedy="Give the UID of a study in the workstation, or references.")
        before = lab.journal.last
        transaction = self.transaction or uid("commitment", "ADMIN", before)
        done = normalized.commit(self.peer(lab), self.calling, transaction, wanted, wait=min(self.wait, 1.0))
        data: dict[str, Any] = {"transaction_uid": transaction, "status": done.answer.status, "event": None}
        if not done.answer.done:
            said = f"commitment refused: {done.answer.status}{_comment(done.answer.comment)}"
            return Result(said, data, ok=False)
        if done.report is not None:
            data |= {"event": done.report.event, **told(done.report)}
        else:
            data |= _reported(lab, transaction, before, self.wait - 1.0)
        if data["event"] is None:
            return Result(f"commitment to {len(wanted)} instances is asked for, its report not yet there", data)
        kept = data["event"] == COMPLETE
        said = f"event {data['event']}: " + ("all are committed to" if kept else "not all are committed to")
        return Result(said, data, ok=kept)


def _reported(lab: Systems, transaction: str, after: int, seconds: float) -> dict[str, Any]:
    """What a report that comes to the workstation's own door says, when it comes in time."""
    until = time.monotonic() + seconds
    while True:
        for event in lab.journal.events(after=after, kinds=(OPERATION,), system="ADMIN"):
            if event.data.get("transaction_uid") == transaction and "event_type" in event.data:
                return {"event": event.data["event_type"], **{key: event.data[key] for key in TOLD}}
        left = until - time.monotonic()
        if left <= 0 or not lab.journal.wait(lab.journal.last, left):
            return {}


def _asked(keys: dict[str, Any]) -> dict[str, Any]:
    """The keys with the usual return keys, where the caller names none of them (IHE RAD TF-2 4.5.4.1.2)."""
    step = keys.get("ScheduledProcedureStepSequence")
    given = step[0] if isinstance(step, list) and step else step or {}
    if not isinstance(given, dict):
        raise BadInput("the scheduled step's keys are no group", place="keys", remedy="Write them as KEY: VALUE.")
    return {
        **dict.fromkeys(_RETURNED, ""),
        **keys,
        "ScheduledProcedureStepSequence": {**dict.fromkeys(_RETURNED_STEP, ""), **given},
    }


def _comment(comment: str) -> str:
    return f" ({comment})" if comment else ""


def _first(refused: list[client.StoreReply]) -> str:
    return f"; first refusal: {refused[0].status or 'no answer'}{_comment(refused[0].comment)}" if refused else ""


ACTIONS: tuple[type[Action], ...] = (Echo, Find, Move, Get, Store, Commit, Worklist)
