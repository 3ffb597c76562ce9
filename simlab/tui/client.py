"""The terminal's end of the control door: HTTP calls that never hold up the screen."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
import threading
import urllib.parse
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from simlab.errors import BadInput, NotAllowed, NotFound, SimlabError, Unavailable

ANSWER_SECONDS = 60.0
"""How long a call may take: a move of a large study is the slowest of them."""

Rows = list[dict[str, Any]]

_ERRORS: dict[int, type[SimlabError]] = {403: NotAllowed, 404: NotFound, 503: Unavailable}


class Lost(Unavailable):
    """The lab process cannot be reached, in contrast to a part of the department that cannot."""


class Door:
    """Calls to one lab. `get`, `post`, `view` and `act` are awaited; each runs in a thread of its own small pool."""

    def __init__(self, base_url: str, token: str) -> None:
        self.renew(base_url, token)
        self._pool = ThreadPoolExecutor(max_workers=6, thread_name_prefix="door")
        self._open: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()
        self._closed = False

    def renew(self, base_url: str, token: str) -> None:
        """Use another address and token from now on: the lab was started again. Nothing when they are empty."""
        if not base_url:
            return
        parts = urllib.parse.urlsplit(base_url)
        self.base_url = base_url
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def get(self, path: str, *, seconds: float = ANSWER_SECONDS, **query: Any) -> Any:
        """GET `path`; parameters that are None are left out. Raises Lost or what the lab answered."""
        given = {name: value for name, value in query.items() if value is not None}
        target = f"{path}?{urllib.parse.urlencode(given)}" if given else path
        return await self._ask("GET", target, None, seconds)

    async def post(self, path: str, body: Mapping[str, Any] | None = None, *, seconds: float = ANSWER_SECONDS) -> Any:
        """POST a JSON `body` to `path`. Raises Lost or what the lab answered."""
        return await self._ask("POST", path, dict(body or {}), seconds)

    async def view(self, name: str, **filters: Any) -> Rows:
        """The rows of one view of the department."""
        answer = await self.get(f"/view/{name}", **filters)
        return list(answer.get("rows", []))

    async def act(self, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one action and give its outcome; `ok` is false when the department said no."""
        outcome: dict[str, Any] = await self.post("/act", {"name": name, "args": dict(args)})
        return outcome

    async def _ask(self, method: str, target: str, body: Mapping[str, Any] | None, seconds: float) -> Any:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._exchange, method, target, body, seconds)
        except RuntimeError as error:
            raise Lost(f"the terminal is closing ({error})") from None

    def _exchange(self, method: str, target: str, body: Mapping[str, Any] | None, seconds: float) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        with self._lock:
            if self._closed:
                raise Lost("the terminal is closing")
            self._open.add(connection)
        try:
            sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
            connection.request(method, target, body=sent, headers=self._headers)
            answer = connection.getresponse()
            return _read(answer.status, answer.read(), target)
        except (OSError, http.client.HTTPException) as error:
            raise Lost(
                f"the lab does not answer ({error or type(error).__name__})",
                place=self.base_url,
                remedy="Start it again with `simlab up`; this screen goes on by itself.",
            ) from None
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def close(self) -> None:
        """End every call under way, so that leaving the terminal never waits for a long poll."""
        with self._lock:
            self._closed = True
            connections = list(self._open)
        for connection in connections:
            # `shutdown` wakes a thread that waits in recv; `close` alone does not.
            if connection.sock is not None:
                try:
                    connection.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        self._pool.shutdown(wait=False, cancel_futures=True)


def _read(status: int, content: bytes, target: str) -> Any:
    try:
        answer = json.loads(content) if content else {}
    except ValueError:
        raise Unavailable(f"the lab's answer is not JSON (status {status})", place=target) from None
    if status < 400:
        return answer
    said = answer.get("error", {}) if isinstance(answer, dict) else {}
    what = str(said.get("what") or f"the lab answered with status {status}")
    kind = _ERRORS.get(status, BadInput)
    raise kind(what, place=str(said.get("place") or ""), remedy=str(said.get("remedy") or ""))


def content(evidence: Any) -> bytes:
    """The bytes of an event's evidence as the door gives it."""
    if isinstance(evidence, dict):
        try:
            return base64.b64decode(str(evidence.get("base64", "")))
        except ValueError:
            return b""
    return str(evidence or "").encode()
