"""A DICOM server: listens, decides whom it talks to, hands each operation to a handler, and journals all of it."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab import faults as points
from simlab import journal as kinds
from simlab import provenance
from simlab.dicom import negotiation
from simlab.dicom.association import Association
from simlab.dicom.negotiation import Rejection
from simlab.dicom.operation import Caller, Handler, Request, operate
from simlab.dicom.upper_layer import (
    ASSOCIATE_RQ,
    BadPdu,
    Connection,
    ConnectionLost,
    PeerAborted,
    TimedOut,
    WireBroken,
)
from simlab.faults import Fault, FaultTable
from simlab.journal import Journal

log = logging.getLogger(__name__)

Gate = Callable[[Caller], Rejection | None]
SPARE_CONNECTIONS = 32
"""Connections that may stand beside the full number of associations, half-open ones among them."""


def admit_all(_caller: Caller) -> Rejection | None:
    """A gate that knows everybody."""
    return None


class DicomServer:
    """One AE that listens.

    `ae_title`, `contexts`, `check_called` and `max_associations` are asked for every association, so that they may
    change while it runs; `caller_limit` is how many a calling AE title may hold, 0 any number. `handlers` maps the
    DIMSE service (``C-STORE``) to a `Handler`; a service without one is answered with status 0211. `gate` refuses
    calling AEs. `acse_seconds` is how long a connection may take to ask for an association, `idle_seconds` how long an
    association may stand idle.
    """

    def __init__(
        self,
        name: str,
        journal: Journal,
        faults: FaultTable,
        *,
        ae_title: Callable[[], str],
        contexts: Callable[[Caller], Sequence[PresentationContext]],
        handlers: Mapping[str, Handler],
        gate: Gate = admit_all,
        check_called: Callable[[], bool] = lambda: True,
        max_associations: Callable[[], int] = lambda: 50,
        caller_limit: Callable[[Caller], int] = lambda _caller: 0,
        acse_seconds: float = 5.0,
        idle_seconds: float = 60.0,
    ) -> None:
        self.name = name
        self.journal = journal
        self.faults = faults
        self._ae_title = ae_title
        self._contexts = contexts
        self._handlers = dict(handlers)
        self._gate = gate
        self._check_called = check_called
        self._max_associations = max_associations
        self._caller_limit = caller_limit
        self._acse_seconds = acse_seconds
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._established = 0
        self._held_by: Counter[str] = Counter()
        self._operating = 0
        self._threads: set[threading.Thread] = set()
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._closing = threading.Event()

    def open(self, host: str, port: int) -> int:
        """Listen on `host` and `port` (0: any free one) and give the real port; OSError when it cannot."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
                # On Windows SO_REUSEADDR would let two labs share a port.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        # A blocking accept is not woken by close() everywhere; two looks a second cost nothing.
        listener.settimeout(0.5)
        self._closing.clear()
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, name=f"{self.name}-dicom", daemon=True)
        self._acceptor.start()
        return int(listener.getsockname()[1])

    def close(self) -> None:
        """Stop listening and end every connection, within a second."""
        self._closing.set()
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            connection.drop()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        if self._acceptor is not None:
            self._acceptor.join(0.7)
        for thread in threads:
            thread.join(0.1)

    @property
    def operating(self) -> int:
        """Operations that are being served now."""
        return self._operating

    @property
    def established(self) -> int:
        """Associations that stand now."""
        return self._established

    def _accept(self) -> None:
        listener = self._listener
        while listener is not None and not self._closing.is_set():
            try:
                sock, _address = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                if self._closing.wait(0.05):
                    return
                continue
            with self._lock:
                full = len(self._connections) >= self._max_associations() + SPARE_CONNECTIONS
            try:
                connection = None if full else Connection(sock)
            except OSError:
                connection = None
            if connection is None:
                sock.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), name=f"{self.name}-assoc", daemon=True)
            with self._lock:
                self._connections.add(connection)
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            self._converse(connection)
        except WireBroken:
            pass  # journalled where it mattered
        except Exception:  # a door: whatever goes wrong in one association must not end the server
            log.exception("%s: an association ended in an error", self.name)
            connection.abort(2)
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())

    def _converse(self, connection: Connection) -> None:
        try:
            kind, body = connection.read(self._acse_seconds)
            who = provenance.whose(connection.peer)
            if kind != ASSOCIATE_RQ:
                raise BadPdu(f"a PDU of type {kind:02X} where an association request was due", 2)
            proposal = negotiation.read_proposal(body)
        except BadPdu as error:
            self._noise(connection, error.what, {"abort": [2, error.reason]}, error.first)
            connection.abort(2, error.reason)
            return
        except (TimedOut, ConnectionLost) as error:
            if not self._closing.is_set():
                what = "no association was asked for" if connection.received == 0 else "half a PDU, then nothing"
                self._noise(connection, f"{what}: {error.what}", {}, b"")
            return
        caller = Caller(proposal.calling, proposal.called, *connection.peer)
        with provenance.acting(who.actor, who.cause):
            self._associate(connection, proposal, caller)

    def _noise(self, connection: Connection, what: str, data: dict[str, Any], first: bytes) -> None:
        who = provenance.whose(connection.peer)
        facts = {"host": connection.peer[0], "port": connection.peer[1], "bytes": connection.received, **data}
        with provenance.acting(who.actor, who.cause):
            self.journal.record(kinds.NOISE, self.name, what, facts, evidence=first or None)

    def _judge(self, proposal: negotiation.Proposal, caller: Caller) -> Rejection | None:
        if proposal.rejection:
            return proposal.rejection
        ours = self._ae_title()
        if self._check_called() and caller.called != ours.strip():
            return replace(negotiation.CALLED_UNKNOWN, why=f"it asked for {caller.called}, this is {ours}")
        return self._gate(caller)

    def _associate(self, connection: Connection, proposal: negotiation.Proposal, caller: Caller) -> None:
        facts: dict[str, Any] = {
            "role": "scp",
            "calling": caller.calling,
            "called": caller.called,
            "host": caller.host,
            "port": caller.port,
            "implementation": proposal.implementation,
        }
        # The place is taken before anything is decided, so that two that come together cannot both have the last one.
        with self._lock:
            self._established += 1
            self._held_by[caller.calling] += 1
            crowded = self._established > self._max_associations()
            own = self._held_by[caller.calling]
        try:
            rejection = self._judge(proposal, caller)
            if rejection is None:
                fault = self.faults.ask(
                    points.ASSOCIATION, self.name, caller.calling, calling=caller.calling, called=caller.called
                )
                if fault and "reject" in fault.effect:
                    rejection = _rejection(fault)
                elif fault and fault.effect.get("abort"):
                    self._association_event("aborted", facts, f"fault {fault.id}")
                    connection.abort(0)
                    return
            if rejection is None and crowded:
                rejection = replace(negotiation.LIMIT_EXCEEDED, why=f"{self._max_associations()} associations stand")
            if rejection is None and 0 < (limit := self._caller_limit(caller)) < own:
                rejection = replace(negotiation.LIMIT_EXCEEDED, why=f"{caller.calling} holds {limit} associations")
            if rejection is not None:
                facts |= {"source": rejection.source, "reason": rejection.reason, "rj_result": rejection.result}
                self._association_event("rejected", facts, f"{rejection}{rejection.why and '; '}{rejection.why}")
                connection.send(rejection.encode())
                return
            agreement, answer = negotiation.accept(proposal, self._contexts(caller))
            facts["contexts"] = agreement.rows
            event = self._association_event("accepted", facts, f"{len(agreement.contexts)} contexts")
            connection.send(answer)
            self._talk(Association(connection, agreement.contexts, proposal.max_pdu), caller, facts, event)
        finally:
            with self._lock:
                self._established -= 1
                self._held_by[caller.calling] -= 1
                self._held_by += Counter()  # forgets those who hold none

    def _association_event(self, result: str, facts: dict[str, Any], why: str) -> int:
        summary = f"association from {facts['calling']} ({facts['host']}) to {facts['called']} {result}: {why}"
        return self.journal.record(kinds.ASSOCIATION, self.name, summary, {**facts, "result": result, "why": why})

    def _talk(self, association: Association, caller: Caller, facts: dict[str, Any], event: int) -> None:
        drops: dict[str, int] = {}
        served: dict[str, int] = {}
        brief = {key: value for key, value in facts.items() if key != "contexts"} | {"association": event}
        try:
            while True:
                message = association.receive(self._idle_seconds)
                if message is None:
                    association.answer_release()
                    return
                service = message.service
                if message.is_response or not service:
                    raise BadPdu(f"an unexpected message (command {message.number('CommandField'):04X})", 2)
                if service not in drops:
                    fault = self.faults.ask(
                        points.CONNECTION, self.name, caller.calling, service=service, calling=caller.calling
                    )
                    drops[service] = int(fault.effect.get("drop_after", -1)) if fault else -1
                if served.get(service, 0) == drops[service]:
                    self._association_event("aborted", brief, f"connection dropped after {served.get(service, 0)}")
                    association.connection.drop()
                    return
                served[service] = served.get(service, 0) + 1
                with self._lock:
                    self._operating += 1
                try:
                    operate(self, self._handlers.get(service), Request(association, message, caller), event)
                finally:
                    with self._lock:
                        self._operating -= 1
        except BadPdu as error:
            self._association_event("aborted", brief, error.what)
            association.connection.abort(2, error.reason)
        except TimedOut:
            self._association_event("aborted", brief, f"idle for {self._idle_seconds:g} s")
            association.connection.abort(2, 0)
        except PeerAborted as error:
            self._association_event("aborted", brief, error.what)
        except ConnectionLost as error:
            if not self._closing.is_set():
                self._association_event("aborted", brief, error.what)


def _rejection(fault: Fault) -> Rejection:
    result, source, reason = (int(part) for part in fault.effect["reject"])
    return Rejection(result, source, reason, f"fault {fault.id}")


def combine(*offers: Iterable[PresentationContext]) -> list[PresentationContext]:
    """Several lists of supported contexts as one."""
    return [context for offer in offers for context in offer]
