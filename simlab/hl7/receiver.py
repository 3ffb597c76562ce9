"""What a system's HL7 inbox does with each message: apply it in one transaction, journal it, acknowledge it."""

from __future__ import annotations

import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simlab import credentials
from simlab.clock import Clock
from simlab.errors import NotKept, SimlabError
from simlab.faults import FaultTable
from simlab.hl7 import returning, sequence, taken
from simlab.hl7.acknowledge import Acknowledgement, acknowledge, is_acknowledgement, salvage
from simlab.hl7.altered import altered
from simlab.hl7.enhanced import ORIGINAL, Asked, asked
from simlab.hl7.errors import UNSUPPORTED, Hl7Error
from simlab.hl7.limits import check, head
from simlab.hl7.message import Message, carriage_returns, parse
from simlab.hl7.mllp import Caller, Reply
from simlab.hl7.order_reply import Form
from simlab.hl7.policy import USUAL, DoorPolicy, policy_of
from simlab.hl7.record import IN, record
from simlab.hl7.repertoire import Repertoire
from simlab.hl7.schema import SCHEMA
from simlab.journal import Journal
from simlab.store import Store

Apply = Callable[[Message], str]
Keep = Callable[[Message, bytes], None]
Settle = Callable[[Message], str]
Respond = Callable[[Message, bytes, Form, bool], bytes]


@dataclass
class _Turn:
    """One message on its way through the receiver. `admitted`: the door takes it; what fails now is its content."""

    data: bytes
    peer: str
    policy: DoorPolicy = USUAL
    message: Message | None = None
    head: Message | None = None
    want: Asked = ORIGINAL
    admitted: bool = False


