"""A listening socket with its accepting thread, which can be shut for a while."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Listener:
    """Hands each accepted socket to `admit`, which must not wait for the peer."""

    def __init__(self, name: str, admit: Callable[[socket.socket], None]) -> None:
        self._name = name
        self._admit = admit
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._place = ("", 0)

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
        closing = self._closing = threading.Event()
        self._place = host, int(listener.getsockname()[1])
        self._socket = listener
        self._thread = threading.Thread(
            target=self._accept, args=(listener, closing), name=f"{self._name}-door", daemon=True
        )
        self._thread.start()
        return self._place[1]

    def close(self) -> None:
        """Stop listening, within a second."""
        self._closing.set()
        listener, self._socket = self._socket, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(0.7)
        self._thread = None

    def shut(self, shut: bool) -> None:
        """Let connections be refused, or listen again where it did; nothing when it is so already."""
        with self._lock:
            if shut and self._socket is not None:
                self.close()
            elif not shut and self._socket is None and self._place[1]:
                with contextlib.suppress(OSError):  # somebody took the port meanwhile
                    self.open(*self._place)

    def forget(self) -> None:
        """Close for good: `shut` does not open it again."""
        with self._lock:
            self._place = "", 0
            self.close()

    def _accept(self, listener: socket.socket, closing: threading.Event) -> None:
        while not closing.is_set():
            try:
                sock, _address = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                if closing.wait(0.05):
                    return
                continue
            try:
                self._admit(sock)
            except Exception:  # a door: what goes wrong with one connection must not close it to the next
                if not closing.is_set():
                    _log.exception("%s: a connection could not be admitted", self._name)
                sock.close()
