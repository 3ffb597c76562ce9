"""The accepting side of an association: whom a system talks to, on what terms, until the association ends."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab import fault_effects as points
from simlab import journal as kinds
from simlab.dicom import negotiation, rejection
from simlab.dicom.association import Association
from simlab.dicom.identity import UserIdentity
from simlab.dicom.negotiation import Proposal
from simlab.dicom.operation import Caller, Handler, Request, operate
from simlab.dicom.rejection import Rejection
from simlab.dicom.upper_layer import MAX_PDU, BadPdu, Connection, ConnectionLost, PeerAborted, TimedOut
from simlab.faults import FaultTable
from simlab.journal import Journal

Gate = Callable[[Caller], Rejection | None]
Doorman = Callable[[Caller, UserIdentity | None], "Login | Rejection"]


@dataclass(frozen=True)
class Login:
    """Somebody let in under the name `user`; `confirmed` tells the requestor that the identity was understood."""

    user: str = ""
    confirmed: bool = False


@dataclass(frozen=True)
class Policy:
    """On what terms associations are accepted; each is asked for every association. See `DicomServer`."""

    ae_title: Callable[[], str]
    contexts: Callable[[Caller], Sequence[PresentationContext]]
    handlers: Mapping[str, Handler]
    gate: Gate
    check_called: Callable[[], bool]
    max_associations: Callable[[], int]
    caller_limit: Callable[[Caller], int]
    grants: Callable[[], Sequence[str]]
    doorman: Doorman
    sent_in: Callable[[Collection[str]], Mapping[str, str]]


class Acceptor:
    """Serves one association at a time in the thread that brings it; many threads may."""

    def __init__(self, name: str, journal: Journal, faults: FaultTable, policy: Policy) -> None:
        self.name = name
        self.journal = journal
        self.faults = faults
        self._policy = policy
        self._lock = threading.Lock()
        self._held_by: Counter[str] = Counter()
        self.established = 0
        self.operating = 0
        self.closing = threading.Event()

    def serve(
        self, connection: Connection, proposal: Proposal, secured: dict[str, str] | None, idle_seconds: float
    ) -> None:
        """Answer a proposal, then every message until the association ends."""
        caller = Caller(proposal.calling, proposal.called, *connection.peer)
        facts: dict[str, Any] = {
            "role": "scp",
            "calling": caller.calling,
            "called": caller.called,
            "host": caller.host,
            "port": caller.port,
            "implementation": proposal.implementation,
        }
        if secured is not None:
            facts["tls"] = secured
        # The place is taken before anything is decided, so that two that come together cannot both have the last one.
        with self._lock:
            self.established += 1
            self._held_by[caller.calling] += 1
            crowded = self.established > self._policy.max_associations()
            own = self._held_by[caller.calling]
        try:
            self._answer(connection, proposal, caller, facts, crowded, own, idle_seconds)
        finally:
            with self._lock:
                self.established -= 1
                self._held_by[caller.calling] -= 1
                self._held_by += Counter()  # forgets those who hold none

    def _judge(self, proposal: Proposal, caller: Caller, crowded: bool, own: int) -> Rejection | Login:
        if proposal.rejection:
            return proposal.rejection
        policy = self._policy
        ours = policy.ae_title()
        if policy.check_called() and caller.called != ours.strip():
            return replace(rejection.CALLED_UNKNOWN, why=f"it asked for {caller.called}, this is {ours}")
        refused = policy.gate(caller)
        if refused:
            return refused
        login = policy.doorman(caller, proposal.identity)
        if isinstance(login, Rejection):
            return login
        if crowded:
            return replace(rejection.LIMIT_EXCEEDED, why=f"{policy.max_associations()} associations stand")
        if 0 < (limit := policy.caller_limit(caller)) < own:
            return replace(rejection.LIMIT_EXCEEDED, why=f"{caller.calling} holds {limit} associations")
        return login

    def _answer(
        self,
        connection: Connection,
        proposal: Proposal,
        caller: Caller,
        facts: dict[str, Any],
        crowded: bool,
        own: int,
        idle_seconds: float,
    ) -> None:
        found = self._judge(proposal, caller, crowded, own)
        effect: dict[str, Any] = {}
        # A fault shows itself to whom would have been let in, and to who is refused for want of room.
        if isinstance(found, Login) or found.source == rejection.LIMIT_EXCEEDED.source:
            fault = self.faults.ask(
                points.ASSOCIATION, self.name, caller.calling, calling=caller.calling, called=caller.called
            )
            if fault:
                effect, facts["fault"] = fault.effect, fault.id
            if fault and "reject" in effect:
                result, source, reason = (int(part) for part in effect["reject"])
                found = Rejection(result, source, reason, f"fault {fault.id}")
            elif fault and effect.get("abort"):
                self._event("aborted", facts, f"fault {fault.id}")
                connection.abort(0)
                return
        if isinstance(found, Rejection):
            facts |= {"source": found.source, "reason": found.reason, "rj_result": found.result}
            if proposal.identity is not None:
                facts["claimed_user"] = proposal.identity.name or str(proposal.identity)
            self._event("rejected", facts, f"{found}{found.why and '; '}{found.why}")
            connection.send(found.encode())
            return
        if found.user:
            facts["user"] = found.user
            caller = replace(caller, user=found.user)
        max_pdu = min(int(effect.get("max_pdu", MAX_PDU)), MAX_PDU)
        retrieved = [sop_class for sop_class, (_scu, scp) in proposal.roles.items() if scp]
        agreement, answer = negotiation.accept(
            proposal,
            self._policy.contexts(caller),
            grants=self._policy.grants() if proposal.extended else (),
            confirmed=found.confirmed,
            dropped=effect.get("drop_contexts"),
            sent_in=self._policy.sent_in(retrieved) if retrieved else None,
            max_pdu=max_pdu,
        )
        connection.max_pdu = max_pdu
        facts["contexts"] = agreement.rows
        granted = sorted({option for options in agreement.options.values() for option in options})
        if granted:
            facts["options"] = granted
        event = self._event("accepted", facts, f"{len(agreement.contexts)} contexts")
        connection.send(answer)
        association = Association(connection, agreement.contexts, proposal.max_pdu, agreement.options)
        self._talk(association, caller, facts, event, idle_seconds)

    def _event(self, result: str, facts: dict[str, Any], why: str) -> int:
        user = f", user {facts['user']}," if "user" in facts else ""
        summary = f"association from {facts['calling']}{user} ({facts['host']}) to {facts['called']} {result}: {why}"
        return self.journal.record(kinds.ASSOCIATION, self.name, summary, {**facts, "result": result, "why": why})

    def _talk(
        self, association: Association, caller: Caller, facts: dict[str, Any], event: int, idle_seconds: float
    ) -> None:
        breaks: dict[str, tuple[int, bool]] = {}
        served: Counter[str] = Counter()
        brief = {key: value for key, value in facts.items() if key != "contexts"} | {"association": event}
        try:
            while True:
                message = association.receive(idle_seconds)
                if message is None:
                    association.answer_release()
                    return
                service = message.service
                if message.is_response or not service:
                    raise BadPdu(f"an unexpected message (command {message.number('CommandField'):04X})", 2)
                if service not in breaks:
                    breaks[service] = self._arranged_break(service, caller)
                if served[service] == breaks[service][0]:
                    self._break(association, brief, served[service], breaks[service][1], idle_seconds)
                    return
                served[service] += 1
                with self._lock:
                    self.operating += 1
                try:
                    handler = self._policy.handlers.get(service)
                    operate(self, handler, Request(association, message, caller), event)
                finally:
                    with self._lock:
                        self.operating -= 1
        except BadPdu as error:
            self._event("aborted", brief, error.what)
            association.connection.abort(2, error.reason)
        except TimedOut:
            self._event("aborted", brief, f"idle for {idle_seconds:g} s")
            association.connection.abort(2, 0)
        except PeerAborted as error:
            self._event("aborted", brief, error.what)
        except ConnectionLost as error:
            if not self.closing.is_set():
                self._event("aborted", brief, error.what)

    def _arranged_break(self, service: str, caller: Caller) -> tuple[int, bool]:
        """After how many operations of the service the connection breaks (-1: never), and whether without a sign."""
        fault = self.faults.ask(points.CONNECTION, self.name, caller.calling, service=service, calling=caller.calling)
        effect = fault.effect if fault else {}
        if "half_open" in effect:
            return int(effect["half_open"]), True
        return int(effect.get("drop_after", -1)), False

    def _break(
        self, association: Association, brief: dict[str, Any], served: int, silently: bool, idle_seconds: float
    ) -> None:
        if not silently:
            self._event("aborted", brief, f"connection dropped after {served}")
            association.connection.drop()
            return
        self._event("aborted", brief, f"silent after {served}, the connection still open")
        association.connection.ignore(idle_seconds)
