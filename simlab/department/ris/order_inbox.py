"""Orders as they come in ORM^O01 and OMI^O23: made, changed, stopped, by what ORC-1 says."""

from __future__ import annotations

import sqlite3

from simlab.clock import Clock
from simlab.department.ris import orders, patients, persons, procedure_scheduled, registering, settings, states
from simlab.department.ris.forward import Forward
from simlab.department.ris.order_lines import OrderLine, order_lines
from simlab.department.ris.orders import BadOrder
from simlab.department.ris.settings import RisSettings
from simlab.department.ris.telling import Telling
from simlab.errors import BadInput
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message

CHANGES: dict[str, str] = {
    "XO": "",
    "SC": "",
    "SN": "",
    "CA": states.CANCELLED,
    "OC": states.CANCELLED,
    "DC": states.DISCONTINUED,
    "OD": states.DISCONTINUED,
    "HD": states.HELD,
    "OH": states.HELD,
    "RL": "release",
}
"""What ORC-1 (HL7 table 0119) says of an order that is there: its state, or nothing (ORC-5 may)."""
NEW, ASSIGNED = "NW", "NA"
PLACERS = ("CA", "DC", "HD", "RL")
"""What the placer itself asked for, and need not be told."""


class OrderInbox:
    """Applies the orders of a message, inside the transaction of the inbox."""

    def __init__(self, clock: Clock, forward: Forward, telling: Telling) -> None:
        self._clock = clock
        self._forward = forward
        self._telling = telling

    def apply(self, tx: sqlite3.Connection, message: Message) -> str:
        """Do what each ORC says; a SimlabError says why not."""
        setting = settings.load(tx)
        number = persons.hospital_number(message, setting.mrn_authority)
        patients.check_number(number.number, "PID-3")
        applied, done, told = [], [], []
        for line in order_lines(message, number, setting):
            try:
                accession, text = self._order(tx, message, line, setting)
            except BadInput as error:
                raise _refusal(error, line) from error
            if line.control != ASSIGNED:
                applied.append((line, accession))
            done.append(text)
            told.append((accession, line.control in PLACERS))
        if setting.forward_orders and applied:
            self._forward.put(tx, procedure_scheduled.numbered(tx, message, applied))
        for accession, known in told:
            self._telling.changed(tx, [accession], quiet=known)
        return "; ".join(done)

    def _order(
        self, tx: sqlite3.Connection, message: Message, line: OrderLine, setting: RisSettings
    ) -> tuple[str, str]:
        """Apply one order; gives its accession number, and what was done in words."""
        if line.control == NEW:
            return self._new(tx, message, line)
        if line.control == ASSIGNED:
            return self._assigned(tx, line)
        if line.control not in CHANGES:
            raise Hl7Error(
                f"the RIS does not act on order control {line.control or 'nothing'}",
                place=line.at("ORC-1"),
                code="103" if line.control else "101",
                remedy="Send NW, XO, SC, CA, DC, HD or RL.",
            )
        accession = self._known(tx, message, line)
        changed = self._change(tx, line, accession, setting) if not CHANGES[line.control] else []
        state = CHANGES[line.control] or states.FROM_HL7.get(line.status)
        if state == "release":
            state = released(tx, accession)
        if state and state != orders.find(tx, accession)["state"]:
            orders.move_to(tx, accession, state, line.why)
            changed.append(state)
        return accession, f"order {accession}: {' and '.join(changed) or 'unchanged'}"

    def _change(self, tx: sqlite3.Connection, line: OrderLine, accession: str, setting: RisSettings) -> list[str]:
        request = line.request
        held = [
            row["study_uid"]
            for row in tx.execute("SELECT study_uid FROM ris_step WHERE accession = ?", (accession,)).fetchall()
        ]
        if request.study_uid and request.study_uid not in held:
            if setting.keyed_on_study_uid:
                orders.create(tx, request, self._clock.now(), further=True)
                return ["a second step made"]
            raise BadOrder(
                f"order {accession} is of study {held[0]}, not {request.study_uid}",
                place="study_uid",
                code="204",
                remedy="A change keeps the Study Instance UID; a new study is a new order (NW).",
            )
        if not (request.start or request.modality):
            return []
        orders.change_steps(
            tx,
            accession,
            step_id=request.step_id,
            modality=request.modality,
            start=request.start or "",
            physician=request.physician,
        )
        return ["rescheduled"]

    def _new(self, tx: sqlite3.Connection, message: Message, line: OrderLine) -> tuple[str, str]:
        request = line.request
        if request.placer and not request.step_id:
            taken = tx.execute(
                "SELECT accession FROM ris_order WHERE placer = ? AND accession <> ?",
                (request.placer, request.accession),
            ).fetchone()
            if taken:
                raise BadOrder(
                    f"placer order {request.placer} is order {taken['accession']} already",
                    place="placer",
                    code="205",
                    remedy="Send a change (XO), or a new placer number.",
                )
        if patients.find(tx, request.patient) is None:
            said = persons.demographics(message)
            patients.register(tx, request.patient, said, registering.others(message, request.patient))
        accession = orders.create(tx, request, self._clock.now())
        for step, further in zip(line.group.steps[1:], line.requests[1:], strict=False):
            try:
                orders.create(tx, orders.replaced(further, accession), self._clock.now(), further=True)
            except BadOrder as error:
                raise _refusal(error, line, step) from error
        steps = f", {len(line.requests)} steps" if len(line.requests) > 1 else ""
        return accession, f"order {accession}: {request.state}{steps}"

    def _assigned(self, tx: sqlite3.Connection, line: OrderLine) -> tuple[str, str]:
        """The placer has given the RIS's own order its number (NA)."""
        row = tx.execute("SELECT * FROM ris_order WHERE filler = ?", (line.request.filler,)).fetchone()
        if row is None:
            raise _unknown(
                line, "filler", f"no order of filler number {line.request.filler}", "ORC-3 names the RIS's order."
            )
        if row["placer"] not in ("", line.request.placer):
            raise BadOrder(
                f"order {row['accession']} has placer number {row['placer']}",
                place="placer",
                remedy="It keeps that.",
                code="205",
            )
        tx.execute("UPDATE ris_order SET placer = ? WHERE accession = ?", (line.request.placer, row["accession"]))
        return row["accession"], f"order {row['accession']}: placer number {line.request.placer}"

    def _known(self, tx: sqlite3.Connection, message: Message, line: OrderLine) -> str:
        """The accession of the order that a line names, which must be of the patient in PID."""
        request = line.request
        numbers = {"accession": request.accession, "placer": request.placer, "filler": request.filler}
        for column, value in numbers.items():
            row = value and tx.execute(f"SELECT * FROM ris_order WHERE {column} = ?", (value,)).fetchone()
            if not row:
                continue
            whose = patients.survivor(tx, request.patient)
            if (whose.number, whose.authority) != (row["patient_id"], row["issuer"]):
                raise BadOrder(
                    f"order {row['accession']} is not of patient {whose.number}",
                    place=persons.spot(message, request.patient) or "PID-3",
                    code="204",
                    remedy="An order message never changes whose the order is.",
                )
            return str(row["accession"])
        said = next((column for column, value in numbers.items() if value), "")
        named = numbers[said] if said else "without a number"
        raise _unknown(line, said, f"no order {named}", "Send it as new (NW) first.")


