"""Examinations at one scanner: whom its worklist offers, and how images of a patient come about."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.department.modality import examination, quirks, worklist
from simlab.department.modality.calls import Calls
from simlab.department.modality.diary import Diary
from simlab.department.modality.outbox import Outbox
from simlab.department.modality.rendering import render
from simlab.department.modality.safekeeping import Safekeeping
from simlab.department.modality.settings import ModalitySettings
from simlab.department.modality.steps import COMPLETED, Steps
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.journal import Journal
from simlab.store import Store

Row = dict[str, Any]


class Examining:
    """The examination room of a scanner; one patient at a time."""

    def __init__(
        self,
        system: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        calls: Calls,
        outbox: Outbox,
        steps: Steps,
        safekeeping: Safekeeping,
        send: Callable[[], Row],
    ) -> None:
        self.system = system
        self._store = store
        self._journal = journal
        self._clock = clock
        self._calls = calls
        self._outbox = outbox
        self._steps = steps
        self._safekeeping = safekeeping
        self._send = send
        self._diary = Diary(system, store, clock)
        self._room = threading.RLock()

    def worklist(self, now: ModalitySettings, *, dock: bool = False) -> list[dict[str, str]]:
        """What the scanner shows, earliest first; raises what stops the query.

        One that shows a cached list asks the RIS only where it has none, or to `dock`.
        """
        cached = "cached_list" in now.quirks
        if cached and not dock and (kept := self._cached()) is not None:
            return kept
        today = self._clock.now().date()
        asked = now
        if "ignores_matches" in now.quirks:
            asked = now.model_copy(update={"filter_station": "", "filter_modality": "", "filter_date": "all"})
        found = self._calls.worklist(self._calls.peer(now, "RIS"), now.ae_title, worklist.query(asked, today))
        rows = worklist.in_order(worklist.row(match) for match in found)
        if cached:
            self.keep_list(rows, self._clock.now())
        return rows

    def keep_list(self, rows: list[dict[str, str]], taken: datetime) -> None:
        """Keep a list as a mobile does, in place of the one it had."""
        with self._store.write() as tx:
            tx.execute(
                "INSERT OR REPLACE INTO modality_list VALUES (?, ?, ?)",
                (self.system, taken.isoformat(timespec="seconds"), json.dumps(worklist.in_order(rows))),
            )

    def item(self, now: ModalitySettings, accession: str | None, typed: Mapping[str, str] | None) -> dict[str, str]:
        """The item of the worklist (without `accession` the first), or what was typed in; NotFound, BadInput."""
        if typed is not None:
            return examination.typed_in(self.system, typed, accession)
        rows = self.worklist(now)
        for item in rows:
            if accession in (None, item["accession"]):
                return item
        shown = ", ".join(item["accession"] for item in rows) or "nothing"
        raise NotFound(
            f"the worklist of {self.system} does not offer {accession or 'anything'}; it shows {shown}",
            place=self.system,
            remedy="Follow the order from the RIS to this scanner's filter.",
        )

    def scan(
        self,
        now: ModalitySettings,
        accession: str | None = None,
        recipe: str | None = None,
        *,
        typed: Mapping[str, str] | None = None,
        laterality: str | None = None,
        picked: str | None = None,
    ) -> Row:
        """Examine the patient of a worklist item and send the images; see `Modality.scan`."""
        with self._room, self._diary.entry(accession or "", picked or accession or "") as entry:
            self._told(lambda: self._settled(now))
            going = self._steps.going(picked or accession) if typed is None else None
            item: Mapping[str, str] = json.loads(going["item"]) if going else self.item(now, picked or accession, typed)
            examined = self.item(now, accession, None) if picked else item
            made = examination.chosen(examined, now, recipe, laterality)
            step: Row = {"mpps_uid": going["mpps_uid"]} if going else {}
            if now.mpps and not going:
                step = self._begin(now, item)
                item = {**item, "study_uid": step.get("study_uid") or item.get("study_uid", "")}
            if "own_study_uid" in now.quirks:
                item = {**item, "study_uid": ""}
            facts = examination.facts(item, now, self._clock.now(), step.get("mpps_uid", ""))
            before = self._outbox.made(facts.study_uid or "", facts.accession, facts.patient_id)
            seed = zlib.crc32(f"{self.system}/{before}".encode())
            instances = quirks.as_it_sends(render(made, facts, seed), now, self.system)
            if not instances:
                raise BadInput(
                    f"{self.system} is set to send no class of {made.name}",
                    place="sop_classes",
                    remedy="Add its class.",
                )
            study_uid = instances[0].header().study_uid
            held = self._outbox.held()
            if now.disk_images and held + len(instances) > now.disk_images:
                raise BadInput(
                    f"the disk is full: it holds {held} of {now.disk_images} images, {len(instances)} more are to come",
                    place=self.system, remedy="Free what the PACS has committed to.",
                )  # fmt: skip
            if "uid_reuse" in now.quirks:
                self._outbox.drop([instance.header().sop_instance_uid for instance in instances])
            told = {
                "accession": facts.accession, "patient_id": facts.patient_id, "study_uid": study_uid,
                "recipe": made.name, "instances": len(instances),
            }  # fmt: skip
            kept = self._outbox.keep(instances)
            with self._store.write() as tx:
                self._outbox.add(kept, queued=True, mpps_uid=step.get("mpps_uid", ""))
                entry.made(tx, facts.accession)
                self._journal.record(
                    kinds.CONSOLE,
                    self.system,
                    f"scanned {facts.accession or 'without accession'}: {made.title}, {len(instances)} images",
                    {**told, "scheduled": typed is None},
                )
            sent = self._send()
            if now.mpps and not going and step.get("mpps_uid") and "late_n_set" not in now.quirks:
                step = self._told(lambda: self._steps.end(now, COMPLETED, mpps_uid=facts.mpps_uid))
            kept_safe: Row = {}
            if now.commit and not sent["waiting"]:
                kept_safe = self._told(lambda: self._safekeeping.ask(now, study_uid))
        waiting = f", {sent['waiting']} waiting: {sent['problem']}" if sent["waiting"] else ""
        summary = f"{made.title}: {len(instances)} images; {sent['sent']} sent{waiting}"
        return {**sent, **told, "summary": summary, "step": step, "commitment": kept_safe}

    def examined(self) -> set[str]:
        """The accession numbers of the rows whose patients were examined, whoever did it and in whatever process."""
        return self._diary.examined()

    def patients(self) -> int:
        """How many patients were examined."""
        return self._diary.patients()

    def resume(self, now: ModalitySettings) -> list[Row]:
        """Examine whoever lay on the table when an earlier process ended; gives what came of each.

        Somebody without an accession number, and whose row has gone since, has left.
        """
        done = []
        with self._room:
            for accession, picked in self._diary.interrupted():
                try:
                    done.append(self.scan(now, accession, picked=picked if picked != accession else None))
                except SimlabError as error:
                    done.append({"accession": accession, "problem": str(error)})
        return done

    def _cached(self) -> list[dict[str, str]] | None:
        with self._store.read() as tx:
            row = tx.execute("SELECT items FROM modality_list WHERE system=?", (self.system,)).fetchone()
        return json.loads(row["items"]) if row else None

    def _begin(self, now: ModalitySettings, item: Mapping[str, str]) -> Row:
        """The step begun for an examination; one that the RIS does not take keeps nobody from being examined.

        One that it may have taken is the step of the images all the same: it is asked for again later.
        """
        begun = self._told(lambda: self._steps.start(now, item))
        return (
            begun if begun.get("done") or begun.get("unsure") else {"problem": begun.get("problem") or begun["summary"]}
        )

    def _settled(self, now: ModalitySettings) -> Row:
        self._steps.settle(now)
        return {}

    def _told(self, tell: Callable[[], Row]) -> Row:
        try:
            return tell()
        except SimlabError as error:
            return {"done": False, "problem": str(error)}
