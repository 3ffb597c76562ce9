"""A scanner tells the RIS what it performs: N-CREATE when it begins, N-SET when it ends (IHE RAD-6, RAD-7)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simlab.clock import Clock
from simlab.department.modality import saying
from simlab.department.modality.calls import Calls
from simlab.department.modality.saying import IN_PROGRESS
from simlab.department.modality.settings import ModalitySettings
from simlab.dicom import discontinuation, statuses
from simlab.dicom.normalized import Answer
from simlab.dicom.uids import uid
from simlab.dicom.upper_layer import BadPdu, ConnectionLost, PeerAborted, TimedOut
from simlab.errors import BadInput, NotFound
from simlab.store import Store

COMPLETED, DISCONTINUED = "COMPLETED", "DISCONTINUED"
ASKED = "ASKED"
"""Not a word of the standard: the N-CREATE is on its way, and whether the RIS took it not yet known."""
NO_LONGER = "A710"
"""Error ID of an N-SET for a step that may no longer be updated (PS3.4 F.7.2.2.2)."""
_LOST = (ConnectionLost, TimedOut, PeerAborted, BadPdu)
"""After these nobody knows whether the RIS did what it was asked for."""
Row = dict[str, Any]


class Steps:
    """The rows of one scanner in `modality_step`; a step stands there from before the RIS is asked to take it."""

    def __init__(self, system: str, store: Store, clock: Clock, calls: Calls) -> None:
        self.system = system
        self._store = store
        self._clock = clock
        self._calls = calls
        self._unsure: list[str] = []
        self._settling = threading.Lock()

    def open(self) -> None:
        """Know again the steps that an earlier process asked for, and whose answer it did not live to hear."""
        with self._store.read() as tx:
            rows = tx.execute("SELECT mpps_uid FROM modality_step WHERE system=? AND status=?", (self.system, ASKED))
            self._unsure = [row["mpps_uid"] for row in rows]

    def settle(self, now: ModalitySettings) -> None:
        """Ask once more for those steps, and for those whose answer was lost since, under the same UIDs: a RIS that
        has one already says so, and it goes on.

        Raises what stops the association; then they are asked for at the next call.
        """
        with self._settling:
            while self._unsure:
                step = self._asked_for(self._unsure[0])
                if step is not None:
                    said = saying.begun(now, json.loads(step["item"]), datetime.fromisoformat(step["begun"]),
                                  step["performed_id"])  # fmt: skip
                    self._note(step["mpps_uid"], _stands(self._ask(now, step["mpps_uid"], said)))
                self._unsure.pop(0)

    def start(self, now: ModalitySettings, item: Mapping[str, str]) -> Row:
        """Begin a step for a worklist item, or an unscheduled one: `done`, `status`, and the step's own row.

        A refusal by the RIS is no error; what stops the association is raised. When the answer is lost, twice, the
        step stands as `unsure`, and is asked for again by `settle`.
        """
        moment = self._clock.now()
        number = self._count() + 1
        mpps_uid = uid("mpps", self.system, moment.isoformat(), number, item.get("accession", ""))
        known = {**item, "study_uid": item.get("study_uid") or uid("study", mpps_uid)}
        said = saying.begun(now, known, moment, f"PPS{number}")
        row = {
            "mpps_uid": mpps_uid, "accession": known["accession"], "step_id": known.get("step_id", ""),
            "study_uid": known["study_uid"], "patient_id": known["patient_id"],
            "patient_name": known["patient_name"], "performed_id": f"PPS{number}", "status": IN_PROGRESS,
        }  # fmt: skip
        with self._store.write() as tx:
            tx.execute(
                "INSERT INTO modality_step VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?)",
                (self.system, *{**row, "status": ASKED}.values(), moment.isoformat(timespec="seconds"),
                 json.dumps(known)),
            )  # fmt: skip
        what = f"step of {known['accession'] or known['patient_id']}"
        try:
            answer = self._asked_twice(now, mpps_uid, said)
        except _LOST as error:
            with self._settling:
                self._unsure.append(mpps_uid)
            told = f"{what} asked for, and not known whether the RIS has it: {error.what}"
            return {**row, "status": ASKED, "done": False, "unsure": True, "answer": "", "comment": error.what,
                    "summary": told}  # fmt: skip
        except BaseException:
            self._forget(mpps_uid)
            raise
        begun = _stands(answer)
        self._note(mpps_uid, begun)
        told = f"{what} begun" if begun else f"{what} not begun: {answer.status} {answer.comment}"
        return {
            **row,
            "done": begun,
            "unsure": False,
            "answer": answer.status,
            "comment": answer.comment,
            "summary": told.strip(),
        }

    def end(
        self, now: ModalitySettings, status: str, *, mpps_uid: str = "", accession: str = "", reason: str = ""
    ) -> Row:
        """End a step (see `find`) as COMPLETED or DISCONTINUED, with the series that were made in it.

        Raises NotFound when there is none, BadInput when nothing was acquired in a step that is to be completed.
        """
        step = self.find(mpps_uid, accession)
        if step["status"] == ASKED:
            self.settle(now)
            step = self.find(step["mpps_uid"])
        series = self._series(step["mpps_uid"])
        if status == COMPLETED and not series:
            raise BadInput(
                "nothing was acquired in that step", place=self.system, remedy="Scan first, or discontinue the step."
            )
        moment = self._clock.now()
        said: Row = {
            "PerformedProcedureStepStatus": status,
            "PerformedProcedureStepEndDate": f"{moment:%Y%m%d}",
            "PerformedProcedureStepEndTime": f"{moment:%H%M%S}",
            "PerformedSeriesSequence": series,
        }
        if reason:
            said["PerformedProcedureStepDiscontinuationReasonCodeSequence"] = discontinuation.sequence(reason)
        answer = self._calls.change_step(
            self._calls.peer(now, "RIS"), now.ae_title, step["mpps_uid"], saying.fitted(now.character_set, said)
        )
        # A RIS that holds the step for ended took an N-SET whose answer was lost, or was corrected: it takes no other.
        if answer.done or (answer.error_id == NO_LONGER and step["status"] == IN_PROGRESS):
            with self._store.write() as tx:
                tx.execute(
                    "UPDATE modality_step SET status=?, reason=?, ended=? WHERE system=? AND mpps_uid=?",
                    (status, reason, moment.isoformat(timespec="seconds"), self.system, step["mpps_uid"]),
                )
        what = f"step of {step['accession'] or step['patient_id']}"
        ended = status.lower()
        told = f"{what} {ended}" if answer.done else f"{what} not {ended}: {answer.status} {answer.comment}".strip()
        return {"mpps_uid": step["mpps_uid"], "accession": step["accession"], "study_uid": step["study_uid"],
                "status": status if answer.done else step["status"], "series": len(series), "done": answer.done,
                "answer": answer.status, "comment": answer.comment, "summary": told}  # fmt: skip

    def find(self, mpps_uid: str = "", accession: str = "") -> sqlite3.Row:
        """The step of that UID, or the latest (one in progress first) of that accession, or of all; NotFound."""
        with self._store.read() as tx:
            row: sqlite3.Row | None = tx.execute(
                "SELECT * FROM modality_step WHERE system=?1 AND (?2='' OR mpps_uid=?2) AND (?3='' OR accession=?3) "
                "ORDER BY status=?4 DESC, rowid DESC",
                (self.system, mpps_uid, accession, IN_PROGRESS),
            ).fetchone()
        if row is None:
            raise NotFound(
                f"no step of {mpps_uid or accession or 'anybody'} was begun", place=self.system, remedy="Start one."
            )
        return row

    def going(self, accession: str | None) -> sqlite3.Row | None:
        """The step of an accession that is in progress, or may be; without an accession the latest."""
        with self._store.read() as tx:
            row: sqlite3.Row | None = tx.execute(
                "SELECT * FROM modality_step WHERE system=?1 AND status IN (?2, ?4) AND (?3 IS NULL OR accession=?3) "
                "ORDER BY rowid DESC",
                (self.system, IN_PROGRESS, accession, ASKED),
            ).fetchone()
        return row

    def open_with_images(self) -> list[tuple[str, str]]:
        """Steps in progress in which something was acquired, and when each was begun."""
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT mpps_uid, begun FROM modality_step s WHERE system=?1 AND status=?2 AND EXISTS "
                "(SELECT 1 FROM modality_held h WHERE h.system=s.system AND h.mpps_uid=s.mpps_uid) ORDER BY s.rowid",
                (self.system, IN_PROGRESS),
            )
            return [(row["mpps_uid"], row["begun"]) for row in rows]

    def _ask(self, now: ModalitySettings, mpps_uid: str, said: Row) -> Answer:
        return self._calls.create_step(self._calls.peer(now, "RIS"), now.ae_title, mpps_uid, said)

    def _asked_twice(self, now: ModalitySettings, mpps_uid: str, said: Row) -> Answer:
        """The answer to N-CREATE, asked for once more when the first was lost."""
        try:
            answer = self._ask(now, mpps_uid, said)
        except _LOST:
            return self._ask(now, mpps_uid, said)
        return answer

    def _asked_for(self, mpps_uid: str) -> sqlite3.Row | None:
        """The step of that UID, if it is still not known whether the RIS has it."""
        with self._store.read() as tx:
            row: sqlite3.Row | None = tx.execute(
                "SELECT * FROM modality_step WHERE system=? AND mpps_uid=? AND status=?", (self.system, mpps_uid, ASKED)
            ).fetchone()
        return row

    def _note(self, mpps_uid: str, stands: bool) -> None:
        """Write down that the RIS has a step, or forget it."""
        if not stands:
            self._forget(mpps_uid)
            return
        with self._store.write() as tx:
            tx.execute(
                "UPDATE modality_step SET status=? WHERE system=? AND mpps_uid=? AND status=?",
                (IN_PROGRESS, self.system, mpps_uid, ASKED),
            )

    def _forget(self, mpps_uid: str) -> None:
        with self._store.write() as tx:
            tx.execute("DELETE FROM modality_step WHERE system=? AND mpps_uid=?", (self.system, mpps_uid))

    def _count(self) -> int:
        with self._store.read() as tx:
            found = tx.execute("SELECT count(*) FROM modality_step WHERE system=?", (self.system,)).fetchone()
        return int(found[0])

    def _series(self, mpps_uid: str) -> list[Row]:
        """Performed Series Sequence (0040,0340) of what was acquired in a step."""
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT series_uid, sop_class, sop_uid, description FROM modality_held WHERE system=? AND mpps_uid=? "
                "ORDER BY rowid",
                (self.system, mpps_uid),
            ).fetchall()
        found: dict[str, Row] = {}
        for row in rows:
            series = found.setdefault(
                row["series_uid"],
                {
                    "PerformingPhysicianName": "",
                    "ProtocolName": row["description"] or "UNKNOWN",
                    "OperatorsName": "",
                    "SeriesInstanceUID": row["series_uid"],
                    "SeriesDescription": "",
                    "RetrieveAETitle": "",
                    "ReferencedImageSequence": [],
                    "ReferencedNonImageCompositeSOPInstanceSequence": [],
                },
            )
            series["ReferencedImageSequence"].append(
                {"ReferencedSOPClassUID": row["sop_class"], "ReferencedSOPInstanceUID": row["sop_uid"]}
            )
        return list(found.values())


def _stands(answer: Answer) -> bool:
    """Whether the RIS has the step: it took it, or had it before. Nobody else gives out that UID."""
    return answer.done or answer.status == f"{statuses.DUPLICATE_INSTANCE:04X}"
