"""MLLP, the framing of HL7 on a socket (VT message FS CR): a server for handlers and a blocking client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from simlab import provenance
from simlab.hl7 import loop
from simlab.hl7.errors import Hl7Error, NoAck, Unreachable, WrongAck
from simlab.hl7.framing import MAX_FRAME, Deframer, frame
from simlab.hl7.message import parse

MAX_CONNECTIONS = 64
MAX_NOISE = 65536  # bytes of junk from one connection before it is closed
NOISE_EVENTS = 8  # reports a connection; a flood of junk must not fill the journal
CLOSE_SECONDS = 0.8


@dataclass(frozen=True)
class Caller:
    """Who is at the other end of a connection: its address and for whom it acts."""

    host: str
    port: int
    provenance: provenance.Provenance


Handler = Callable[[bytes, Caller], bytes | None]
OnNoise = Callable[[str, bytes, Caller], None]


class MllpServer:
    """Takes frames on one port and answers each with what `handler` returns (None: no answer, the client waits).

    The handler runs off the event loop, within the provenance of the caller, in order on each connection.
    `on_noise(what, sample, caller)` hears of bytes that are no frame. Time-outs are in seconds: `frame_timeout` from a
    frame's (or junk's) first byte to its end, `first_timeout` for a connection that has not sent a frame yet,
    `idle_timeout` between frames. `lenient` takes a lone FS, without the CR, for the end of a frame.
    """

    def __init__(
        self,
        name: str,
        handler: Handler,
        *,
        on_noise: OnNoise | None = None,
        frame_timeout: float = 10.0,
        first_timeout: float = 30.0,
        idle_timeout: float = 300.0,
        max_frame: int = MAX_FRAME,
        lenient: bool = False,
    ) -> None:
        self.name = name
        self._handler = handler
        self._on_noise = on_noise
        self._frame_timeout = frame_timeout
        self._first_timeout = first_timeout
        self._idle_timeout = idle_timeout
        self._max_frame = max_frame
        self._lenient = lenient
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._pool: ThreadPoolExecutor | None = None

    def open(self, host: str, port: int) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it is taken."""
        self._pool = ThreadPoolExecutor(8, thread_name_prefix=f"mllp-{self.name}")
        try:
            self._server = loop.run(asyncio.start_server(self._accept, host, port, limit=2**16))
        except OSError:
            self._pool.shutdown(wait=False)
            raise
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening and drop every connection; within a second, whatever clients do."""
        if self._server is None:
            return
        server, self._server = self._server, None
        with contextlib.suppress(TimeoutError):
            loop.run(self._stop(server), CLOSE_SECONDS)
        if self._pool:
            self._pool.shutdown(wait=False)

    async def _stop(self, server: asyncio.Server) -> None:
        server.close()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS / 2)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._connections.add(task)
        link = _Link(writer)
        try:
            if len(self._connections) > MAX_CONNECTIONS:
                await self._hear(link, f"more than {MAX_CONNECTIONS} connections", b"")
            else:
                await self._serve(reader, link)
        except (asyncio.CancelledError, OSError, TimeoutError):
            pass  # the client went away, or we are closing
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, link: _Link) -> None:
        deframer = Deframer(max_frame=self._max_frame, lenient=self._lenient)
        junk, deadline = 0, time.monotonic() + self._first_timeout
        open_since: float | None = None
        while True:
            limit = deadline if open_since is None else open_since + self._frame_timeout
            try:
                async with asyncio.timeout(max(0.0, limit - time.monotonic())):
                    chunk = await reader.read(65536)
            except TimeoutError:
                what = "a frame without an end" if deframer.inside else "a connection without a message"
                await self._hear(link, f"{what}: time-out", deframer.rest())
                return
            frames, noise = deframer.feed(chunk) if chunk else ([], [])
            for what, sample in noise:
                junk += len(sample)
                await self._hear(link, what, sample)
            for message in frames:
                await self._answer(message, link)
                deadline = time.monotonic() + self._idle_timeout
            if not chunk:
                if deframer.inside:
                    await self._hear(link, "a frame without an end: the connection closed", deframer.rest())
                return
            if deframer.overflow or junk > MAX_NOISE:
                return
            if not deframer.inside and not (noise and not frames):
                open_since = None
            elif open_since is None or frames:
                open_since = time.monotonic()

    async def _answer(self, message: bytes, link: _Link) -> None:
        caller = link.caller()
        reply = await self._off_loop(lambda: self._handle(message, caller))
        if reply is not None:
            link.writer.write(frame(reply))
            async with asyncio.timeout(self._frame_timeout):
                await link.writer.drain()

    def _handle(self, message: bytes, caller: Caller) -> bytes | None:
        with provenance.acting(caller.provenance.actor, caller.provenance.cause):
            try:
                return self._handler(message, caller)
            except Exception as error:  # a door: nothing that a message does may take the server down
                self._tell(f"{self.name} failed on a message: {error}", message[:200], caller)
                return None

    async def _hear(self, link: _Link, what: str, sample: bytes) -> None:
        link.noises += 1
        if self._on_noise and link.noises <= NOISE_EVENTS:
            caller = link.caller()
            await self._off_loop(lambda: self._tell(what, sample[:200], caller))

    def _tell(self, what: str, sample: bytes, caller: Caller) -> None:
        if self._on_noise:
            with (
                provenance.acting(caller.provenance.actor, caller.provenance.cause),
                contextlib.suppress(Exception),  # a door: the journal may be closing
            ):
                self._on_noise(what, sample, caller)

    async def _off_loop(self, call: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)


class _Link:
    """One open connection of a server."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.noises = 0
        self._peer = (writer.get_extra_info("peername") or ("", 0))[:2]

    def caller(self) -> Caller:
        host, port = self._peer
        return Caller(str(host), int(port), provenance.whose((host, port)))


