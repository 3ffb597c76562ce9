"""Sending studies on: what rules want sent when something arrives, and what an administrator does about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from simlab.clock import Clock
from simlab.department.pacs import routing, sent, transfers
from simlab.department.pacs.carriers import Carriers
from simlab.department.pacs.console import Console
from simlab.department.pacs.peers import the_peer
from simlab.department.pacs.routing import Expected, Rule
from simlab.department.pacs.shelf import Shelf
from simlab.department.pacs.stage import PacsStage
from simlab.department.pacs.transfers import Reason
from simlab.dicom.header import Header
from simlab.errors import BadInput, NotFound
from simlab.journal import Journal
from simlab.store import Store


class Dispatch:
    """Rules, the transfer queue and its carriers. Its console methods give a dictionary and raise SimlabErrors."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, shelf: Shelf, certificates: Path | None) -> None:
        self._store = store
        self._clock = clock
        self._console = Console(store, journal).carry_out
        self.carriers = Carriers(store, journal, clock, shelf, certificates)

    def stage(self, tx: sqlite3.Connection, section: PacsStage) -> None:
        """Put a scene's rules, held destinations and waiting transfers in."""
        for rule in section.rules:
            routing.write_rule(tx, rule)
        for destination in section.held:
            transfers.lane(tx, destination)
            tx.execute("UPDATE pacs_lane SET held=1 WHERE destination=?", (destination,))
        for one in section.transfers:
            why = Reason(sent.FORWARD, priority=one.priority)
            uids = self._instances(tx, one.study_uid)
            transfers.queue(tx, one.study_uid, uids, one.destination, why, self._clock.now())
        self._store.after_commit(self.carriers.wake)

    def look_again(self, tx: sqlite3.Connection, destination: str) -> None:
        """Forget the back-off of a destination whose address has changed."""
        transfers.clear_lane(tx, destination)
        self._store.after_commit(self.carriers.wake)

    # What happens by itself

    def arrived(self, tx: sqlite3.Connection, header: Header, source: str, patient_id: str, issuer: str) -> None:
        """Line up what the rules want sent of a new instance, in the transaction that files it under a patient."""
        facts = {
            "modality": header.modality,
            "calling": source,
            "station": header.station,
            "body_part": header.body_part,
            "referring": header.referring_physician,
            "description": header.study_description,
            "series_description": header.series_description,
            "sop_class": header.sop_class_uid,
            "patient_id": patient_id,
            "accession": header.accession,
        }
        queued = False
        for rule in routing.rules(tx, routing.ROUTE):
            # What a destination sent itself does not go back there.
            for destination in rule.destinations if rule.fits(facts) else ():
                if destination != source:
                    self._queue(tx, rule, header.study_uid, [header.sop_instance_uid], destination, sent.ROUTE)
                    queued = True
        prefetches = [rule for rule in routing.rules(tx, routing.PREFETCH) if rule.on == "arrival" and rule.fits(facts)]
        if prefetches and self._is_first(tx, header.study_uid):
            expected = Expected(
                patient_id,
                issuer,
                study_uid=header.study_uid,
                modality=header.modality,
                body_part=header.body_part,
                procedure=header.study_description,
            )
            queued |= sum(self._prefetch(tx, rule, expected) for rule in prefetches) > 0
        if queued:
            self._store.after_commit(self.carriers.wake)

    def expect(self, tx: sqlite3.Connection, accession: str) -> None:
        """Line up the priors that the rules want for an order that the PACS has just been told of."""
        wanted = [rule for rule in routing.rules(tx, routing.PREFETCH) if rule.on == "order"]
        for expected in routing.expected(tx, accession=accession) if wanted else ():
            for rule in wanted:
                if rule.fits(expected.facts):
                    self._prefetch(tx, rule, expected)
        self._store.after_commit(self.carriers.wake)

    def prefetch_at(self, since: datetime, now: datetime) -> None:
        """Line up the priors for the day's orders by every rule whose time of day has come between two moments."""
        with self._store.read() as tx:
            due = [rule for rule in routing.rules(tx, routing.PREFETCH) if routing.due(rule, since, now)]
        if not due:
            return
        with self._store.write() as tx:
            for one in routing.expected(tx, day=f"{now:%Y%m%d}"):
                for rule in due:
                    if rule.fits(one.facts):
                        self._prefetch(tx, rule, one)
            self._store.after_commit(self.carriers.wake)

    def _is_first(self, tx: sqlite3.Connection, study_uid: str) -> bool:
        row = tx.execute(
            "SELECT count(*) FROM pacs_instance JOIN pacs_series USING (series_uid) WHERE study_uid=?", (study_uid,)
        ).fetchone()
        return bool(row[0] == 1)

    def _prefetch(self, tx: sqlite3.Connection, rule: Rule, expected: Expected) -> int:
        found = 0
        for study_uid in routing.priors(tx, rule, expected, self._clock.now().date()):
            wanted = self._instances(tx, study_uid)
            for destination in rule.destinations:
                there = transfers.went(tx, study_uid, destination)
                fresh = [uid for uid in wanted if uid not in there]
                if fresh:
                    self._queue(tx, rule, study_uid, fresh, destination, sent.PREFETCH)
                    found += 1
        return found

    def _queue(
        self, tx: sqlite3.Connection, rule: Rule, study_uid: str, uids: Sequence[str], destination: str, how: str
    ) -> None:
        why = Reason(how, rule.name, rule.priority)
        transfers.queue(tx, study_uid, uids, destination, why, self._clock.now())

    def _instances(self, tx: sqlite3.Connection, study_uid: str, series_uid: str = "") -> list[str]:
        rows = tx.execute(
            "SELECT i.sop_uid FROM pacs_instance i JOIN pacs_series e USING (series_uid) WHERE e.study_uid=?1 "
            "AND i.hidden=0 AND (?2='' OR e.series_uid=?2) ORDER BY e.number, e.series_uid, i.number, i.sop_uid",
            (study_uid, series_uid),
        )
        return [row["sop_uid"] for row in rows]

    # The console

    def add_rule(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Write a rule (see `routing.Rule`), replacing the one of its name; BadInput, NotFound for its destination."""
        checked = routing.checked_rule(rule)

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            for destination in checked.destinations:
                the_peer(tx, destination)
            routing.write_rule(tx, checked)
            where = ", ".join(checked.destinations)
            return {"summary": f"{checked.kind} {checked.name} to {where}", **checked.model_dump(mode="json")}

        return self._console("add_rule", act, **checked.model_dump(mode="json"))

    def remove_rule(self, name: str) -> dict[str, Any]:
        """Take a rule away; what it has lined up stays in the queue. NotFound."""

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            routing.remove_rule(tx, name)
            return {"summary": f"rule {name} removed", "name": name}

        return self._console("remove_rule", act, name=name)

    def forward(
        self, study_uid: str, destination: str, *, series_uid: str = "", priority: str = "medium"
    ) -> dict[str, Any]:
        """Send a study, or one series of it, to a peer, even if it went there before; BadInput, NotFound."""
        if priority not in routing.PRIORITIES:
            raise BadInput(f"{priority!r} is no priority", remedy=f"Choose from {', '.join(routing.PRIORITIES)}.")

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            peer = the_peer(tx, destination)
            if "destination" not in peer.services:
                raise BadInput(f"{peer.title} may not be sent to", place=peer.title, remedy="Give it that right.")
            uids = self._instances(tx, study_uid, series_uid)
            if not uids:
                raise NotFound(
                    f"the PACS shows nothing of {series_uid or study_uid}", place="PACS", remedy="Query it first."
                )
            why = Reason(sent.FORWARD, priority=priority)
            number = transfers.queue(tx, study_uid, uids, peer.title, why, self._clock.now())
            self._store.after_commit(self.carriers.wake)
            summary = f"{len(uids)} instances wait to go to {peer.title}"
            return {"summary": summary, "transfer": number, "instances": len(uids)}

        args = {"study_uid": study_uid, "destination": destination, "series_uid": series_uid, "priority": priority}
        return self._console("forward", act, **args)

    def hold_transfers(self, destination: str = "", transfer: int | None = None) -> dict[str, Any]:
        """Hold all that waits for a destination and all to come, or one transfer; BadInput, NotFound."""
        return self._hold(destination, transfer, held=True)

    def release_transfers(self, destination: str = "", transfer: int | None = None) -> dict[str, Any]:
        """Let a destination's transfers, or one, go on, at once; BadInput, NotFound."""
        return self._hold(destination, transfer, held=False)

    def _hold(self, destination: str, transfer: int | None, *, held: bool) -> dict[str, Any]:
        if bool(destination) == (transfer is not None):
            raise BadInput("name a destination or a transfer", place="PACS", remedy="Name one of the two.")
        verb = "held" if held else "released"

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            self._store.after_commit(self.carriers.wake)
            if transfer is not None:
                state = transfers.HELD if held else transfers.WAITING
                transfers.change(tx, transfer, state, self._clock.now())
                return {"summary": f"transfer {transfer} {verb}", "transfer": transfer}
            peer = the_peer(tx, destination)
            transfers.lane(tx, peer.title)
            tx.execute("UPDATE pacs_lane SET held=? WHERE destination=?", (int(held), peer.title))
            if not held:
                transfers.clear_lane(tx, peer.title)
            return {"summary": f"transfers to {peer.title} {verb}", "destination": peer.title}

        method = "hold_transfers" if held else "release_transfers"
        return self._console(method, act, destination=destination, transfer=transfer)

    def retry_transfer(self, transfer: int) -> dict[str, Any]:
        """Send again now what failed of a transfer or waits for its next try; BadInput, NotFound."""

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            row = transfers.retry(tx, transfer)
            self._store.after_commit(self.carriers.wake)
            return {"summary": f"transfer {transfer} to {row['destination']} is tried again", "transfer": transfer}

        return self._console("retry_transfer", act, transfer=transfer)

    def cancel_transfer(self, transfer: int) -> dict[str, Any]:
        """Send nothing more of a transfer; what was acknowledged stays where it went. BadInput, NotFound."""

        def act(tx: sqlite3.Connection) -> dict[str, Any]:
            row = transfers.change(tx, transfer, transfers.CANCELLED, self._clock.now())
            self._store.after_commit(self.carriers.wake)
            return {"summary": f"transfer {transfer} to {row['destination']} cancelled", "transfer": transfer}

        return self._console("cancel_transfer", act, transfer=transfer)
