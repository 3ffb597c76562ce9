"""What can be done with a line of the archive, by its level: ask, send, repair, look."""

from __future__ import annotations

from simlab.tui.console.deeds import Ask, Deed, Look, Offer

_STUDY = {"study": "study_uid"}
_OF_STUDY = {"study_uid": "study_uid"}
_PATIENT = {"patient_id": "patient_id"}
_STUDY_KEY = {"StudyInstanceUID": "study_uid"}
_SERIES_KEYS = {**_STUDY_KEY, "SeriesInstanceUID": "series_uid"}
_IMAGE_KEYS = {**_SERIES_KEYS, "SOPInstanceUID": "sop_uid"}
_AT_STUDY = {"level": "STUDY"}
_NUMBER = {"uid": "patient_id", "issuer": "issuer"}

ARCHIVE: dict[str, tuple[Offer, ...]] = {
    "patients": (
        Ask("Query its studies (C-FIND)…", "find", {"PatientID": "patient_id"}, _AT_STUDY),
        Deed(
            "Merge into another patient…",
            "pacs.merge_patients",
            {"retire": "patient_id", "retire_issuer": "issuer"},
            when="!merged_into",
        ),
        Deed(
            "Take the merge apart…",
            "pacs.unmerge_patients",
            {"patient": "patient_id", "issuer": "issuer"},
            when="merged_into",
        ),
        Deed("Correct name, birth date, sex…", "pacs.correct", _NUMBER, {"level": "patient"}),
        Deed("Note an order of theirs…", "pacs.note_order", {"patient": "patient_id", "issuer": "issuer"}),
        Look("Where have the images gone?", "pacs.sent", _PATIENT),
        Look("Audit trail", "pacs.audit", _PATIENT),
    ),
    "studies": (
        Ask("Send to a destination (C-MOVE)…", "move", _STUDY_KEY, _AT_STUDY),
        Ask("Fetch to this workstation (C-GET)…", "get", _STUDY_KEY, _AT_STUDY),
        Deed("Forward to a peer, by the queue…", "pacs.forward", _STUDY),
        Deed("Move the study to another patient…", "pacs.move_study", _STUDY),
        Deed("Split series or images out of it…", "pacs.split_study", _STUDY),
        Deed("Reconcile with an order…", "pacs.reconcile", _STUDY),
        Deed("Correct its attributes…", "pacs.correct", {"uid": "study_uid"}, {"level": "study"}),
        Deed("Quarantine…", "pacs.quarantine", _STUDY, when="!quarantined"),
        Deed("Release from quarantine…", "pacs.quarantine", _STUDY, {"release": True}, when="quarantined"),
        Deed("Reject, with a note and a code…", "pacs.reject", _STUDY),
        Deed("Delete…", "pacs.delete_study", _STUDY),
        Deed("Mark as reported, or not…", "pacs.mark_reported", _STUDY),
        Deed("Ask for commitment (N-ACTION)…", "dicom.commit", _STUDY),
        Look("Where has it gone?", "pacs.sent", _OF_STUDY),
        Look("Repairs of it", "pacs.repairs", _OF_STUDY),
        Look("Audit trail", "pacs.audit", _OF_STUDY),
    ),
    "series": (
        Ask("Send to a destination (C-MOVE)…", "move", _SERIES_KEYS, {"level": "SERIES"}),
        Deed("Forward to a peer, by the queue…", "pacs.forward", {**_STUDY, "series": "series_uid"}),
        Deed("Split it out of its study…", "pacs.split_study", {**_STUDY, "series": "[series_uid]"}),
        Deed(
            "Correct side, body part, description…", "pacs.correct", {"uid": "series_uid"}, {"level": "series"}
        ),
        Deed("Reject, with a note and a code…", "pacs.reject", {**_STUDY, "series": "[series_uid]"}),
        Look("Where has its study gone?", "pacs.sent", _OF_STUDY),
    ),
    "instances": (
        Ask("Send to a destination (C-MOVE)…", "move", _IMAGE_KEYS, {"level": "IMAGE"}),
        Deed("Split it out of its study…", "pacs.split_study", {**_STUDY, "instances": "[sop_uid]"}),
        Deed("Reject, with a note and a code…", "pacs.reject", {**_STUDY, "instances": "[sop_uid]"}),
        Look("Where has its study gone?", "pacs.sent", _OF_STUDY),
    ),
}  # fmt: skip
