"""Opening a connection to a receiver, over TLS where that is asked for; why not, in words."""

from __future__ import annotations

import socket
import ssl

from simlab import tls
from simlab.hl7.errors import Unreachable
from simlab.hl7.keep_alive import keep_alive


def dial(host: str, port: int, seconds: float, context: ssl.SSLContext | None = None) -> socket.socket:
    """A connection within `seconds`, with `context` one that speaks TLS; Unreachable."""
    place = f"{host}:{port}"
    try:
        link = socket.create_connection((host, port), timeout=seconds)
    except (OSError, OverflowError, ValueError) as error:  # ValueError: a name that no resolver takes
        reason = "nobody listens there" if isinstance(error, ConnectionRefusedError) else str(error)
        raise Unreachable(
            f"cannot connect: {reason}",
            place=place,
            remedy="Check host and port, and that the system is running.",
        ) from error
    try:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_alive(link)
        if context:
            link = context.wrap_socket(link, server_hostname=host)
    except OSError as error:
        link.close()
        remedy = "Check that both sides speak TLS and trust each other's certificates."
        raise Unreachable(f"no TLS: {tls.reason(error)}", place=place, remedy=remedy) from error
    return link
