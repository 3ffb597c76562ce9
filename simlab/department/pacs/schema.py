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
    CREATE TABLE IF NOT EXISTS pacs_study (
        study_uid TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,
        study_date TEXT NOT NULL, study_time TEXT NOT NULL, accession TEXT NOT NULL, study_id TEXT NOT NULL,
        description TEXT NOT NULL, referring TEXT NOT NULL, coerced INTEGER NOT NULL DEFAULT 0,
        quarantined INTEGER NOT NULL DEFAULT 0, quarantine_reason TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS pacs_study_by_patient ON pacs_study (patient_id, issuer);
    CREATE INDEX IF NOT EXISTS pacs_study_by_date ON pacs_study (study_date);
    CREATE INDEX IF NOT EXISTS pacs_study_by_accession ON pacs_study (accession);
    CREATE TABLE IF NOT EXISTS pacs_series (
        series_uid TEXT PRIMARY KEY, study_uid TEXT NOT NULL, modality TEXT NOT NULL, number INTEGER,
        description TEXT NOT NULL, body_part TEXT NOT NULL, laterality TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS pacs_series_by_study ON pacs_series (study_uid);
    CREATE TABLE IF NOT EXISTS pacs_instance (
        sop_uid TEXT PRIMARY KEY, series_uid TEXT NOT NULL, sop_class TEXT NOT NULL, number INTEGER,
        rows INTEGER, columns INTEGER, frames INTEGER, transfer_syntax TEXT NOT NULL, head BLOB NOT NULL, pixels TEXT,
        size INTEGER NOT NULL, source TEXT NOT NULL, received TEXT NOT NULL,
        stored_patient_id TEXT NOT NULL, stored_issuer TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS pacs_instance_by_series ON pacs_instance (series_uid);
    CREATE TABLE IF NOT EXISTS pacs_peer (
        title TEXT PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL, services TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pacs_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL)
    """,
    domain=("pacs_patient", "pacs_study", "pacs_series", "pacs_instance", "pacs_peer", "pacs_setting"),
    volatile=("received",),
)
"""`coerced` studies are sent out under the identity of their patient row, the others byte for byte as they came.
`services` is a JSON list; a setting's `value` is JSON."""
