"""The modalities' tables; several scanners share them, told apart by `system`."""

from simlab.store import Schema

SCHEMA = Schema(
    system="modality",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS modality_config (
        system TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (system, key));
    CREATE TABLE IF NOT EXISTS modality_held (
        system TEXT NOT NULL, sop_uid TEXT NOT NULL, sop_class TEXT NOT NULL, study_uid TEXT NOT NULL,
        series_uid TEXT NOT NULL, accession TEXT NOT NULL, patient_id TEXT NOT NULL, patient_name TEXT NOT NULL,
        description TEXT NOT NULL, modality TEXT NOT NULL, study_date TEXT NOT NULL, transfer_syntax TEXT NOT NULL,
        head BLOB NOT NULL, pixels TEXT, held_at TEXT NOT NULL, sent_at TEXT, PRIMARY KEY (system, sop_uid));
    CREATE TABLE IF NOT EXISTS modality_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, sop_uid TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '', queued_at TEXT NOT NULL,
        actor TEXT NOT NULL, cause INTEGER, UNIQUE (system, sop_uid))
    """,
    # A queue's number is never used twice, so that a send under way when a scene is staged cannot end another's row.
    domain=("modality_config", "modality_held"),
    other=("modality_queue",),
    volatile=("held_at", "sent_at"),
)
