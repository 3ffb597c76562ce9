"""The PACS console, identities: what fits no order, repairs, approvals, what is rejected or hidden."""

from __future__ import annotations

from simlab.tui.console.deeds import Deed, Group, Look, Section

_STUDY = {"study": "study_uid"}
_OF_STUDY = {"study_uid": "study_uid"}

_GONE = Look("Where has it gone?", "pacs.sent", _OF_STUDY)
_REJECT = Deed("Reject, with a note and a code…", "pacs.reject", _STUDY)
_HIDE = Deed("Quarantine…", "pacs.quarantine", _STUDY, when="!quarantined")
_RELEASE = Deed("Release from quarantine…", "pacs.quarantine", _STUDY, {"release": True}, when="quarantined")
_DELETE = Deed("Delete (quarantined, rejected, approved)…", "pacs.delete_study", _STUDY)
_MOVE = Deed("Move to another patient…", "pacs.move_study", _STUDY)

IDENTITY = Group(
    "PACS identity",
    (
        Section(
            "pacs-unmatched",
            "Unmatched",
            "pacs.unmatched",
            ("reason", "patient_id", "patient_name", "accession", "study_date", "description"),
            (
                Deed("Reconcile with an order…", "pacs.reconcile", {**_STUDY, "accession": "accession"}),
                _MOVE,
                Deed("Split series out of it…", "pacs.split_study", _STUDY),
                _REJECT,
                _HIDE,
                _RELEASE,
                _GONE,
            ),
            search=("patient_id", "study_uid"),
            empty="Every study has its order.",
        ),
        Section(
            "pacs-repairs",
            "Repairs",
            "pacs.repairs",
            ("summary", "state", "method", "id", "at", "actor", "approved_by"),
            (Deed("Undo…", "pacs.undo", {"repair": "id"}),),
            search=("study_uid", "method", "state"),
            newest_first=True,
            empty="Nothing was repaired yet.",
        ),
        Section(
            "pacs-requests",
            "Approvals",
            "pacs.requests",
            ("summary", "state", "method", "id", "actor"),
            (
                Deed("Approve…", "pacs.approve", {"request": "id"}),
                Deed("Decline…", "pacs.approve", {"request": "id"}, {"decline": True}),
            ),
            search=("state", "study_uid"),
            newest_first=True,
            empty="No repair waits for a second person.",
        ),
        Section(
            "pacs-rejections",
            "Rejected",
            "pacs.rejections",
            ("code", "reason", "hidden", "study_uid", "sop_uid"),
            (_HIDE, _DELETE, _GONE, Look("Repairs of its study", "pacs.repairs", _OF_STUDY)),
            search=("study_uid", "code"),
            empty="Nothing is rejected.",
        ),
        Section(
            "pacs-quarantine",
            "Quarantined",
            "pacs.studies",
            ("patient_id", "patient_name", "accession", "study_date", "description", "quarantine_reason"),
            (_RELEASE, _REJECT, _DELETE, _MOVE, _GONE),
            keep="quarantined",
            only=(True,),
            empty="No study is in quarantine.",
        ),
        Section(
            "pacs-duplicates",
            "Duplicates",
            "pacs.duplicates",
            ("id", "state", "what", "patient_id", "patient_name", "sop_uid"),
            (
                Deed("Discard the second object…", "pacs.settle_duplicate", {"duplicate": "id"}),
                Deed("Admit it under UIDs of its own…", "pacs.settle_duplicate", {"duplicate": "id"}, {"admit": True}),
            ),
            empty="No object came twice with other content.",
        ),
        Section(
            "pacs-links",
            "Linked records",
            "pacs.links",
            ("patient_id", "issuer", "other_id", "other_issuer"),
            search=("patient_id",),
            empty="No two records are said to be of one person.",
        ),
        Section(
            "pacs-orders",
            "Orders known",
            "pacs.orders",
            ("accession", "patient_id", "patient_name", "status", "description"),
            (
                Deed("Change…", "pacs.note_order", {"accession": "accession", "patient": "patient_id"}),
                Look("Studies with this number", "pacs.studies", {"accession": "accession"}),
            ),
            Deed("Note an order", "pacs.note_order"),
            search=("accession", "patient_id"),
            empty="The PACS was told of no order; n notes one.",
        ),
    ),
)
