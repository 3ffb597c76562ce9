"""Storage as an SCU: which contexts objects need, and sending them over one association (PS3.4 B)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pynetdicom.presentation import PresentationContext

from simlab.dicom import contexts as classes
from simlab.dicom import statuses, transcode
from simlab.dicom.asking import ANSWER_SECONDS, answer_to, encode_request
from simlab.dicom.association import Association, Pieces
from simlab.dicom.dimse import Command
from simlab.dicom.fitting import fitting
from simlab.dicom.instance import Instance
from simlab.dicom.requestor import Peer, associate
from simlab.dicom.results import StoreReply
from simlab.dicom.scan import EXPLICIT_LITTLE
from simlab.dicom.upper_layer import WireBroken
from simlab.errors import BadInput


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
    proposed: Sequence[PresentationContext] | None = None,
    originator: tuple[str, int] | None = None,
    seconds: float = ANSWER_SECONDS,
) -> list[StoreReply]:
    """C-STORE every instance over one association (PS3.4 B); see `store_each` for `proposed` and `originator`.

    Raises as `associate` does; when the association breaks after that, the rest gets no status and the reason.
    """
    todo = list(instances)
    replies: list[StoreReply] = []
    try:
        offered = storage_contexts(todo) if proposed is None else proposed
        for reply in store_each(peer, calling, todo, offered, originator=originator, seconds=seconds):
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
    """C-STORE over one association, the answers as they come; closing the generator ends it early. See `storing`."""
    with storing(
        peer, calling, instances, proposed, originator=originator, priority=priority, seconds=seconds
    ) as sending:
        while sending.send():
            yield sending.reply()


@contextmanager
def storing(
    peer: Peer,
    calling: str,
    instances: Iterable[Instance],
    proposed: Sequence[PresentationContext],
    *,
    originator: tuple[str, int] | None = None,
    priority: int = 0,
    seconds: float = ANSWER_SECONDS,
) -> Iterator[Sending]:
    """An association for C-STORE of `instances`, step by step: ``while sending.send(): sending.reply()``.

    `instances` are taken one ahead of the answers, so that they may be loaded on the way; `proposed` are the contexts
    for them (see `storage_contexts`, `propose_for`; without any, nothing is sent). `originator` is the AE title and
    message ID of a C-MOVE that this is done for, `priority` 0 for medium, 1 high, 2 low (PS3.7 9.3.1.1).

    Raises as `associate` does, and TimedOut, ConnectionLost, PeerAborted when the association breaks.
    """
    if not proposed:
        yield Sending(None, iter(()), seconds)
        return
    with associate(peer, calling, proposed) as association:
        loads = (_load(association, instance, originator, priority) for instance in instances)
        yield Sending(association, loads, seconds)


class Sending:
    """Instances on their way over one association. Between `send` and `reply` the peer works, and so may we."""

    def __init__(self, association: Association | None, loads: Iterator[_Load], seconds: float) -> None:
        self._association = association
        self._loads = loads
        self._seconds = seconds
        self._going: _Load | None = None
        self._coming = next(loads, None)

    def send(self) -> bool:
        """Send the next instance; False when all have gone."""
        self._going, self._coming = self._coming, None
        if self._going is None or self._association is None:
            return False
        self._association.write(self._going.pieces)
        return True

    def reply(self) -> StoreReply:
        """What became of the instance that was sent last."""
        assert self._going is not None and self._association is not None
        # The next one is loaded, fitted and encoded while the peer works on this one: a quarter of a retrieval.
        self._coming = next(self._loads, None)
        if self._going.why:
            return StoreReply(self._going.uid, "", self._going.why)
        answer = answer_to(self._association, "C-STORE", self._going.message_id, self._seconds)
        return StoreReply(self._going.uid, statuses.code(answer.number("Status")), answer.text("ErrorComment"))


@dataclass(frozen=True)
class _Load:
    """An instance ready to be sent, or why it cannot be."""

    uid: str
    message_id: int = 0
    pieces: Pieces = field(default_factory=list)
    why: str = ""


def _load(association: Association, instance: Instance, originator: tuple[str, int] | None, priority: int) -> _Load:
    uid = instance.header().sop_instance_uid
    try:
        context, instance = fitting(association, instance)
    except BadInput as error:  # this one cannot be sent; the others may
        return _Load(uid, why=error.what)
    if context is None:
        return _Load(uid, why="the peer accepted no presentation context for it")
    extra: Command = {"AffectedSOPInstanceUID": uid, "Priority": priority}
    if originator:
        extra["MoveOriginatorApplicationEntityTitle"], extra["MoveOriginatorMessageID"] = originator
    return _Load(uid, *encode_request(association, context, "C-STORE", instance.head, extra, instance.pixels))
