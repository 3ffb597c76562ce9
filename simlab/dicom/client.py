"""A DICOM client: verification, query, retrieve and worklist as an SCU; what it stores with stands in `storing`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset

from simlab.dicom import contexts as classes
from simlab.dicom import statuses
from simlab.dicom.asking import ANSWER_SECONDS, ask, context_for, send_request
from simlab.dicom.association import Association, Context
from simlab.dicom.dimse import RESPONSE, SERVICES, Command, Message
from simlab.dicom.instance import Instance
from simlab.dicom.requestor import CONNECT_SECONDS, DicomRefused, NoContext, Peer, Unreachable, associate
from simlab.dicom.results import FindResult, RetrieveResult, StoreReply
from simlab.dicom.storing import propose_for, storage_contexts, store, store_each, storing
from simlab.dicom.upper_layer import BadPdu, ConnectionLost, PeerAborted, TimedOut
from simlab.dicom.values import as_dataset, as_values, decode_dataset, encode_dataset
from simlab.errors import BadInput, SimlabError

__all__ = [
    "ROOTS",
    "BadPdu",
    "ConnectionLost",
    "DicomRefused",
    "FindResult",
    "NoContext",
    "Peer",
    "PeerAborted",
    "RetrieveResult",
    "StoreReply",
    "TimedOut",
    "Unreachable",
    "associate",
    "echo",
    "find",
    "get",
    "move",
    "propose_for",
    "storage_contexts",
    "store",
    "store_each",
    "storing",
    "worklist",
]

ROOTS = {
    "patient": (classes.PATIENT_FIND, classes.PATIENT_MOVE, classes.PATIENT_GET),
    "study": (classes.STUDY_FIND, classes.STUDY_MOVE, classes.STUDY_GET),
    "patient-study": (classes.PATIENT_STUDY_FIND, classes.PATIENT_STUDY_MOVE, classes.PATIENT_STUDY_GET),
}
"""Information models by the name a user gives them: the SOP classes to find, move and get (PS3.4 C.6)."""


def echo(peer: Peer, calling: str, *, seconds: float = CONNECT_SECONDS) -> str:
    """C-ECHO (PS3.4 A) and its status, ``0000`` when all is well. Raises as `associate` does."""
    with associate(peer, calling, classes.supported([classes.VERIFICATION]), seconds=seconds) as association:
        context = context_for(association, classes.VERIFICATION, peer)
        answer = next(ask(association, context, "C-ECHO", None, seconds))
        return statuses.code(answer.number("Status"))


def find(
    peer: Peer,
    calling: str,
    root: str,
    level: str,
    keys: Mapping[str, Any],
    limit: int | None = None,
    *,
    seconds: float = ANSWER_SECONDS,
    options: Collection[str] = (),
) -> FindResult:
    """C-FIND in the information model `root` (see `ROOTS`) at `level`; `limit` matches are enough.

    `options` are asked for by extended negotiation (`extended.OPTIONS`).

    A failure status is a result, not an error. Raises as `associate` does, and BadInput for bad keys.
    """
    identifier = as_dataset({"QueryRetrieveLevel": level, **keys})
    return _find(peer, calling, _model(root)[0], identifier, limit, seconds, options)


def worklist(
    peer: Peer,
    calling: str,
    keys: Mapping[str, Any] | Dataset,
    limit: int | None = None,
    *,
    seconds: float = ANSWER_SECONDS,
    options: Collection[str] = (),
) -> FindResult:
    """Modality worklist C-FIND (PS3.4 K); the scheduled step's keys as a nested dictionary, `options` as of `find`."""
    identifier = keys if isinstance(keys, Dataset) else as_dataset(keys)
    return _find(peer, calling, classes.WORKLIST_FIND, identifier, limit, seconds, options)


def _find(
    peer: Peer,
    calling: str,
    sop_class: str,
    identifier: Dataset,
    limit: int | None,
    seconds: float,
    options: Collection[str] = (),
) -> FindResult:
    with associate(peer, calling, classes.supported([sop_class]), options=options) as association:
        context = context_for(association, sop_class, peer)
        matches: list[dict[str, Any]] = []
        data = encode_dataset(identifier, context.transfer_syntax)
        cut = False
        for answer in ask(association, context, "C-FIND", data, seconds):
            status = answer.number("Status")
            if status not in (statuses.PENDING, statuses.PENDING_WARNING):
                offending = answer.command.get("OffendingElement", ())
                return FindResult(
                    statuses.code(status),
                    tuple(matches),
                    not cut,
                    answer.text("ErrorComment"),
                    offending if isinstance(offending, tuple) else (),
                )
            if limit is not None and len(matches) >= limit:
                if not cut:
                    _cancel(association, context, answer.number("MessageIDBeingRespondedTo"))
                cut = True
            elif answer.data is not None:
                matches.append(as_values(decode_dataset(answer.data, context.transfer_syntax)))
    raise AssertionError("unreachable")


