"""What a system shows at its TLS door: the certificate it is set to, or the one that a fault puts in its place."""

from __future__ import annotations

import ssl
from pathlib import Path

from simlab import tls
from simlab.certificates import CERTIFICATES
from simlab.errors import BadInput, Unavailable
from simlab.faults import FaultTable

USUAL = "server"
"""What is shown until somebody chooses another; a fault replaces this one alone, so that choosing mends it."""

CHOICES = tuple(name for name in CERTIFICATES if not name.startswith("client"))
"""What a door may show."""


def check(name: str) -> str:
    """The name of a certificate that a door may show; BadInput lists them."""
    if name not in CHOICES:
        raise BadInput(f"{name!r} is no certificate", place="certificate", remedy=f"Choose from {', '.join(CHOICES)}.")
    return name


def shown(system: str, folder: Path | None, name: str, faults: FaultTable, *, mutual: bool) -> ssl.SSLContext:
    """For one connection: the certificate `name` of `folder`; a caller's is asked for when `mutual`.

    Raises Unavailable when there are no certificates.
    """
    if folder is None:
        raise _missing(system)
    if name == USUAL:
        name = str(faults.standing(system, "certificate") or name)
    return tls.server_context(folder, name, mutual=mutual)


def calling(system: str, folder: Path | None) -> ssl.SSLContext:
    """For a call: the peer is verified against the CA in `folder`, and shown the `client` certificate there.

    Raises Unavailable when there are no certificates.
    """
    if folder is None:
        raise _missing(system)
    return tls.client_context(folder)


def _missing(system: str) -> Unavailable:
    return Unavailable(f"{system} has no certificates", place=system, remedy="`simlab tls make` makes them.")
