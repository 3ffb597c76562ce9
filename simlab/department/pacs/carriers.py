"""Carriers of the transfer queue: one thread a destination, in order, each acknowledgement written before the next."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.department.pacs import transfers
from simlab.department.pacs.archive import Held
from simlab.department.pacs.lanes import Lanes
from simlab.department.pacs.peers import PeerEntry, address, find_destination
from simlab.department.pacs.settings import setting
from simlab.department.pacs.shelf import Shelf
from simlab.department.pacs.transfers import Transfer
from simlab.dicom import client, statuses
from simlab.dicom.client import StoreReply
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.journal import Journal
from simlab.store import Store

_log = logging.getLogger(__name__)

BATCH = 200
"""Instances of a study that are sent over one association."""


class _Refused(SimlabError):
    """A destination that is there, but has no room for an instance or broke off over it."""


class Carriers:
    """The threads that empty the transfer queue; `certificates` is the folder of those for TLS."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, shelf: Shelf, certificates: Path | None) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._shelf = shelf
        self._certificates = certificates
        self._lanes = Lanes("PACS-to", self._waiting, self._look)
        self.wake = self._lanes.wake
        """See that every destination something waits for has its carrier, and have each look at its queue."""

    def open(self) -> None:
        """Begin to carry, first what an earlier process left."""
        with self._store.write() as tx:
            transfers.take_up(tx)
        self._lanes.open()

    def close(self) -> None:
        """Carry nothing more; what was not acknowledged stays in the queue."""
        self._lanes.close()

    def busy(self) -> int:
        """Transfers that are being sent or about to be; what is held or waits for a retry counts as idle."""
        if self._lanes.closed:
            return 0
        with self._store.read() as tx:
            return transfers.running(tx, time.time())

    def _waiting(self) -> list[str]:
        with self._store.read() as tx:
            return transfers.destinations(tx)

    def _look(self, destination: str) -> float | None:
        """Send the next transfer; gives the seconds to wait before the next look, None to wait to be woken."""
        with self._store.write() as tx:
            lane = transfers.lane(tx, destination)
            left = float(lane["next_try"]) - time.time()
            if lane["held"]:
                return None
            if left > 0:
                return left
            transfer = transfers.begin(tx, destination)
            peer = find_destination(tx, destination)
        if transfer is None:
            return None
        with provenance.acting(transfer.actor, transfer.cause):
            try:
                self._carry(transfer, peer)
            except Exception:  # a door: one transfer that the lab fails at must not hold up those behind it
                if self._lanes.closed:
                    raise
                _log.exception("PACS: transfer %s to %s", transfer.id, destination)
                self._fail(transfer, "the lab itself failed at this; its log says more")
        return 0.0

    def _carry(self, transfer: Transfer, peer: PeerEntry | None) -> None:
        if peer is None:
            self._fail(transfer, f"{transfer.destination} is no peer that may be sent to")
            return
        try:
            sent = self._send(transfer, peer)
        except _Refused as error:
            with self._store.read() as tx:
                last = transfer.attempts + 1 >= int(setting(tx, "transfer_attempts"))
            if last:
                self._fail(transfer, error.what)
            else:
                self._put_off(transfer, error, count=True)
            return
        except SimlabError as error:
            # Nobody there: that is no fault of this study, so it waits as long as it takes.
            self._put_off(transfer, error, count=False)
            return
        now = self._clock.now()
        with self._store.write() as tx:
            transfers.clear_lane(tx, transfer.destination)
            state = transfers.finish(tx, transfer.id, now)
            self._tell(transfer, f"{sent} instances sent, transfer {state}", {"completed": sent, "state": state})

    def _send(self, transfer: Transfer, peer: PeerEntry) -> int:
        with self._store.read() as tx:
            todo, title = transfers.waiting(tx, transfer.id, BATCH), str(setting(tx, "ae_title"))
        ready, missing = self._shelf.fetch(todo, lambda: self._lanes.closed)
        for sop_uid, why in missing.items():
            self._settle(transfer, sop_uid, why)
        sent, going = 0, deque[str]()
        replies = client.store_each(
            address(peer, self._certificates),
            title,
            self._load(transfer, ready, going),
            client.propose_for((held.sop_class, held.transfer_syntax) for held in ready),
        )
        try:
            for reply in replies:
                if _worth_a_retry(reply):
                    raise _Refused(_said(reply), place=transfer.destination)
                # As the queue names it: a fault may have damaged the UID that went out.
                go_on = self._settle(transfer, going.popleft(), "" if reply.stored else _said(reply))
                sent += reply.stored
                if not go_on or self._lanes.closed:
                    break
        except client.NoContext as error:
            for held in ready:
                self._settle(transfer, held.sop_uid, error.what)
        except (client.TimedOut, client.ConnectionLost, client.PeerAborted, client.BadPdu) as error:
            # The association stood and broke: perhaps over this very instance, so the attempts are counted.
            raise _Refused(error.what, place=transfer.destination) from error
        finally:
            replies.close()
        return sent

    def _load(self, transfer: Transfer, ready: list[Held], going: deque[str]) -> Iterator[Instance]:
        for held in ready:
            try:
                instance = self._shelf.outgoing(held.sop_uid, transfer.destination)
                instance.header()
            except (BadInput, NotFound) as error:  # beyond reading, or deleted meanwhile: no fault of the destination
                self._settle(transfer, held.sop_uid, error.what)
                continue
            going.append(held.sop_uid)
            yield instance

    def _settle(self, transfer: Transfer, sop_uid: str, error: str) -> bool:
        with self._store.write() as tx:
            return transfers.settle(tx, transfer, sop_uid, error, self._clock.now())

    def _put_off(self, transfer: Transfer, error: SimlabError, *, count: bool) -> None:
        with self._store.write() as tx:
            attempts = int(transfers.lane(tx, transfer.destination)["attempts"])
            first, most = int(setting(tx, "retry_seconds")), int(setting(tx, "retry_seconds_most"))
            seconds = min(first * 2.0 ** min(attempts, 20), most)
            # Hospital seconds; under a frozen clock real ones, or nothing would ever be tried again.
            next_try = time.time() + seconds / (self._clock.state()["speed"] or 1.0)
            transfers.put_off(tx, transfer, error.what, next_try, count=count)
            self._tell(transfer, f"put off for {seconds:g} s: {error.what}", {"error": error.what, "state": "waiting"})

    def _fail(self, transfer: Transfer, why: str) -> None:
        with self._store.write() as tx:
            transfers.give_up(tx, transfer, why, self._clock.now())
            self._tell(transfer, f"failed: {why}", {"error": why, "state": transfers.FAILED})

    def _tell(self, transfer: Transfer, what: str, facts: dict[str, object]) -> None:
        data = {
            "role": "scu",
            "service": "C-STORE",
            "called": transfer.destination,
            "transfer": transfer.id,
            "study_uid": transfer.study_uid,
            "how": transfer.how,
            "rule": transfer.rule,
            **facts,
        }
        self._journal.record(kinds.OPERATION, "PACS", f"to {transfer.destination}: {what}", data)


def _worth_a_retry(reply: StoreReply) -> bool:
    """Out of resources (PS3.4 B.2.3: A7xx) passes; any other refusal stays what it is."""
    return bool(reply.status) and int(reply.status, 16) >> 8 == statuses.OUT_OF_RESOURCES >> 8


def _said(reply: StoreReply) -> str:
    words = f"{reply.status} {statuses.words(int(reply.status, 16))}" if reply.status else ""
    return ": ".join(part for part in (words, reply.comment) if part) or "no answer"
