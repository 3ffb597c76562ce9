"""The electronic patient record at work: the wards' console, each change with its message in the same transaction."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.epr import registry, settings
from simlab.department.epr.outbox import NAME, Outbox
from simlab.department.epr.schema import SCHEMA
from simlab.department.epr.stage import EprStage, lay_out
from simlab.errors import BadInput, NotFound
from simlab.faults import FaultTable
from simlab.hl7 import build
from simlab.journal import Journal
from simlab.store import Store

ADMISSIONS = {"A01": "I", "A04": "O", "A28": "N"}
"""Events that register a patient, and the patient class (PV1-2, table 0004; N: not applicable) each goes with."""
PRIORITIES = ("S", "A", "R", "P", "C", "T")
_COUNTERS = {"control": 100000, "visit": 500000, "order": 700000, "patient": 7000000}


class Epr:
    """Patients, visits and orders, and a message out for each change. It listens nowhere."""

    SCHEMA = SCHEMA

    def __init__(self, store: Store, journal: Journal, clock: Clock, faults: FaultTable) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        store.install(SCHEMA)
        self._outbox = Outbox(store, journal, clock)
        self.endpoints: dict[str, Endpoint] = {}

    def open(self, host: str = "", port: int = 0) -> None:
        """Begin to send what is in the outbox."""
        self._outbox.open()

    def close(self) -> None:
        """Stop sending; what waits stays in the outbox."""
        self._outbox.close()

    def stage(self, section: EprStage) -> None:
        """Lay out a scene's patients and settings; inside the caller's transaction."""
        with self._store.write() as tx:
            lay_out(tx, section, self._clock.now())
            self._store.after_commit(self._outbox.wake)

    def busy(self) -> int:
        """Messages on their way to the engine (none while they wait after a failure, or for an address)."""
        return self._outbox.busy()

    # The console

    def admit(
        self,
        patient_id: str = "",
        *,
        issuer: str = "",
        event: str = "A01",
        location: str = "",
        consultant: str = "",
        **facts: str,
    ) -> dict[str, Any]:
        """Register a patient (or one already known, by number) and send the ADT `event`: A01, A04 or A28.

        `facts`: name (DICOM PN), birth_date (YYYYMMDD), sex, nhs_number, address, phone. Without a number the next
        free one is given. A01 and A04 open a visit.
        """
        if event not in ADMISSIONS:
            raise BadInput(f"{event} admits nobody", place="event", remedy=f"Use one of {', '.join(ADMISSIONS)}.")
        given = registry.checked(facts)
        with self._store.write() as tx:
            now, issuer = self._clock.now(), issuer or settings.read(tx)["authority"]
            patient_id = patient_id.strip() or str(self._next(tx, "patient"))
            key = (patient_id, issuer)
            if tx.execute("SELECT 1 FROM epr_patient WHERE patient_id=? AND issuer=?", key).fetchone():
                registry.find(tx, *key)
                registry.change(tx, *key, given)
            else:
                registry.register(tx, *key, given)
            visit = build.Visit(patient_class=ADMISSIONS[event])
            if event != "A28":
                number = f"V{self._next(tx, 'visit')}"
                visit = build.Visit(number, ADMISSIONS[event], location, consultant, now)
                tx.execute(
                    "INSERT INTO epr_visit VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
                    (number, *key, visit.patient_class, location, consultant, now.isoformat(timespec="seconds")),
                )
            header = self._header(tx)
            self._outbox.put(build.adt(header, event, registry.in_hl7(tx, *key), visit))
            return self._console(
                f"{patient_id} admitted (ADT^{event})",
                {"do": "admit", "patient_id": patient_id, "issuer": issuer, "visit": visit.number},
                header,
            )

    def update(self, patient_id: str, *, issuer: str = "", **facts: str) -> dict[str, Any]:
        """Change a patient's facts; sends ADT^A08 with an open visit, else A31 (update person information)."""
        given = registry.checked(facts)
        if not given:
            raise BadInput("nothing to change", place="EPR", remedy="Say name, birth_date, sex, address…")
        with self._store.write() as tx:
            issuer = issuer or settings.read(tx)["authority"]
            registry.find(tx, patient_id, issuer)
            registry.change(tx, patient_id, issuer, given)
            visit = self._visit(tx, patient_id, issuer)
            event = "A08" if visit else "A31"
            header = self._header(tx)
            self._outbox.put(build.adt(header, event, registry.in_hl7(tx, patient_id, issuer), visit))
            return self._console(
                f"{patient_id} updated (ADT^{event}): {', '.join(given)}",
                {"do": "update", "patient_id": patient_id, "issuer": issuer, "facts": given},
                header,
            )

    def merge(self, retire: str, survive: str, *, issuer: str = "") -> dict[str, Any]:
        """Merge two numbers of one person: `survive` stays, `retire` goes, with what belongs to it; sends ADT^A40."""
        if retire == survive:
            raise BadInput("a number cannot be merged into itself", place="EPR", remedy="Name two numbers.")
        with self._store.write() as tx:
            issuer = issuer or settings.read(tx)["authority"]
            for number in (retire, survive):
                registry.find(tx, number, issuer)
            for table in ("epr_visit", "epr_order"):
                tx.execute(
                    f"UPDATE {table} SET patient_id=? WHERE patient_id=? AND issuer=?", (survive, retire, issuer)
                )
            tx.execute(
                "UPDATE epr_patient SET merged_into=? WHERE issuer=? AND (patient_id=? OR merged_into=?)",
                (survive, issuer, retire, retire),
            )
            header = self._header(tx)
            self._outbox.put(
                build.merge(header, registry.in_hl7(tx, survive, issuer), [build.Identifier(retire, issuer)])
            )
            return self._console(
                f"{retire} merged into {survive} (ADT^A40)",
                {"do": "merge", "retire": retire, "survive": survive, "issuer": issuer},
                header,
            )

    def order(
        self,
        patient_id: str,
        exam: str,
        *,
        issuer: str = "",
        description: str = "",
        modality: str = "",
        priority: str = "R",
        reason: str = "",
        referrer: str = "",
        start: datetime | None = None,
    ) -> dict[str, Any]:
        """Order an exam for a patient; sends ORM^O01 with ORC-1 NW and a new placer number."""
        if priority not in PRIORITIES:
            raise BadInput(f"{priority!r} is no priority", place="priority", remedy=f"Use {', '.join(PRIORITIES)}.")
        if not exam.strip():
            raise BadInput("no exam given", place="exam", remedy="Give the exam's code.")
        with self._store.write() as tx:
            issuer = issuer or settings.read(tx)["authority"]
            registry.find(tx, patient_id, issuer)
            placer = f"P{self._next(tx, 'order')}"
            tx.execute(
                "INSERT INTO epr_order VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'ordered', ?)",
                (
                    *(placer, patient_id, issuer, exam, description, modality, priority, reason, referrer),
                    self._clock.now().isoformat(timespec="seconds"),
                ),
            )
            header = self._send_order(tx, placer, "NW", start)
            return self._console(
                f"{exam} ordered for {patient_id} (ORM^O01 NW, placer {placer})",
                {"do": "order", "patient_id": patient_id, "issuer": issuer, "exam": exam, "placer": placer},
                header,
            )

    def cancel_order(self, placer: str, reason: str = "") -> dict[str, Any]:
        """Cancel an order; sends ORM^O01 with ORC-1 CA."""
        with self._store.write() as tx:
            row = tx.execute("SELECT * FROM epr_order WHERE placer=?", (placer,)).fetchone()
            if row is None:
                raise NotFound(f"no order {placer}", place="EPR", remedy="Look at the list of orders.")
            if row["state"] == "cancelled":
                raise BadInput("it is cancelled already", place=f"order {placer}")
            tx.execute("UPDATE epr_order SET state='cancelled' WHERE placer=?", (placer,))
            header = self._send_order(tx, placer, "CA", None)
            return self._console(
                f"order {placer} cancelled (ORM^O01 CA)",
                {"do": "cancel_order", "placer": placer, "patient_id": row["patient_id"], "reason": reason},
                header,
            )

    def configure(self, **values: Any) -> dict[str, Any]:
        """Change settings (names in `settings.DEFAULTS`), the destination of the messages for instance."""
        with self._store.write() as tx:
            written = settings.change(tx, values)
            tx.execute("UPDATE epr_outbox SET next_try=0 WHERE state='queued'")
            self._store.after_commit(self._outbox.wake)
            return self._console(
                f"settings changed: {', '.join(f'{k}={v}' for k, v in written.items())}",
                {"do": "configure", "settings": written},
            )

    # What goes into the messages

    def _next(self, tx: sqlite3.Connection, name: str) -> int:
        tx.execute("INSERT OR IGNORE INTO epr_counter VALUES (?, ?)", (name, _COUNTERS[name]))
        row = tx.execute("UPDATE epr_counter SET value=value + 1 WHERE name=? RETURNING value", (name,)).fetchone()
        return int(row["value"])

    def _header(self, tx: sqlite3.Connection, version: str = "version") -> build.Header:
        now = settings.read(tx)
        return build.Header(
            now["application"],
            now["facility"],
            now["receiving_application"],
            now["receiving_facility"],
            f"{now['application']}{self._next(tx, 'control')}",
            self._clock.now(),
            now[version],
            now["character_set"],
        )

    def _send_order(self, tx: sqlite3.Connection, placer: str, control: str, start: datetime | None) -> build.Header:
        row = tx.execute("SELECT * FROM epr_order WHERE placer=?", (placer,)).fetchone()
        header = self._header(tx, "order_version")
        order = build.Order(
            placer,
            exam_code=row["exam"],
            exam_text=row["description"],
            modality=row["modality"],
            priority=row["priority"],
            reason=row["reason"],
            referrer=row["referrer"],
            start=start,
        )
        patient = registry.in_hl7(tx, row["patient_id"], row["issuer"])
        visit = self._visit(tx, row["patient_id"], row["issuer"])
        self._outbox.put(build.orm(header, control, patient, order, visit))
        return header

    @staticmethod
    def _visit(tx: sqlite3.Connection, patient_id: str, issuer: str) -> build.Visit | None:
        row = tx.execute(
            "SELECT * FROM epr_visit WHERE patient_id=? AND issuer=? AND state='open' "
            "ORDER BY admitted DESC, number DESC",
            (patient_id, issuer),
        ).fetchone()
        if row is None:
            return None
        admitted = datetime.fromisoformat(row["admitted"])
        return build.Visit(row["number"], row["patient_class"], row["location"], row["consultant"], admitted)

    def _console(self, summary: str, data: dict[str, Any], header: build.Header | None = None) -> dict[str, Any]:
        told = {**data, "control_id": header.control_id} if header else data
        self._journal.record(kinds.CONSOLE, NAME, summary, told)
        return {**told, "summary": summary}
