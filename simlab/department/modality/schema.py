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
        head BLOB NOT NULL, pixels BLOB, held_at TEXT NOT NULL, sent_at TEXT, mpps_uid TEXT NOT NULL,
        PRIMARY KEY (system, sop_uid));
    CREATE TABLE IF NOT EXISTS modality_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, sop_uid TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '', queued_at TEXT NOT NULL,
        actor TEXT NOT NULL, cause INTEGER, UNIQUE (system, sop_uid));
    CREATE TABLE IF NOT EXISTS modality_step (
        system TEXT NOT NULL, mpps_uid TEXT NOT NULL, accession TEXT NOT NULL, step_id TEXT NOT NULL,
        study_uid TEXT NOT NULL, patient_id TEXT NOT NULL, patient_name TEXT NOT NULL, performed_id TEXT NOT NULL,
        status TEXT NOT NULL, begun TEXT NOT NULL, ended TEXT NOT NULL, reason TEXT NOT NULL, item TEXT NOT NULL,
        PRIMARY KEY (system, mpps_uid));
    CREATE TABLE IF NOT EXISTS modality_freed (
        system TEXT NOT NULL, mpps_uid TEXT NOT NULL, images INTEGER NOT NULL, PRIMARY KEY (system, mpps_uid));
    CREATE TABLE IF NOT EXISTS modality_commitment (
        system TEXT NOT NULL, transaction_uid TEXT NOT NULL, asked TEXT NOT NULL, event INTEGER,
        reported TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (system, transaction_uid));
    CREATE TABLE IF NOT EXISTS modality_commitment_item (
        system TEXT NOT NULL, transaction_uid TEXT NOT NULL, sop_uid TEXT NOT NULL, reason INTEGER,
        PRIMARY KEY (system, transaction_uid, sop_uid));
    CREATE TABLE IF NOT EXISTS modality_series (
        system TEXT NOT NULL, series_uid TEXT NOT NULL, study_uid TEXT NOT NULL, accession TEXT NOT NULL,
        patient_id TEXT NOT NULL, PRIMARY KEY (system, series_uid));
    CREATE TABLE IF NOT EXISTS modality_examination (
        id INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, accession TEXT NOT NULL, picked TEXT NOT NULL,
        begun TEXT NOT NULL, made INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS modality_counter (system TEXT PRIMARY KEY, value INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS modality_list (system TEXT PRIMARY KEY, taken TEXT NOT NULL, items TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS modality_commitment_by_instance ON modality_commitment_item (system, sop_uid)
    """,
    # A queue's number is never used twice, so that a send under way when a scene is staged cannot end another's row.
    domain=("modality_config", "modality_held", "modality_step"),
    other=(
        "modality_queue",
        "modality_commitment",
        "modality_commitment_item",
        "modality_series",
        "modality_examination",
        "modality_freed",
        "modality_counter",
        "modality_list",
    ),
    volatile=("held_at", "sent_at", "begun", "ended"),
)
