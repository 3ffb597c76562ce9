"""The electronic patient record as one system: its door, its outbox, and the consoles of wards and record office."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simlab.clock import Clock
from simlab.config import LOOPBACK, Endpoint
from simlab.department.epr import settings
from simlab.department.epr.console import Row
from simlab.department.epr.identities import Identities
from simlab.department.epr.inbox import DOOR as EPR_HL7
from simlab.department.epr.inbox import TAKES, Inbox
from simlab.department.epr.outbox import NAME, Outbox
from simlab.department.epr.registrations import Registrations
from simlab.department.epr.replies import Replies
from simlab.department.epr.requests import Requests
from simlab.department.epr.schema import SCHEMA
from simlab.department.epr.stage import EprStage, lay_out
from simlab.faults import FaultTable
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from simlab.journal import Journal
from simlab.store import Store


class Epr(Registrations, Identities, Requests):
    """Patients, visits and orders, and a message out for each change; what the RIS answers comes in at its door."""

    SCHEMA = SCHEMA

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, certificates: Path | None = None
    ) -> None:
        store.install(SCHEMA)
        super().__init__(store, journal, clock, Outbox(store, journal, clock, faults, certificates))
        apply = Inbox(store, clock, self).apply
        receiver = Receiver(
            NAME,
            store,
            journal,
            clock,
            faults,
            apply,
            door=EPR_HL7,
            certificates=certificates,
            takes=TAKES,
            settle=self._outbox.hear,
            respond=Replies(store).reply,
        )
        self._credentials = receiver.credentials
        self._server = MllpServer(EPR_HL7, receiver, on_noise=noise_into(journal, NAME), lenient=receiver.lenient)
        self.endpoints: dict[str, Endpoint] = {}

    def open(self, host: str = LOOPBACK, port: int = 0) -> int:
        """Listen for results (port 0: any free one) and begin to send; OSError when the port is taken."""
        bound = self._server.open(host, port)
        self.endpoints[EPR_HL7] = Endpoint(host, bound)
        self._outbox.open()
        return bound

    def open_tls(self, host: str, port: int) -> int:
        """Listen over TLS too; gives the port, OSError when it is taken."""
        bound = self._server.open(host, port, self._credentials)
        self.endpoints[f"{EPR_HL7}_TLS"] = Endpoint(host, bound)
        return bound

    def close(self) -> None:
        """Stop listening and sending; what waits stays in the outbox."""
        self._server.close()
        self._outbox.close()

    def stage(self, section: EprStage) -> None:
        """Lay out a scene's patients and settings; inside the caller's transaction."""
        with self._store.write() as tx:
            lay_out(tx, section, self._clock.now())
            self._store.after_commit(self._outbox.wake)

    def busy(self) -> int:
        """Messages on their way to the engine (none while they wait after a failure, or for an address)."""
        return self._outbox.busy()

    def resend(self, item: int) -> Row:
        """Send a message of the outbox again, under the same MSH-10."""
        with self._store.write():
            sent = self._outbox.resend(item)
            return self._tell(f"{sent} queued again", {"do": "resend", "item": item})

    def configure(self, /, **values: Any) -> Row:
        """Change settings (names in `settings.DEFAULTS`), the destination of the messages for instance."""
        with self._store.write() as tx:
            written = settings.change(tx, values)
            self._outbox.hurry()
            return self._tell(
                f"settings changed: {', '.join(f'{k}={v}' for k, v in written.items())}",
                {"do": "configure", "settings": written},
            )
