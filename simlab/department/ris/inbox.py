"""The RIS's HL7 inbox: applies ADT and orders to patients, orders and steps."""

from __future__ import annotations

import sqlite3

from simlab.clock import Clock
from simlab.department.ris import mapping, orders, patients, procedure_scheduled, settings, states
from simlab.department.ris.forward import Forward
from simlab.department.ris.mapping import OrderLine
from simlab.department.ris.orders import BadOrder, UnknownOrder
from simlab.department.ris.patients import Identifier, UnknownPatient, WrongMerge
from simlab.errors import SimlabError
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.record import message_type
from simlab.store import Store

REGISTER = ("A01", "A04", "A05", "A08", "A28", "A31")
MERGE = ("A18", "A34", "A40")
NOTED = ("A02", "A03", "A06", "A07", "A10", "A11", "A12", "A13", "A38")
"""Movements and cancelled visits: true, and nothing that the RIS keeps."""

_CODES: dict[type[SimlabError], tuple[str, str]] = {
    UnknownPatient: ("204", "PID-3"),
    UnknownOrder: ("204", "OBR-18"),
    BadOrder: ("205", ""),
    WrongMerge: ("204", "MRG-1"),
}
"""Error code (table 0357) and place of each refusal."""

_STATUS_CHANGES: dict[str, str] = {"CA": states.CANCELLED, "OC": states.CANCELLED, "DC": states.DISCONTINUED}
"""What ORC-1 alone says of an order's state (HL7 table 0119)."""


