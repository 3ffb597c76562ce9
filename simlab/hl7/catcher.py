"""A receiver without a lab: takes what comes, judges it, keeps it in a folder, and answers."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simlab.errors import Unavailable
from simlab.hl7.acknowledge import acknowledge, is_acknowledgement, read
from simlab.hl7.enhanced import asked
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.mllp import Caller, MllpServer, Reply
from simlab.hl7.partner import Behaviour, Partner
from simlab.hl7.policy import USUAL
from simlab.hl7.record import message_type

Judge = Callable[[Message], list[str]]
"""What is wrong with a message, in words; nothing when it is good."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Caught:
    """One message that came: what it is, who sent it, how it was answered, and what is wrong with it."""

    number: int
    peer: str
    type: str
    control_id: str
    sending: str
    ack: str
    text: str
    findings: tuple[str, ...] = ()
    file: str = ""


class Catcher:
    """Listens until it is closed and tells `on_caught` of each message, one at a time.

    With a `behaviour` it answers as that says; else with AA, or AE with what `judge` finds wrong. Every message is
    written to `folder` as it came before it is answered. With `credentials` it is a TLS door.
    """

    def __init__(
        self,
        on_caught: Callable[[Caught], None],
        *,
        on_noise: Callable[[str, str], None] = lambda _peer, _what: None,
        behaviour: Behaviour | None = None,
        judge: Judge = lambda _message: [],
        folder: Path | None = None,
        credentials: Callable[[], ssl.SSLContext] | None = None,
        lenient: bool = False,
    ) -> None:
        self._on_caught = on_caught
        self._judge = judge
        self._folder = folder
        self._lock = threading.Lock()
        self._count = 0
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Unavailable(f"the folder cannot be made ({error.strerror})", place=str(folder)) from error
        self._credentials = credentials
        self._door: Partner | MllpServer
        if behaviour is not None:
            self._door = Partner(behaviour, on_message=self._played)
        else:
            self._door = MllpServer(
                "LISTEN",
                self._take,
                on_noise=lambda what, _sample, caller: on_noise(f"{caller.host}:{caller.port}", what),
                lenient=lambda: lenient,
            )

    def open(self, host: str, port: int) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it cannot."""
        if isinstance(self._door, Partner):
            return self._door.open(host, port)
        return self._door.open(host, port, self._credentials)

    def close(self) -> None:
        """Stop listening."""
        self._door.close()

    def _take(self, data: bytes, caller: Caller) -> Reply:
        peer, now = f"{caller.host}:{caller.port}", datetime.now()
        try:
            message = parse(data)
            if is_acknowledgement(message):
                self._tell(data, peer, None)
                return None
            USUAL.admit(message)
            message.check_characters()
        except Hl7Error as error:
            reply = acknowledge(data, now=now, error=error)
            self._tell(data, peer, reply)
            return reply
        findings = self._judge(message)
        refusal = Hl7Error("; ".join(findings)[:500], code="207") if findings else None
        want = asked(message)
        accept = acknowledge(message, now=now, accept=True) if want.accept_due(success=True) else None
        answer = acknowledge(message, now=now, error=refusal)
        self._tell(data, peer, answer, findings)
        last = answer if want.application_due(success=not findings) else None
        return (accept, last) if accept and last else last or accept

    def _played(self, data: bytes, reply: bytes | None) -> None:
        self._tell(data, "", reply)

    def _tell(self, data: bytes, peer: str, reply: bytes | None, findings: list[str] | None = None) -> None:
        kind, control_id, sending, ack, text = "?", "", "", "none", ""
        try:
            message = parse(data)
            kind, control_id, sending = message_type(message), message.get("MSH-10"), message.get("MSH-3")
        except Hl7Error as error:
            text = str(error)
        if reply is not None:
            said = read(reply)
            ack, text = said.code, said.text or text
        with self._lock:
            self._count += 1
            file = self._kept(data, control_id)
            self._on_caught(
                Caught(self._count, peer, kind, control_id, sending, ack, text, tuple(findings or ()), file)
            )

    def _kept(self, data: bytes, control_id: str) -> str:
        if self._folder is None:
            return ""
        # The control ID comes from the wire: only what cannot lead out of the folder goes into the name.
        name = f"{self._count:06}-{_UNSAFE.sub('-', control_id)[:40].strip('-') or 'message'}.hl7"
        path = self._folder / name
        path.write_bytes(data)
        return str(path)
