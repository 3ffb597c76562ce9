"""The tables of the desk.

Only what a scene lays on the desk is domain. What the trainee writes (answers, tickets, questions) is the trainee's own
work and never collateral damage, so it is kept but not watched.
"""

from simlab.store import Schema

SCHEMA = Schema(
    system="desk",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS desk_colleague (
        who TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, otherwise TEXT NOT NULL, rules TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS desk_mail (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, sender TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
        due TEXT NOT NULL, arrived TEXT);
    CREATE TABLE IF NOT EXISTS desk_answer (
        id INTEGER PRIMARY KEY, task TEXT NOT NULL, value TEXT NOT NULL, at TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS desk_ticket (
        id INTEGER PRIMARY KEY, addressee TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
        fields TEXT NOT NULL, at TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS desk_escalation (
        id INTEGER PRIMARY KEY, addressee TEXT NOT NULL, about TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS desk_asked (
        id INTEGER PRIMARY KEY, who TEXT NOT NULL, text TEXT NOT NULL, rule INTEGER, reply TEXT NOT NULL,
        done INTEGER NOT NULL, at TEXT NOT NULL)
    """,
    domain=("desk_colleague", "desk_mail"),
    other=("desk_answer", "desk_ticket", "desk_escalation", "desk_asked"),
    volatile=("due", "arrived"),
)
