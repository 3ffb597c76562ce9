"""A DICOM server: listens on plain and TLS doors, and has every connection served by a thread of its own."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab import fault_effects as points
from simlab import journal as kinds
from simlab import provenance
from simlab.dicom import negotiation
from simlab.dicom.acceptor import Acceptor, Doorman, Gate, Login, Policy
from simlab.dicom.identity import UserIdentity
from simlab.dicom.operation import Caller, Handler
from simlab.dicom.rejection import Rejection
from simlab.dicom.upper_layer import ASSOCIATE_RQ, BadPdu, Connection, ConnectionLost, TimedOut, TlsFailed, WireBroken
from simlab.errors import NotKept, Unavailable
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.listener import Listener

log = logging.getLogger(__name__)

SPARE_CONNECTIONS = 32
"""Connections that may stand beside the full number of associations, half-open ones among them."""

Credentials = Callable[[], ssl.SSLContext]
"""What a TLS door shows, asked for every connection; raises Unavailable when there is nothing to show."""


def admit_all(_caller: Caller) -> Rejection | None:
    """A gate that knows everybody."""
    return None


def ask_nobody(_caller: Caller, _identity: UserIdentity | None) -> Login | Rejection:
    """A doorman that takes no notice of users (PS3.7 D.3.3.7: what is not supported is passed over in silence)."""
    return Login()


class DicomServer:
    """One AE that listens.

    `ae_title`, `contexts`, `check_called`, `max_associations`, `grants` (options of extended negotiation) and
    `idle_seconds` (how long an association may stand idle) are asked for every association, so that they may change
    while it runs; `caller_limit` is how many a calling AE title may hold, 0 any number. `sent_in` tells the transfer
    syntax of what is held of SOP classes that a caller means to fetch on its own association (C-GET). `handlers` maps
    the DIMSE service (``C-STORE``) to a `Handler`; a service without one is answered with status 0211. `gate` refuses
    calling AEs, `doorman` users. `acse_seconds` is how long a connection may take to ask for an association.
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
        doorman: Doorman = ask_nobody,
        check_called: Callable[[], bool] = lambda: True,
        max_associations: Callable[[], int] = lambda: 50,
        caller_limit: Callable[[Caller], int] = lambda _caller: 0,
        grants: Callable[[], Sequence[str]] = lambda: (),
        sent_in: Callable[[Collection[str]], Mapping[str, str]] = lambda _classes: {},
        acse_seconds: float = 5.0,
        idle_seconds: Callable[[], float] = lambda: 60.0,
    ) -> None:
        self.name = name
        self.journal = journal
        self.faults = faults
        self._max_associations = max_associations
        policy = Policy(
            ae_title,
            contexts,
            dict(handlers),
            gate,
            check_called,
            max_associations,
            caller_limit,
            grants,
            doorman,
            sent_in,
        )
        self._acceptor = Acceptor(name, journal, faults, policy)
        self._acse_seconds = acse_seconds
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._listeners: list[Listener] = []
        self._closing = self._acceptor.closing

    def open(self, host: str, port: int, credentials: Credentials | None = None) -> int:
        """Listen on `host` and `port` (0: any free one) and give the real port; OSError when it cannot.

        With `credentials` it is a TLS door. A server may have several doors.
        """
        self._closing.clear()
        listener = Listener(self.name, partial(self._admit, credentials))
        real = listener.open(host, port)
        self._listeners.append(listener)
        if len(self._listeners) == 1:
            self.faults.watch(self._heed_faults)
        self._heed_faults()
        return real

    def close(self) -> None:
        """Stop listening and end every connection, within a second."""
        self._closing.set()
        self.faults.unwatch(self._heed_faults)
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            connection.drop()
        for listener in self._listeners:
            listener.forget()
        self._listeners.clear()
        for thread in threads:
            thread.join(0.1)

    @property
    def operating(self) -> int:
        """Operations that are being served now."""
        return self._acceptor.operating

    @property
    def established(self) -> int:
        """Associations that stand now."""
        return self._acceptor.established

    def _heed_faults(self) -> None:
        refuse = bool(self.faults.standing(self.name, "refuse"))
        for listener in list(self._listeners):
            listener.shut(refuse)

    def _admit(self, credentials: Credentials | None, sock: socket.socket) -> None:
        with self._lock:
            full = len(self._connections) >= self._max_associations() + SPARE_CONNECTIONS
        try:
            connection = None if full else Connection(sock)
        except OSError:
            connection = None
        if connection is None:
            sock.close()
            return
        thread = threading.Thread(
            target=self._serve, args=(connection, credentials), name=f"{self.name}-assoc", daemon=True
        )
        with self._lock:
            self._connections.add(connection)
            self._threads.add(thread)
        try:
            thread.start()
        except RuntimeError:  # no more threads to be had: the place is given back
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(thread)
            raise

    def _serve(self, connection: Connection, credentials: Credentials | None) -> None:
        try:
            self._converse(connection, credentials)
        except WireBroken:
            pass  # journalled where it mattered
        except NotKept as error:
            log.error("%s: an association ended: %s", self.name, error)
            connection.abort(2)
        except Exception:  # a door: whatever goes wrong in one association must not end the server
            log.exception("%s: an association ended in an error", self.name)
            connection.abort(2)
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())

    def _converse(self, connection: Connection, credentials: Credentials | None) -> None:
        if self._spoiled(connection):
            return
        try:
            # In this connection's own thread: who stalls the handshake keeps nobody waiting.
            secured = connection.secure(credentials(), self._acse_seconds) if credentials else None
        except (TlsFailed, Unavailable) as error:
            if not self._closing.is_set():
                self._noise(connection, error.what, {"tls": False}, b"")
            return
        proposal = self._proposal(connection)
        if proposal is not None:
            # Asked only now: a client claims its address before it sends, not before it connects.
            who = provenance.whose(connection.peer)
            with provenance.acting(who.actor, who.cause):
                self._acceptor.serve(connection, proposal, secured, self._idle_seconds())

    def _spoiled(self, connection: Connection) -> bool:
        """What a fault at the door does to the connection; whether it ended it."""
        fault = self.faults.ask(points.DOOR, self.name, connection.peer[0], host=connection.peer[0])
        effect = fault.effect if fault else {}
        if effect.get("reset"):
            connection.reset()
            return True
        if "stall" in effect:
            connection.ignore(float(effect["stall"]))
            return True
        connection.pace = int(effect.get("slow", 0))
        return False

    def _proposal(self, connection: Connection) -> negotiation.Proposal | None:
        try:
            kind, body = connection.read(self._acse_seconds)
            if kind != ASSOCIATE_RQ:
                raise BadPdu(f"a PDU of type {kind:02X} where an association request was due", 2)
            return negotiation.read_proposal(bytes(body))
        except BadPdu as error:
            self._noise(connection, error.what, {"abort": [2, error.reason]}, error.first)
            connection.abort(2, error.reason)
        except (TimedOut, ConnectionLost) as error:
            if not self._closing.is_set():
                what = "no association was asked for" if connection.received == 0 else "half a PDU, then nothing"
                self._noise(connection, f"{what}: {error.what}", {}, b"")
        return None

    def _noise(self, connection: Connection, what: str, data: dict[str, Any], first: bytes) -> None:
        who = provenance.whose(connection.peer)
        facts = {"host": connection.peer[0], "port": connection.peer[1], "bytes": connection.received, **data}
        with provenance.acting(who.actor, who.cause):
            self.journal.record(kinds.NOISE, self.name, what, facts, evidence=first or None)


def combine(*offers: Iterable[PresentationContext]) -> list[PresentationContext]:
    """Several lists of supported contexts as one."""
    return [context for offer in offers for context in offer]
