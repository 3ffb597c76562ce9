"""The tables of the interface engine.

A queue item's states: queued, sending, delivered, error (a dead letter), resent (an error queued again), discarded.
Its bytes: what a person `edited`, else what the rules `made` of the message, else the message as it came; `part` counts
the messages that rules made of one. `place` is its place in the queue of its route. `since` and `took` are machine
time: when it was queued, and the seconds until it was delivered. `failed` of a dead letter says who failed it: rule,
receiver or attempts.
"""

from simlab.store import Schema

SCHEMA = Schema(
    system="engine",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS engine_setting (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS engine_route (
        name TEXT PRIMARY KEY, position INTEGER NOT NULL, sources TEXT NOT NULL, types TEXT NOT NULL,
        host TEXT NOT NULL, port INTEGER NOT NULL, state TEXT NOT NULL, policy TEXT NOT NULL, rules TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS engine_message (
        id INTEGER PRIMARY KEY, received TEXT NOT NULL, sending TEXT NOT NULL, facility TEXT NOT NULL,
        control_id TEXT NOT NULL, type TEXT NOT NULL, patient_ids TEXT NOT NULL, data BLOB NOT NULL, ack BLOB);
    CREATE TABLE IF NOT EXISTS engine_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, route TEXT NOT NULL, message INTEGER NOT NULL,
        part INTEGER NOT NULL, place INTEGER NOT NULL, made BLOB, edited BLOB, state TEXT NOT NULL,
        attempts INTEGER NOT NULL, error TEXT NOT NULL, failed TEXT NOT NULL, next_try REAL NOT NULL, ack BLOB,
        actor TEXT NOT NULL, cause INTEGER, queued TEXT NOT NULL, since REAL NOT NULL, took REAL, done TEXT,
        reason TEXT NOT NULL, resent_from INTEGER);
    CREATE INDEX IF NOT EXISTS engine_queue_by_route ON engine_queue (route, state, place);
    CREATE TABLE IF NOT EXISTS engine_tally (
        route TEXT PRIMARY KEY, received INTEGER NOT NULL, filtered INTEGER NOT NULL, delivered INTEGER NOT NULL,
        failed INTEGER NOT NULL, retries INTEGER NOT NULL, last_ack TEXT NOT NULL, last_ack_at TEXT)
    """,
    domain=("engine_setting", "engine_route"),
    remembered=("engine_route",),
    other=("engine_message", "engine_queue", "engine_tally"),
)
