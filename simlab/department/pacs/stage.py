"""What a scene puts into the PACS."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, InstanceOf

from simlab.department.pacs.retention import RetentionRule
from simlab.department.pacs.routing import Rule
from simlab.dicom.instance import Instance


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PacsPeer(_Staged):
    """A peer; `services` of echo, store, query, retrieve and destination, all when not said.

    `classes` are the SOP classes that it may store, `max_associations` how many it may hold at once; with `tls` it is
    called over TLS.
    """

    title: str
    host: str = "127.0.0.1"
    port: int = 104
    services: list[str] | None = None
    classes: list[str] = []
    max_associations: int = 0
    tls: bool = False


class PacsUser(_Staged):
    """Somebody who may log in, by name alone when there is no passcode."""

    name: str
    passcode: str | None = None
    full_name: str = ""


class PacsPatient(_Staged):
    """A patient without images, or a retired number with the one it was merged into."""

    patient_id: str
    issuer: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    merged_into: str | None = None
    merged_issuer: str | None = None


class PacsArchived(_Staged):
    """A study that the archive has: still `cached` or not, its medium on the shelf or not."""

    study_uid: str
    cached: bool = False
    shelved: bool = False


class PacsTransfer(_Staged):
    """A study that waits to be sent to a peer."""

    study_uid: str
    destination: str
    priority: Literal["low", "medium", "high"] = "medium"


class PacsMerge(_Staged):
    """A merge that was made before the scene begins, of what was held by then."""

    retire: str
    survive: str
    issuer: str = ""
    at: datetime


class PacsAudit(_Staged):
    """An entry of the audit trail from before the scene."""

    at: datetime
    user: str
    event: Literal["query", "transferred", "accessed", "deleted", "patient record", "login"] = "accessed"
    ae: str = ""
    patient_id: str = ""
    study_uid: str = ""
    summary: str = ""


class PacsStage(_Staged):
    """Settings, peers, patients and images; `quarantined` are Study Instance UIDs.

    `orders` are what the PACS was told of, by accession number; `reported` are report statuses by Study Instance UID.

    `rules` and `retention` are rules as the console takes them, `held` are destinations whose transfers are held.
    """

    settings: dict[str, Any] = {}
    peers: list[PacsPeer] = []
    users: list[PacsUser] = []
    patients: list[PacsPatient] = []
    instances: list[InstanceOf[Instance]] = []
    quarantined: list[str] = []
    merges: list[PacsMerge] = []
    orders: dict[str, dict[str, str]] = {}
    reported: dict[str, str] = {}
    audit: list[PacsAudit] = []
    rules: list[Rule] = []
    retention: list[RetentionRule] = []
    archived: list[PacsArchived] = []
    transfers: list[PacsTransfer] = []
    held: list[str] = []
