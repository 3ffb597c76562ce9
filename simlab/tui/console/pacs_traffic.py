"""The PACS console, traffic: transfers, rules, where copies went, commitment, notices."""

from __future__ import annotations

from simlab.tui.console.deeds import Deed, Group, Look, Section

_STUDY = {"study": "study_uid"}
_OF_STUDY = {"study_uid": "study_uid"}
_TRANSFER = {"transfer": "id"}
_LANE = {"destination": "destination"}
_RULE = {"rule": "name"}
_PARTS = ("kind", "match", "destinations", "priority", "enabled", "on", "same", "last", "years")
_WRITTEN = {**_RULE, **{part: part for part in _PARTS}}

_GONE = Look("Where has it gone?", "pacs.sent", _OF_STUDY)

TRAFFIC = Group(
    "PACS traffic",
    (
        Section(
            "pacs-transfers",
            "Transfers",
            "pacs.transfers",
            ("id", "destination", "state", "sent", "instances", "failed", "error", "lane_error", "patient_id"),
            (
                Deed("Hold it…", "pacs.hold_transfers", _TRANSFER),
                Deed("Release it…", "pacs.release_transfers", _TRANSFER),
                Deed("Try again now…", "pacs.retry_transfer", _TRANSFER),
                Deed("Cancel it…", "pacs.cancel_transfer", _TRANSFER),
                Deed("Hold everything for its destination…", "pacs.hold_transfers", _LANE),
                Deed("Release everything for its destination…", "pacs.release_transfers", _LANE),
                _GONE,
            ),
            Deed("Send a study", "pacs.forward"),
            search=("destination", "state", "study_uid"),
            newest_first=True,
            empty="Nothing is on its way; n sends a study.",
        ),
        Section(
            "pacs-rules",
            "Rules",
            "pacs.rules",
            ("name", "kind", "enabled", "match", "destinations", "priority"),
            (
                Deed(
                    "Change…",
                    "pacs.add_rule",
                    _WRITTEN,
                ),
                Deed("Remove…", "pacs.remove_rule", _RULE),
            ),
            Deed("New rule", "pacs.add_rule"),
            search=("kind",),
            empty="No routing and no prefetch; n writes a rule.",
        ),
        Section(
            "pacs-sent",
            "Where sent",
            "pacs.sent",
            ("last", "destination", "instances", "how", "actor", "patient_id", "study_uid"),
            (
                Deed("Send it to another peer…", "pacs.forward", {"study": "study_now"}),
                Look("Every copy of this study", "pacs.sent", _OF_STUDY),
            ),
            search=("study_uid", "patient_id", "destination"),
            newest_first=True,
            empty="No copy went out.",
        ),
        Section(
            "pacs-commitments",
            "Commitment",
            "pacs.commitments",
            ("requestor", "event", "state", "references", "failed", "reasons", "attempts", "error", "requested"),
            (Deed("Deliver the report again…", "pacs.resend_report", {"transaction": "transaction_uid"}),),
            Deed("Ask for commitment", "dicom.commit"),
            search=("requestor", "study_uid", "transaction_uid"),
            newest_first=True,
            empty="Nobody asked for commitment.",
        ),
        Section(
            "pacs-availability",
            "Availability",
            "pacs.availability",
            ("destination", "state", "study_uid"),
            search=("destination", "study_uid"),
            newest_first=True,
            empty="Nobody was notified.",
        ),
        Section(
            "pacs-receipts",
            "Receipts",
            "pacs.receipts",
            ("destination", "state", "patient_id", "sent", "receipted", "missing", "last_sent", "last_receipt"),
            (Deed("Send it once more…", "pacs.forward", {"study": "study_uid", "destination": "destination"}),),
            search=("study_uid", "destination"),
            newest_first=True,
            empty="Nothing went to anybody who owes a receipt.",
        ),
    ),
)
