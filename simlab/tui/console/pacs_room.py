"""The PACS console, room: space, limits, where studies stand, how long they are kept."""

from __future__ import annotations

from simlab.tui.console.deeds import SETTING, Deed, Group, Section

_STUDY = {"study": "study_uid"}
_RULE = {"rule": "name"}
_KEPT = {name: name for name in ("modalities", "status", "keep_days", "until_age")}
_CHANGE = (Deed("Change…", "pacs.configure", SETTING),)

_FREE = Deed("Free space in the cache…", "pacs.free_space")
_LIMITS = ("quota_kb", "high_water", "low_water", "make_space", "archive_tier", "archive_after_minutes")
ROOM = Group(
    "PACS room",
    (
        Section(
            "pacs-space",
            "Space",
            "pacs.space",
            ("kind", "name", "state", "per_cent", "instances", "bytes", "cached", "quota"),
            (_FREE,),
            _FREE,
        ),
        Section(
            "pacs-limits",
            "Limits",
            "pacs.settings",
            ("key", "value"),
            _CHANGE,
            only=(*_LIMITS, "recall_seconds", "retention_days", "retention_deletes"),
        ),
        Section(
            "pacs-places",
            "Cache, shelf",
            "pacs.places",
            ("patient_id", "accession", "availability", "instances", "cached", "archived", "shelved"),
            (
                Deed("Copy to the archive now", "pacs.archive_study", _STUDY),
                Deed("Copy to the archive, medium on the shelf", "pacs.archive_study", _STUDY, {"shelve": True}),
                Deed("Recall into the cache", "pacs.recall_study", _STUDY),
                Deed("Send it to a peer…", "pacs.forward", _STUDY),
            ),
            search=("study_uid",),
        ),
        Section(
            "pacs-retention",
            "Kept until",
            "pacs.retention",
            ("until", "rule", "may_go", "hindrance", "patient_id", "study_date", "study_uid"),
            (
                Deed("Reject as expired (113039)…", "pacs.reject", _STUDY, {"code": "113039"}),
                Deed("Delete…", "pacs.delete_study", _STUDY),
            ),
            search=("study_uid",),
        ),
        Section(
            "pacs-retention-rules",
            "Retention",
            "pacs.retention_rules",
            ("name", "modalities", "status", "keep_days", "until_age"),
            (
                Deed("Change…", "pacs.set_retention", {**_RULE, **_KEPT}),
                Deed("Remove…", "pacs.set_retention", _RULE, {"remove": True}),
            ),
            Deed("New retention rule", "pacs.set_retention"),
            empty="No rule: the setting retention_days decides; n writes one.",
        ),
    ),
)
