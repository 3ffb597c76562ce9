"""A viewer's settings: what each is until somebody changes it, and what it may be."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from simlab import credentials
from simlab.config import SEATS
from simlab.dicom.instance import Instance
from simlab.errors import BadInput

ANYBODY = "*"
_LISTS = ("callers", "refused_syntaxes")
_SWITCHES = ("tls_mutual", "purge_oldest")


class ViewerStage(BaseModel):
    """What a scene gives a viewer: its settings, and what it holds.

    `callers` are who may call it (``*``: anybody), `refused_syntaxes` the transfer syntaxes it does not take (UIDs or
    `contexts.FAMILIES`). `quota_images` is how many images fit (0: as many as come): a full viewer answers A700, or
    lets its oldest study go first where `purge_oldest` is set. `certificate` is what its TLS door shows, by the name of
    its file; with `tls_mutual` the caller must show one too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ae_title: str | None = None
    callers: list[str] | None = None
    refused_syntaxes: list[str] | None = None
    quota_images: int | None = Field(None, ge=0)
    purge_oldest: bool | None = None
    certificate: str | None = None
    tls_mutual: bool | None = None
    instances: list[InstanceOf[Instance]] = []


def defaults(system: str) -> dict[str, Any]:
    """Every setting with what it is until somebody changes it."""
    return {
        "ae_title": SEATS[system].title if system in SEATS else system,
        "callers": ["PACS", "ADMIN"],
        "refused_syntaxes": [],
        "quota_images": 0,
        "purge_oldest": False,
        "certificate": credentials.USUAL,
        "tls_mutual": False,
    }


def setting(tx: sqlite3.Connection, system: str, key: str) -> Any:
    """A setting's value now."""
    row = tx.execute("SELECT value FROM viewer_setting WHERE system=? AND key=?", (system, key)).fetchone()
    return json.loads(row["value"]) if row else defaults(system)[key]


def checked(system: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the types of their settings, text as a command line gives it included; BadInput."""
    known = defaults(system)
    for key in values:
        if key not in known:
            raise BadInput(f"{system} has no setting {key}", place=key, remedy=f"It has: {', '.join(known)}.")
    found = dict(values)
    if "ae_title" in found:
        title = str(found["ae_title"]).strip(" ")
        if not title or len(title) > 16 or not title.isascii() or not title.isprintable() or "\\" in title:
            raise BadInput(f"{title!r} is no AE title", place="ae_title", remedy="Write 1 to 16 plain characters.")
        found["ae_title"] = title
    for key in set(_LISTS) & set(found):
        given = found[key]
        found[key] = list(given) if isinstance(given, list) else str(given).replace(",", " ").split()
    if "certificate" in found:
        credentials.check(str(found["certificate"]))
    if "quota_images" in found:
        number = str(found["quota_images"])
        if not number.isdecimal() or len(number) > 9:
            raise BadInput(f"{number!r} is no number of images", place="quota_images", remedy="Write 0 for no limit.")
        found["quota_images"] = int(number)
    for key in set(_SWITCHES) & set(found):
        word = str(found[key]).lower()
        if word not in ("true", "false"):
            raise BadInput(f"{word!r} is neither on nor off", place=key, remedy="Write true or false.")
        found[key] = word == "true"
    return found


def write(tx: sqlite3.Connection, system: str, values: Mapping[str, Any]) -> None:
    """Keep settings that are `checked`."""
    for key, value in values.items():
        tx.execute("INSERT OR REPLACE INTO viewer_setting VALUES (?, ?, ?)", (system, key, json.dumps(value)))
