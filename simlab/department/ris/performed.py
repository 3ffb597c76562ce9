"""What performed steps do to orders: begin, finish and discontinue scheduled steps, and set them right afterwards."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from simlab.department.ris import states
from simlab.dicom.discontinuation import WRONG_ENTRY

IN_PROGRESS, COMPLETED, DISCONTINUED = "IN PROGRESS", "COMPLETED", "DISCONTINUED"
STATUSES = (IN_PROGRESS, COMPLETED, DISCONTINUED)
"""Performed Procedure Step Status (0040,0252), PS3.3 C.4.14."""


@dataclass(frozen=True)
class Link:
    """What a performed step says it is for; without `step_id` it is unscheduled."""

    step_id: str
    accession: str
    study_uid: str


def begin(tx: sqlite3.Connection, mpps_uid: str, links: list[Link], patient_id: str) -> list[str]:
    """Bring the linked steps into progress; gives in words what does not agree with what was scheduled."""
    odd = []
    for position, link in enumerate(links):
        step = tx.execute(
            "SELECT s.*, o.patient_id FROM ris_step s JOIN ris_order o USING (accession) WHERE step_id=?",
            (link.step_id,),
        ).fetchone()
        before = ""
        if link.step_id and step is None:
            odd.append(f"no scheduled step {link.step_id}")
        elif step is not None:
            if patient_id and step["patient_id"] != patient_id:
                odd.append(f"step {link.step_id} is of patient {step['patient_id']}, not {patient_id}")
            if link.accession and step["accession"] != link.accession:
                odd.append(f"step {link.step_id} is of order {step['accession']}, not {link.accession}")
            if step["state"] in (*states.OPEN, states.IN_PROGRESS):
                before = step["state"]
                _put(tx, link.step_id, states.IN_PROGRESS)
            else:
                odd.append(f"step {link.step_id} is {step['state']}")
        accession = step["accession"] if step is not None else link.accession
        tx.execute(
            "INSERT INTO ris_mpps_step VALUES (?, ?, ?, ?, ?, ?)",
            (mpps_uid, position, link.step_id, accession, link.study_uid, before),
        )
    return odd


def end(tx: sqlite3.Connection, mpps_uid: str, status: str, reason_code: str = "", reason: str = "") -> None:
    """Bring the linked steps to where a performed step of `status` leaves them, and their orders with them.

    A scheduled step that was picked in error was never begun, and becomes what it had been before.
    """
    for row in _begun(tx, mpps_uid):
        if _others_at(tx, mpps_uid, row["step_id"]):
            continue
        if status == COMPLETED:
            _put(tx, row["step_id"], states.PERFORMED)
        elif reason_code == WRONG_ENTRY:
            _put(tx, row["step_id"], row["before"])
        else:
            _put(tx, row["step_id"], states.DISCONTINUED, reason)


def release(tx: sqlite3.Connection, mpps_uid: str) -> list[str]:
    """Take a performed step off what it was linked to, which goes back to where it stood; gives those orders."""
    freed = [row["accession"] for row in tx.execute("SELECT * FROM ris_mpps_step WHERE mpps_uid=?", (mpps_uid,))]
    for row in _begun(tx, mpps_uid):
        if not _others_at(tx, mpps_uid, row["step_id"], running=False):
            _put(tx, row["step_id"], row["before"])
    tx.execute("DELETE FROM ris_mpps_step WHERE mpps_uid=?", (mpps_uid,))
    return freed


def _begun(tx: sqlite3.Connection, mpps_uid: str) -> list[sqlite3.Row]:
    return tx.execute("SELECT * FROM ris_mpps_step WHERE mpps_uid=? AND before<>''", (mpps_uid,)).fetchall()


def _others_at(tx: sqlite3.Connection, mpps_uid: str, step_id: str, *, running: bool = True) -> bool:
    """Whether another performed step (one in progress, when `running`) is for the same scheduled step."""
    sql = "SELECT 1 FROM ris_mpps_step l JOIN ris_mpps m USING (mpps_uid) WHERE l.step_id=? AND l.mpps_uid<>?"
    if running:
        sql += f" AND m.status='{IN_PROGRESS}'"
    return tx.execute(sql, (step_id, mpps_uid)).fetchone() is not None


def _put(tx: sqlite3.Connection, step_id: str, state: str, reason: str = "") -> None:
    """Bring a step into a state; its order follows from all of its steps."""
    tx.execute("UPDATE ris_step SET state=? WHERE step_id=?", (state, step_id))
    (accession,) = tx.execute("SELECT accession FROM ris_step WHERE step_id=?", (step_id,)).fetchone()
    found = {row["state"] for row in tx.execute("SELECT state FROM ris_step WHERE accession=?", (accession,))}
    order = _order_state(found)
    tx.execute(
        "UPDATE ris_order SET state=?, state_reason=? WHERE accession=? AND (state<>? OR state_reason<>?)",
        (order, reason, accession, order, reason),
    )


def _order_state(steps: set[str]) -> str:
    if states.IN_PROGRESS in steps:
        return states.IN_PROGRESS
    still_open = [state for state in states.OPEN if state in steps]
    if still_open:
        return states.IN_PROGRESS if states.PERFORMED in steps else still_open[-1]
    return next(state for state in (states.PERFORMED, states.DISCONTINUED, states.CANCELLED) if state in steps)
