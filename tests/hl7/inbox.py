"""A receiving system for tests with everything real but the system: receiver, store, journal and MLLP door."""

import contextlib
import socket

from simlab.hl7.framing import Deframer, frame
from simlab.hl7.message import parse
from simlab.hl7.mllp import MllpServer
from simlab.hl7.policy import Doors
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from tests.hl7.peer import Ground

HEAD = "MSH|^~\\&|{sender}|RXX01|TEST|RXX01|20260302||{kind}|{control_id}|{processing}|{version}|{number}||{asks}\r"


def message(control_id="C1", kind="ADT^A01^ADT_A01", *, rest="", **head):
    """A message; `asks` is MSH-15 and MSH-16 (``AL|NE``), `number` MSH-13, `rest` what follows EVN."""
    usual = {"sender": "EPR", "processing": "P", "version": "2.5.1", "number": "", "asks": ""}
    head = HEAD.format(control_id=control_id, kind=kind, **usual | head)
    return f"{head.rstrip('|' + chr(13))}\rEVN||20260302\r{rest}".encode()


class Inbox:
    """A door TEST (policy of ADT) over a ground; `done` has the control IDs that were applied, in order."""

    def __init__(self, ground: Ground, *, raises=None, credentials=None, **options):
        self.ground = ground
        self.done: list[str] = []
        self.raises = raises
        self.doors = Doors(ground.store, ground.journal)
        self.receiver = Receiver(
            "TEST", ground.store, ground.journal, ground.clock, ground.faults, self.apply, door="ADT"
        )
        self.server = MllpServer(
            "TEST", self.receiver, on_noise=noise_into(ground.journal, "TEST"), lenient=self.receiver.lenient, **options
        )
        self.port = self.server.open("127.0.0.1", 0, credentials)

    def apply(self, received):
        if self.raises:
            raise self.raises
        self.done.append(received.get("MSH-10"))
        return f"done {received.get('MSH-10')}"

    def noises(self):
        return [event.data["what"] for event in self.ground.journal.events(kinds=("noise",), system="TEST")]

    def connect(self):
        link = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        link.settimeout(5)
        return link

    def talk(self, *frames, answers=None):
        """Write bytes (framed where they begin with MSH) on one connection, and give so many answers, parsed."""
        wire = b"".join(frame(one) if one.startswith(b"MSH") else one for one in frames)
        with self.connect() as link:
            link.sendall(wire)
            return [parse(one) for one in replies(link, len(frames) if answers is None else answers)]

    def codes(self, *frames, answers=None):
        """MSA-1 and MSA-2 of the answers."""
        return [(one.get("MSA-1"), one.get("MSA-2")) for one in self.talk(*frames, answers=answers)]


def replies(link, count):
    """So many frames from a socket, fewer when it is closed before."""
    deframer = Deframer()
    found: list[bytes] = []
    while len(found) < count:
        chunk = link.recv(65536)
        if not chunk:
            break
        found += deframer.feed(chunk)[0]
    return found


@contextlib.contextmanager
def inbox(ground, **options):
    """An `Inbox` for the length of the block."""
    opened = Inbox(ground, **options)
    try:
        yield opened
    finally:
        opened.server.close()
