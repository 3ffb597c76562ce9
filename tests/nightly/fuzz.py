"""Damaged conversations and data sets against the PACS: nothing hangs, no slot is lost, nothing leaves a trace-back."""

from __future__ import annotations

import logging
import socket
import time
from pathlib import Path
from random import Random

from simlab.dicom import client, matching
from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from simlab.dicom.transcode import convert
from simlab.dicom.values import as_values, decode_dataset
from simlab.errors import SimlabError
from tests.dicom.made import made, the_48
from tests.nightly.mutation import mutated
from tests.nightly.recording import conversations
from tests.pacs.conftest import HOST, House

ANSWER_SECONDS = 20.0
"""How long the PACS may take to be done with a client that has hung up."""
LOOK_EVERY = 500
SLOW = 2.0
"""Seconds that no data set of a few kilobytes may take."""


class Broken(AssertionError):
    """An input that the PACS did not stand; seed and number find it again."""


class Traces(logging.Handler):
    """Collects the errors that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(logging.Formatter().format(record))


def conversations_stand(house: House, folder: Path, inputs: int, seed: int) -> None:
    """Send damaged conversations; raises Broken with the first that shows."""
    random, traces = Random(seed), Traces()
    recorded = conversations(house, folder)
    assert len(recorded) >= 5, "a client of DCMTK said nothing"
    house.pacs.server._acse_seconds = 2.0
    logging.getLogger("simlab").addHandler(traces)
    try:
        for number in range(1, inputs + 1):
            said = mutated(random.choice(recorded), recorded, random)
            _say(house, said, f"seed {seed}, conversation {number}")
            if traces.found:
                raise Broken(f"seed {seed}, conversation {number}: {traces.found[0]}")
            if number % LOOK_EVERY == 0 or number == inputs:
                _look(house, f"seed {seed}, conversation {number}")
    finally:
        logging.getLogger("simlab").removeHandler(traces)


def _say(house: House, said: bytes, which: str) -> None:
    with socket.create_connection((HOST, house.port), timeout=ANSWER_SECONDS) as sock:
        try:
            sock.sendall(said)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
        except TimeoutError:
            raise Broken(f"{which}: the PACS does not let go") from None
        except OSError:
            pass  # it hung up first


def _look(house: House, which: str) -> None:
    until = time.monotonic() + ANSWER_SECONDS
    while house.pacs.server.established or house.pacs.server.operating:
        if time.monotonic() > until:
            raise Broken(f"{which}: {house.pacs.server.established} associations are held by nobody")
        time.sleep(0.01)
    if client.echo(house.peer, "ADMIN") != "0000":
        raise Broken(f"{which}: no C-ECHO afterwards")


def data_sets_stand(inputs: int, seed: int) -> None:
    """Read damaged data sets the ways the PACS does; raises Broken for whatever is no SimlabError, or slow."""
    random = Random(seed)
    whole = [*the_48()[:12], made("2.25.9", syntax=IMPLICIT_LITTLE), made("2.25.9").with_identity({"PatientID": "B"})]
    encoded = [instance.encoded for instance in whole]
    for number in range(1, inputs + 1):
        index = random.randrange(len(whole))
        damaged = mutated(encoded[index], encoded, random)
        syntax = whole[index].transfer_syntax if random.random() < 0.9 else IMPLICIT_LITTLE
        began = time.monotonic()
        try:
            _read(damaged, syntax)
        except SimlabError:
            pass
        except Exception as error:
            raise Broken(f"seed {seed}, data set {number} in {syntax}: {error!r}; {damaged.hex()}") from error
        if time.monotonic() - began > SLOW:
            raise Broken(f"seed {seed}, data set {number} took {time.monotonic() - began:.1f} s; {damaged.hex()}")


def _read(damaged: bytes, syntax: str) -> None:
    instance = Instance.from_encoded(syntax, damaged)
    instance.header()
    other = IMPLICIT_LITTLE if syntax == EXPLICIT_LITTLE else EXPLICIT_LITTLE
    for work in (
        lambda: as_values(decode_dataset(damaged[:2000], syntax)),
        lambda: matching.matches_dataset(instance.dataset(), decode_dataset(damaged[:600], syntax)),
        lambda: instance.with_identity({"PatientID": "NEW"}),
        lambda: convert(instance, other),
    ):
        try:
            work()
        except SimlabError:
            continue
