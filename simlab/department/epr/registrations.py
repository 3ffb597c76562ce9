"""The wards' console: who comes, where they lie, when they go, and what of it was a mistake."""

from __future__ import annotations

import sqlite3

from simlab.department.epr import registry, settings, visits
from simlab.department.epr.console import Console, Row
from simlab.errors import BadInput
from simlab.hl7 import build


class Registrations(Console):
    """Admissions, movements and updates; each sends its ADT."""

    def admit(
        self,
        patient_id: str = "",
        *,
        issuer: str = "",
        event: str = "A01",
        location: str = "",
        consultant: str = "",
        service: str = "",
        **facts: str,
    ) -> Row:
        """Register a patient (or one already known, by number) and send the ADT `event`: A01, A04, A05 or A28.

        `facts`: name (DICOM PN), birth_date (YYYYMMDD), sex, nhs_number, address, phone, gp, trace_status. Without a
        number the next free one is given. A01 and A04 open a visit, A05 books one, which a later A01 opens.
        """
        if event not in visits.ADMISSIONS:
            known = ", ".join(visits.ADMISSIONS)
            raise BadInput(f"{event} admits nobody", place="event", remedy=f"Use one of {known}.")
        given = registry.checked(facts)
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            patient_id = patient_id.strip() or str(self._next(tx, "patient"))
            key = (patient_id, issuer)
            emptied: list[str] = []
            if tx.execute("SELECT 1 FROM epr_patient WHERE patient_id=? AND issuer=?", key).fetchone():
                registry.find(tx, *key)
                emptied = registry.change(tx, *key, given, self._now())
            else:
                registry.register(tx, *key, given, self._now())
            visit = build.Visit(patient_class=visits.ADMISSIONS[event])
            if event != "A28":
                number = f"V{self._next(tx, 'visit')}"
                service = service or settings.read(tx)["service"]
                row = visits.start(tx, number, key, event, location, consultant, service, self._now())
                visit = visits.in_hl7(row) or visit
            header = self._header(tx)
            self._outbox.put(build.adt(header, event, registry.in_hl7(tx, *key, emptied), visit))
            return self._tell(
                f"{patient_id} {visits.SAID[event]} (ADT^{event})",
                {"do": "admit", "event": event, "patient_id": patient_id, "issuer": issuer, "visit": visit.number},
                header,
            )

    def update(self, patient_id: str, *, issuer: str = "", **facts: str) -> Row:
        """Change a patient's facts; sends ADT^A08 with an open visit, else A31 (update person information)."""
        given = registry.checked(facts)
        if not given:
            raise BadInput("nothing to change", place="EPR", remedy="Say name, birth_date, sex, address…")
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            registry.find(tx, patient_id, issuer)
            emptied = registry.change(tx, patient_id, issuer, given, self._now())
            visit = visits.in_hl7(visits.current(tx, patient_id, issuer))
            event = "A08" if visit else "A31"
            header = self._header(tx)
            patient = registry.in_hl7(tx, patient_id, issuer, emptied)
            self._outbox.put(build.adt(header, event, patient, visit))
            return self._tell(
                f"{patient_id} updated (ADT^{event}): {', '.join(given)}",
                {"do": "update", "event": event, "patient_id": patient_id, "issuer": issuer, "facts": given},
                header,
            )

    def transfer(self, patient_id: str, location: str, *, issuer: str = "") -> Row:
        """Move an inpatient to another place; sends ADT^A02 with the prior location in PV1-6."""
        if not location.strip():
            raise BadInput("no place to go to", place="location", remedy="Name the ward.")
        with self._store.write() as tx:
            visit = self._open_visit(tx, patient_id, issuer)
            moved = visits.move(tx, visit, "A02", self._now(), location=location.strip())
            return self._send(tx, "A02", moved, f"{patient_id} transferred to {location}", visit["location"])

    def discharge(self, patient_id: str, *, issuer: str = "") -> Row:
        """End the patient's visit; sends ADT^A03."""
        with self._store.write() as tx:
            visit = self._open_visit(tx, patient_id, issuer)
            gone = visits.move(tx, visit, "A03", self._now(), state=visits.DISCHARGED)
            return self._send(tx, "A03", gone, f"{patient_id} discharged")

    def change_class(self, patient_id: str, patient_class: str, *, issuer: str = "", location: str = "") -> Row:
        """Make an outpatient an inpatient (I: ADT^A06), or the other way round (O, E: ADT^A07)."""
        event = visits.CLASSES.get(patient_class)
        if event is None:
            raise BadInput(f"{patient_class!r} is no class here", place="patient_class", remedy="Use I, O or E.")
        with self._store.write() as tx:
            visit = self._open_visit(tx, patient_id, issuer)
            if (visit["patient_class"] == "I") == (patient_class == "I"):
                raise BadInput(
                    f"the visit is of class {visit['patient_class']} already",
                    place=visit["number"],
                    remedy="A06 makes an outpatient an inpatient, A07 an inpatient an outpatient.",
                )
            moved = visits.move(tx, visit, event, self._now(), location=location, patient_class=patient_class)
            return self._send(tx, event, moved, f"{patient_id} is of class {patient_class} now", visit["location"])

    def cancel(self, patient_id: str, what: str, *, issuer: str = "") -> Row:
        """Take back the last `admission` (A11), `transfer` (A12), `discharge` (A13) or `preadmission` (A38)."""
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            registry.find(tx, patient_id, issuer)
            visit, event = visits.undo(tx, patient_id, issuer, what)
            return self._send(tx, event, visit, f"{what} of {patient_id} cancelled")

    def delete_visit(self, number: str) -> Row:
        """Delete a visit that never was; sends ADT^A23."""
        with self._store.write() as tx:
            visit = visits.find(tx, number)
            if visit["state"] == visits.DELETED:
                raise BadInput("it is deleted already", place=f"visit {number}")
            tx.execute("UPDATE epr_visit SET state=? WHERE number=?", (visits.DELETED, number))
            return self._send(tx, "A23", visit, f"visit {number} deleted")

    def _open_visit(self, tx: sqlite3.Connection, patient_id: str, issuer: str) -> sqlite3.Row:
        issuer = self._issuer(tx, issuer)
        registry.find(tx, patient_id, issuer)
        return visits.needed(tx, patient_id, issuer)

    def _send(self, tx: sqlite3.Connection, event: str, visit: sqlite3.Row, summary: str, prior: str = "") -> Row:
        header = self._header(tx)
        patient = registry.in_hl7(tx, visit["patient_id"], visit["issuer"])
        self._outbox.put(build.adt(header, event, patient, visits.in_hl7(visit, prior)))
        return self._tell(
            f"{summary} (ADT^{event})",
            {
                "do": "move",
                "event": event,
                "patient_id": visit["patient_id"],
                "issuer": visit["issuer"],
                "visit": visit["number"],
            },
            header,
        )