class Receiver:
    """The handler of an `MllpServer`. `apply(message)` changes the system's state and returns what it did in words.

    It runs inside one write transaction together with the journal entry; a SimlabError rolls its changes back and is
    answered with AE or AR (its `ack_code`), its place and its words. What the door takes at all is the system's
    repertoire `takes`, and its `DoorPolicy`, kept under `door` (by default the system's name); over TLS it shows a
    certificate of the folder `certificates`. A message that was taken before is answered as it was then, and not
    applied again; other content under the same MSH-3, MSH-4 and MSH-10 is applied, and flagged.

    Where MSH-15 or MSH-16 ask for enhanced mode, CA (CE, CR) goes out first, then AA (AE, AR), as each is due. Both say
    of a message that is applied what is then true: it is stored, and done.

    The fault point `ack` is asked with `type`; its effect ``{"code": "AE", "text": ...}``, ``{"control_id": ...}``,
    ``{"delay": seconds}`` or ``{"none": true}`` changes the last acknowledgement alone, not what was done.
    `keep(message, ack)` stores the acknowledgement with the system's own tables, in the transaction of `apply`.
    `respond(message, told, form, refused)` may make more of the acknowledgement: a reply that tells of each order.
    `settle(message)` hears of acknowledgements that come to this door, and says in words what they are for.
    """

    def __init__(
        self,
        system: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        apply: Apply,
        *,
        door: str = "",
        certificates: Path | None = None,
        keep: Keep | None = None,
        takes: Repertoire | None = None,
        settle: Settle = lambda _message: "a reply to nothing sent from here",
        respond: Respond = lambda _message, told, _form, _refused: told,
    ) -> None:
        self._system = system
        self._door = door or system
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._apply = apply
        self._certificates = certificates
        self._keep = keep
        self._takes = takes
        self._settle = settle
        self._respond = respond
        store.install(SCHEMA)

    def lenient(self) -> bool:
        """Whether the door forgives framing, for its server to ask."""
        with self._store.read() as tx:
            return policy_of(tx, self._door).lenient

    def credentials(self) -> ssl.SSLContext:
        """What the door's TLS side shows and asks for, for its server to ask; Unavailable without certificates."""
        with self._store.read() as tx:
            policy = policy_of(tx, self._door)
        return credentials.shown(
            self._door, self._certificates, policy.certificate, self._faults, mutual=policy.tls_mutual
        )

    def __call__(self, data: bytes, caller: Caller) -> Reply:
        """Take one message and give its acknowledgements; None for an acknowledgement that asks for no reply."""
        turn = _Turn(data, f"{caller.host}:{caller.port}")
        try:
            return self._take(turn)
        except SimlabError as error:
            return self._refuse(turn, as_hl7(error), stored=not isinstance(error, NotKept))
        except Exception as error:  # a door: our own failure is answered, so that the sender keeps the message
            return self._refuse(turn, Hl7Error(f"internal error ({error})", code="207", ack="AR"))

    def _take(self, turn: _Turn) -> Reply:
        with self._store.read() as tx:
            turn.policy = policy_of(tx, self._door)
        message = turn.message = self._read(turn)
        reply_to_us = is_acknowledgement(message)
        with self._store.write() as tx:
            if reply_to_us:
                return self._hear(message, turn)
            verdict = sequence.judged(tx, self._door, message) if turn.policy.sequence else sequence.Verdict()
            if verdict.probe:
                reply = acknowledge(message, now=self._clock.now(), application=self._system, expected=verdict.expected)
                self._record(turn, reply, f"sequence number {verdict.expected} is expected")
                return reply
            key = taken.key(self._door, message)
            known = taken.before(tx, key) if turn.policy.remember_days else taken.Before()
            if verdict.repeated and not known.found:
                known = taken.Before(True, ack=acknowledge(message, now=self._clock.now(), application=self._system))
            if known.found:
                if turn.policy.sequence:
                    sequence.accepted(tx, self._door, message)
                self._record(turn, known.ack or known.accept, "taken before", replayed=True)
                accept, ack = known.accept, known.ack
            else:
                turn.admitted = True
                accept, ack = self._do(tx, turn, message, key, verdict, known)
        if known.found and verdict.expected is not None:
            # The answer is that of then, the number that is due that of now.
            accept, ack = (one and parse(one).set("MSA-4", str(verdict.expected)).data for one in (accept, ack))
        return self._answered(accept, ack, message)

    def _read(self, turn: _Turn) -> Message:
        """The message; what is not taken here, or is too much, is refused by its head alone.

        Megabytes take their time to read, and nobody else should wait for that: no transaction is open yet.
        """
        data = carriage_returns(turn.data) if turn.policy.lenient else turn.data
        first = turn.head = head(data)
        if turn.policy.enhanced:
            turn.want = asked(first)
        reply_to_us = is_acknowledgement(first) or b"\rMSA" + data[3:4] in data
        if not reply_to_us:
            turn.policy.admit(first)
            if self._takes is not None:
                self._takes.admit(first)
            check(data, turn.policy.limits)
        message = parse(data)
        if not reply_to_us:
            message.check_characters()
        return message

    def _do(
        self,
        tx: sqlite3.Connection,
        turn: _Turn,
        message: Message,
        key: taken.Key,
        verdict: sequence.Verdict,
        known: taken.Before,
    ) -> tuple[bytes | None, bytes | None]:
        """Apply a message and write down everything that follows; its accept and application acknowledgement."""
        text = self._apply(message)
        if known.used:
            text += f"; control ID {key.control_id} was used before for another message"
        now, want = self._clock.now(), turn.want
        accept = ack = None
        if want.accept_due(success=True):
            accept = acknowledge(message, now=now, application=self._system, accept=True, expected=verdict.expected)
        told = acknowledge(
            message,
            now=now,
            text=text,
            application=self._system,
            expected=verdict.expected,
            conditions=self._conditions(turn),
        )
        told = self._respond(message, told, turn.policy.order_reply(message), False)
        if want.application_due(success=True):
            ack = self._elsewhere(tx, turn, told)
        if turn.policy.sequence:
            sequence.accepted(tx, self._door, message)
        if turn.policy.remember_days:
            taken.remember(tx, key, accept, ack, now, turn.policy.remember_days)
        if self._keep:
            self._keep(message, told)
        said = Acknowledgement("CA" if ack is None else "AA", key.control_id, text) if ack or accept else None
        self._record(turn, ack or accept, text, said=said, **({"reused": True} if known.used else {}))
        return accept, ack

    @staticmethod
    def _conditions(turn: _Turn) -> tuple[str, str]:
        """What an application acknowledgement asks for itself: on a connection of its own it is accepted like any."""
        if not turn.want.enhanced:
            return "", ""
        return ("AL" if turn.policy.reply_to else "NE"), "NE"

    def _elsewhere(self, tx: sqlite3.Connection, turn: _Turn, ack: bytes) -> bytes | None:
        """The application acknowledgement that is due on this connection; None when it goes out on another one."""
        if not (turn.want.enhanced and turn.policy.reply_to):
            return ack
        returning.put(tx, self._door, self._system, turn.policy.reply_to, ack, self._clock)
        return None

    def _hear(self, message: Message, turn: _Turn) -> Reply:
        """An acknowledgement is never acknowledged, but for the accept one that its own MSH-15 may ask for."""
        self._record(turn, None, self._settle(message))
        if turn.want.accept_due(success=True) and message.get("MSA-1") in ("AA", "AE", "AR"):
            return acknowledge(message, now=self._clock.now(), application=self._system, accept=True)
        return None

    def _refuse(self, turn: _Turn, error: Hl7Error, *, stored: bool = True) -> Reply:
        message, now = turn.message or turn.head or salvage(turn.data), self._clock.now()
        expected = error.expected if isinstance(error, sequence.OutOfSequence) else None
        refusal = acknowledge(
            message or turn.data,
            now=now,
            error=error,
            application=self._system,
            expected=expected,
            conditions=self._conditions(turn) if turn.admitted else ("", ""),
        )
        if turn.admitted and turn.message is not None:
            refusal = self._respond(turn.message, refusal, turn.policy.order_reply(turn.message), True)
        accept, ack = None, None
        if not turn.want.enhanced or (turn.admitted and stored):
            if turn.want.accept_due(success=True) and turn.want.enhanced:
                accept = acknowledge(message or turn.data, now=now, application=self._system, accept=True)
            if turn.want.application_due(success=False):
                with self._store.write() as tx:
                    ack = self._elsewhere(tx, turn, refusal)
        elif turn.want.accept_due(success=False):
            # CR says that MSH-9, 11 or 12 is not taken here, CE everything else (HL7 v2.5.1 ch. 2.9.3.1).
            error.ack_code = "AR" if error.code in UNSUPPORTED else "AE"
            accept = acknowledge(
                message or turn.data, now=now, error=error, application=self._system, expected=expected, accept=True
            )
        elif turn.want.application_due(success=False):
            ack = refusal
        with suppress(NotKept):  # on a full disk the refusal is not journaled either, and the sender must hear it
            self._record(turn, ack or accept, str(error))
        return (accept, ack) if accept and ack else ack or accept

    def _record(
        self, turn: _Turn, ack: bytes | None, text: str, *, said: Acknowledgement | None = None, **facts: Any
    ) -> None:
        data = turn.message or turn.head or turn.data
        record(self._journal, self._system, IN, data, ack, peer=turn.peer, text=text, said=said, raw=turn.data, **facts)

    def _answered(self, accept: bytes | None, ack: bytes | None, message: Message) -> Reply:
        """What goes out: the accept acknowledgement at once, the other as the fault point `ack` leaves it."""
        if accept is None or ack is None:
            last = accept if ack is None else ack
            return last if last is None else altered(last, message, self._system, self._faults, self._clock)
        return self._both(accept, ack, message)

    def _both(self, accept: bytes, ack: bytes, message: Message) -> Iterator[bytes]:
        yield accept
        last = altered(ack, message, self._system, self._faults, self._clock)
        if last is not None:
            yield last


def as_hl7(error: SimlabError) -> Hl7Error:
    """Any refusal as one that an ACK can carry."""
    if isinstance(error, Hl7Error):
        return error
    return Hl7Error(error.what, place=error.place, remedy=error.remedy, code="207", ack=error.ack_code or "AE")
