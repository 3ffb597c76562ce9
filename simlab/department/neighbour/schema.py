"""The neighbour's tables."""

from simlab.store import Schema

SCHEMA = Schema(
    system="neighbour",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS neighbour_instance (
        sop_uid TEXT PRIMARY KEY, sop_class TEXT NOT NULL, study_uid TEXT NOT NULL, series_uid TEXT NOT NULL,
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, patient_name TEXT NOT NULL, birth_date TEXT NOT NULL,
        sex TEXT NOT NULL, accession TEXT NOT NULL, modality TEXT NOT NULL, description TEXT NOT NULL,
        study_date TEXT NOT NULL, study_time TEXT NOT NULL, number INTEGER, sent_id TEXT NOT NULL,
        sent_issuer TEXT NOT NULL, transfer_syntax TEXT NOT NULL, head BLOB NOT NULL, pixels BLOB,
        source TEXT NOT NULL, received TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS neighbour_by_study ON neighbour_instance (study_uid);
    CREATE TABLE IF NOT EXISTS neighbour_person (
        number TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, name TEXT NOT NULL,
        UNIQUE (patient_id, issuer));
    CREATE TABLE IF NOT EXISTS neighbour_peer (title TEXT PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS neighbour_receipt (
        id INTEGER PRIMARY KEY AUTOINCREMENT, study_uid TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '', due REAL NOT NULL, at TEXT NOT NULL,
        delivered TEXT NOT NULL DEFAULT '', instances INTEGER NOT NULL DEFAULT 0, actor TEXT NOT NULL, cause INTEGER);
    CREATE INDEX IF NOT EXISTS neighbour_receipt_by_study ON neighbour_receipt (study_uid, title);
    CREATE TABLE IF NOT EXISTS neighbour_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL)
    """,
    domain=("neighbour_instance", "neighbour_person", "neighbour_setting", "neighbour_peer"),
    other=("neighbour_receipt",),
    volatile=("received",),
)
"""`sent_id` and `sent_issuer` are what stood in an instance that came, `patient_id` and `issuer` the neighbour's."""
