"""The order desk's console: orders made, vetted, booked, performed, stopped, and what was done without them."""

from __future__ import annotations

from sqlite3 import Connection

from simlab.department.ris import correction, mpps, order_inbox, orders, states
from simlab.department.ris.console import Console, Row
from simlab.department.ris.orders import OrderRequest
from simlab.errors import BadInput

UPDATES = {states.CANCELLED: "CA", states.DISCONTINUED: "DC", states.PERFORMED: "XO"}
"""What the PACS is told of a state that somebody set by hand, as ORC-1 (IHE RAD-13)."""


class OrderConsole(Console):
    """Orders and their steps, by accession number."""

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
            made = orders.create(tx, request, self._clock.now())
            self._telling.procedure(tx, made, "NW")
            self._telling.made(tx, made)
            return orders.as_row(tx, made)

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

    def hold_order(self, accession: str, reason: str) -> Row:
        """Have an order wait; its steps leave the worklist."""
        return self._move(accession, states.HELD, reason)

    def release_order(self, accession: str) -> Row:
        """Let a held order go on, booked where it has a time, else vetted."""

        def release(tx: Connection) -> Row:
            if orders.find(tx, accession)["state"] != states.HELD:
                raise BadInput("it is not held", place=accession, remedy="Look at its state.")
            orders.move_to(tx, accession, order_inbox.released(tx, accession))
            return orders.as_row(tx, accession)

        return self._console("release_order", release, lambda row: f"order {accession} released: {row['state']}")

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

        def correct(tx: Connection) -> Row:
            freed = mpps.accessions(tx, mpps_uid)
            done = correction.correct(tx, mpps_uid, accession, step_id, status, reason, self._clock.now())
            self._telling.changed(tx, freed)
            return done

        return self._console(
            "correct_step",
            correct,
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
            self._telling.procedure(tx, accession, "XO")
            return orders.as_row(tx, accession)

        return self._console("reschedule", change, lambda row: f"order {accession} rescheduled")

    def map_exam(self, code: str, station: str) -> Row:
        """Send an exam to another station; its steps that have not begun follow."""

        def change(tx: Connection) -> Row:
            return {"code": code, "station_ae": station, "moved": orders.map_exam(tx, code, station)}

        return self._console(
            "map_exam", change, lambda row: f"exam {code} goes to {station}, {len(row['moved'])} orders moved"
        )

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
            if state in UPDATES:
                self._telling.procedure(tx, accession, UPDATES[state])
            return {**orders.as_row(tx, accession), "before": before}

        return self._console(state, move, lambda row: f"order {accession}: {row['before']} → {state}")
