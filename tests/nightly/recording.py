"""What DCMTK's clients say to a PACS, recorded between them and it."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dicom.made import ROOT, made
from tests.pacs.conftest import HOST, House


class Relay:
    """Passes one connection at a time on to `port`, and keeps what its client says."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((HOST, 0))
        self._listener.settimeout(0.2)
        self.port = int(self._listener.getsockname()[1])
        self.heard: list[bytes] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            with client, socket.create_connection((HOST, self._target)) as server:
                self.heard.append(self._pass(client, server))

    def _pass(self, client: socket.socket, server: socket.socket) -> bytes:
        said = b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(client, selectors.EVENT_READ, server)
            waiting.register(server, selectors.EVENT_READ, client)
            while not self._closing.is_set():
                for key, _ in waiting.select(0.2):
                    chunk = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    if not chunk:
                        return said
                    if key.fileobj is client:
                        said += chunk
                    key.data.sendall(chunk)
        return said


@contextmanager
def relayed(house: House) -> Iterator[Relay]:
    """A relay before the PACS of a house."""
    relay = Relay(house.port)
    try:
        yield relay
    finally:
        relay.close()


def conversations(house: House, folder: Path) -> list[bytes]:
    """One recording of each client: verification, storage, query, retrieval both ways."""
    study = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={ROOT}.1"]
    files = []
    for number in range(3):
        files.append(folder / f"{number}.dcm")
        files[-1].write_bytes(made(f"{ROOT}.1.1.{number}", number=number).part10())
    with relayed(house) as relay:

        def say(program: str, *args: str, options: tuple[str, ...]) -> None:
            house.dcmtk(program, *args, options=(*options, "-aec", "PACS"), port=relay.port)

        say("echoscu", options=("-d",))
        say("storescu", *map(str, files), options=("-d",))
        say("findscu", *study, "-k", "PatientName=S*", "-k", "ModalitiesInStudy", options=("-d", "-S"))
        say("movescu", *study, options=("-d", "-S", "-aem", "THEATRE"))
        say("getscu", *study, options=("-d", "-S"))
    return relay.heard
