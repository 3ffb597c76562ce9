"""The tables of the HL7 doors: what each takes and took, sequence numbers, replies that go elsewhere or come later."""

from simlab.store import Schema

SCHEMA = Schema(
    system="hl7",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS hl7_door (door TEXT PRIMARY KEY, policy TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS hl7_taken (
        id INTEGER PRIMARY KEY, door TEXT NOT NULL, application TEXT NOT NULL, facility TEXT NOT NULL,
        control_id TEXT NOT NULL, digest BLOB NOT NULL, accept BLOB, ack BLOB, at TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS hl7_taken_by_id ON hl7_taken (control_id, door, application, facility);
    CREATE TABLE IF NOT EXISTS hl7_sequence (
        door TEXT NOT NULL, partner TEXT NOT NULL, last INTEGER, PRIMARY KEY (door, partner));
    CREATE TABLE IF NOT EXISTS hl7_reply (
        id INTEGER PRIMARY KEY, door TEXT NOT NULL, system TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,
        message BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_try REAL NOT NULL,
        error TEXT NOT NULL, actor TEXT NOT NULL, cause INTEGER);
    CREATE TABLE IF NOT EXISTS hl7_awaited (
        link TEXT NOT NULL, item INTEGER NOT NULL, control_id TEXT NOT NULL, answer BLOB, PRIMARY KEY (link, item));
    CREATE INDEX IF NOT EXISTS hl7_awaited_by_id ON hl7_awaited (control_id)
    """,
    domain=("hl7_door",),
    remembered=("hl7_door",),
    other=("hl7_taken", "hl7_sequence", "hl7_reply", "hl7_awaited"),
)