class Inbox:
    """Applies one message at a time, inside the transaction that its receiver opens."""

    def __init__(self, store: Store, clock: Clock, forward: Forward) -> None:
        self._store = store
        self._clock = clock
        self._forward = forward

    def apply(self, message: Message) -> str:
        """Do what the message says and tell it in words; a SimlabError says why not, and nothing is changed."""
        try:
            with self._store.write() as tx:
                return self._dispatch(tx, message)
        except Hl7Error:
            raise
        except SimlabError as error:
            code, place = _CODES.get(type(error), ("207", ""))
            raise Hl7Error(error.what, place=place or error.place, remedy=error.remedy, code=code) from error

    def _dispatch(self, tx: sqlite3.Connection, message: Message) -> str:
        kind, event = message.get("MSH-9.1"), message.get("MSH-9.2") or message.get("EVN-1")
        if kind == "ORM":
            return self._orders(tx, message)
        if kind != "ADT":
            raise Hl7Error(
                f"the RIS takes ADT and ORM, not {kind}", place="MSH-9.1", code="200", ack="AR", remedy="Route it away."
            )
        if event in NOTED:
            return "noted"
        if event in REGISTER:
            text = self._register(tx, message)
        elif event in MERGE:
            text = self._merge(tx, message)
        else:
            raise Hl7Error(
                f"the RIS does not act on {message_type(message)}",
                place="MSH-9.2",
                code="201",
                ack="AR",
                remedy=f"It takes {', '.join(REGISTER + MERGE)}.",
            )
        self._forward.put(tx, message)
        return text

    def _register(self, tx: sqlite3.Connection, message: Message) -> str:
        own = settings.load(tx).mrn_authority
        number = mapping.hospital_number(message, own)
        patients.check_number(number.number, "PID-3")
        kept, new = patients.register(tx, number, mapping.demographics(message), _others(message, number))
        done = "registered" if new else "updated"
        return f"{done} {kept.number}" if kept == number or new else f"updated {kept.number}, the survivor"

    def _merge(self, tx: sqlite3.Connection, message: Message) -> str:
        own = settings.load(tx).mrn_authority
        survive = mapping.hospital_number(message, own, strict=True)
        retire = mapping.hospital_number(message, own, "MRG-1", strict=True)
        for one, place in ((survive, "PID-3"), (retire, "MRG-1")):
            patients.check_number(one.number, place)
            if one.authority != own:
                raise Hl7Error(
                    f"{one.number} has the authority {one.authority or 'none'}, the RIS keeps those of {own}",
                    place=f"{place}.4",
                    code="204",
                    remedy=f"Send {one.number}^^^{own}^MR if that is meant.",
                )
        if _same(survive, retire):
            raise WrongMerge(f"{survive.number} cannot be merged into itself", remedy="Name two numbers.")
        if patients.find(tx, retire) is None:
            # Remembered all the same: later traffic on the retired number belongs to the survivor.
            patients.register(tx, retire, {})
        known = patients.find(tx, survive)
        if known is None or known["merged_into"] is None:
            patients.register(tx, survive, mapping.demographics(message), _others(message, survive))
        moved = patients.merge(tx, retire, survive)
        return f"merged {retire.number} into {survive.number}, {len(moved['orders'])} orders moved"

    def _orders(self, tx: sqlite3.Connection, message: Message) -> str:
        setting = settings.load(tx)
        number = mapping.hospital_number(message, setting.mrn_authority)
        patients.check_number(number.number, "PID-3")
        applied, done = [], []
        for line in mapping.order_lines(message, number):
            accession, text = self._order(tx, message, line)
            applied.append((line.obr, accession))
            done.append(text)
        if setting.forward_orders:
            self._forward.put(tx, procedure_scheduled.numbered(tx, message, applied))
        return "; ".join(done)

    def _order(self, tx: sqlite3.Connection, message: Message, line: OrderLine) -> tuple[str, str]:
        """Apply one order; gives its accession number, and what was done in words."""
        if line.control == "NW":
            return self._new(tx, message, line)
        if line.control not in ("XO", "SC", "SN", *_STATUS_CHANGES):
            raise Hl7Error(
                f"the RIS does not act on order control {line.control or 'nothing'}",
                place="ORC-1",
                code="103",
                remedy="Send NW, XO, SC, CA or DC.",
            )
        accession = self._known(tx, line)
        state = _STATUS_CHANGES.get(line.control) or states.FROM_HL7.get(line.status)
        changed = []
        request = line.request
        if line.control in ("XO", "SC", "SN") and (request.start or request.modality):
            orders.change_steps(
                tx,
                accession,
                step_id=request.step_id,
                modality=request.modality,
                start=request.start or "",
                physician=request.physician,
            )
            changed.append("rescheduled")
        if state and state != orders.find(tx, accession)["state"]:
            orders.move_to(tx, accession, state, line.why)
            changed.append(state)
        return accession, f"order {accession}: {' and '.join(changed) or 'unchanged'}"

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
                    place="ORC-2",
                    remedy="Send a change (XO), or a new placer number.",
                )
        if patients.find(tx, request.patient) is None:
            said = mapping.demographics(message)
            patients.register(tx, request.patient, said, _others(message, request.patient))
        accession = orders.create(tx, request, self._clock.now())
        return accession, f"order {accession}: {request.state}"

    def _known(self, tx: sqlite3.Connection, line: OrderLine) -> str:
        """The accession of the order that a line names, which must be of the patient in PID."""
        request = line.request
        for column, value in (
            ("accession", request.accession),
            ("placer", request.placer),
            ("filler", request.filler),
        ):
            row = value and tx.execute(f"SELECT * FROM ris_order WHERE {column} = ?", (value,)).fetchone()
            if not row:
                continue
            whose = patients.survivor(tx, request.patient)
            if not _same(whose, Identifier(row["patient_id"], row["issuer"])):
                raise BadOrder(
                    f"order {row['accession']} is not of patient {whose.number}",
                    place="PID-3",
                    remedy="An order message never changes whose the order is.",
                )
            return str(row["accession"])
        named = request.accession or request.placer or request.filler or "without a number"
        raise UnknownOrder(f"no order {named}", remedy="Send it as new (NW) first.")


def _same(one: Identifier, other: Identifier) -> bool:
    return (one.number, one.authority) == (other.number, other.authority)


def _others(message: Message, own: Identifier) -> list[Identifier]:
    return [one for one in mapping.identifiers(message) if not _same(one, own) and one.authority]
