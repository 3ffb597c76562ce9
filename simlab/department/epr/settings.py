"""The settings of the electronic patient record: how it signs its messages and where it sends them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from simlab.department.epr.results import CORRECTIONS, POLICIES, SHOWN_AS
from simlab.errors import BadInput, SimlabError
from simlab.hl7.characters import CODECS, codec
from simlab.people import TRUST

DEFAULTS = {
    "application": "EPR",
    "facility": TRUST,
    "authority": TRUST,
    "receiving_application": "ENGINE",
    "receiving_facility": TRUST,
    "service": "MED",  # PV1-10 of a visit for which none is named (table 0069)
    "version": "2.5.1",
    "order_version": "2.3.1",  # IHE RAD-2 and RAD-4 are ORM^O01 of 2.3.1
    "order_message": "ORM",  # or OMI, which the EPR numbers itself
    "order_response": "",  # ORC-6: F or D asks for an ORR^O02 or ORI^O24 as the reply
    "character_set": "UNICODE UTF-8",
    "preliminary_after_final": "refuse",
    "correction": "replace",
    "unasked_reports": "file",
    "results_as": "text",
    "destination_host": "",
    "destination_port": "0",
    "destination_tls": "false",
    "destination_deferred": "false",  # CA ends a delivery; AA, AE or AR comes later, to EPR_HL7
    "destination_sequence": "false",  # number the messages: MSH-13
}
_EMPTY = "(empty)"
_CHOICES: dict[str, tuple[str, ...]] = {
    "version": ("2.3", "2.3.1", "2.4", "2.5", "2.5.1"),
    "order_version": ("2.3", "2.3.1", "2.4", "2.5", "2.5.1"),
    "order_message": ("ORM", "OMI"),
    "order_response": ("", "E", "R", "D", "F", "N"),
    "preliminary_after_final": POLICIES,
    "correction": CORRECTIONS,
    "unasked_reports": ("file", "refuse"),
    "results_as": SHOWN_AS,
    "destination_tls": ("false", "true"),
    "destination_deferred": ("false", "true"),
    "destination_sequence": ("false", "true"),
}


def read(tx: sqlite3.Connection) -> dict[str, str]:
    """Every setting, the defaults where nothing was set."""
    return {**DEFAULTS, **{row["key"]: row["value"] for row in tx.execute("SELECT key, value FROM epr_setting")}}


def change(tx: sqlite3.Connection, values: Mapping[str, Any]) -> dict[str, str]:
    """Write some settings and give them as stored; BadInput names what cannot be set."""
    unknown = sorted(set(values) - set(DEFAULTS))
    if unknown:
        raise BadInput(f"no setting {unknown[0]!r}", place="EPR", remedy=f"There are: {', '.join(DEFAULTS)}.")
    written = {
        key: str(value).lower() if isinstance(value, bool) else str(value).strip() for key, value in values.items()
    }
    for key, value in written.items():
        if not _fits(key, value):
            raise BadInput(
                f"{value!r} does not fit",
                place=f"EPR {key}",
                remedy=f"{_takes(key)} By default it is {DEFAULTS[key] or _EMPTY}.",
            )
        tx.execute("INSERT OR REPLACE INTO epr_setting VALUES (?, ?)", (key, value))
    return written


def _takes(key: str) -> str:
    """What a setting may be, in a sentence."""
    if key in _CHOICES:
        return f"It takes {', '.join(choice or _EMPTY for choice in _CHOICES[key])}."
    if key == "destination_port":
        return "Write a whole number from 0 to 65535; with 0 what is to be sent waits."
    if key == "character_set":
        return f"It takes a character set of HL7 table 0211: {', '.join(filter(None, CODECS))}."
    return "Write some text."


def _fits(key: str, value: str) -> bool:
    if key in _CHOICES:
        return value in _CHOICES[key]
    if key == "destination_port":
        return value.isdecimal() and int(value) <= 65535
    if key == "character_set":
        try:
            return bool(codec(value))
        except SimlabError:
            return False
    return key == "destination_host" or bool(value)
