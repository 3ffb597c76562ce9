"""The RIS as one system: its doors, its consoles, and who may call it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.ris import settings, stage
from simlab.department.ris.console import NAME as RIS
from simlab.department.ris.console import Row
from simlab.department.ris.door import Door
from simlab.department.ris.forward import Forward
from simlab.department.ris.inbox import TAKES, Inbox
from simlab.department.ris.order_console import OrderConsole
from simlab.department.ris.patient_console import PatientConsole
from simlab.department.ris.replies import Replies
from simlab.department.ris.report_console import ReportConsole
from simlab.department.ris.schema import SCHEMA
from simlab.department.ris.stage import RisStage
from simlab.department.ris.telling import Telling
from simlab.faults import FaultTable
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from simlab.journal import Journal
from simlab.store import Schema, Store

RIS_HL7 = "RIS_HL7"


class Ris(OrderConsole, PatientConsole, ReportConsole):
    """Radiology information system. Console methods raise SimlabErrors and leave one `console` event each."""

    SCHEMA: Schema = SCHEMA

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, certificates: Path | None = None
    ) -> None:
        store.install(SCHEMA)
        self._forward = Forward(store, journal, clock, faults, RIS, certificates)
        telling = Telling(clock, self._forward)
        self._forward.on_numbers = telling.changed
        super().__init__(store, journal, clock, telling)
        self.endpoints: dict[str, Endpoint] = {}
        inbox = Inbox(store, clock, self._forward, telling)
        self._door = Door(RIS, store, journal, clock, faults, telling, certificates)
        receiver = Receiver(
            *(RIS, store, journal, clock, faults, inbox.apply),
            door=RIS_HL7,
            certificates=certificates,
            takes=TAKES,
            settle=self._forward.hear,
            respond=Replies(store).reply,
        )
        self._hl7_credentials = receiver.credentials
        self._mllp = MllpServer(
            RIS_HL7,
            receiver,
            on_noise=noise_into(journal, RIS),
            lenient=receiver.lenient,
        )

    def open(self, host: str, port: int, hl7_port: int = 0) -> dict[str, Endpoint]:
        """Open the DICOM and the HL7 door (port 0: any free one); raises Unavailable when a port is taken."""
        self.endpoints[RIS] = Endpoint(host, self._door.server.open(host, port), self._title())
        try:
            self.endpoints[RIS_HL7] = Endpoint(host, self._mllp.open(host, hl7_port))
        except BaseException:
            self._door.server.close()
            raise
        self._forward.open()
        return self.endpoints

    def open_tls(self, host: str, port: int) -> int:
        """Listen for DICOM over TLS too; gives the port, OSError when it is taken."""
        bound = self._door.server.open(host, port, self._door.credentials)
        self.endpoints[f"{RIS}_TLS"] = Endpoint(host, bound, self._title())
        return bound

    def open_hl7_tls(self, host: str, port: int) -> int:
        """Listen for HL7 over TLS too; gives the port, OSError when it is taken."""
        bound = self._mllp.open(host, port, self._hl7_credentials)
        self.endpoints[f"{RIS_HL7}_TLS"] = Endpoint(host, bound)
        return bound

    def close(self) -> None:
        """Close all doors and stop sending, within a second."""
        self._forward.close()
        self._mllp.close()
        self._door.server.close()

    def busy(self) -> int:
        """Operations being served and messages on their way out."""
        return self._door.server.operating + self._forward.busy()

    def stage(self, section: RisStage) -> None:
        """Lay out a scene inside the caller's transaction."""
        with self._store.write() as tx:
            stage.lay_out(tx, section, self._clock.now())
            self._forward.hurry()
            self._store.after_commit(self._retitle)

    def set_peer(self, title: str, host: str, port: int, services: list[str] | None = None) -> Row:
        """Let a calling AE title in, for `echo`, `worklist` or both."""
        return self._console(
            "set_peer",
            lambda tx: settings.set_peer(tx, title, host, port, services),
            lambda row: f"peer {title} is {host}:{port}",
        )

    def remove_peer(self, title: str) -> Row:
        """Let a calling AE title in no longer."""

        def remove(tx: Connection) -> Row:
            settings.remove_peer(tx, title)
            return {"title": title}

        return self._console("remove_peer", remove, lambda row: f"peer {title} removed")

    def resend(self, item: int) -> Row:
        """Send a message of the outbox again, under the same MSH-10."""
        return self._console(
            "resend",
            lambda tx: {"item": item, "sent": self._forward.resend(item)},
            lambda row: f"{row['sent']} queued again",
        )

    def configure(self, /, **values: Any) -> Row:
        """Change settings; an unknown one is refused with those there are."""

        def change(tx: Connection) -> Row:
            changed = settings.change(tx, values)
            self._forward.hurry()
            self._store.after_commit(self._retitle)
            return changed

        return self._console("configure", change, lambda row: f"settings changed: {', '.join(row)}")

    def _retitle(self) -> None:
        for name in {RIS, f"{RIS}_TLS"} & set(self.endpoints):
            self.endpoints[name] = replace(self.endpoints[name], ae_title=self._title())

    def _title(self) -> str:
        with self._store.read() as tx:
            return settings.load(tx).ae_title
