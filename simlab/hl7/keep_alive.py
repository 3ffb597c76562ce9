"""TCP keep-alive: finds out that the other side is gone when nobody says anything."""

from __future__ import annotations

import socket

_OPTIONS = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_KEEPALIVE": 30}
"""Seconds of silence, seconds between two questions, questions without an answer; as far as the system has them."""


def keep_alive(sock: socket.socket) -> None:
    """Have the system ask, after half a minute of silence, whether the other side is still there."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _OPTIONS.items():
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