def send(
    host: str, port: int, message: bytes, timeout: float = 10.0, *, connect_timeout: float = 3.0, match: bool = True
) -> bytes:
    """Send one message and give its acknowledgement, whatever that says (AA, AE, AR).

    The connection acts for the current provenance. `timeout` is the wait for the acknowledgement, in seconds. With
    `match`, MSA-2 must echo the message's MSH-10. Raises Unreachable, NoAck or WrongAck.
    """
    place = f"{host}:{port}"
    try:
        link = socket.create_connection((host, port), timeout=connect_timeout)
    except (OSError, OverflowError, ValueError) as error:  # ValueError: a name that no resolver takes
        reason = "nobody listens there" if isinstance(error, ConnectionRefusedError) else str(error)
        raise Unreachable(
            f"cannot connect: {reason}", place=place, remedy="Check host and port, and that the system is running."
        ) from error
    local = link.getsockname()[:2]
    try:
        provenance.claim(local)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reply = _exchange(link, message, timeout, place)
    finally:
        link.close()
        provenance.disclaim(local)
    if match:
        _matching(message, reply, place)
    return reply


def _exchange(link: socket.socket, message: bytes, timeout: float, place: str) -> bytes:
    until = time.monotonic() + timeout
    link.settimeout(timeout)
    try:
        link.sendall(frame(message))
    except OSError as error:
        raise NoAck(f"the connection broke while sending ({error})", place=place, remedy="Send it again.") from error
    deframer = Deframer(lenient=True)
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise NoAck(f"no acknowledgement within {timeout:g} s", place=place, remedy="Send the same message again.")
        link.settimeout(left)
        try:
            chunk = link.recv(65536)
        except TimeoutError:
            continue
        except OSError as error:
            raise NoAck(
                f"the connection broke ({error})", place=place, remedy="Send the same message again."
            ) from error
        if not chunk:
            raise NoAck(
                "the connection was closed without an acknowledgement",
                place=place,
                remedy="Look in the receiver's log, then send the same message again.",
            )
        frames, _ = deframer.feed(chunk)
        if frames:
            return frames[0]


def _matching(message: bytes, reply: bytes, place: str) -> None:
    try:
        sent = parse(message).get("MSH-10")
    except Hl7Error:
        return  # rubbish sent on purpose has no control ID to echo
    try:
        answer = parse(reply)
        echoed, code = answer.get("MSA-2"), answer.get("MSA-1")
    except Hl7Error as error:
        raise WrongAck(f"the reply is no HL7 message ({error})", place=place, reply=reply) from error
    if not code:
        raise WrongAck("the reply has no MSA-1", place=place, remedy="Ask the receiver's supplier.", reply=reply)
    if echoed != sent:
        raise WrongAck(
            f"the reply acknowledges {echoed!r}, in flight is {sent!r}",
            place=place,
            remedy="MSA-2 must echo MSH-10; the receiver is late or answers for another message.",
            reply=reply,
        )
