"""The table from the steps of a pathway to what each does."""

from __future__ import annotations

from typing import Any

from simlab.feed import attending, imaging

ACTS: dict[str, Any] = {
    "identify": attending.identify,
    "amend": attending.amend,
    "attend": attending.attend,
    "preadmit": attending.preadmit,
    "admit": attending.admit,
    "transfer": attending.transfer,
    "discharge": attending.discharge,
    "undo": attending.undo,
    "merge": attending.merge,
    "link": attending.link,
    "appoint": attending.appoint,
    "order": imaging.order,
    "schedule": imaging.schedule,
    "cancel": imaging.cancel,
    "arrive": imaging.arrive,
    "begin": imaging.begin,
    "perform": imaging.perform,
    "report": imaging.report,
    "result": imaging.result,
}
"""Each takes the journey, the step's own words and the branch's draws, and gives what happens."""
