"""What a scene puts into the RIS."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from simlab.department.ris import correction, mpps, orders, patients, performed, settings, states
from simlab.department.ris.patients import Identifier
from simlab.errors import BadInput
from simlab.people import TRUST


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RisPeer(_Staged):
    """A system that may call the RIS; `services` of echo and worklist, both when not said."""

    title: str
    host: str = "127.0.0.1"
    port: int = 104
    services: list[str] | None = None


class RisExam(_Staged):
    """An exam and the station it is sent to."""

    code: str
    description: str = ""
    modality: str
    station_ae: str
    body_part: str = ""


class RisIdentifier(_Staged):
    """Another number of a patient."""

    number: str
    authority: str
    type: str = ""


class RisPatient(_Staged):
    """A patient; `name` is a DICOM PN, `birth_date` a DA. With `merged_into` it is a retired number."""

    patient_id: str
    issuer: str = TRUST
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    address: str = ""
    phone: str = ""
    identifiers: list[RisIdentifier] = []
    merged_into: str | None = None


class RisOrder(_Staged):
    """An order with one step; what is empty the RIS fills in, the station by the exam's mapping. `start` is ISO."""

    accession: str
    patient_id: str
    issuer: str = TRUST
    exam: str
    start: str | None = None
    state: str = states.BOOKED
    placer: str = ""
    filler: str = ""
    procedure_id: str = ""
    reason: str = ""
    referrer: str = ""
    requester: str = ""
    priority: str = "ROUTINE"
    step_id: str = ""
    study_uid: str = ""
    station_ae: str = ""
    modality: str = ""
    physician: str = ""

    @field_validator("state")
    @classmethod
    def _known(cls, state: str) -> str:
        if state not in states.STATES:
            raise ValueError(f"no state {state!r}; there are {', '.join(states.STATES)}")
        return state

    @field_validator("start")
    @classmethod
    def _readable(cls, start: str | None) -> str | None:
        try:
            return None if start is None else orders.moment(start)
        except BadInput as error:
            raise ValueError(str(error)) from None


class RisPerformed(_Staged):
    """A performed step that the scanner `source` has begun for an order, and not ended. `begun` is ISO."""

    mpps_uid: str
    accession: str
    source: str
    begun: datetime


class RisStage(_Staged):
    """The RIS in a scene."""

    settings: dict[str, Any] = {}
    peers: list[RisPeer] = []
    exams: list[RisExam] = []
    patients: list[RisPatient] = []
    orders: list[RisOrder] = []
    performed: list[RisPerformed] = []


def lay_out(tx: sqlite3.Connection, section: RisStage, now: datetime) -> None:
    """Write the rows of a scene."""
    if section.settings:
        settings.change(tx, section.settings)
    for peer in section.peers:
        services = list(settings.SERVICES) if peer.services is None else peer.services
        tx.execute(
            "INSERT OR REPLACE INTO ris_peer VALUES (?, ?, ?, ?)",
            # A scene may name a wrong port on purpose; the title is checked, for it is what a gate compares.
            (settings.ae_title(peer.title), peer.host, peer.port, json.dumps(services)),
        )
    for exam in section.exams:
        tx.execute(
            "INSERT OR REPLACE INTO ris_exam VALUES (?, ?, ?, ?, ?)",
            (exam.code, exam.description or exam.code, exam.modality, exam.station_ae, exam.body_part),
        )
    for patient in section.patients:
        _patient(tx, patient)
    for order in section.orders:
        values = order.model_dump(exclude={"patient_id", "issuer"})
        orders.create(tx, orders.OrderRequest(patient=Identifier(order.patient_id, order.issuer), **values), now)
    for number, step in enumerate(section.performed, 1):
        _perform(tx, step, f"PPS{number}")


def _perform(tx: sqlite3.Connection, begun: RisPerformed, number: str) -> None:
    orders.find(tx, begun.accession)
    scheduled = tx.execute("SELECT * FROM ris_step WHERE accession=?", (begun.accession,)).fetchone()
    said = {
        **correction.identity(tx, scheduled),
        "PerformedProcedureStepStatus": performed.IN_PROGRESS,
        "PerformedProcedureStepID": number,
        "PerformedStationAETitle": begun.source,
        "PerformedProcedureStepStartDate": f"{begun.begun:%Y%m%d}",
        "PerformedProcedureStepStartTime": f"{begun.begun:%H%M%S}",
        "Modality": scheduled["modality"],
        "PerformedSeriesSequence": [],
    }
    tx.execute(
        "INSERT INTO ris_mpps (mpps_uid, status, source, begun, attributes) VALUES (?, ?, ?, ?, ?)",
        (begun.mpps_uid, performed.IN_PROGRESS, begun.source, begun.begun.isoformat(timespec="seconds"),
         json.dumps(said, ensure_ascii=False)),
    )  # fmt: skip
    performed.begin(tx, begun.mpps_uid, mpps.links(said), str(said["PatientID"]))


def _patient(tx: sqlite3.Connection, patient: RisPatient) -> None:
    key = Identifier(patient.patient_id, patient.issuer)
    others = [Identifier(one.number, one.authority, one.type) for one in patient.identifiers]
    patients.register(tx, key, patient.model_dump(include=set(patients.FIELDS)), others)
    if patient.merged_into is not None:
        tx.execute(
            "UPDATE ris_patient SET merged_into = ?, merged_issuer = ? WHERE patient_id = ? AND issuer = ?",
            (patient.merged_into, patient.issuer, key.number, key.authority),
        )
