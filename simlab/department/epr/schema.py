"""The tables of the electronic patient record."""

from simlab.hl7.schema import outbox
from simlab.store import Schema

SCHEMA = Schema(
    system="epr",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS epr_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS epr_patient (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, name TEXT NOT NULL, birth_date TEXT NOT NULL,
        sex TEXT NOT NULL, address TEXT NOT NULL, phone TEXT NOT NULL, merged_into TEXT,
        gp TEXT NOT NULL DEFAULT '', trace_status TEXT NOT NULL DEFAULT '', PRIMARY KEY (patient_id, issuer));
    CREATE TABLE IF NOT EXISTS epr_identifier (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, number TEXT NOT NULL, authority TEXT NOT NULL,
        type TEXT NOT NULL, PRIMARY KEY (patient_id, issuer, number, authority));
    CREATE TABLE IF NOT EXISTS epr_identifier_event (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, number TEXT NOT NULL, authority TEXT NOT NULL,
        patient_id TEXT NOT NULL, other TEXT NOT NULL, carried TEXT NOT NULL DEFAULT '[]',
        undone INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE IF NOT EXISTS epr_link (
        patient_id TEXT NOT NULL, issuer TEXT NOT NULL, other_id TEXT NOT NULL, other_issuer TEXT NOT NULL,
        PRIMARY KEY (patient_id, issuer, other_id, other_issuer));
    CREATE TABLE IF NOT EXISTS epr_visit (
        number TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, patient_class TEXT NOT NULL,
        location TEXT NOT NULL, consultant TEXT NOT NULL, admitted TEXT NOT NULL, state TEXT NOT NULL,
        service TEXT NOT NULL DEFAULT '', discharged TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS epr_visit_by_patient ON epr_visit (patient_id, issuer);
    CREATE TABLE IF NOT EXISTS epr_movement (
        id INTEGER PRIMARY KEY, visit TEXT NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL, location TEXT NOT NULL,
        prior_location TEXT NOT NULL, patient_class TEXT NOT NULL, prior_class TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS epr_movement_by_visit ON epr_movement (visit);
    CREATE TABLE IF NOT EXISTS epr_order (
        placer TEXT PRIMARY KEY, patient_id TEXT NOT NULL, issuer TEXT NOT NULL, exam TEXT NOT NULL,
        description TEXT NOT NULL, modality TEXT NOT NULL, priority TEXT NOT NULL, reason TEXT NOT NULL,
        referrer TEXT NOT NULL, state TEXT NOT NULL, ordered TEXT NOT NULL, status TEXT NOT NULL DEFAULT '',
        filler TEXT NOT NULL DEFAULT '', accession TEXT NOT NULL DEFAULT '', study_uid TEXT NOT NULL DEFAULT '',
        procedure_id TEXT NOT NULL DEFAULT '', steps TEXT NOT NULL DEFAULT '[]', start TEXT NOT NULL DEFAULT '');
    CREATE INDEX IF NOT EXISTS epr_order_by_patient ON epr_order (patient_id, issuer);
    CREATE INDEX IF NOT EXISTS epr_order_by_accession ON epr_order (accession);
    CREATE TABLE IF NOT EXISTS epr_result (
        id INTEGER PRIMARY KEY, placer TEXT NOT NULL, accession TEXT NOT NULL, patient_id TEXT NOT NULL,
        issuer TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL, text TEXT NOT NULL,
        author TEXT NOT NULL, exam TEXT NOT NULL, study_uid TEXT NOT NULL, filed TEXT NOT NULL,
        control_id TEXT NOT NULL, note TEXT NOT NULL, current INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS epr_result_by_accession ON epr_result (accession);
    CREATE INDEX IF NOT EXISTS epr_result_by_patient ON epr_result (patient_id, issuer);
    CREATE TABLE IF NOT EXISTS epr_appointment (
        filler TEXT PRIMARY KEY, placer TEXT NOT NULL, patient_id TEXT NOT NULL, issuer TEXT NOT NULL,
        exam TEXT NOT NULL, start TEXT NOT NULL, place TEXT NOT NULL, state TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS epr_counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    """
    + outbox("epr_outbox"),
    domain=(
        "epr_setting",
        "epr_patient",
        "epr_identifier",
        "epr_link",
        "epr_visit",
        "epr_order",
        "epr_result",
        "epr_appointment",
    ),
    other=("epr_counter", "epr_outbox", "epr_movement", "epr_identifier_event"),
    volatile=("admitted", "discharged", "ordered", "filed"),
)
"""`epr_identifier_event` is the history of every number: given, changed, merged, moved, linked; `carried` lists what
went with it, as table and key, so that a merge can be taken apart. `epr_result` has a row a version of a report."""
