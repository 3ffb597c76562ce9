"""The room in the PACS: what the cache holds and may hold, and how room is made without losing anything."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.department.pacs import places, retention
from simlab.department.pacs.console import Console
from simlab.department.pacs.settings import setting
from simlab.department.pacs.stage import PacsStage
from simlab.dicom import statuses
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.journal import Journal
from simlab.store import Store

OK, WARNING, FULL = "ok", "warning", "full"
KIB = 1024


class CacheFull(SimlabError):
    """No room for one more instance (PS3.4 B.2.3: A700, out of resources)."""

    dicom_status = statuses.OUT_OF_RESOURCES


class Space:
    """Watches the quota and makes room, in the cache alone: what the archive has leaves it, so nothing is lost."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._console = Console(store, journal).carry_out
        self._lock = threading.Lock()
        self._used: int | None = None
        self._warned = False

    def stage(self, tx: sqlite3.Connection, section: PacsStage) -> None:
        """Put a scene's retention rules and archived studies in, and count anew: the tables were replaced."""
        with self._lock:
            self._used, self._warned = None, False
        for rule in section.retention:
            retention.write_rule(tx, rule)
        for study in section.archived:
            places.archive_study(tx, study.study_uid, shelve=study.shelved, now=self._clock.now())
            if not study.cached:
                places.drop_from_cache(tx, study.study_uid)

    def admit(self, tx: sqlite3.Connection, size: int) -> None:
        """Make sure of room for an instance of `size` bytes that is indexed already in `tx`; raises CacheFull."""
        quota = int(setting(tx, "quota_kb")) * KIB
        if not quota:
            return
        # The sum is remembered, since adding it up for every instance would cost more than storing it. Others only
        # take away from the cache, so the memory errs on the safe side and is renewed before anything is refused.
        with self._lock:
            self._used = None if self._used is None else self._used + size
            used = self._used
        if used is None or used > quota:
            used = self._renew(tx)
        if used > quota and setting(tx, "make_space"):
            used -= self.make_room(tx, used - self._mark(tx, quota, "low_water"))
        if used > quota:
            with self._lock:
                self._used = None  # the transaction rolls back, and with it the room that was made
            raise CacheFull(
                f"the cache holds {used - size} of {quota} bytes",
                place="PACS",
                remedy="Make space, archive what is not archived yet, or raise the quota.",
            )
        if used > self._mark(tx, quota, "high_water"):
            self._warn(f"the cache holds {used} of {quota} bytes, above the high-water mark")

    def make_room(self, tx: sqlite3.Connection, wanted: int) -> int:
        """Drop archived studies from the cache, the longest unused first, to free `wanted` bytes; gives what it did."""
        freed = 0
        for study_uid, _instances, size in places.droppable(tx):
            if freed >= wanted:
                break
            places.drop_from_cache(tx, study_uid)
            freed += size
        self._renew(tx)
        return freed

    def keep_below_the_mark(self) -> None:
        """Make room when the cache stands above its high-water mark and may be cleared by itself."""
        with self._store.read() as tx:
            quota = int(setting(tx, "quota_kb")) * KIB
            used = places.cached_bytes(tx) if quota else 0
            above = quota and used > self._mark(tx, quota, "high_water")
            allowed = setting(tx, "make_space")
        if not above:
            self._warned = False
        if not above or not allowed:
            return
        with self._store.write() as tx:
            freed = self.make_room(tx, used - self._mark(tx, quota, "low_water"))
            if freed:
                self._journal.record(
                    kinds.LAB, "PACS", f"{freed} bytes dropped from the cache; the archive has them", {"freed": freed}
                )

    def _mark(self, tx: sqlite3.Connection, quota: int, mark: str) -> int:
        return quota * int(setting(tx, mark)) // 100

    def _renew(self, tx: sqlite3.Connection) -> int:
        used = places.cached_bytes(tx)
        with self._lock:
            self._used = used
        return used

    def _warn(self, what: str) -> None:
        if self._warned:
            return
        # Said once, or a long queue at the door would fill the journal; again when room was made in between.
        self._warned = True
        self._journal.record(kinds.LAB, "PACS", what, {"space": WARNING})

    # The console

    def set_retention(
        self,
        name: str,
        modalities: Sequence[str] = (),
        status: str = "any",
        keep_days: int | None = None,
        until_age: int | None = None,
        *,
        remove: bool = False,
    ) -> dict[str, Any]:
        """Write a retention rule (see `retention.RetentionRule`), or take it away; BadInput, NotFound."""
        given: Mapping[str, Any] = {
            "name": name,
            "modalities": tuple(modalities),
            "status": status,
            "keep_days": keep_days,
            "until_age": until_age,
        }
        rule = retention.checked_rule(given)

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            if remove:
                retention.remove_rule(tx, rule.name)
                return {"summary": f"retention rule {rule.name} removed", "name": rule.name}
            retention.write_rule(tx, rule)
            kept = "for ever" if rule.keep_days is None else f"{rule.keep_days} days"
            what = ", ".join(rule.modalities) or "every modality"
            return {"summary": f"{rule.name}: {what}, {rule.status}, kept {kept}", **rule.model_dump(mode="json")}

        return self._console("set_retention", act, remove=remove, **given)

    def archive_study(self, study_uid: str, *, shelve: bool = False) -> dict[str, Any]:
        """Copy a study to the archive at once; `shelve` puts the medium on the shelf (OFFLINE once dropped)."""

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            self._the_study(tx, study_uid)
            number = places.archive_study(tx, study_uid, shelve=shelve, now=self._clock.now())
            where = "archive, on the shelf" if shelve else "archive"
            return {"summary": f"{number} instances stand in the {where}", "study_uid": study_uid, "shelved": shelve}

        return self._console("archive_study", act, study_uid=study_uid, shelve=shelve)

    def recall_study(self, study_uid: str) -> dict[str, Any]:
        """Bring a study back into the cache, fetching its medium from the shelf; CacheFull when there is no room."""

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            self._the_study(tx, study_uid)
            rows = tx.execute(
                "SELECT i.sop_uid, i.size FROM pacs_place w JOIN pacs_instance i USING (sop_uid) "
                "JOIN pacs_series e USING (series_uid) WHERE e.study_uid=? AND w.cached=0",
                (study_uid,),
            ).fetchall()
            uids = [row["sop_uid"] for row in rows]
            places.back_to_cache(tx, uids, self._clock.now())
            self.admit(tx, sum(row["size"] for row in rows))
            places.archive_study(tx, study_uid, shelve=False, now=self._clock.now())
            return {"summary": f"{len(uids)} instances recalled", "study_uid": study_uid, "instances": len(uids)}

        return self._console("recall_study", act, study_uid=study_uid)

    def free_space(self, to: int | None = None, *, preview: bool = False) -> dict[str, Any]:
        """Drop what is archived from the cache until it stands at `to` per cent of the quota (default: low water).

        Without a quota everything that is archived is dropped. Nothing leaves the archive. BadInput for no percentage.
        """
        if to is not None and not 0 <= to <= 100:
            raise BadInput(f"{to} is no percentage", remedy="Write 0 to 100.")

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            quota, used = int(setting(tx, "quota_kb")) * KIB, places.cached_bytes(tx)
            target = quota * (int(setting(tx, "low_water")) if to is None else to) // 100
            rows: list[dict[str, Any]] = []
            freed = 0
            for study_uid, instances, size in places.droppable(tx):
                if used - freed <= target:
                    break
                rows.append({"study_uid": study_uid, "instances": instances, "bytes": size})
                freed += size
                if not preview:
                    places.drop_from_cache(tx, study_uid)
            self._renew(tx)
            verb = "would leave" if preview else "left"
            summary = f"{len(rows)} studies of {freed} bytes {verb} the cache; the archive has them"
            return {"summary": summary, "preview": preview, "freed": freed, "used": used - freed, "rows": rows}

        return self._console("free_space", act, to=to)

    def _the_study(self, tx: sqlite3.Connection, study_uid: str) -> None:
        if tx.execute("SELECT 1 FROM pacs_study WHERE study_uid=?", (study_uid,)).fetchone() is None:
            raise NotFound(f"the PACS holds no study {study_uid}", place="PACS", remedy="Query it for what it holds.")
