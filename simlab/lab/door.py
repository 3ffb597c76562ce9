"""The control door: plain HTTP on loopback, behind a token, through which every client reaches the lab process."""

from __future__ import annotations

import asyncio
import base64
import hmac
import inspect
import json
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import anyio
import anyio.to_thread
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simlab.errors import BadInput, NotAllowed, NotFound, SimlabError, Unavailable
from simlab.lab.http_connection import HttpConnection

_log = logging.getLogger(__name__)

MAX_BODY = 256 * 1024 * 1024
"""Bytes of one request's body: a study of 500 slices, base64."""
GRACE_SECONDS = 0.5
"""For requests under way when the door closes: the whole lab closes within two seconds."""
BODY_SECONDS = 30.0
"""How long a body may take to arrive."""
CALLS_AT_ONCE = 32
"""Of one kind; the next one waits. Whoever only listens for events so never keeps others from acting."""

Call = Callable[..., Any]
"""Takes a request's query and body as keyword arguments and gives something JSON-able (or bytes)."""

_STATUS: tuple[tuple[type[SimlabError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (SimlabError, HTTPStatus.BAD_REQUEST),
)


def error_body(error: SimlabError) -> dict[str, dict[str, str]]:
    """An error as clients get it."""
    return {"error": {"what": error.what, "place": error.place, "remedy": error.remedy}}


class Door:
    """Serves `calls` (``("POST", "/act") -> callable``); a call's parameters are the arguments a client may give."""

    def __init__(self, calls: Mapping[tuple[str, str], Call]) -> None:
        self.token = secrets.token_urlsafe(24)
        self.url = ""
        self.app = Starlette(
            routes=[self._route(method, path, call) for (method, path), call in calls.items()],
            exception_handlers={HTTPException: _no_such_call},
        )
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    def open(self, host: str, port: int) -> int:
        """Listen on `port` (0: any free one) and give the real one; Unavailable when it is taken."""
        try:
            listening = socket.create_server((host, port), backlog=64)
        except OSError as error:
            raise Unavailable(
                f"the control door cannot listen ({error.strerror})", place=f"{host}:{port}", remedy="Use --ports auto."
            ) from error
        self._socket = listening
        real: int = listening.getsockname()[1]
        self.url = f"http://{host}:{real}"
        config = uvicorn.Config(
            self.app,
            http=HttpConnection,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,  # type: ignore[arg-type]  # it only goes to asyncio.wait_for
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="control-door", daemon=True
        )
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise Unavailable("the control door did not open", place=self.url, remedy="See the lab's log.")
            time.sleep(0.002)
        return real

    def close(self) -> None:
        """Stop listening; requests under way get `GRACE_SECONDS` to end."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(3)
        if self._socket is not None:
            self._socket.close()

    def _route(self, method: str, path: str, call: Call) -> Route:
        parameters = inspect.signature(call).parameters
        open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        limiter = anyio.CapacityLimiter(CALLS_AT_ONCE)

        async def endpoint(request: Request) -> Response:
            if not self._let_in(request):
                refusal = NotAllowed("the lab's token is missing or wrong", remedy="Take it from lab.json in its home.")
                return JSONResponse(error_body(refusal), HTTPStatus.FORBIDDEN)
            try:
                arguments = await _arguments(request)
                unknown = [] if open_ended else [name for name in arguments if name not in parameters]
                if unknown:
                    raise BadInput(f"unknown argument {unknown[0]}", place=path, remedy=f"Known: {_names(parameters)}.")
                missing = [
                    name
                    for name, p in parameters.items()
                    if p.default is p.empty and p.kind is not p.VAR_KEYWORD and name not in arguments
                ]
                if missing:
                    raise BadInput(f"argument {missing[0]} is missing", place=path)
                answer = await anyio.to_thread.run_sync(lambda: call(**arguments), limiter=limiter)
            except SimlabError as error:
                status = next(status for kind, status in _STATUS if isinstance(error, kind))
                return JSONResponse(error_body(error), status)
            except ClientDisconnect:
                return Response()  # nobody reads it
            except asyncio.CancelledError:
                if self._server is None or not self._server.should_exit:
                    raise
                closing = Unavailable("the lab is closing", place=path, remedy="Start it again with `simlab up`.")
                return JSONResponse(error_body(closing), HTTPStatus.SERVICE_UNAVAILABLE)
            except Exception:
                _log.exception("%s %s", method, path)
                fault = SimlabError("the lab itself failed at this", place=path, remedy="Its log says more.")
                return JSONResponse(error_body(fault), HTTPStatus.INTERNAL_SERVER_ERROR)
            if isinstance(answer, bytes):
                return Response(answer, media_type="application/octet-stream")
            return Response(json.dumps(answer, ensure_ascii=False, default=str), media_type="application/json")

        return Route(path, endpoint, methods=[method])

    def _let_in(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode())


def _no_such_call(request: Request, error: Exception) -> Response:
    place = f"{request.method} {request.url.path[:100]}"
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    return JSONResponse(
        error_body(NotFound("the lab's door has no such call", place=place, remedy="docs/architecture.md lists them.")),
        status,
    )


def _names(parameters: Mapping[str, inspect.Parameter]) -> str:
    return ", ".join(parameters) or "none"


async def _arguments(request: Request) -> dict[str, Any]:
    arguments: dict[str, Any] = {**request.query_params, **request.path_params}
    body = await _body(request)
    if body:
        try:
            sent = json.loads(body.decode("utf-8"))
            if b"\\ud" in body.lower():
                # Half a surrogate pair is JSON, but no text: neither SQLite nor a socket would take it.
                json.dumps(sent, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise BadInput(f"the body is not JSON in UTF-8 ({error})", place=request.url.path) from None
        if not isinstance(sent, dict):
            raise BadInput("the body must be a JSON object", place=request.url.path)
        arguments.update(sent)
    return arguments


async def _body(request: Request) -> bytearray:
    place = request.url.path
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise BadInput(
                        f"the request is larger than {MAX_BODY} bytes", place=place, remedy="Send fewer files at once."
                    )
    except TimeoutError:
        raise BadInput(
            f"the request's body did not arrive within {BODY_SECONDS:g} s", place=place, remedy="Send it whole."
        ) from None
    return body


def evidence_body(evidence: bytes | None) -> Any:
    """Evidence as JSON: text where it is text, else base64; None when there is none."""
    if evidence is None:
        return None
    try:
        return evidence.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(evidence).decode()}
