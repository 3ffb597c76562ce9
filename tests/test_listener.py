"""The accepting thread of a DICOM door."""

from __future__ import annotations

import socket
import threading

from simlab.listener import Listener


def test_a_connection_that_cannot_be_admitted_does_not_close_the_door_to_the_next() -> None:
    """The first is closed, the second is served."""
    served = threading.Event()
    failures = [OSError("too many open files")]

    def admit(sock: socket.socket) -> None:
        if failures:
            raise failures.pop()
        served.set()
        sock.close()

    listener = Listener("PACS", admit)
    port = listener.open("127.0.0.1", 0)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as first:
            assert first.recv(1) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            assert served.wait(5)
    finally:
        listener.close()
