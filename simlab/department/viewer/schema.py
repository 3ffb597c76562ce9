"""The viewers' tables; several viewers share them, told apart by `system`."""

from simlab.store import Schema

SCHEMA = Schema(
    system="viewer",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS viewer_instance (
        system TEXT NOT NULL, sop_uid TEXT NOT NULL, study_uid TEXT NOT NULL, series_uid TEXT NOT NULL,
        patient_id TEXT NOT NULL, patient_name TEXT NOT NULL, accession TEXT NOT NULL, modality TEXT NOT NULL,
        number INTEGER, transfer_syntax TEXT NOT NULL, head BLOB NOT NULL, pixels BLOB, source TEXT NOT NULL,
        received TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (system, sop_uid));
    CREATE INDEX IF NOT EXISTS viewer_by_study ON viewer_instance (system, study_uid);
    CREATE TABLE IF NOT EXISTS viewer_setting (
        system TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (system, key))
    """,
    domain=("viewer_instance", "viewer_setting"),
    volatile=("received",),
)
