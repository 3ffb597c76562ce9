"""The calls a scanner makes to PACS and RIS, each one written into its log with what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from simlab import credentials
from simlab import journal as kinds
from simlab.department.modality.settings import ModalitySettings
from simlab.dicom import client, contexts, normalized, statuses, storing, transcode
from simlab.dicom.client import DicomRefused, NoContext, Peer, StoreReply, Unreachable
from simlab.dicom.commitment import Reference
from simlab.dicom.instance import Instance
from simlab.dicom.normalized import Answer, Committed
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from simlab.dicom.spoiling import spoiled
from simlab.errors import SimlabError, Unavailable
from simlab.faults import FaultTable
from simlab.journal import Journal

_Answer = TypeVar("_Answer")
AS_MADE = "as made"
SYNTAXES = {"implicit": IMPLICIT_LITTLE, "explicit": EXPLICIT_LITTLE, "rle": transcode.LOSSLESS}
"""What a scanner may be set to send in."""
_SUCCESS = "0000"
_UIDS_KEPT = 200


class Calls:
    """The SCU of one scanner. Every method raises what `simlab.dicom.client` raises, after it is in the journal."""

    def __init__(self, system: str, journal: Journal, faults: FaultTable, certificates: Path | None = None) -> None:
        self.system = system
        self.journal = journal
        self.faults = faults
        self._certificates = certificates

    def peer(self, settings: ModalitySettings, to: str) -> Peer:
        """Whom the scanner calls ``PACS``, and whom ``RIS``; Unavailable when certificates for it are missing."""
        nul = settings.title_padding == "nul"
        tls = settings.ris_tls if to == "RIS" else settings.pacs_tls
        secured = credentials.calling(self.system, self._certificates) if tls else None
        if to == "RIS":
            return Peer(settings.ris_title, settings.ris_host, settings.ris_port, secured, nul_padded=nul)
        return Peer(settings.pacs_title, settings.pacs_host, settings.pacs_port, secured, nul_padded=nul)

    def echo(self, peer: Peer, calling: str) -> str:
        """C-ECHO; gives the status as four hexadecimal digits."""
        status = self._associated(peer, calling, lambda: client.echo(peer, calling))
        self._operation(peer, calling, "C-ECHO", contexts.VERIFICATION, status)
        return status

    def worklist(self, peer: Peer, calling: str, keys: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """Modality worklist C-FIND; Unavailable when its final status is not Success."""
        done = self._associated(peer, calling, lambda: client.worklist(peer, calling, keys))
        facts = {"level": "WORKLIST", "keys": keys, "matches": len(done.rows)}
        self._operation(peer, calling, "C-FIND", contexts.WORKLIST_FIND, done.status, done.comment, **facts)
        if done.status != _SUCCESS:
            raise Unavailable(
                f"{peer} answered the worklist query with {_said(done.status)}",
                place=self.system,
                remedy=done.comment or "Read the RIS's log.",
            )
        return done.rows

    def store(
        self, peer: Peer, calling: str, instances: Sequence[Instance], *, syntax: str = AS_MADE
    ) -> list[StoreReply]:
        """C-STORE all over one association; the replies in the same order. `syntax` is of `SYNTAXES`, or as made."""
        written = [_written(instance, syntax) for instance in instances]
        sent = [spoiled(self.faults, self.system, instance, "sent", peer.ae_title) for instance in written]

        def stored() -> list[StoreReply]:
            if syntax == AS_MADE:
                return client.store(peer, calling, sent)
            kinds = dict.fromkeys((one.header().sop_class_uid, one.transfer_syntax) for one in sent)
            proposed = [context for uid, only in kinds for context in contexts.supported([uid], (only,))]
            return storing.store(peer, calling, sent, proposed=proposed)

        replies = self._associated(peer, calling, stored)
        failed = [reply for reply in replies if not reply.stored]
        headers = [instance.header() for instance in instances]
        facts = {
            "completed": len(replies) - len(failed),
            "failed": len(failed),
            "study_uids": sorted({header.study_uid for header in headers}),
            "failed_uids": [reply.sop_uid for reply in failed][:_UIDS_KEPT],
        }
        status, comment = (failed[0].status, failed[0].comment) if failed else (_SUCCESS, "")
        self._operation(peer, calling, "C-STORE", headers[0].sop_class_uid, status, comment, **facts)
        return replies

    def create_step(self, peer: Peer, calling: str, mpps_uid: str, attributes: Mapping[str, Any]) -> Answer:
        """N-CREATE of a performed procedure step."""
        return self._step("N-CREATE", normalized.create, peer, calling, mpps_uid, attributes)

    def change_step(self, peer: Peer, calling: str, mpps_uid: str, attributes: Mapping[str, Any]) -> Answer:
        """N-SET of a performed procedure step."""
        return self._step("N-SET", normalized.change, peer, calling, mpps_uid, attributes)

    def _step(
        self,
        service: str,
        call: Callable[[Peer, str, str, str, Mapping[str, Any]], Answer],
        peer: Peer,
        calling: str,
        mpps_uid: str,
        attributes: Mapping[str, Any],
    ) -> Answer:
        sop_class = contexts.PERFORMED_STEP
        answer = self._associated(peer, calling, lambda: call(peer, calling, sop_class, mpps_uid, attributes))
        facts = {"sop_instance": mpps_uid, "step_status": attributes.get("PerformedProcedureStepStatus", "")}
        self._operation(peer, calling, service, sop_class, answer.status, answer.comment, **facts)
        return answer

    def commit(
        self, peer: Peer, calling: str, transaction: str, references: Sequence[Reference], wait: float
    ) -> Committed:
        """N-ACTION for storage commitment, and the report when it comes on the same association."""
        done = self._associated(
            peer, calling, lambda: normalized.commit(peer, calling, transaction, references, wait=wait)
        )
        sop_class = contexts.STORAGE_COMMITMENT
        facts = {"transaction_uid": transaction, "references": len(references)}
        self._operation(peer, calling, "N-ACTION", sop_class, done.answer.status, done.answer.comment, **facts)
        if done.report is not None:
            facts |= {"event_type": done.report.event, "failed_references": len(done.report.failed)}
            self._operation(peer, calling, "N-EVENT-REPORT", sop_class, _SUCCESS, "", **facts)
        return done

    def _associated(self, peer: Peer, calling: str, call: Callable[[], _Answer]) -> _Answer:
        try:
            answer = call()
        except SimlabError as error:
            result, why = "aborted", error.what
            facts: dict[str, Any] = {}
            if isinstance(error, DicomRefused):
                result, why = "rejected", str(error.rejection)
                rejection = error.rejection
                facts = {"source": rejection.source, "reason": rejection.reason, "rj_result": rejection.result}
            elif isinstance(error, Unreachable):
                result = "unreachable"
            elif isinstance(error, NoContext):
                result = "no context"
            self._association(peer, calling, result, why, facts)
            raise
        self._association(peer, calling, "accepted", "", {})
        return answer

    def _association(self, peer: Peer, calling: str, result: str, why: str, facts: dict[str, Any]) -> None:
        summary = f"association from {calling} to {peer} {result}{why and ': '}{why}"
        self.journal.record(
            kinds.ASSOCIATION, self.system, summary, {**_ends(peer, calling), "result": result, "why": why, **facts}
        )

    def _operation(
        self, peer: Peer, calling: str, service: str, sop_class: str, status: str, comment: str = "", **facts: Any
    ) -> None:
        counts = f", {facts['matches']} matches" if "matches" in facts else ""
        if "completed" in facts:
            counts = f", {facts['completed']} stored, {facts['failed']} failed"
        data = {
            **_ends(peer, calling),
            "service": service,
            "sop_class": sop_class,
            "status": status,
            "words": statuses.words(int(status, 16)) if status else comment,
            "comment": comment,
            **facts,
        }
        self.journal.record(
            kinds.OPERATION, self.system, f"{service} to {peer}: {_said(status) or comment}{counts}", data
        )


def _ends(peer: Peer, calling: str) -> dict[str, Any]:
    return {"role": "scu", "calling": calling, "called": peer.ae_title, "host": peer.host, "port": peer.port}


def _said(status: str) -> str:
    return f"{status} {statuses.words(int(status, 16))}" if status else ""


def _written(instance: Instance, syntax: str) -> Instance:
    """The image in that syntax where it can be had in it, else as it is."""
    target = SYNTAXES.get(syntax, instance.transfer_syntax)
    fits = instance.pixels is not None or target != transcode.LOSSLESS
    return (
        transcode.convert(instance, target)
        if fits and transcode.convertible(instance.transfer_syntax, target)
        else instance
    )


def why_not(reply: StoreReply) -> str:
    """Why an instance was not stored: the status with its words, or what broke."""
    return f"{_said(reply.status)} {reply.comment}".strip()
