"""The tables of the RIS."""

from simlab.hl7.schema import outbox
from simlab.store import Schema

SCHEMA = Schema(
    system="ris",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS ris_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ris_peer (
        title TEXT PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL, services TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ris_exam (
        code TEXT PRIMARY KEY, description TEXT NOT NULL, modality TEXT NOT NULL, station_ae TEXT NOT NULL,
        body_part TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ris_patient (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, name TEXT NOT NULL, birth_date TEXT NOT NULL,
        sex TEXT NOT NULL, address TEXT NOT NULL, phone TEXT NOT NULL, merged_into TEXT, merged_issuer TEXT,
        PRIMARY KEY (patient_id, issuer));
    CREATE TABLE IF NOT EXISTS ris_identifier (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, number TEXT NOT NULL, authority TEXT NOT NULL,
        type TEXT NOT NULL, PRIMARY KEY (patient_id, issuer, number, authority));
    CREATE TABLE IF NOT EXISTS ris_authority (
        name TEXT PRIMARY KEY, universal_id TEXT NOT NULL, universal_type TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ris_link (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, other_id TEXT NOT NULL, other_issuer TEXT NOT NULL,
        PRIMARY KEY (patient_id, issuer, other_id, other_issuer));
    CREATE TABLE IF NOT EXISTS ris_merge (
        id INTEGER PRIMARY KEY, retired TEXT NOT NULL, survivor TEXT NOT NULL, issuer TEXT NOT NULL,
        carried TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS ris_visit (
        number TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, patient_class TEXT NOT NULL,
        location TEXT NOT NULL, state TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS ris_visit_by_patient ON ris_visit (patient_id, issuer);
    CREATE TABLE IF NOT EXISTS ris_order (
        accession TEXT PRIMARY KEY, placer TEXT NOT NULL, filler TEXT NOT NULL, patient_id TEXT NOT NULL,
        issuer TEXT NOT NULL, exam TEXT NOT NULL, description TEXT NOT NULL, procedure_id TEXT NOT NULL,
        procedure_code TEXT NOT NULL, reason TEXT NOT NULL, referrer TEXT NOT NULL, requester TEXT NOT NULL,
        priority TEXT NOT NULL, state TEXT NOT NULL, state_reason TEXT NOT NULL, visit TEXT NOT NULL,
        visit_issuer TEXT NOT NULL, alerts TEXT NOT NULL, patient_state TEXT NOT NULL, pregnancy TEXT NOT NULL,
        weight TEXT NOT NULL, height TEXT NOT NULL, requested TEXT NOT NULL, reason_code TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS ris_order_by_patient ON ris_order (patient_id, issuer);
    CREATE INDEX IF NOT EXISTS ris_order_by_placer ON ris_order (placer);
    CREATE TABLE IF NOT EXISTS ris_report (
        accession TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, text TEXT NOT NULL,
        author TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,
        PRIMARY KEY (accession, version));
    CREATE TABLE IF NOT EXISTS ris_told (
        accession TEXT PRIMARY KEY, status TEXT NOT NULL, start TEXT NOT NULL, station TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ris_step (
        step_id TEXT PRIMARY KEY, accession TEXT NOT NULL, study_uid TEXT NOT NULL, station_ae TEXT NOT NULL,
        modality TEXT NOT NULL, start TEXT, physician TEXT NOT NULL, protocol_code TEXT NOT NULL,
        description TEXT NOT NULL, state TEXT NOT NULL, protocol_scheme TEXT NOT NULL DEFAULT '',
        station_name TEXT NOT NULL DEFAULT '', location TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS ris_step_by_order ON ris_step (accession);
    CREATE TABLE IF NOT EXISTS ris_downtime (
        id INTEGER PRIMARY KEY, accession TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS ris_mpps (
        mpps_uid TEXT PRIMARY KEY, status TEXT NOT NULL, source TEXT NOT NULL, begun TEXT NOT NULL,
        ended TEXT NOT NULL DEFAULT '', attributes TEXT NOT NULL, conflict TEXT NOT NULL DEFAULT '',
        corrected INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS ris_mpps_step (
        mpps_uid TEXT NOT NULL, position INTEGER NOT NULL, step_id TEXT NOT NULL, accession TEXT NOT NULL,
        study_uid TEXT NOT NULL, before TEXT NOT NULL, PRIMARY KEY (mpps_uid, position));
    CREATE INDEX IF NOT EXISTS ris_mpps_step_by_step ON ris_mpps_step (step_id);
    CREATE TABLE IF NOT EXISTS ris_availability (
        uid TEXT PRIMARY KEY, study_uid TEXT NOT NULL, source TEXT NOT NULL, instances INTEGER NOT NULL,
        availability TEXT NOT NULL, mpps_uid TEXT NOT NULL, at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS ris_availability_by_study ON ris_availability (study_uid);
    CREATE TABLE IF NOT EXISTS ris_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    """
    + outbox("ris_outbox"),
    domain=(
        "ris_setting",
        "ris_peer",
        "ris_exam",
        "ris_patient",
        "ris_identifier",
        "ris_link",
        "ris_visit",
        "ris_order",
        "ris_report",
        "ris_step",
        "ris_downtime",
        "ris_mpps",
        "ris_mpps_step",
    ),
    other=("ris_availability", "ris_authority", "ris_merge", "ris_told", "ris_counter", "ris_outbox"),
    volatile=("requested", "at", "begun", "ended"),
    remembered=("ris_setting",),
)
"""`ris_merge` has what every merge carried, as table and key, so that it can be taken apart. `ris_told` is what the
placer of an order was told of it last; `ris_authority` the universal IDs that authorities have said they go by."""