def _unknown(line: OrderLine, field: str, what: str, remedy: str) -> Hl7Error:
    """The refusal of an order that is not here; of one that is not named at all when `field` is empty."""
    code = "204" if field and getattr(line.request, field) else "101"
    return Hl7Error(what, place=line.where(field or "placer"), code=code, remedy=remedy)


def _refusal(error: BadInput, line: OrderLine, step: int = 0) -> Hl7Error:
    """A refusal by the orders' table as an ACK carries it: the place of the field that is wrong, and its code.

    What the state of an order does not allow is refused at ORC-1, which asked for it.
    """
    if not isinstance(error, BadOrder):
        what = f"{error.place}: {error.what}" if error.place else error.what
        return Hl7Error(what, place=line.at("ORC-1"), remedy=error.remedy, code="207")
    known = "-" in error.place  # a path already
    place = error.place if known else line.where(error.place, step)
    return Hl7Error(error.what, place=place, remedy=error.remedy, code=error.code)


def released(tx: sqlite3.Connection, accession: str) -> str:
    """The state that a held order goes back to: booked where it has a time, else vetted; as it is when not held."""
    order = orders.find(tx, accession)
    if order["state"] != states.HELD:
        return str(order["state"])
    booked = tx.execute("SELECT 1 FROM ris_step WHERE accession = ? AND start <> ''", (accession,)).fetchone()
    return states.BOOKED if booked else states.VETTED
