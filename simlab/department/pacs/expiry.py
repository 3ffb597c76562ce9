"""Deletes, once a hospital day, what the retention policy lets go, where the PACS is set to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime

from simlab import provenance
from simlab.department.pacs import retention
from simlab.department.pacs.repair import Repairs
from simlab.department.pacs.settings import setting
from simlab.errors import BadInput
from simlab.store import Store


class Expiry:
    """The day's look at the retention of every study, for `retention_deletes`."""

    def __init__(self, store: Store, repairs: Repairs) -> None:
        self._store = store
        self._repairs = repairs
        self._lock = threading.Lock()
        self._looked: date | None = None

    def forget(self) -> None:
        """The day's look is still to come: the PACS has just opened, or another department stands here."""
        with self._lock:
            self._looked = None

    def look(self, now: datetime, closing: Callable[[], bool]) -> list[str]:
        """Delete what may go, unless this day's look was had; gives the Study Instance UIDs.

        A day is looked at once, so what is let go in its course, by a new rule or a setting, goes on the next.
        """
        with self._lock:
            today = now.date()
            if self._looked == today:
                return []
            gone = self._delete(today, closing)
            self._looked = today
            return gone

    def _delete(self, today: date, closing: Callable[[], bool]) -> list[str]:
        gone: list[str] = []
        with self._store.read() as tx:
            wanted = [
                facts["study_uid"]
                for facts, standing in (retention.standings(tx, today) if setting(tx, "retention_deletes") else ())
                if standing.may_go and not retention.hindrance(tx, facts["study_uid"])
            ]
        for study_uid in wanted:
            if closing():
                break
            try:
                with provenance.acting(provenance.SYSTEM):
                    # Whoever wrote the policy has approved of it.
                    self._repairs.do("expire_study", waived=True, study_uid=study_uid)
            except BadInput:
                continue  # somebody has taken it up since: the next day's look is early enough
            gone.append(study_uid)
        return gone
