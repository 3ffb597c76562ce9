"""What a scene puts into the PACS."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, InstanceOf

from simlab.dicom.instance import Instance


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PacsPeer(_Staged):
    """A peer; `services` of echo, store, query, retrieve and destination, all when not said.

    `classes` are the SOP classes that it may store, `max_associations` how many it may hold at once.
    """

    title: str
    host: str = "127.0.0.1"
    port: int = 104
    services: list[str] | None = None
    classes: list[str] = []
    max_associations: int = 0


class PacsPatient(_Staged):
    """A patient without images, or a retired number with the one it was merged into."""

    patient_id: str
    issuer: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    merged_into: str | None = None
    merged_issuer: str | None = None


class PacsStage(_Staged):
    """Settings, peers, patients and images; `quarantined` are Study Instance UIDs."""

    settings: dict[str, Any] = {}
    peers: list[PacsPeer] = []
    patients: list[PacsPatient] = []
    instances: list[InstanceOf[Instance]] = []
    quarantined: list[str] = []
