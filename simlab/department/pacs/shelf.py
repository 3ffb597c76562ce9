"""Getting instances ready to be sent: out of the cache at once, out of the archive after a recall."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.department.pacs import archive, places
from simlab.department.pacs.archive import Held
from simlab.department.pacs.settings import setting
from simlab.department.pacs.space import CacheFull, Space
from simlab.dicom.instance import Instance
from simlab.dicom.spoiling import spoiled
from simlab.faults import FaultTable
from simlab.store import Store

GONE = "the PACS does not hold it any more, or hides it"
ON_THE_SHELF = "its medium is on the shelf: an administrator must recall the study"

_LOOK = 0.02
"""Seconds between two looks at whether a recall is to be given up."""


class Shelf:
    """Where C-MOVE, C-GET and the transfer queue take their instances from."""

    def __init__(self, store: Store, blobs: Blobs, clock: Clock, space: Space, faults: FaultTable) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._space = space
        self._faults = faults

    def fetch(self, sop_uids: Sequence[str], stop: Callable[[], bool]) -> tuple[list[Held], dict[str, str]]:
        """Those that can be sent now, in their order, and why each of the others cannot.

        What stands in the archive is recalled first, which takes as long as the setting `recall_seconds` says; `stop`
        gives that up.
        """
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT sop_uid, sop_class, transfer_syntax, size, w.cached FROM pacs_instance "
                "LEFT JOIN pacs_place w USING (sop_uid) "
                "WHERE hidden=0 AND sop_uid IN (SELECT value FROM json_each(?))",
                (json.dumps(list(sop_uids)),),
            ).fetchall()
            where = places.availability(tx, sop_uids)
            seconds = int(setting(tx, "recall_seconds"))
        held = {row["sop_uid"]: Held(row["sop_uid"], row["sop_class"], row["transfer_syntax"]) for row in rows}
        missing = {uid: GONE for uid in sop_uids if uid not in held}
        missing |= {uid: ON_THE_SHELF for uid in held if where.get(uid) == places.OFFLINE}
        nearline = [uid for uid in held if where.get(uid) == places.NEARLINE]
        if nearline and not self._wait(seconds, stop):
            return [], missing
        used = [row["sop_uid"] for row in rows if row["cached"]]
        if used:
            with self._store.write() as tx:
                places.back_to_cache(tx, used, self._clock.now())
        if nearline:
            self._recall(nearline, sum(row["size"] for row in rows if row["sop_uid"] in set(nearline)))
        return [held[uid] for uid in sop_uids if uid in held and uid not in missing], missing

    def _wait(self, seconds: float, stop: Callable[[], bool]) -> bool:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if stop():
                return False
            time.sleep(min(_LOOK, left))
        return True

    def _recall(self, sop_uids: Sequence[str], size: int) -> None:
        try:
            with self._store.write() as tx:
                places.back_to_cache(tx, sop_uids, self._clock.now())
                self._space.admit(tx, size)
        except CacheFull:
            return  # sent out of the archive all the same, only not kept in the cache

    def outgoing(self, sop_uid: str, peer: str) -> Instance:
        """An instance as it is sent to `peer`, with the damage that a fault does on the way; raises NotFound."""
        return spoiled(self._faults, "PACS", self.load(sop_uid), "sent", peer, sop_uid)

    def load(self, sop_uid: str) -> Instance:
        """An instance under its effective identity, wherever it stands; raises NotFound."""
        with self._store.read() as tx:
            return archive.load(tx, self._blobs, sop_uid, self._clock.now(), setting(tx, "ae_title"))
