"""The tables of the electronic patient record."""

from simlab.store import Schema

SCHEMA = Schema(
    system="epr",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS epr_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS epr_patient (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, name TEXT NOT NULL, birth_date TEXT NOT NULL,
        sex TEXT NOT NULL, address TEXT NOT NULL, phone TEXT NOT NULL, merged_into TEXT,
        PRIMARY KEY (patient_id, issuer));
    CREATE TABLE IF NOT EXISTS epr_identifier (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, number TEXT NOT NULL, authority TEXT NOT NULL,
        type TEXT NOT NULL, PRIMARY KEY (patient_id, issuer, number, authority));
    CREATE TABLE IF NOT EXISTS epr_visit (
        number TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, patient_class TEXT NOT NULL,
        location TEXT NOT NULL, consultant TEXT NOT NULL, admitted TEXT NOT NULL, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS epr_order (
        placer TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, exam TEXT NOT NULL,
        description TEXT NOT NULL, modality TEXT NOT NULL, priority TEXT NOT NULL, reason TEXT NOT NULL,
        referrer TEXT NOT NULL, state TEXT NOT NULL, ordered TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS epr_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS epr_outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, control_id TEXT NOT NULL, message BLOB NOT NULL,
        state TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL, next_try REAL NOT NULL, ack BLOB,
        actor TEXT NOT NULL, cause INTEGER, queued TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS epr_outbox_by_state ON epr_outbox (state, id)
    """,
    domain=("epr_setting", "epr_patient", "epr_identifier", "epr_visit", "epr_order"),
    other=("epr_counter", "epr_outbox"),
    volatile=("admitted", "ordered"),
)
