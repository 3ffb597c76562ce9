"""The RIS sets a performed step right after the modality may no longer do so (PS3.4 F.7.2.2.3)."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

from simlab.department.ris import mpps, orders, performed, states
from simlab.department.ris.performed import COMPLETED, DISCONTINUED, IN_PROGRESS, Link
from simlab.dicom import discontinuation
from simlab.errors import BadInput, NotFound


def correct(
    tx: sqlite3.Connection, mpps_uid: str, accession: str, step_id: str, status: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Link the performed step to another scheduled one, change how it ended, or both; gives its row and what was done.

    What it was linked to goes back to where it stood before. Raises NotFound for an unknown step, BadInput for a
    correction that makes no sense.
    """
    row = tx.execute("SELECT * FROM ris_mpps WHERE mpps_uid=?", (mpps_uid,)).fetchone()
    if row is None:
        raise NotFound(
            f"no performed step {mpps_uid!r}", place="RIS", remedy="Look its UID up among the performed steps."
        )
    if not (accession or step_id or status):
        raise BadInput("nothing to correct is said", place=mpps_uid, remedy="Give an accession number, or a status.")
    if status and status not in (COMPLETED, DISCONTINUED):
        raise BadInput(f"{status!r} ends no step", place="status", remedy=f"Say {COMPLETED} or {DISCONTINUED}.")
    if status == DISCONTINUED and not reason:
        raise BadInput(
            "a step is discontinued for a reason", place="reason", remedy="Give a code, for instance 110514."
        )
    said = json.loads(row["attributes"])
    after = status or row["status"]
    if status:
        said["PerformedProcedureStepStatus"] = status
        said["PerformedProcedureStepDiscontinuationReasonCodeSequence"] = (
            discontinuation.sequence(reason) if status == DISCONTINUED else []
        )
    freed = performed.release(tx, mpps_uid)
    if accession or step_id:
        said |= identity(tx, _target(tx, accession, step_id))
    odd = performed.begin(tx, mpps_uid, mpps.links(said), str(said.get("PatientID") or ""))
    if after != IN_PROGRESS:
        code, meaning = mpps.reason(said)
        performed.end(tx, mpps_uid, after, code, f"{code} {meaning}".strip())
    tx.execute(
        "UPDATE ris_mpps SET status=?, attributes=?, conflict=?, corrected=corrected+1, ended=? WHERE mpps_uid=?",
        (after, json.dumps(said, ensure_ascii=False), "; ".join(odd),
         row["ended"] or ("" if after == IN_PROGRESS else now.isoformat(timespec="seconds")), mpps_uid),
    )  # fmt: skip
    (done,) = mpps.rows(tx, mpps_uid)
    was, linked = ", ".join(filter(None, freed)) or "no order", done["accession"] or "no order"
    told = [f"{was} → {linked}"] if was != linked else []
    told += [f"{row['status']} → {after}"] if row["status"] != after else []
    return {**done, "told": ", ".join(told) or "nothing new"}


def _target(tx: sqlite3.Connection, accession: str, step_id: str) -> sqlite3.Row:
    """The scheduled step that is meant; it must not have ended."""
    if accession:
        orders.find(tx, accession)
    found = tx.execute(
        "SELECT * FROM ris_step WHERE (?1='' OR accession=?1) AND (?2='' OR step_id=?2) ORDER BY step_id",
        (accession, step_id),
    ).fetchall()
    if not found:
        raise NotFound(f"no scheduled step {step_id} of it", place=accession, remedy="Look its steps up in the RIS.")
    going = [row for row in found if row["state"] in (*states.OPEN, states.IN_PROGRESS)]
    if len(going) != 1:
        what = f"it has {len(going)} steps that have not ended" if going else f"its step is {found[0]['state']}"
        remedy = f"Name one of {', '.join(row['step_id'] for row in going)}." if going else "Take an open one."
        raise BadInput(what, place=accession or step_id, remedy=remedy)
    step: sqlite3.Row = going[0]
    return step


def identity(tx: sqlite3.Connection, step: sqlite3.Row) -> dict[str, Any]:
    """Patient and request of a scheduled step, as a performed step carries them."""
    order = orders.find(tx, step["accession"])
    patient = tx.execute(
        "SELECT * FROM ris_patient WHERE patient_id=? AND issuer=?", (order["patient_id"], order["issuer"])
    ).fetchone()
    link = Link(step["step_id"], step["accession"], step["study_uid"])
    return {
        "PatientID": order["patient_id"],
        "IssuerOfPatientID": order["issuer"],
        "PatientName": patient["name"] if patient else "",
        "PatientBirthDate": patient["birth_date"] if patient else "",
        "PatientSex": patient["sex"] if patient else "",
        "ScheduledStepAttributesSequence": [
            {
                "StudyInstanceUID": link.study_uid,
                "AccessionNumber": link.accession,
                "RequestedProcedureID": order["procedure_id"][:16],
                "RequestedProcedureDescription": order["description"][:64],
                "ScheduledProcedureStepID": link.step_id[:16],
                "ScheduledProcedureStepDescription": step["description"][:64],
                "ScheduledProtocolCodeSequence": [],
            }
        ],
    }
