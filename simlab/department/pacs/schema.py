"""The tables of the PACS: patients, studies, series under their effective identity; instances with their own."""

from __future__ import annotations

from simlab.store import Schema

SCHEMA = Schema(
    system="pacs",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS pacs_patient (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, name TEXT NOT NULL, name_fold TEXT NOT NULL,
        birth_date TEXT NOT NULL, sex TEXT NOT NULL, merged_into TEXT, merged_issuer TEXT,
        PRIMARY KEY (patient_id, issuer));
    CREATE TABLE IF NOT EXISTS pacs_link (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, other_id TEXT NOT NULL, other_issuer TEXT NOT NULL,
        PRIMARY KEY (patient_id, issuer, other_id, other_issuer));
    CREATE TABLE IF NOT EXISTS pacs_study (
        study_uid TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,
        study_date TEXT NOT NULL, study_time TEXT NOT NULL, accession TEXT NOT NULL, study_id TEXT NOT NULL,
        description TEXT NOT NULL, referring TEXT NOT NULL, coerced INTEGER NOT NULL DEFAULT 0,
        corrected INTEGER NOT NULL DEFAULT 0, quarantined INTEGER NOT NULL DEFAULT 0,
        quarantine_reason TEXT NOT NULL DEFAULT '', hidden INTEGER NOT NULL DEFAULT 0, report TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS pacs_study_by_patient ON pacs_study (patient_id, issuer);
    CREATE INDEX IF NOT EXISTS pacs_study_by_date ON pacs_study (study_date);
    CREATE INDEX IF NOT EXISTS pacs_study_by_accession ON pacs_study (accession);
    CREATE TABLE IF NOT EXISTS pacs_series (
        series_uid TEXT PRIMARY KEY, study_uid TEXT NOT NULL, modality TEXT NOT NULL, number INTEGER,
        description TEXT NOT NULL, body_part TEXT NOT NULL, laterality TEXT NOT NULL,
        hidden INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS pacs_series_by_study ON pacs_series (study_uid);
    CREATE TABLE IF NOT EXISTS pacs_instance (
        sop_uid TEXT PRIMARY KEY, series_uid TEXT NOT NULL, sop_class TEXT NOT NULL, number INTEGER,
        rows INTEGER, columns INTEGER, frames INTEGER, transfer_syntax TEXT NOT NULL,
        size INTEGER NOT NULL, source TEXT NOT NULL, received TEXT NOT NULL,
        stored_patient_id TEXT NOT NULL, stored_issuer TEXT NOT NULL, stored_study TEXT NOT NULL,
        stored_series TEXT NOT NULL, hidden INTEGER NOT NULL DEFAULT 0, head BLOB NOT NULL, pixels BLOB);
    CREATE INDEX IF NOT EXISTS pacs_instance_by_series ON pacs_instance (series_uid);
    CREATE INDEX IF NOT EXISTS pacs_instance_by_kind ON pacs_instance (sop_class, transfer_syntax);
    CREATE TABLE IF NOT EXISTS pacs_peer (
        title TEXT PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL, services TEXT NOT NULL,
        classes TEXT NOT NULL DEFAULT '[]', max_associations INTEGER NOT NULL DEFAULT 0,
        tls INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS pacs_user (name TEXT PRIMARY KEY, full_name TEXT NOT NULL, passcode TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pacs_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pacs_rule (
        name TEXT PRIMARY KEY, kind TEXT NOT NULL, enabled INTEGER NOT NULL, rule TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pacs_retention (name TEXT PRIMARY KEY, rule TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pacs_transfer (
        id INTEGER PRIMARY KEY AUTOINCREMENT, study_uid TEXT NOT NULL, destination TEXT NOT NULL,
        priority INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT NOT NULL DEFAULT '', how TEXT NOT NULL, rule TEXT NOT NULL, actor TEXT NOT NULL, cause INTEGER,
        queued TEXT NOT NULL, done TEXT);
    CREATE INDEX IF NOT EXISTS pacs_transfer_by_state ON pacs_transfer (state, destination);
    CREATE TABLE IF NOT EXISTS pacs_transfer_item (
        id INTEGER PRIMARY KEY, transfer INTEGER NOT NULL REFERENCES pacs_transfer ON DELETE CASCADE,
        sop_uid TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '', UNIQUE (transfer, sop_uid));
    CREATE TABLE IF NOT EXISTS pacs_lane (
        destination TEXT PRIMARY KEY, held INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
        next_try REAL NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '');
    CREATE TABLE IF NOT EXISTS pacs_sent (
        id INTEGER PRIMARY KEY, sop_uid TEXT NOT NULL, study_uid TEXT NOT NULL, destination TEXT NOT NULL,
        at TEXT NOT NULL, actor TEXT NOT NULL, cause INTEGER, how TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS pacs_sent_by_study ON pacs_sent (study_uid);
    CREATE TABLE IF NOT EXISTS pacs_receipt (
        sop_uid TEXT NOT NULL, destination TEXT NOT NULL, study_uid TEXT NOT NULL, at TEXT NOT NULL,
        notice TEXT NOT NULL, PRIMARY KEY (sop_uid, destination));
    CREATE INDEX IF NOT EXISTS pacs_receipt_by_notice ON pacs_receipt (notice);
    CREATE TABLE IF NOT EXISTS pacs_place (
        sop_uid TEXT PRIMARY KEY REFERENCES pacs_instance ON DELETE CASCADE, archived TEXT NOT NULL,
        cached INTEGER NOT NULL, shelved INTEGER NOT NULL, used TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pacs_correction (
        level TEXT NOT NULL, uid TEXT NOT NULL, keyword TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (level, uid, keyword));
    CREATE TABLE IF NOT EXISTS pacs_rejection (
        sop_uid TEXT PRIMARY KEY, code TEXT NOT NULL, note_uid TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS pacs_rejection_by_note ON pacs_rejection (note_uid);
    CREATE TABLE IF NOT EXISTS pacs_rejection_awaited (
        sop_uid TEXT NOT NULL, note_uid TEXT NOT NULL REFERENCES pacs_instance ON DELETE CASCADE, code TEXT NOT NULL,
        PRIMARY KEY (sop_uid, note_uid));
    CREATE INDEX IF NOT EXISTS pacs_rejection_awaited_by_note ON pacs_rejection_awaited (note_uid);
    CREATE TABLE IF NOT EXISTS pacs_order (
        accession TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, patient_name TEXT NOT NULL,
        birth_date TEXT NOT NULL, sex TEXT NOT NULL, study_uid TEXT NOT NULL, description TEXT NOT NULL,
        referring TEXT NOT NULL, status TEXT NOT NULL, performed_study TEXT NOT NULL DEFAULT '',
        modality TEXT NOT NULL DEFAULT '', scheduled TEXT NOT NULL DEFAULT '');
    CREATE TABLE IF NOT EXISTS pacs_duplicate (
        id INTEGER PRIMARY KEY, sop_uid TEXT NOT NULL, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,
        patient_name TEXT NOT NULL, study_uid TEXT NOT NULL, accession TEXT NOT NULL, what TEXT NOT NULL,
        transfer_syntax TEXT NOT NULL, head BLOB NOT NULL, pixels BLOB, source TEXT NOT NULL, received TEXT NOT NULL,
        state TEXT NOT NULL, admitted_as TEXT NOT NULL DEFAULT '');
    CREATE TABLE IF NOT EXISTS pacs_repair (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, method TEXT NOT NULL, args TEXT NOT NULL, summary TEXT NOT NULL,
        studies TEXT NOT NULL, touches TEXT NOT NULL, changes TEXT NOT NULL, result TEXT NOT NULL,
        state TEXT NOT NULL, actor TEXT NOT NULL, approved_by TEXT NOT NULL, undone_by INTEGER);
    CREATE TABLE IF NOT EXISTS pacs_request (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, method TEXT NOT NULL, args TEXT NOT NULL, summary TEXT NOT NULL,
        studies TEXT NOT NULL, state TEXT NOT NULL, actor TEXT NOT NULL, cause INTEGER, decided_by TEXT NOT NULL,
        repair INTEGER);
    CREATE TABLE IF NOT EXISTS pacs_audit (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
        user TEXT NOT NULL, ae TEXT NOT NULL, patient_id TEXT NOT NULL, study_uid TEXT NOT NULL,
        summary TEXT NOT NULL, message TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS pacs_audit_by_patient ON pacs_audit (patient_id);
    CREATE INDEX IF NOT EXISTS pacs_audit_by_study ON pacs_audit (study_uid);
    CREATE TABLE IF NOT EXISTS pacs_notice (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, title TEXT NOT NULL,
        state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
        next_try REAL NOT NULL DEFAULT 0, at TEXT NOT NULL, delivered TEXT, how TEXT NOT NULL DEFAULT '',
        actor TEXT NOT NULL, cause INTEGER);
    CREATE INDEX IF NOT EXISTS pacs_notice_by_subject ON pacs_notice (subject);
    CREATE TABLE IF NOT EXISTS pacs_commitment_item (
        id INTEGER PRIMARY KEY, notice INTEGER NOT NULL REFERENCES pacs_notice ON DELETE CASCADE,
        sop_class TEXT NOT NULL, sop_uid TEXT NOT NULL, reason INTEGER);
    CREATE INDEX IF NOT EXISTS pacs_commitment_item_by_notice ON pacs_commitment_item (notice)
    """,
    domain=(
        "pacs_patient",
        "pacs_link",
        "pacs_study",
        "pacs_series",
        "pacs_instance",
        "pacs_peer",
        "pacs_setting",
        "pacs_user",
        "pacs_rule",
        "pacs_retention",
        "pacs_correction",
        "pacs_rejection",
        "pacs_order",
        "pacs_duplicate",
    ),
    other=(
        "pacs_transfer",
        "pacs_transfer_item",
        "pacs_lane",
        "pacs_sent",
        "pacs_receipt",
        "pacs_place",
        "pacs_rejection_awaited",
        "pacs_repair",
        "pacs_request",
        "pacs_audit",
        "pacs_notice",
        "pacs_commitment_item",
    ),
    volatile=("received", "passcode"),
    remembered=("pacs_setting", "pacs_peer", "pacs_rule"),
)
"""`coerced` studies are sent out under the identity of their patient row, `corrected` ones with what stands in
`pacs_correction` for them, their series and instances; the others byte for byte as they came. `hidden` is derived: a
quarantined study, a rejected instance, a series or study that has no other. `report` is the report's status (P, F, C…).
`pixels` is a reference (`blobs.Reference`), and stands last, since what is behind a long value is slow to read.
`services` is a JSON list; a setting's `value` is JSON. A peer's `classes` are the SOP classes that it may store, none
meaning those of the standard. `pacs_sent` has a row for every instance that went out and how: move, get, route,
prefetch or forward. An instance without a row in `pacs_place` stands in the cache and is not archived yet.
`pacs_rejection_awaited` are the instances that a filed note rejects as soon as they come."""