def move(
    peer: Peer,
    calling: str,
    destination: str,
    root: str,
    level: str,
    keys: Mapping[str, Any],
    *,
    seconds: float = 120.0,
    options: Collection[str] = (),
) -> RetrieveResult:
    """C-MOVE to the AE title `destination`, waiting at most `seconds` for each response."""
    sop_class = _model(root)[1]
    with associate(peer, calling, classes.supported([sop_class]), options=options) as association:
        context = context_for(association, sop_class, peer)
        data = encode_dataset(as_dataset({"QueryRetrieveLevel": level, **keys}), context.transfer_syntax)
        for answer in ask(association, context, "C-MOVE", data, seconds, {"MoveDestination": destination}):
            if answer.number("Status") != statuses.PENDING:
                return _retrieved(answer, context)
    raise AssertionError("unreachable")


def get(
    peer: Peer,
    calling: str,
    root: str,
    level: str,
    keys: Mapping[str, Any],
    on_instance: Callable[[Instance], int | None],
    *,
    storage_classes: Sequence[str] | None = None,
    seconds: float = 120.0,
    options: Collection[str] = (),
) -> RetrieveResult:
    """C-GET, proposing the SCP role (PS3.7 D.3.3.4); `on_instance` takes each instance and may give its status."""
    sop_class = _model(root)[2]
    wanted = list(storage_classes or classes.COMMON_STORAGE_CLASSES)[:127]
    still = (*classes.UNCOMPRESSED, *classes.COMPRESSED)
    proposed = classes.supported([sop_class])
    proposed += classes.supported((uid for uid in wanted if uid not in classes.VIDEO_CLASSES), still)
    proposed += classes.supported(
        (uid for uid in wanted if uid in classes.VIDEO_CLASSES), (*classes.UNCOMPRESSED, *classes.VIDEO)
    )
    for context in proposed[1:]:
        context.scu_role, context.scp_role = False, True
    with associate(peer, calling, proposed, options=options) as association:
        context_of_get = context_for(association, sop_class, peer)
        data = encode_dataset(as_dataset({"QueryRetrieveLevel": level, **keys}), context_of_get.transfer_syntax)
        send_request(association, context_of_get, "C-GET", data, {})
        while True:
            message = association.receive(seconds)
            if message is None:
                raise ConnectionLost("the peer released the association in the middle of a C-GET", remedy="Try again.")
            if message.service == "C-STORE" and not message.is_response:
                _take(association, message, on_instance)
            elif message.number("Status") != statuses.PENDING:
                return _retrieved(message, context_of_get)


def _take(association: Association, message: Message, on_instance: Callable[[Instance], int | None]) -> None:
    context = association.contexts[message.context_id]
    try:
        status = on_instance(Instance.from_encoded(context.transfer_syntax, message.data or b"")) or statuses.SUCCESS
    except SimlabError as error:
        status = error.dicom_status or statuses.CANNOT_UNDERSTAND
    command: Command = {
        "AffectedSOPClassUID": message.text("AffectedSOPClassUID"),
        "CommandField": SERVICES["C-STORE"] | RESPONSE,
        "MessageIDBeingRespondedTo": message.number("MessageID"),
        "Status": status,
        "AffectedSOPInstanceUID": message.text("AffectedSOPInstanceUID"),
    }
    association.send(context.id, command)


def _model(root: str) -> tuple[str, str, str]:
    try:
        return ROOTS[root]
    except KeyError:
        raise BadInput(f"{root!r} is no information model", remedy=f"Choose one of {', '.join(ROOTS)}.") from None


def _cancel(association: Association, context: Context, message_id: int) -> None:
    command: Command = {"CommandField": SERVICES["C-CANCEL"], "MessageIDBeingRespondedTo": message_id}
    association.send(context.id, command)


def _retrieved(answer: Message, context: Context) -> RetrieveResult:
    failed: tuple[str, ...] = ()
    if answer.data:
        value = decode_dataset(answer.data, context.transfer_syntax).get("FailedSOPInstanceUIDList") or ()
        failed = (str(value),) if isinstance(value, str) else tuple(str(uid) for uid in value)
    return RetrieveResult(
        statuses.code(answer.number("Status")),
        answer.number("NumberOfCompletedSuboperations"),
        answer.number("NumberOfFailedSuboperations"),
        answer.number("NumberOfWarningSuboperations"),
        failed,
        answer.text("ErrorComment"),
    )
