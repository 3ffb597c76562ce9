"""What the neighbour's administrator has set."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError, field_validator

from simlab import credentials
from simlab.config import LOOPBACK, SEATS
from simlab.dicom.instance import Instance
from simlab.errors import BadInput

NAME = "TERTIARY"
ANYBODY = "*"
Title = Annotated[str, Field(pattern=r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$")]  # PS3.5 6.2 AE


class NeighbourSettings(BaseModel):
    """Titles and addresses; `issuer` is the assigning authority of its own numbers, `prefix` what they begin with.

    `callers` are who may call it (``*``: anybody). With `own_numbers` whatever comes gets the neighbour's number of
    that person, and the one that was sent stands in the Original Attributes Sequence; without it is kept as it came.

    With `receipts` a study of which nothing more came for `receipt_seconds` of machine time is receipted to who sent
    it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ae_title: Title = SEATS[NAME].title
    callers: tuple[str, ...] = ("PACS", "ADMIN")
    issuer: Annotated[str, Field(min_length=1, max_length=64)] = "TER01"
    prefix: Annotated[str, Field(pattern=r"^[A-Z]{0,4}$")] = "T"
    own_numbers: bool = True
    pacs_title: Title = SEATS["PACS"].title
    pacs_host: Annotated[str, Field(min_length=1, max_length=255)] = LOOPBACK
    pacs_port: Annotated[int, Field(ge=1, le=65535)] = SEATS["PACS"].port
    receipts: bool = True
    receipt_seconds: Annotated[float, Field(ge=0, le=3600)] = 2.0
    certificate: str = credentials.USUAL
    tls_mutual: bool = False

    @field_validator("callers", mode="before")
    @classmethod
    def _listed(cls, titles: Any) -> Any:
        return tuple(titles.replace(",", " ").split()) if isinstance(titles, str) else titles

    @field_validator("certificate")
    @classmethod
    def _known_certificate(cls, name: str) -> str:
        if name not in credentials.CHOICES:
            raise ValueError(f"{name!r} is none of {', '.join(credentials.CHOICES)}")
        return name


class NeighbourStage(BaseModel):
    """What a scene gives the neighbour: settings that differ from the usual, peers, and the images it holds as its own.

    A peer is `title`, `host`, `port`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: dict[str, Any] = {}
    peers: list[dict[str, Any]] = []
    instances: list[InstanceOf[Instance]] = []


def checked(values: Mapping[str, Any]) -> NeighbourSettings:
    """Settings over the defaults; BadInput names the bad one."""
    try:
        return NeighbourSettings(**values)
    except ValidationError as errors:
        first = errors.errors()[0]
        key = str(first["loc"][0])
        what = first["msg"].removeprefix("Value error, ").lower()
        remedy = f"There are {', '.join(NeighbourSettings.model_fields)}."
        raise BadInput(f"{key}: {what}", place=NAME, remedy=remedy) from None


def load(tx: sqlite3.Connection) -> NeighbourSettings:
    """The settings in force."""
    rows = tx.execute("SELECT key, value FROM neighbour_setting").fetchall()
    return checked({row["key"]: json.loads(row["value"]) for row in rows})


def save(tx: sqlite3.Connection, settings: NeighbourSettings) -> None:
    """Write all of them."""
    for key, value in settings.model_dump(mode="json").items():
        tx.execute("INSERT OR REPLACE INTO neighbour_setting VALUES (?, ?)", (key, json.dumps(value)))
