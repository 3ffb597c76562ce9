"""What a handler of a DIMSE operation gets, the request with who asks, and what it gives, replies (PS3.7 9, 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset

from simlab.dicom import statuses
from simlab.dicom.association import Association, Context, Pieces
from simlab.dicom.dimse import SERVICES, Command, Message
from simlab.dicom.fitting import fitting
from simlab.dicom.instance import Instance
from simlab.dicom.upper_layer import BadPdu
from simlab.dicom.values import decode_dataset
from simlab.errors import BadInput

SUBOPERATION_SECONDS = 30.0
PRIORITIES = {0: "medium", 1: "high", 2: "low"}


@dataclass(frozen=True)
class Caller:
    """Who is at the other end: AE titles without padding, IP address and port."""

    calling: str
    called: str
    host: str
    port: int
    user: str = ""
    """The user that was logged in by user identity negotiation."""


@dataclass(frozen=True)
class Reply:
    """One response. A pending status carries `dataset` and is followed by others; any other status is the last.

    `offending` are tags (0000,0901), `comment` goes into (0000,0902) cut to 64 characters, `extra` into the command
    set.
    """

    status: int
    dataset: Dataset | bytes | None = None
    comment: str = ""
    offending: tuple[int, ...] = ()
    extra: Command = field(default_factory=dict)


class IdentifierMismatch(BadInput):
    """An identifier that PS3.4 C.4 forbids: status A900 with the offending elements."""

    dicom_status = statuses.IDENTIFIER_MISMATCH

    def __init__(self, what: str, *offending: int, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.offending = offending


@dataclass(frozen=True)
class _Load:
    """An instance ready to be sent back; without `pieces` it is not sent, and counts as `status` and `why` say."""

    message_id: int = 0
    pieces: Pieces = field(default_factory=list)
    status: int | None = None
    why: str = ""


class Request:
    """What a handler gets. `note` collects facts for the event of the operation."""

    def __init__(self, association: Association, message: Message, caller: Caller) -> None:
        self.association = association
        self.message = message
        self.caller = caller
        self.service = message.service
        self.context: Context = association.contexts[message.context_id]
        self.message_id = message.number("MessageID")
        self.sop_class = message.text("AffectedSOPClassUID") or message.text("RequestedSOPClassUID")
        self.sop_instance = message.text("AffectedSOPInstanceUID") or message.text("RequestedSOPInstanceUID")
        self.note: dict[str, Any] = {}
        self.event: int | None = None
        self.afterwards: Callable[[], None] | None = None
        """What is to be done on this association once the final response is sent."""
        self.arranged: Mapping[str, Any] = {}
        """What a fault does to this operation (`faults.EFFECTS`)."""
        self.spoil: Callable[[Instance], Instance] | None = None
        """What a fault does to the instance that came."""
        self.recorder: Callable[[int, str], int] | None = None
        self._instance: Instance | None = None
        self._dataset: Dataset | None = None

    @property
    def options(self) -> frozenset[str]:
        """What extended negotiation granted for the SOP class of this operation."""
        return self.association.options.get(self.context.abstract_syntax, frozenset())

    @property
    def priority(self) -> str:
        """``medium``, ``high`` or ``low`` (PS3.7 9.3); empty for services without one."""
        return PRIORITIES.get(self.message.number("Priority", -1), "")

    @property
    def transfer_syntax(self) -> str:
        return self.context.transfer_syntax

    @property
    def data(self) -> bytes:
        """The data set as it came, encoded; empty when there is none."""
        return self.message.data or b""

    def dataset(self) -> Dataset:
        """The identifier or attribute list, the same one each time; raises Malformed when it cannot be read."""
        if self._dataset is None:
            self._dataset = decode_dataset(self.data, self.transfer_syntax)
        return self._dataset

    def instance(self) -> Instance:
        """The instance of a C-STORE; raises Malformed when its bytes end early or make no sense."""
        if self._instance is None:
            instance = Instance.from_encoded(self.transfer_syntax, self.data)
            self._instance = self.spoil(instance) if self.spoil else instance
        return self._instance

    def cancelled(self, seconds: float = 0) -> bool:
        """Whether the peer has cancelled this operation, or does so within `seconds`."""
        return self.association.cancelled(self.message_id, seconds)

    def record(self, status: int, comment: str = "") -> int:
        """Write the operation's event now, inside the caller's transaction, rather than when the handler is done."""
        if self.event is None and self.recorder is not None:
            if status == statuses.SUCCESS and "warning" in self.arranged:
                status, comment = int(str(self.arranged["warning"]), 16), str(self.arranged.get("comment", ""))
            self.event = self.recorder(status, comment)
        return self.event or 0

    def store_each(self, instances: Iterable[Instance]) -> Iterator[tuple[int | None, str]]:
        """Send instances back on the same association (C-GET, PS3.4 C.4.3) and give the status of each.

        They are taken one ahead of the answers. The status is 0122 when the requestor negotiated no context, None with
        the reason when the instance cannot be had in the transfer syntax that was negotiated.
        """
        waiting = map(self._load, instances)
        going = next(waiting, None)
        while going is not None:
            self.association.write(going.pieces)
            # The next one is loaded, fitted and encoded while the requestor works on this one.
            coming = next(waiting, None)
            yield (self._answered(going.message_id) if going.pieces else going.status), going.why
            going = coming

    def _load(self, instance: Instance) -> _Load:
        header = instance.header()
        try:
            context, instance = fitting(self.association, instance)
        except BadInput as error:  # this one cannot be sent; the others may
            return _Load(why=error.what)
        if context is None:
            return _Load(status=statuses.CLASS_NOT_SUPPORTED)
        message_id = self.association.next_id()
        command: Command = {
            "AffectedSOPClassUID": header.sop_class_uid,
            "CommandField": SERVICES["C-STORE"],
            "MessageID": message_id,
            "Priority": self.message.number("Priority"),
            "AffectedSOPInstanceUID": header.sop_instance_uid,
        }
        return _Load(message_id, self.association.encode(context.id, command, instance.head, instance.pixels))

    def _answered(self, message_id: int) -> int:
        answer = self.association.receive(SUBOPERATION_SECONDS)
        if answer is None or not answer.is_response or answer.number("MessageIDBeingRespondedTo") != message_id:
            raise BadPdu("something else where the answer to a C-STORE was due", 2)
        return answer.number("Status")


Handler = Callable[[Request], Reply | Iterable[Reply]]
"""Does an operation: one reply, or pending replies and perhaps a final one (0000 when it gives none)."""
