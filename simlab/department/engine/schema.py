"""The tables of the interface engine.

A queue item's states: queued, sending, delivered, error, resent (an error queued again as a new item), discarded.
"""

from simlab.store import Schema

SCHEMA = Schema(
    system="engine",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS engine_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS engine_route (
        name TEXT PRIMARY KEY, position INTEGER NOT NULL, sources TEXT NOT NULL, types TEXT NOT NULL,
        host TEXT NOT NULL, port INTEGER NOT NULL, state TEXT NOT NULL, ack_seconds REAL NOT NULL);
    CREATE TABLE IF NOT EXISTS engine_message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, received TEXT NOT NULL, sending TEXT NOT NULL, facility TEXT NOT NULL,
        control_id TEXT NOT NULL, type TEXT NOT NULL, patient_ids TEXT NOT NULL, data BLOB NOT NULL, ack BLOB);
    CREATE INDEX IF NOT EXISTS engine_message_by_id ON engine_message (control_id, sending, facility);
    CREATE TABLE IF NOT EXISTS engine_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, route TEXT NOT NULL, message INTEGER NOT NULL REFERENCES engine_message,
        edited BLOB, state TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL, next_try REAL NOT NULL,
        ack BLOB, actor TEXT NOT NULL, cause INTEGER, queued TEXT NOT NULL, done TEXT, reason TEXT NOT NULL,
        resent_from INTEGER);
    CREATE INDEX IF NOT EXISTS engine_queue_by_route ON engine_queue (route, state, id)
    """,
    domain=("engine_setting", "engine_route"),
    other=("engine_message", "engine_queue"),
)
