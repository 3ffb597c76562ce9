"""Deletes, once a hospital day, what the retention policy lets go, where the PACS is set to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from simlab import provenance
from simlab.department.pacs import retention
from simlab.department.pacs.repair import Repairs
from simlab.department.pacs.settings import setting
from simlab.errors import BadInput, NotFound
from simlab.store import Store


class Expiry:
    """The day's look at the retention of every study, for `retention_deletes`."""

    def __init__(self, store: Store, repairs: Repairs) -> None:
        self._store = store
        self._repairs = repairs
        self._looked: date | None = None

    def forget(self) -> None:
        """The day's look is still to come: the PACS has just opened, or another department stands here."""
        self._looked = None

    def look(self, now: datetime, closing: Callable[[], bool]) -> list[str]:
        """Delete what may go, unless this day's look was had; gives the Study Instance UIDs.

        A day is looked at once, so what is let go in its course, by a new rule or a setting, goes on the next.
        """
        today = now.date()
        if self._looked == today:
            return []
        self._looked = today
        try:
            return self._delete(today, lambda: closing() or self._looked != today)
        except BaseException:
            self._looked = None  # the next look may go better
            raise

    def _delete(self, today: date, over: Callable[[], bool]) -> list[str]:
        gone: list[str] = []
        with self._store.read() as tx:
            wanted = [
                facts["study_uid"]
                for facts, standing in (retention.standings(tx, today) if setting(tx, "retention_deletes") else ())
                if standing.may_go and not retention.hindrance(tx, facts["study_uid"])
            ]
        for study_uid in wanted:
            if over():
                break
            try:
                with provenance.acting(provenance.SYSTEM):
                    # Whoever wrote the policy has approved of it.
                    self._repairs.do("expire_study", waived=True, study_uid=study_uid)
            except (BadInput, NotFound):
                continue  # somebody has taken it up since: the next day's look is early enough
            gone.append(study_uid)
        return gone
