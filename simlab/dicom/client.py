"""A DICOM client: verification, query, retrieve, worklist and storage as an SCU, each on an association of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.presentation import PresentationContext

from simlab.dicom import contexts as classes
from simlab.dicom import statuses, transcode
from simlab.dicom.association import Association, Context
from simlab.dicom.dimse import RESPONSE, SERVICES, Command, Message
from simlab.dicom.fitting import fitting
from simlab.dicom.instance import Instance
from simlab.dicom.requestor import CONNECT_SECONDS, DicomRefused, NoContext, Peer, Unreachable, associate
from simlab.dicom.results import FindResult, RetrieveResult, StoreReply
from simlab.dicom.scan import EXPLICIT_LITTLE
from simlab.dicom.upper_layer import BadPdu, ConnectionLost, PeerAborted, TimedOut, WireBroken
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
    "worklist",
]

ANSWER_SECONDS = 30.0

ROOTS = {
    "patient": (classes.PATIENT_FIND, classes.PATIENT_MOVE, classes.PATIENT_GET),
    "study": (classes.STUDY_FIND, classes.STUDY_MOVE, classes.STUDY_GET),
    "patient-study": (classes.PATIENT_STUDY_FIND, classes.PATIENT_STUDY_MOVE, classes.PATIENT_STUDY_GET),
}
"""Information models by the name a user gives them: the SOP classes to find, move and get (PS3.4 C.6)."""


def echo(peer: Peer, calling: str, *, seconds: float = CONNECT_SECONDS) -> str:
    """C-ECHO (PS3.4 A) and its status, ``0000`` when all is well. Raises as `associate` does."""
    with associate(peer, calling, classes.supported([classes.VERIFICATION]), seconds=seconds) as association:
        context = _context(association, classes.VERIFICATION, peer)
        answer = next(_ask(association, context, "C-ECHO", None, seconds))
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
        context = _context(association, sop_class, peer)
        matches: list[dict[str, Any]] = []
        data = encode_dataset(identifier, context.transfer_syntax)
        cut = False
        for answer in _ask(association, context, "C-FIND", data, seconds):
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
        context = _context(association, sop_class, peer)
        data = encode_dataset(as_dataset({"QueryRetrieveLevel": level, **keys}), context.transfer_syntax)
        for answer in _ask(association, context, "C-MOVE", data, seconds, {"MoveDestination": destination}):
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
        context_of_get = _context(association, sop_class, peer)
        data = encode_dataset(as_dataset({"QueryRetrieveLevel": level, **keys}), context_of_get.transfer_syntax)
        _request(association, context_of_get, "C-GET", data, {})
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


def propose_for(kinds: Iterable[tuple[str, str]], *, transcoded: bool = True) -> list[PresentationContext]:
    """Contexts for SOP classes and the transfer syntaxes that objects of them are in, at most 128 (PS3.8 9.3.2.2).

    Uncompressed syntaxes are proposed together, since one can be made of the other, and beside what is compressed, as
    far as it can be decoded here. `transcoded` proposes the one lossless syntax too that we compress in, for a peer
    that takes nothing else.
    """
    wanted: dict[tuple[str, str], tuple[str, ...]] = {}
    spare: dict[tuple[str, str], tuple[str, ...]] = {}
    for sop_class, syntax in dict.fromkeys(kinds):
        if syntax in classes.UNCOMPRESSED:
            # Implicit VR must always be offered (PS3.5 10.1); the stored one stands first.
            wanted.setdefault((sop_class, ""), tuple(dict.fromkeys((syntax, *classes.UNCOMPRESSED))))
        else:
            wanted[sop_class, syntax] = (syntax,)
            if transcode.convertible(syntax, EXPLICIT_LITTLE):
                spare.setdefault((sop_class, ""), classes.UNCOMPRESSED)
        if transcoded and transcode.convertible(syntax, transcode.LOSSLESS):
            spare.setdefault((sop_class, transcode.LOSSLESS), (transcode.LOSSLESS,))
    proposed = {**wanted, **{key: syntaxes for key, syntaxes in spare.items() if key not in wanted}}
    contexts = [context for (uid, _), syntaxes in proposed.items() for context in classes.supported([uid], syntaxes)]
    return contexts[:128]


def storage_contexts(instances: Iterable[Instance]) -> list[PresentationContext]:
    """Contexts that propose what `instances` need."""
    return propose_for(((i.header().sop_class_uid, i.transfer_syntax) for i in instances), transcoded=False)


def store(
    peer: Peer,
    calling: str,
    instances: Iterable[Instance],
    *,
    originator: tuple[str, int] | None = None,
    seconds: float = ANSWER_SECONDS,
) -> list[StoreReply]:
    """C-STORE every instance over one association (PS3.4 B); see `store_each` for `originator`.

    Raises as `associate` does; when the association breaks after that, the rest gets no status and the reason.
    """
    todo = list(instances)
    replies: list[StoreReply] = []
    try:
        for reply in store_each(peer, calling, todo, storage_contexts(todo), originator=originator, seconds=seconds):
            replies.append(reply)
    except WireBroken as error:
        replies += [StoreReply(left.header().sop_instance_uid, "", error.what) for left in todo[len(replies) :]]
    return replies


def store_each(
    peer: Peer,
    calling: str,
    instances: Iterable[Instance],
    proposed: Sequence[PresentationContext],
    *,
    originator: tuple[str, int] | None = None,
    priority: int = 0,
    seconds: float = ANSWER_SECONDS,
) -> Generator[StoreReply, None, None]:
    """C-STORE over one association, the answers as they come; closing the generator ends it early.

    `instances` are taken one ahead of the answers, so that they may be loaded on the way; `proposed` are the contexts
    for them (see `storage_contexts`, `propose_for`). `originator` is the AE title and message ID of a C-MOVE that this
    is done for, `priority` 0 for medium, 1 high, 2 low (PS3.7 9.3.1.1).

    Raises as `associate` does, and TimedOut, ConnectionLost, PeerAborted when the association breaks.
    """
    if not proposed:
        return
    with associate(peer, calling, proposed) as association:
        waiting = iter(instances)
        instance = next(waiting, None)
        while instance is not None:
            sent = _send_one(association, instance, originator, priority)
            uid = instance.header().sop_instance_uid
            # The next one is got ready while the peer works on this one: a sixth of the time of a retrieval.
            instance = next(waiting, None)
            if isinstance(sent, str):
                yield StoreReply(uid, "", sent)
            else:
                answer = _answer(association, "C-STORE", sent, seconds)
                yield StoreReply(uid, statuses.code(answer.number("Status")), answer.text("ErrorComment"))


def _send_one(
    association: Association, instance: Instance, originator: tuple[str, int] | None, priority: int
) -> int | str:
    """The message ID of the C-STORE request, or why there is none."""
    uid = instance.header().sop_instance_uid
    try:
        context, instance = fitting(association, instance)
    except BadInput as error:  # this one cannot be sent; the others may
        return error.what
    if context is None:
        return "the peer accepted no presentation context for it"
    extra: Command = {"AffectedSOPInstanceUID": uid, "Priority": priority}
    if originator:
        extra["MoveOriginatorApplicationEntityTitle"], extra["MoveOriginatorMessageID"] = originator
    return _request(association, context, "C-STORE", instance.head, extra, instance.pixels)


def _model(root: str) -> tuple[str, str, str]:
    try:
        return ROOTS[root]
    except KeyError:
        raise BadInput(f"{root!r} is no information model", remedy=f"Choose one of {', '.join(ROOTS)}.") from None


def _context(association: Association, sop_class: str, peer: Peer) -> Context:
    context = association.find_context(sop_class)
    if context is None:
        raise NoContext(
            f"{peer} accepted no presentation context for {sop_class}", remedy="It does not offer that service."
        )
    return context


def _request(
    association: Association,
    context: Context,
    service: str,
    data: bytes | None,
    extra: Command,
    pixels: bytes | memoryview | None = None,
) -> int:
    message_id = association.next_id()
    command: Command = {
        "AffectedSOPClassUID": context.abstract_syntax,
        "CommandField": SERVICES[service],
        "MessageID": message_id,
        **extra,
    }
    if service != "C-ECHO":
        command.setdefault("Priority", 0)
    association.send(context.id, command, data, pixels)
    return message_id


def _ask(
    association: Association,
    context: Context,
    service: str,
    data: bytes | None,
    seconds: float,
    extra: Command | None = None,
) -> Iterator[Message]:
    message_id = _request(association, context, service, data, extra or {})
    while True:
        yield _answer(association, service, message_id, seconds)


def _answer(association: Association, service: str, message_id: int, seconds: float) -> Message:
    answer = association.receive(seconds)
    if answer is None:
        raise ConnectionLost(f"the peer released the association without answering the {service}")
    if not answer.is_response or answer.number("MessageIDBeingRespondedTo") != message_id:
        raise BadPdu(f"something else where the answer to a {service} was due", 2)
    return answer


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
