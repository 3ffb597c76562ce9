"""The PACS's settings: what each is until somebody changes it, and what it may be."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from simlab import credentials
from simlab.department.pacs.personality import PERSONALITIES, STRICT
from simlab.dicom.extended import OPTIONS
from simlab.errors import BadInput
from simlab.remembered import remembered

Value = str | int | bool | list[str]

DEFAULTS: dict[str, Value] = {
    "ae_title": "PACS",
    "check_called": True,
    "check_calling": True,
    "max_associations": 50,
    "idle_seconds": 60,
    "case_insensitive_pn": False,
    "personality": STRICT,
    "extended_negotiation": list(OPTIONS),
    "timezone": "+0000",
    "require_login": False,
    "certificate": credentials.USUAL,
    "tls_mutual": False,
    "default_issuer": "",
    "refused_classes": [],
    "refused_syntaxes": [],
    "role_selection": True,
    "retry_seconds": 2,
    "retry_seconds_most": 300,
    "transfer_attempts": 5,
    "quota_kb": 0,
    "high_water": 90,
    "low_water": 75,
    "make_space": True,
    "archive_tier": False,
    "archive_after_minutes": 10,
    "recall_seconds": 2,
    "retention_days": 0,
    "retention_deletes": False,
    "commitment_same_association": True,
    "notify_availability": [],
    "study_complete_seconds": 2,
    "receipts_from": ["TERTIARY"],
    "show_quality_rejected": False,
    "approve_reported": True,
}
"""Every setting with what it is until somebody changes it. `default_issuer` is the assigning authority of patient IDs
that come without one; `refused_classes` are SOP class UIDs the archive does not take, `refused_syntaxes` transfer
syntaxes (UIDs, or compressed, video, deflated, big-endian, explicit). Without `role_selection` nobody is let be the
SCP of storage, which C-GET needs. An association that stands still for `idle_seconds` is aborted.

`case_insensitive_pn` finds names whatever their case and accents (PS3.4 C.2.2.2.1). `personality` is the product that
the PACS behaves like; `extended_negotiation` lists what a caller may negotiate beyond the baseline, `timezone` is the
zone that the archive's dates and times are in. With `require_login` nobody gets in without a user's name.
`certificate` is what the TLS door shows, by the name of its file; with `tls_mutual` the caller must show one too.

Transfers: the first wait after a failure in hospital seconds, doubled each time up to the most; after so many
`transfer_attempts` that the destination refused, a transfer counts as failed. Space: `quota_kb` is what the cache may
hold in KiB (0: no limit), `high_water` and `low_water` are per cent of it, `make_space` has the cache cleared from the
one down to the other. With `archive_tier` on, what came so many minutes ago is copied to the archive, from where a
recall takes `recall_seconds`. `retention_days` is how long is kept what no retention rule speaks of (0: for ever).
With `retention_deletes` what may go is deleted, at the first look of each hospital day.

Notices: `commitment_same_association` has a commitment report given on the association that asked for it while that is
open, else always on one of the PACS's own. The AE titles in `notify_availability` are told of a study when nothing of
it has come for `study_complete_seconds`. Both are tried again like transfers. The AE titles in `receipts_from` owe a
receipt for what is sent to them.

Repair: `show_quality_rejected` shows what was rejected for its quality alone (113001); with `approve_reported` a second
person must approve a repair of what is reported."""

CHOICES: dict[str, tuple[str, ...]] = {
    "personality": tuple(PERSONALITIES),
    "extended_negotiation": tuple(OPTIONS),
    "certificate": credentials.CHOICES,
}
"""What a setting, or each part of its list, must be one of."""

_ZONE = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")

RANGES: dict[str, tuple[int, int]] = {
    "retry_seconds": (1, 3600),
    "retry_seconds_most": (1, 86400),
    "transfer_attempts": (1, 100),
    "quota_kb": (0, 1_000_000_000),
    "high_water": (1, 100),
    "low_water": (0, 100),
    "archive_after_minutes": (0, 100_000),
    "recall_seconds": (0, 600),
    "retention_days": (0, 100_000),
}
"""The least and the most of a number; of others 1 and 10000."""


def setting(tx: sqlite3.Connection, key: str) -> Any:
    """A setting's value now."""
    return remembered(tx, _changed).get(key, DEFAULTS[key])


def _changed(tx: sqlite3.Connection) -> dict[str, Any]:
    return {row["key"]: json.loads(row["value"]) for row in tx.execute("SELECT key, value FROM pacs_setting")}


def write_settings(tx: sqlite3.Connection, changes: dict[str, Any]) -> dict[str, Value]:
    """Check and keep `changes`; raises BadInput that lists what may be set."""
    checked = {key: checked_value(key, value) for key, value in changes.items()}
    for key, value in checked.items():
        tx.execute("INSERT OR REPLACE INTO pacs_setting VALUES (?, ?)", (key, json.dumps(value)))
    return checked


def checked_value(key: str, value: Any) -> Value:
    """`value` in the type of the setting, text as a command line gives it included."""
    if key not in DEFAULTS:
        raise BadInput(f"the PACS has no setting {key}", place=key, remedy=f"It has: {', '.join(DEFAULTS)}.")
    default = DEFAULTS[key]
    if isinstance(default, bool):
        if str(value).lower() in ("true", "on", "yes", "1", "false", "off", "no", "0"):
            return str(value).lower() in ("true", "on", "yes", "1")
        raise BadInput(f"{value!r} is neither on nor off", place=key, remedy="Write true or false.")
    if isinstance(default, int):
        least, most = RANGES.get(key, (1, 10000))
        if str(value).isdecimal() and len(str(value)) < 12 and least <= int(value) <= most:
            return int(value)
        raise BadInput(f"{value!r} is no number from {least} to {most}", place=key, remedy="Write a number.")
    if isinstance(default, list):
        parts = value if isinstance(value, list) else str(value).replace(",", " ").split()
        return [_chosen(key, str(part)) for part in parts]
    if key == "timezone" and not _ZONE.fullmatch(str(value)):
        raise BadInput(f"{value!r} is no time zone", place=key, remedy="Write it as +0100.")
    return checked_title(str(value)) if key == "ae_title" else _chosen(key, str(value))


def _chosen(key: str, value: str) -> str:
    if value not in CHOICES.get(key, (value,)):
        raise BadInput(f"{value!r} is no {key}", place=key, remedy=f"Choose from {', '.join(CHOICES[key])}.")
    return value


def checked_title(title: str) -> str:
    """An AE title without padding; raises BadInput when it is none (PS3.5 6.2: 1 to 16 characters, no backslash)."""
    plain = title.strip(" ")
    if not plain or len(plain) > 16 or not plain.isascii() or not plain.isprintable() or "\\" in plain:
        raise BadInput(
            f"{title!r} is no AE title", remedy="Write 1 to 16 plain characters; upper and lower case differ."
        )
    return plain
