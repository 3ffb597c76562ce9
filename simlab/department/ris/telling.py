"""What the RIS tells of its own accord: how far an order is, when it is booked, what was found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from simlab.clock import Clock
from simlab.department.ris import orders, settings, states
from simlab.department.ris.forward import Forward
from simlab.department.ris.settings import RisSettings
from simlab.hl7 import build

CONTROLS = {"CA": "OC"}
"""ORC-1 by ORC-5: the filler cancels with OC; whatever else has changed is SC (IHE RAD-3)."""
PRIORITIES = {"STAT": "S", "HIGH": "A", "MEDIUM": "T", "ROUTINE": "R"}
MINUTES = 30
"""How long an appointment is said to take."""


class Telling:
    """Messages to the placer, through the engine, as far as the settings want them.

    An order that the placer has no number for is told of once, as new (SN), and then when it has got one.
    """

    def __init__(self, clock: Clock, forward: Forward) -> None:
        self._clock = clock
        self._forward = forward

    def changed(self, tx: sqlite3.Connection, accessions: Iterable[str], *, quiet: bool = False) -> None:
        """Tell what is new of these orders since they were told of last; `quiet`: the placer knows the status."""
        setting = settings.load(tx)
        if setting.forward_adt is None or not (setting.send_status or setting.send_appointments):
            return
        for accession in dict.fromkeys(accessions):
            order = tx.execute("SELECT * FROM ris_order WHERE accession = ?", (accession,)).fetchone()
            if order is not None and order["placer"]:
                self._compare(tx, setting, order, quiet)

    def made(self, tx: sqlite3.Connection, accession: str) -> None:
        """Tell the placer of an order that the RIS made itself: SN, which asks for a number."""
        setting = settings.load(tx)
        if setting.forward_adt is not None and setting.send_status:
            order = orders.find(tx, accession)
            told = _in_hl7(order, _step(tx, accession))
            # What asks for a number tells of no scheduled procedure yet (RAD-3, not RAD-4).
            told = replace(told, accession="", requested_procedure="", step="", study_uid="")
            self._order(tx, setting, order, told, "SN")

    def procedure(self, tx: sqlite3.Connection, accession: str, control: str) -> None:
        """Tell the PACS of an order that the RIS itself made (NW), changed (XO), cancelled (CA) or stopped (DC).

        Keyed on the Study Instance UID, which never changes (IHE RAD-4, RAD-13).
        """
        setting = settings.load(tx)
        if setting.forward_adt is None or not setting.forward_orders:
            return
        order, step = orders.find(tx, accession), _step(tx, accession)
        told = _in_hl7(order, step)
        # An order that no placer has numbered yet goes by the RIS's own number (ORC-2 is required).
        placer, status = told.placer or told.filler, "CA" if control in ("CA", "DC") else told.status
        told = replace(told, placer=placer, status=status)
        header = self._header(tx, setting, setting.order_version)
        header = replace(header, receiving_application=setting.forward_adt.application)
        self._forward.send(build.orm(header, control, _patient(tx, order["patient_id"], order["issuer"]), told))

    def report(self, tx: sqlite3.Connection, report: sqlite3.Row, status: str) -> None:
        """Send a report under its status; `status` W withdraws it from whom it was posted to."""
        setting = settings.load(tx)
        if setting.forward_adt is None or not setting.send_results:
            return
        order = orders.find(tx, report["accession"])
        results = build.WITHDRAWN if status == build.WITHDRAWN else ""
        patient = _patient(tx, report["patient_id"], report["issuer"])
        message = build.oru(
            self._header(tx, setting, setting.result_version),
            patient,
            _in_hl7(order, _step(tx, report["accession"])),
            report["text"],
            status=report["status"] if results else status,
            author=report["author"],
            results=results,
        )
        self._forward.send(message)

    def _compare(self, tx: sqlite3.Connection, setting: RisSettings, order: sqlite3.Row, quiet: bool) -> None:
        step = _step(tx, order["accession"])
        told = tx.execute("SELECT * FROM ris_told WHERE accession = ?", (order["accession"],)).fetchone()
        status = states.TO_HL7.get(order["state"], "")
        booked = step["start"] if order["state"] in (states.BOOKED, states.ARRIVED) and step["start"] else ""
        station = step["station_ae"] if booked else ""
        before = (told["status"], told["start"], told["station"]) if told is not None else ("", "", "")
        if setting.send_status and not quiet and status and status != before[0]:
            self._order(tx, setting, order, _in_hl7(order, step), CONTROLS.get(status, "SC"))
        event = _appointment(order["state"], before[1:], (booked, station))
        if event and setting.send_appointments:
            self._appointment(tx, setting, order, step, event)
        gone = event == "S15"
        kept = ("", "") if gone else (booked or before[1], station or before[2])
        tx.execute("INSERT OR REPLACE INTO ris_told VALUES (?, ?, ?, ?)", (order["accession"], status, *kept))

    def _order(
        self, tx: sqlite3.Connection, setting: RisSettings, order: sqlite3.Row, told: build.Order, control: str
    ) -> None:
        header = self._header(tx, setting, setting.order_version)
        patient = _patient(tx, order["patient_id"], order["issuer"])
        self._forward.send(build.orm(header, control, patient, told))

    def _appointment(
        self, tx: sqlite3.Connection, setting: RisSettings, order: sqlite3.Row, step: sqlite3.Row, event: str
    ) -> None:
        header = self._header(tx, setting, setting.result_version)
        patient = _patient(tx, order["patient_id"], order["issuer"])
        wanted = _in_hl7(order, step)
        self._forward.send(build.siu(header, event, patient, wanted, minutes=MINUTES, place=step["station_ae"]))

    def _header(self, tx: sqlite3.Connection, setting: RisSettings, version: str) -> build.Header:
        to = setting.forward_adt
        return build.Header(
            setting.application,
            setting.facility,
            setting.placer_application,
            to.facility if to else "",
            f"RIS{orders.next_number(tx, 'message')}",
            self._clock.now(),
            version,
        )


def _appointment(state: str, before: tuple[str, str], now: tuple[str, str]) -> str:
    """Which SIU tells what has become of a booking."""
    if before[0] and state in (states.CANCELLED, states.HELD):
        return "S15"
    if not now[0] or now == before:
        return ""
    if not before[0]:
        return "S12"
    return "S13" if now[0] != before[0] else "S14"


def _step(tx: sqlite3.Connection, accession: str) -> sqlite3.Row:
    row: sqlite3.Row = tx.execute(
        "SELECT * FROM ris_step WHERE accession = ? ORDER BY rowid LIMIT 1", (accession,)
    ).fetchone()
    return row


def _in_hl7(order: sqlite3.Row, step: sqlite3.Row) -> build.Order:
    status = states.TO_HL7.get(order["state"], "")
    return build.Order(
        order["placer"],
        order["filler"],
        exam_code=order["exam"],
        exam_text=order["description"],
        accession=order["accession"],
        requested_procedure=order["procedure_id"],
        step=step["step_id"],
        modality=step["modality"],
        start=datetime.fromisoformat(step["start"]) if step["start"] else None,
        priority=PRIORITIES.get(order["priority"], "R"),
        reason=order["reason"],
        referrer=order["requester"] or order["referrer"],
        study_uid=step["study_uid"],
        status=status,
        why=order["state_reason"],
    )


def _patient(tx: sqlite3.Connection, patient_id: str, issuer: str) -> build.Patient:
    """A patient as PID tells of them: the hospital number first."""
    row = tx.execute("SELECT * FROM ris_patient WHERE patient_id = ? AND issuer = ?", (patient_id, issuer)).fetchone()
    others = tx.execute(
        "SELECT number, authority, type FROM ris_identifier WHERE patient_id = ? AND issuer = ? ORDER BY 2, 1",
        (patient_id, issuer),
    )
    numbers = (build.Identifier(patient_id, issuer), *(build.Identifier(*one) for one in others))
    if row is None:
        return build.Patient(numbers)
    family, given, middle, prefix, suffix = (row["name"].split("^") + [""] * 5)[:5]
    return build.Patient(
        numbers,
        family=family,
        given=given,
        middle=middle,
        title=prefix,
        suffix=suffix,
        sex=row["sex"],
        birth_date=row["birth_date"],
    )
