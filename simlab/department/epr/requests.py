"""The ordering console: exams asked for, changed, stopped; each sends its order message."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from simlab.department.epr import registry, settings, visits
from simlab.department.epr.console import Console, Row
from simlab.dicom.uids import uid
from simlab.errors import BadInput, NotFound
from simlab.hl7 import build

PRIORITIES = ("S", "A", "R", "P", "C", "T")
CONTROLS = {"CA": "cancelled", "DC": "discontinued", "HD": "held", "RL": "ordered", "XO": ""}
"""What can be asked of an order (ORC-1, table 0119) and the state that it is then in here; nothing: as it was."""
ENDED = ("cancelled", "discontinued")
CONFIRMED = ("CA", "DC")
"""Order status (ORC-5) of the filler that says so too."""


class Requests(Console):
    """Orders as the wards place them."""

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
        steps: Sequence[str] = (),
    ) -> Row:
        """Order an exam for a patient under a new placer number; sends ORM^O01, or OMI^O23, with ORC-1 NW.

        With `order_message` OMI the EPR gives every number itself (accession, procedure, study, steps), as an order
        filler's order manager does, and `steps` are the protocols of an exam of several steps.
        """
        if priority not in PRIORITIES:
            raise BadInput(f"{priority!r} is no priority", place="priority", remedy=f"Use {', '.join(PRIORITIES)}.")
        if not exam.strip():
            raise BadInput("no exam given", place="exam", remedy="Give the exam's code.")
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            registry.find(tx, patient_id, issuer)
            placer = f"P{self._next(tx, 'order')}"
            tx.execute(
                "INSERT INTO epr_order (placer, patient_id, issuer, exam, description, modality, priority, reason, "
                "referrer, state, ordered, start) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'ordered', ?, ?)",
                (
                    *(placer, patient_id, issuer, exam, description, modality, priority, reason, referrer),
                    self._now(),
                    start.isoformat(timespec="seconds") if start else "",
                ),
            )
            if settings.read(tx)["order_message"] == "OMI":
                self._number(tx, placer, steps)
            elif steps:
                raise BadInput(
                    "ORM has no steps", place="steps", remedy="Set order_message to OMI, or order the exam alone."
                )
            header, kind = self._send_order(tx, placer, "NW")
            return self._tell(
                f"{exam} ordered for {patient_id} ({kind} NW, placer {placer})",
                {"do": "order", "patient_id": patient_id, "issuer": issuer, "exam": exam, "placer": placer},
                header,
            )

    def cancel_order(self, placer: str, reason: str = "") -> Row:
        """Cancel an order that has not begun; sends ORC-1 CA."""
        return self._change("cancel_order", placer, "CA", reason)

    def discontinue_order(self, placer: str, reason: str = "") -> Row:
        """Stop an order that has begun; sends ORC-1 DC."""
        return self._change("discontinue_order", placer, "DC", reason)

    def hold_order(self, placer: str, reason: str = "", *, release: bool = False) -> Row:
        """Have an order wait (ORC-1 HD), or go on (RL)."""
        return self._change("hold_order", placer, "RL" if release else "HD", reason)

    def change_order(self, placer: str, *, start: datetime | None = None, priority: str = "", reason: str = "") -> Row:
        """Ask for another time or priority; sends ORC-1 XO."""
        if priority and priority not in PRIORITIES:
            raise BadInput(f"{priority!r} is no priority", place="priority", remedy=f"Use {', '.join(PRIORITIES)}.")
        if not (start or priority):
            raise BadInput("nothing to change", place=f"order {placer}", remedy="Say a start or a priority.")
        with self._store.write() as tx:
            find(tx, placer)
            if start:
                tx.execute("UPDATE epr_order SET start=? WHERE placer=?", (start.isoformat(timespec="seconds"), placer))
            if priority:
                tx.execute("UPDATE epr_order SET priority=? WHERE placer=?", (priority, placer))
            return self._change("change_order", placer, "XO", reason)

    def _change(self, do: str, placer: str, control: str, reason: str) -> Row:
        with self._store.write() as tx:
            row = find(tx, placer)
            after = CONTROLS[control] or row["state"]
            # Until the filler says the same it may have refused: what is only booked is cancelled, not discontinued.
            other_end = after in ENDED and after != row["state"] and row["status"] not in CONFIRMED
            if row["state"] in ENDED and not other_end:
                raise BadInput(f"it is {row['state']} already", place=f"order {placer}", remedy="Order it anew.")
            tx.execute("UPDATE epr_order SET state=? WHERE placer=?", (after, placer))
            header, kind = self._send_order(tx, placer, control, reason)
            words = after if CONTROLS[control] else "changed"
            return self._tell(
                f"order {placer} {words} ({kind} {control})",
                {"do": do, "placer": placer, "patient_id": row["patient_id"], "reason": reason},
                header,
            )

    def take_over(self, tx: sqlite3.Connection, patient_id: str, **facts: str) -> str:
        """Keep an order that the filler made, under a placer number of the EPR's own, and give that."""
        placer = f"P{self._next(tx, 'order')}"
        row = {"description": "", "modality": "", "reason": "", **facts}
        tx.execute(
            "INSERT INTO epr_order (placer, patient_id, issuer, exam, description, modality, priority, reason, "
            "referrer, state, ordered) VALUES (?, ?, ?, ?, ?, ?, 'R', ?, '', 'ordered', ?)",
            (
                *(placer, patient_id, settings.read(tx)["authority"], row["exam"], row["description"]),
                *(row["modality"], row["reason"], self._now()),
            ),
        )
        return placer

    def assign(self, placer: str) -> build.Header:
        """Tell the filler which placer number its own order got; ORC-1 NA, as a message of its own.

        An ORR would only reach the engine, which has acknowledged the filler's message long ago.
        """
        with self._store.write() as tx:
            header, _kind = self._send_order(tx, placer, "NA", alone=True)
            return header

    def _number(self, tx: sqlite3.Connection, placer: str, steps: Sequence[str]) -> None:
        number = self._next(tx, "accession")
        tx.execute(
            "UPDATE epr_order SET accession=?, procedure_id=?, study_uid=?, steps=? WHERE placer=?",
            (
                f"RXX{number}",
                f"RP{number}",
                uid("epr", placer),
                json.dumps([[f"S{number}-{n}", protocol] for n, protocol in enumerate(steps or ("",), 1)]),
                placer,
            ),
        )

    def _send_order(
        self, tx: sqlite3.Connection, placer: str, control: str, why: str = "", *, alone: bool = False
    ) -> tuple[build.Header, str]:
        row, now = find(tx, placer), settings.read(tx)
        as_omi = now["order_message"] == "OMI" and row["study_uid"] and not alone
        header = self._header(tx, "version" if as_omi else "order_version")
        order = build.Order(
            placer,
            row["filler"],
            exam_code=row["exam"],
            exam_text=row["description"],
            accession=row["accession"] if as_omi else "",
            requested_procedure=row["procedure_id"],
            modality=row["modality"],
            priority=row["priority"],
            reason=row["reason"],
            referrer=row["referrer"],
            start=datetime.fromisoformat(row["start"]) if row["start"] else None,
            study_uid=row["study_uid"] if as_omi else "",
            steps=tuple(build.Step(step, protocol_text=text) for step, text in json.loads(row["steps"])),
            why=why,
            response=now["order_response"],
        )
        patient = registry.in_hl7(tx, row["patient_id"], row["issuer"])
        visit = visits.in_hl7(visits.current(tx, row["patient_id"], row["issuer"]))
        write = build.omi if as_omi else build.orm
        self._outbox.put(write(header, control, patient, order, visit))
        return header, "OMI^O23" if as_omi else "ORM^O01"


def find(tx: sqlite3.Connection, placer: str) -> sqlite3.Row:
    """The order of that placer number; NotFound."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM epr_order WHERE placer=?", (placer,)).fetchone()
    if row is None:
        raise NotFound(f"no order {placer}", place="EPR", remedy="Look at the list of orders.")
    return row
