"""What a scene puts into the electronic patient record."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from simlab.config import LOOPBACK
from simlab.department.epr import settings
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


class EprVisit(_Staged):
    """A stay that is open when the scene begins."""

    number: str = Field(min_length=1)
    patient_id: str
    issuer: str = TRUST
    patient_class: str = "I"
    location: str = ""
    consultant: str = ""


class EprStage(_Staged):
    """The EPR in a scene."""

    settings: dict[str, Any] = {}
    send_to: EprAddress | None = None
    patients: list[EprPatient] = []
    visits: list[EprVisit] = []


def lay_out(tx: sqlite3.Connection, section: EprStage, now: datetime) -> None:
    """Write the rows of a scene."""
    settings.change(tx, section.settings)
    if section.send_to:
        address = {"destination_host": section.send_to.host, "destination_port": section.send_to.port}
        settings.change(tx, address)
    for patient in section.patients:
        key = (patient.patient_id, patient.issuer)
        facts = (patient.name, patient.birth_date, patient.sex, patient.address, patient.phone, patient.merged_into)
        tx.execute("INSERT OR REPLACE INTO epr_patient VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*key, *facts))
        others = [(one.number, one.authority, one.type) for one in patient.identifiers]
        if patient.nhs_number:
            others.append((patient.nhs_number, NHS, "NH"))
        tx.executemany("INSERT OR REPLACE INTO epr_identifier VALUES (?, ?, ?, ?, ?)", [(*key, *one) for one in others])
    for visit in section.visits:
        tx.execute(
            "INSERT OR REPLACE INTO epr_visit VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
            (
                visit.number,
                visit.patient_id,
                visit.issuer,
                visit.patient_class,
                visit.location,
                visit.consultant,
                now.isoformat(timespec="seconds"),
            ),
        )
