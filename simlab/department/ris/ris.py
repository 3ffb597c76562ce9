"""The RIS as one system: its doors, and its console of what an administrator can click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from sqlite3 import Connection
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.ris import correction, orders, patients, settings, stage, states
from simlab.department.ris.door import Door
from simlab.department.ris.forward import Forward
from simlab.department.ris.inbox import Inbox
from simlab.department.ris.orders import OrderRequest
from simlab.department.ris.patients import Identifier
from simlab.department.ris.schema import SCHEMA
from simlab.department.ris.stage import RisStage
from simlab.errors import BadInput
from simlab.faults import FaultTable
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from simlab.journal import Journal
from simlab.store import Schema, Store

RIS = "RIS"
RIS_HL7 = "RIS_HL7"
Row = dict[str, Any]


class Ris:
    """Radiology information system. Console methods raise SimlabErrors and leave one `console` event each."""

    SCHEMA: Schema = SCHEMA

    def __init__(self, store: Store, journal: Journal, clock: Clock, faults: FaultTable) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        store.install(SCHEMA)
        self.endpoints: dict[str, Endpoint] = {}
        self._forward = Forward(store, journal, clock, RIS)
        inbox = Inbox(store, clock, self._forward)
        self._door = Door(RIS, store, journal, clock, faults)
        receiver = Receiver(RIS, store, journal, clock, faults, inbox.apply, door=RIS_HL7)
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
        self._forward.start()
        return self.endpoints

    def close(self) -> None:
        """Close both doors and stop sending, within a second."""
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
            self._store.after_commit(self._forward.look_again)
            self._store.after_commit(self._retitle)

    def create_order(
        self,
        patient_id: str,
        exam: str,
        when: str | None = None,
        *,
        issuer: str | None = None,
        reason: str = "",
        referrer: str = "",
        accession: str | None = None,
        priority: str = "ROUTINE",
        physician: str = "",
    ) -> Row:
        """Make an order: booked at `when` (ISO date and time), or only requested without it."""

        def make(tx: Connection) -> Row:
            request = OrderRequest(
                patient=self._number(tx, patient_id, issuer),
                exam=exam,
                start=orders.moment(when) if when else None,
                state=states.BOOKED if when else states.REQUESTED,
                accession=accession or "",
                reason=reason,
                referrer=referrer,
                priority=priority,
                physician=physician,
            )
            return orders.as_row(tx, orders.create(tx, request, self._clock.now()))

        return self._console("create_order", make, lambda row: f"order {row['accession']} made for {patient_id}")

    def vet(self, accession: str) -> Row:
        """Accept a request: somebody has looked whether the exam is right for the question."""
        return self._move(accession, states.VETTED)

    def book(self, accession: str, start: str) -> Row:
        """Give a vetted order its date and time."""
        moment = orders.moment(start)

        def book(tx: Connection) -> Row:
            orders.move_to(tx, accession, states.BOOKED)
            orders.change_steps(tx, accession, start=moment)
            return orders.as_row(tx, accession)

        return self._console("book", book, lambda row: f"order {accession} booked for {moment}")

    def arrive(self, accession: str) -> Row:
        """Mark the patient as arrived."""
        return self._move(accession, states.ARRIVED)

    def perform(self, accession: str) -> Row:
        """Close an order: the exam was done."""
        return self._move(accession, states.PERFORMED)

    def cancel_order(self, accession: str, reason: str) -> Row:
        """Cancel an order that has not begun."""
        return self._move(accession, states.CANCELLED, reason)

    def discontinue(self, accession: str, reason: str) -> Row:
        """Stop an order that has begun."""
        return self._move(accession, states.DISCONTINUED, reason)

    def correct_step(
        self, mpps_uid: str, *, accession: str = "", step_id: str = "", status: str = "", reason: str = ""
    ) -> Row:
        """Set a performed step right: link it to another order (or one step of it), change how it ended, or both.

        The modality may no longer do this once the step has ended, the RIS may (PS3.4 F.7.2.2.3). `status` is COMPLETED
        or DISCONTINUED, `reason` a code of CID 9301 for the latter.
        """
        return self._console(
            "correct_step",
            lambda tx: correction.correct(tx, mpps_uid, accession, step_id, status, reason, self._clock.now()),
            lambda row: f"performed step of {row['performed_id'] or mpps_uid} corrected: {row['told']}",
        )

    def reschedule(
        self, accession: str, *, station: str = "", modality: str = "", start: str = "", physician: str = ""
    ) -> Row:
        """Change room, modality, time or operator of an order's open steps; the order keeps its state."""

        def change(tx: Connection) -> Row:
            orders.change_steps(
                tx,
                accession,
                station_ae=station,
                modality=modality,
                start=orders.moment(start) if start else "",
                physician=physician,
            )
            return orders.as_row(tx, accession)

        return self._console("reschedule", change, lambda row: f"order {accession} rescheduled")

    def map_exam(self, code: str, station: str) -> Row:
        """Send an exam to another station; its steps that have not begun follow."""

        def change(tx: Connection) -> Row:
            return {"code": code, "station_ae": station, "moved": orders.map_exam(tx, code, station)}

        return self._console(
            "map_exam", change, lambda row: f"exam {code} goes to {station}, {len(row['moved'])} orders moved"
        )

    def merge_patients(
        self, retire_id: str, survive_id: str, *, retire_issuer: str | None = None, survive_issuer: str | None = None
    ) -> Row:
        """Retire one number into another, in the RIS alone: nothing is sent."""

        def merge(tx: Connection) -> Row:
            retire = self._number(tx, retire_id, retire_issuer)
            return patients.merge(tx, retire, self._number(tx, survive_id, survive_issuer))

        return self._console("merge_patients", merge, lambda row: f"{retire_id} merged into {survive_id}")

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

    def configure(self, **values: Any) -> Row:
        """Change settings; an unknown one is refused with those there are."""

        def change(tx: Connection) -> Row:
            changed = settings.change(tx, values)
            self._store.after_commit(self._forward.look_again)
            self._store.after_commit(self._retitle)
            return changed

        return self._console("configure", change, lambda row: f"settings changed: {', '.join(row)}")

    def log_downtime(self, accession: str, text: str) -> Row:
        """Write into the downtime log what was done without the worklist, under the existing accession number."""
        if not text.strip():
            raise BadInput("the entry is empty", place="text", remedy="Say what was done, when and by whom.")

        def write(tx: Connection) -> Row:
            orders.find(tx, accession)
            at = self._clock.now().isoformat(timespec="seconds")
            tx.execute("INSERT INTO ris_downtime (accession, text, at) VALUES (?, ?, ?)", (accession, text, at))
            return {"accession": accession, "text": text, "at": at}

        return self._console("log_downtime", write, lambda row: f"downtime entry for {accession}")

    def _move(self, accession: str, state: str, reason: str = "") -> Row:
        def move(tx: Connection) -> Row:
            before = orders.move_to(tx, accession, state, reason)
            return {**orders.as_row(tx, accession), "before": before}

        return self._console(state, move, lambda row: f"order {accession}: {row['before']} → {state}")

    def _console(self, what: str, do: Callable[[Connection], Row], tell: Callable[[Row], str]) -> Row:
        with self._store.write() as tx:
            done = do(tx)
            event = self._journal.record(kinds.CONSOLE, RIS, tell(done), {"console": what, **done})
        return {**done, "event": event}

    def _number(self, tx: Connection, number: str, issuer: str | None) -> Identifier:
        patients.check_number(number, "patient_id")
        return Identifier(number, settings.load(tx).mrn_authority if issuer is None else issuer)

    def _retitle(self) -> None:
        if RIS in self.endpoints:
            self.endpoints[RIS] = replace(self.endpoints[RIS], ae_title=self._title())

    def _title(self) -> str:
        with self._store.read() as tx:
            return settings.load(tx).ae_title
