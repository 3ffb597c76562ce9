"""What a scene puts into the electronic patient record."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simlab.config import LOOPBACK
from simlab.department.epr import registry, settings
from simlab.people import NHS, TRUST


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EprAddress(_Staged):
    """The MLLP door that the EPR sends to: the engine's."""

    host: str = LOOPBACK
    port: int = Field(ge=0, le=65535)


class EprIdentifier(_Staged):
    """Another number of a patient."""

    number: str
    authority: str
    type: str = ""


class EprPatient(_Staged):
    """A patient; `name` is a DICOM PN, `birth_date` a DA. With `merged_into` it is a retired number."""

    patient_id: str = Field(min_length=1)
    issuer: str = TRUST
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    nhs_number: str = ""
    address: str = ""
    phone: str = ""
    identifiers: list[EprIdentifier] = []
    merged_into: str | None = None
    gp: str = ""
    trace_status: str = ""


class EprVisit(_Staged):
    """A stay that is open when the scene begins."""

    number: str = Field(min_length=1)
    patient_id: str
    issuer: str = TRUST
    patient_class: str = "I"
    location: str = ""
    consultant: str = ""
    service: str = ""
    state: Literal["preadmitted", "open", "discharged"] = "open"


class EprOrder(_Staged):
    """An order that was placed before the scene begins; with `accession` the RIS has accepted it."""

    placer: str = Field(min_length=1)
    patient_id: str
    issuer: str = TRUST
    exam: str
    description: str = ""
    modality: str = ""
    priority: str = "R"
    reason: str = ""
    referrer: str = ""
    state: str = "ordered"
    status: str = ""
    filler: str = ""
    accession: str = ""
    study_uid: str = ""


class EprStage(_Staged):
    """The EPR in a scene."""

    settings: dict[str, Any] = {}
    send_to: EprAddress | None = None
    patients: list[EprPatient] = []
    visits: list[EprVisit] = []
    orders: list[EprOrder] = []


def lay_out(tx: sqlite3.Connection, section: EprStage, now: datetime) -> None:
    """Write the rows of a scene."""
    settings.change(tx, section.settings)
    if section.send_to:
        address = {"destination_host": section.send_to.host, "destination_port": section.send_to.port}
        settings.change(tx, address)
    for patient in section.patients:
        key = (patient.patient_id, patient.issuer)
        facts = patient.model_dump(include={*registry.FACTS, "merged_into"})
        tx.execute(
            f"INSERT OR REPLACE INTO epr_patient (patient_id, issuer, {', '.join(facts)}) "
            f"VALUES (?, ?, {', '.join('?' * len(facts))})",
            (*key, *facts.values()),
        )
        others = [(one.number, one.authority, one.type) for one in patient.identifiers]
        if patient.nhs_number:
            others.append((patient.nhs_number, NHS, "NH"))
        tx.executemany("INSERT OR REPLACE INTO epr_identifier VALUES (?, ?, ?, ?, ?)", [(*key, *one) for one in others])
    for visit in section.visits:
        row = visit.model_dump()
        tx.execute(
            f"INSERT OR REPLACE INTO epr_visit ({', '.join(row)}, admitted) VALUES ({', '.join('?' * len(row))}, ?)",
            (*row.values(), now.isoformat(timespec="seconds")),
        )
    for order in section.orders:
        row = order.model_dump()
        tx.execute(
            f"INSERT OR REPLACE INTO epr_order ({', '.join(row)}, ordered) VALUES ({', '.join('?' * len(row))}, ?)",
            (*row.values(), now.isoformat(timespec="seconds")),
        )
