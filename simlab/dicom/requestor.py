"""The requesting side of an association: connect, propose, and say exactly why it did not come about."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pynetdicom.presentation import PresentationContext

from simlab import provenance
from simlab.dicom import negotiation
from simlab.dicom.association import Association
from simlab.dicom.identity import UserIdentity
from simlab.dicom.negotiation import CONTEXT_RESULTS
from simlab.dicom.rejection import Rejection
from simlab.dicom.upper_layer import (
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    BadPdu,
    Connection,
    ConnectionLost,
    TimedOut,
    parse_abort,
)
from simlab.errors import Unavailable

CONNECT_SECONDS = 5.0

_REMEDIES = {
    (1, 3): "Have the peer's administrator add the calling AE title to its list of known callers, or correct it here.",
    (1, 7): "Check the AE title of the peer: it is compared letter by letter, upper and lower case differ.",
    (2, 1): "The peer does not let this user in: check name and passcode, and whether it asks for a user at all.",
    (3, 2): "The peer holds as many associations as it may: try again when one has ended.",
}


@dataclass(frozen=True)
class Peer:
    """Whom to call: AE title, host and port; how, when over TLS; and as which user, when it wants to know.

    `nul_padded` has the titles filled up with NUL where PS3.8 9.3.2 asks for spaces, as some senders do.
    """

    ae_title: str
    host: str
    port: int
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    user: UserIdentity | None = field(default=None, repr=False)
    nul_padded: bool = field(default=False, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.ae_title} ({self.host}:{self.port})"


class Unreachable(Unavailable):
    """No TCP connection, or no answer to it."""


class DicomRefused(Unavailable):
    """The peer rejected the association (A-ASSOCIATE-RJ); `rejection` has result, source and reason."""

    def __init__(self, peer: Peer, calling: str, rejection: Rejection) -> None:
        remedy = _REMEDIES.get((rejection.source, rejection.reason), "Read the peer's log.")
        super().__init__(f"{peer} refused the association from {calling}: {rejection}", place=calling, remedy=remedy)
        self.rejection = rejection


class NoContext(Unavailable):
    """The association stands, but no presentation context for what was to be done was accepted."""


@contextmanager
def associate(
    peer: Peer,
    calling: str,
    contexts: Sequence[PresentationContext],
    *,
    seconds: float = CONNECT_SECONDS,
    options: Collection[str] = (),
) -> Iterator[Association]:
    """An association with `peer`, released at the end, aborted when the block raises.

    `options` are asked for by extended negotiation (`extended.OPTIONS`); the association's say what was granted.
    Raises Unreachable, DicomRefused, NoContext (none of the contexts was accepted), PeerAborted, TlsFailed.
    """
    request = negotiation.propose(
        peer.ae_title, calling, contexts, options=options, user=peer.user, nul_padded=peer.nul_padded
    )
    try:
        sock = socket.create_connection((peer.host, peer.port), timeout=seconds)
    except TimeoutError as error:
        raise Unreachable(
            f"{peer} did not answer within {seconds:g} s",
            place=calling,
            remedy="Check host and port, and the firewall between.",
        ) from error
    except (OSError, OverflowError, ValueError) as error:  # ValueError: a name that no resolver takes
        refused = isinstance(error, ConnectionRefusedError)
        what = "refused the TCP connection" if refused else f"cannot be reached ({error})"
        remedy = (
            "Nothing listens on that port: check the port, and whether the peer runs." if refused else "Check the host."
        )
        raise Unreachable(f"{peer} {what}", place=calling, remedy=remedy) from error
    connection = Connection(sock)
    provenance.claim(connection.local)
    try:
        if peer.tls is not None:
            connection.secure(peer.tls, seconds, server=peer.host)
        agreement, max_pdu = _agree(connection, peer, calling, contexts, request, seconds)
        association = Association(connection, agreement.contexts, max_pdu, agreement.options)
        if not agreement.contexts:
            association.release()
            raise NoContext(
                f"{peer} accepted none of the proposed presentation contexts ({_results(agreement)})",
                place=calling,
                remedy="Compare its conformance statement: result 3 is the SOP class, result 4 the transfer syntax.",
            )
        try:
            yield association
        except GeneratorExit:
            association.release()  # somebody had enough; nothing went wrong
            raise
        except BaseException:
            association.abort()
            raise
        association.release()
    finally:
        connection.close()
        provenance.disclaim(connection.local)


def _results(agreement: negotiation.Agreement) -> str:
    found = sorted({row["result"] for row in agreement.rows})
    return "; ".join(f"result {r}, {CONTEXT_RESULTS.get(r, 'unknown')}" for r in found)


def _agree(
    connection: Connection,
    peer: Peer,
    calling: str,
    contexts: Sequence[PresentationContext],
    request: bytes,
    seconds: float,
) -> tuple[negotiation.Agreement, int]:
    try:
        connection.send(request, seconds)
        kind, body = connection.read(max(seconds, CONNECT_SECONDS))
    except (TimedOut, ConnectionLost) as error:
        raise Unreachable(
            f"{peer} took the TCP connection but gave no answer to the association request: {error.what}",
            place=calling,
            remedy="Something else than a DICOM server may listen there, or it has no free slot.",
        ) from error
    if kind == ASSOCIATE_RJ and len(body) >= 4:
        raise DicomRefused(peer, calling, Rejection(body[1], body[2], body[3]))
    if kind == ABORT:
        raise parse_abort(bytes(body))
    if kind != ASSOCIATE_AC:
        connection.abort(2, 2)
        raise BadPdu(f"{peer} answered an association request with a PDU of type {kind:02X}", 2)
    return negotiation.read_acceptance(bytes(body), contexts)
