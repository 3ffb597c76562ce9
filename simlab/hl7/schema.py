"""The tables of the HL7 doors (what each takes and took, numbers, replies), and what every outbox looks like."""

from simlab.store import Schema


def outbox(name: str, *columns: str) -> str:
    """The DDL of an outbox table, with further columns of the system's own."""
    further = "".join(f"{column}, " for column in columns)
    return f"""
    CREATE TABLE IF NOT EXISTS {name} (
        id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, control_id TEXT NOT NULL, message BLOB NOT NULL,
        state TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL, next_try REAL NOT NULL, ack BLOB,
        {further}actor TEXT NOT NULL, cause INTEGER, queued TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS {name}_by_state ON {name} (state, id);
    CREATE INDEX IF NOT EXISTS {name}_by_id ON {name} (control_id)"""


REPLY = (
    *("door TEXT NOT NULL", "system TEXT NOT NULL"),
    *("host TEXT NOT NULL", "port INTEGER NOT NULL", "tls INTEGER NOT NULL"),
)
"""Of a reply that goes out on a connection of its own: whose it is, and where to."""

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
    CREATE TABLE IF NOT EXISTS hl7_awaited (
        link TEXT NOT NULL, item INTEGER NOT NULL, control_id TEXT NOT NULL, answer BLOB, PRIMARY KEY (link, item));
    CREATE INDEX IF NOT EXISTS hl7_awaited_by_id ON hl7_awaited (control_id);
    """
    + outbox("hl7_reply", *REPLY),
    domain=("hl7_door",),
    remembered=("hl7_door",),
    other=("hl7_taken", "hl7_sequence", "hl7_reply", "hl7_awaited"),
)
