"""The administrator's repairs: previewed, carried out, approved, recorded, audited and undone in one way."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from simlab import journal as kinds
from simlab import provenance
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.department.pacs import audit
from simlab.department.pacs.repair import approval, ledger
from simlab.department.pacs.repair.deeds import AUDITED, DEEDS, Work
from simlab.department.pacs.repair.patients import Done
from simlab.journal import Journal
from simlab.store import Store


class _RollBack(Exception):
    """Carries what was done out of a transaction that must not stand."""

    def __init__(self, done: Done, *, ask: bool = False) -> None:
        super().__init__()
        self.done = done
        self.ask = ask


class Repairs:
    """Methods give a JSON-able dictionary with a `summary` and raise SimlabErrors.

    With `preview` everything is done and rolled back, so that the sentence is what would happen. What concerns a study
    with a report only becomes a request (`waiting`), which somebody else approves.
    """

    def __init__(self, store: Store, journal: Journal, clock: Clock, blobs: Blobs) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._blobs = blobs

    def do(
        self,
        method: str,
        *,
        preview: bool = False,
        waived: bool = False,
        approved_by: str = "",
        at: datetime | None = None,
        **args: Any,
    ) -> dict[str, Any]:
        """Carry out one of `DEEDS`; `waived` is for the hospital's own index, whose messages need no second person."""
        now = at or self._clock.now()
        try:
            with self._store.write() as tx:
                mark = ledger.last_change(tx)
                done = DEEDS[method](Work(tx, now, self._blobs, preview), args)
                changes = ledger.changes_since(tx, mark)
                if preview:
                    raise _RollBack(done)
                if changes and not waived and not approved_by and approval.due(tx, method, done, changes):
                    raise _RollBack(done, ask=True)
                result = {**done.data, "preview": False}
                if changes:
                    result["repair"] = ledger.keep(tx, method, args, done, changes, now, approved_by)
                self._tell(tx, now, method, args, done, result, approved_by)
                return result
        except _RollBack as undone:
            if not undone.ask:
                return {**undone.done.data, "preview": True}
            # A request says what would happen, as a preview does.
            foreseen = self.do(method, preview=True, at=at, **args)["summary"]
            return self._ask(method, args, replace(undone.done, data={**undone.done.data, "summary": foreseen}))

    def _tell(
        self,
        tx: sqlite3.Connection,
        now: datetime,
        method: str,
        args: Mapping[str, Any],
        done: Done,
        result: Mapping[str, Any],
        approved_by: str,
    ) -> None:
        event, action = AUDITED.get(method, (audit.ACCESSED, audit.UPDATE))
        also = f", approved by {approved_by}" if approved_by else ""
        patients = [str(done.data[key]) for key in ("retired", "from", "number") if done.data.get(key)]
        summary = f"{method}: {done.data['summary']}{also}"
        audit.write(
            tx,
            now,
            event,
            action,
            summary,
            patients=[one for one in (done.patient_id, *patients) if one],
            studies=done.studies,
            ae="CONSOLE",
        )
        self._journal.record(
            kinds.CONSOLE, "PACS", summary, {"method": method, "args": dict(args), "result": dict(result)}
        )

    def _ask(self, method: str, args: Mapping[str, Any], done: Done) -> dict[str, Any]:
        with self._store.write() as tx:
            asked = approval.ask(tx, method, args, done, self._clock.now())
            self._journal.record(
                kinds.CONSOLE,
                "PACS",
                f"{method} {asked['summary']}",
                {"method": "request_approval", "args": {"method": method, **args}, "result": asked},
            )
        return {**asked, "preview": False}

    def approve(self, request: int | None = None, study_uid: str = "", *, decline: bool = False) -> dict[str, Any]:
        """Approve (or decline) a waiting request by its number or its study; it is then done for whoever asked.

        NotAllowed when that is the same person.
        """
        with self._store.write() as tx:
            row = approval.find(tx, request, study_uid)
            by = provenance.current().actor
            state = approval.DECLINED if decline else approval.APPROVED
            approval.decide(tx, row, state, None)
            done: dict[str, Any] = {}
            if not decline:
                with provenance.acting(row["actor"], row["cause"]):
                    done = self.do(row["method"], approved_by=by, **json.loads(row["args"]))
                approval.decide_repair(tx, row["id"], done.get("repair"))
            summary = f"request {row['id']} {state} by {by}: {done.get('summary', row['summary'])}"
            result = {**done, "summary": summary, "request": row["id"], "state": state}
            self._journal.record(
                kinds.CONSOLE,
                "PACS",
                f"approve: {summary}",
                {"method": "decline" if decline else "approve", "args": {"request": row["id"]}, "result": result},
            )
        return result

    # One method a repair

    def merge_patients(
        self,
        retire_id: str,
        retire_issuer: str,
        survive_id: str,
        survive_issuer: str,
        *,
        preview: bool = False,
        waived: bool = False,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """Merge one number into another, who may be new to the archive.

        Raises `PatientUnknown` for an unknown retired number (its `elsewhere` lists other authorities that know it),
        `CannotMerge` for a merge that makes no sense; both carry ack_code AE.
        """
        return self.do(
            "merge_patients",
            preview=preview,
            waived=waived,
            at=at,
            retire_id=retire_id,
            retire_issuer=retire_issuer,
            survive_id=survive_id,
            survive_issuer=survive_issuer,
        )

    def unmerge_patients(
        self,
        patient_id: str,
        issuer: str = "",
        studies: Sequence[str] = (),
        *,
        preview: bool = False,
        waived: bool = False,
    ) -> dict[str, Any]:
        """Take a merge apart: every study that it moved goes home, and those later ones that are named."""
        args: dict[str, Any] = {"patient_id": patient_id, "issuer": issuer, "studies": list(studies)}
        return self.do("unmerge_patients", preview=preview, waived=waived, **args)

    def update_patient(
        self,
        patient_id: str,
        issuer: str,
        demographics: Mapping[str, str],
        *,
        preview: bool = False,
        waived: bool = False,
    ) -> dict[str, Any]:
        """Change name (as PN), birth_date, sex of a known patient; empty values change nothing."""
        return self.do(
            "update_patient",
            preview=preview,
            waived=waived,
            patient_id=patient_id,
            issuer=issuer,
            demographics=dict(demographics),
        )

    def move_study(self, study_uid: str, patient_id: str, issuer: str = "", *, preview: bool = False) -> dict[str, Any]:
        """Move a study to another patient that the archive knows."""
        return self.do("move_study", preview=preview, study_uid=study_uid, patient_id=patient_id, issuer=issuer)

    def quarantine(
        self, study_uid: str, *, release: bool = False, reason: str = "", preview: bool = False
    ) -> dict[str, Any]:
        """Hide a study from query and retrieve, or show it again."""
        return self.do("quarantine", preview=preview, study_uid=study_uid, release=release, reason=reason)

    def split_study(
        self,
        study_uid: str,
        series: Sequence[str] = (),
        instances: Sequence[str] = (),
        *,
        patient_id: str = "",
        issuer: str = "",
        new_study_uid: str = "",
        preview: bool = False,
    ) -> dict[str, Any]:
        """Take series and instances out of a study into another: of the same patient, or of `patient_id`."""
        return self.do(
            "split_study",
            preview=preview,
            study_uid=study_uid,
            series=list(series),
            instances=list(instances),
            patient_id=patient_id,
            issuer=issuer,
            new_study_uid=new_study_uid,
        )

    def reconcile(
        self,
        study_uid: str,
        accession: str,
        facts: Mapping[str, str],
        *,
        adopt_uid: bool = False,
        preview: bool = False,
    ) -> dict[str, Any]:
        """File a study under the patient and accession number of an order (see `reconciling.FACTS`)."""
        return self.do(
            "reconcile",
            preview=preview,
            study_uid=study_uid,
            accession=accession,
            adopt_uid=adopt_uid,
            facts=dict(facts),
        )

    def correct(
        self, level: str, uid: str, values: Mapping[str, str], *, issuer: str = "", preview: bool = False
    ) -> dict[str, Any]:
        """Correct attributes of a patient (by number), study or series (by UID); see `corrections.CORRECTABLE`."""
        return self.do("correct", preview=preview, level=level, uid=uid, issuer=issuer, values=dict(values))

    def reject(
        self,
        study_uid: str,
        code: str,
        series: Sequence[str] = (),
        instances: Sequence[str] = (),
        *,
        preview: bool = False,
    ) -> dict[str, Any]:
        """Reject a study, or series or instances of it, with a rejection note of that code."""
        return self.do(
            "reject",
            preview=preview,
            study_uid=study_uid,
            code=code,
            series=list(series),
            instances=list(instances),
        )

    def delete_study(self, study_uid: str, reason: str, *, preview: bool = False) -> dict[str, Any]:
        """Delete a study that is quarantined and rejected; a second person approves."""
        return self.do("delete_study", preview=preview, study_uid=study_uid, reason=reason)

    def settle_duplicate(self, duplicate: int, *, admit: bool = False, preview: bool = False) -> dict[str, Any]:
        """Discard a kept duplicate, or admit it under UIDs of its own."""
        return self.do("settle_duplicate", preview=preview, duplicate=duplicate, admit=admit)

    def mark_reported(self, study_uid: str, status: str = "F") -> dict[str, Any]:
        """Set a study's report status: P, F, C, W (withdrawn) or nothing."""
        return self.do("mark_reported", study_uid=study_uid, status=status)

    def note_order(self, accession: str, **facts: str) -> dict[str, Any]:
        """Tell the PACS of an order: patient_id, issuer, study_uid, description… (see `orders.COLUMNS`)."""
        return self.do("note_order", accession=accession, facts=facts)

    def undo(self, repair: int, *, preview: bool = False) -> dict[str, Any]:
        """Put back what a repair changed."""
        return self.do("undo", preview=preview, repair=repair)
