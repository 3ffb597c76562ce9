"""Who does what, and why: the actor and the cause that every event and every row change carries.

Inside a thread the provenance is a context variable. Across the wire it follows the connection: the client claims its
local socket address before it sends, and the server asks whose address that is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

TRAINEE = "trainee"
SCENE = "scene"
COLLEAGUE = "colleague"
FEED = "feed"
PROBER = "prober"
MODALITY = "modality"
SYSTEM = "system"
ACTORS = (TRAINEE, SCENE, COLLEAGUE, FEED, PROBER, MODALITY, SYSTEM)

Address = tuple[str, int]


@dataclass(frozen=True)
class Provenance:
    """An actor (one of `ACTORS`) and the id of the event that caused what follows."""

    actor: str
    cause: int | None = None


_NOBODY = Provenance(SYSTEM)
_current: ContextVar[Provenance] = ContextVar("provenance", default=_NOBODY)
_claims: dict[Address, Provenance] = {}
_claims_lock = threading.Lock()


def current() -> Provenance:
    """The provenance of whatever this thread (or task) is doing now."""
    return _current.get()


@contextmanager
def acting(actor: str, cause: int | None = None) -> Iterator[Provenance]:
    """Everything inside the block is done by `actor` because of event `cause`."""
    provenance = Provenance(actor, cause)
    token = _current.set(provenance)
    try:
        yield provenance
    finally:
        _current.reset(token)


def claim(local: Address, provenance: Provenance | None = None) -> None:
    """Say that the connection from local address `local` acts for `provenance` (by default the current one).

    Call it after the socket is connected and before the first byte is sent.
    """
    with _claims_lock:
        _claims[local] = provenance or current()


def disclaim(local: Address) -> None:
    """Forget a claim when its connection is closed."""
    with _claims_lock:
        _claims.pop(local, None)


def whose(peer: Address, default: str = TRAINEE) -> Provenance:
    """The provenance of the connection that comes from `peer`.

    A connection nobody in this process claimed comes from a program the trainee runs, DCMTK for instance.
    """
    with _claims_lock:
        return _claims.get(peer, Provenance(default))
