"""A feed's book in SQLite: patients, visits, orders, results, appointments, and how far every journey is."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from simlab.errors import BadInput
from simlab.feed.book import Begun, Book, Position, Stood
from simlab.feed.journey import Journey
from simlab.feed.persons import Former, Released
from simlab.feed.state import Happening, Life
from simlab.people import Person
from simlab.store import Schema

SCHEMA = Schema(
    system="feed",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS feed_run (key TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS feed_journey (
        pathway TEXT NOT NULL, number INTEGER NOT NULL, begun TEXT NOT NULL, persons TEXT NOT NULL,
        answers TEXT NOT NULL DEFAULT '', PRIMARY KEY (pathway, number)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS feed_former (
        id INTEGER PRIMARY KEY AUTOINCREMENT, pathway TEXT NOT NULL, part TEXT NOT NULL, mrn TEXT NOT NULL,
        life TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS feed_former_by_mrn ON feed_former (mrn);
    CREATE TABLE IF NOT EXISTS feed_patient (
        mrn TEXT PRIMARY KEY, nhs_number TEXT NOT NULL, name TEXT NOT NULL, birth_date TEXT NOT NULL,
        sex TEXT NOT NULL, address TEXT NOT NULL, postcode TEXT NOT NULL, phone TEXT NOT NULL, gp TEXT NOT NULL,
        died TEXT NOT NULL, merged_into TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS feed_visit (
        number TEXT PRIMARY KEY, mrn TEXT NOT NULL, class TEXT NOT NULL, place TEXT NOT NULL, bed TEXT NOT NULL,
        service TEXT NOT NULL, consultant TEXT NOT NULL, begun TEXT NOT NULL, ended TEXT NOT NULL,
        disposition TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS feed_order (
        placer TEXT PRIMARY KEY, mrn TEXT NOT NULL, visit TEXT NOT NULL, exam TEXT NOT NULL, priority TEXT NOT NULL,
        state TEXT NOT NULL, placed TEXT NOT NULL, start TEXT NOT NULL, done TEXT NOT NULL, accession TEXT NOT NULL,
        reported TEXT NOT NULL, report TEXT NOT NULL, known_as TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS feed_result (
        number TEXT PRIMARY KEY, mrn TEXT NOT NULL, panel TEXT NOT NULL, at TEXT NOT NULL, tests TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS feed_appointment (
        number TEXT PRIMARY KEY, mrn TEXT NOT NULL, place TEXT NOT NULL, start TEXT NOT NULL, event TEXT NOT NULL)
    """,
    domain=(),
    other=(
        "feed_run", "feed_journey", "feed_former", "feed_patient", "feed_visit", "feed_order", "feed_result",
        "feed_appointment",
    ),
)  # fmt: skip
_ROWS = {"patient": 11, "visit": 10, "order": 13, "result": 5, "appointment": 5}
_PUT = {name: f"INSERT OR REPLACE INTO feed_{name} VALUES ({', '.join('?' * n)})" for name, n in _ROWS.items()}
_ANSWERED = "UPDATE feed_journey SET answers = answers || ? WHERE pathway = ? AND number = ?"
_SECONDS = 1.0
_NEVER_WAS = ("undo_admit", "undo_preadmit")

Write = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""A write transaction."""


class StateBook(Book):
    """Keeps a feed in the tables of `SCHEMA`: after every answer, or after so many (`every`) or a second.

    What is not yet written when the process dies is done again by the next run, to the same bytes. `place` gives what
    else is to be kept with it: how long a file is.
    """

    def __init__(self, write: Write, *, every: int = 1, place: Callable[[], dict[str, Any]] | None = None) -> None:
        self._write = write
        self._every = every
        self._place = place
        self._rows: dict[str, dict[str, tuple[object, ...]]] = {name: {} for name in _ROWS}
        self._answers: dict[tuple[str, int], str] = {}
        self._deeds: list[tuple[str, tuple[object, ...]]] = []
        self._shown: dict[str, Person] = {}
        self._waiting = 0
        self._last = time.monotonic()

    def value(self, key: str) -> Any:
        """What was kept under `key`; None when nothing was. BadInput when it is damaged."""
        with self._write() as tx:
            row = tx.execute("SELECT value FROM feed_run WHERE key = ?", (key,)).fetchone()
        with _legible():
            return json.loads(row[0]) if row else None

    def put(self, key: str, value: object) -> None:
        """Keep `value` (plain) under `key`."""
        with self._write() as tx:
            tx.execute("INSERT OR REPLACE INTO feed_run VALUES (?, ?)", (key, json.dumps(value)))

    def clear(self) -> None:
        """Forget the feed that was."""
        with self._write() as tx:
            for table in SCHEMA.tables:
                tx.execute(f"DELETE FROM {table}")

    def known_as(self) -> dict[str, str]:
        """The numbers that the receiver gave orders, by the feed's own."""
        with self._write() as tx:
            return dict(map(tuple, tx.execute("SELECT placer, known_as FROM feed_order WHERE known_as <> ''")))

    def stood(self) -> Stood | None:
        position = self.value("position")
        if position is None:
            return None
        former: Former = {}
        with _legible(), self._write() as tx:
            for pathway, part, life in tx.execute("SELECT pathway, part, life FROM feed_former ORDER BY id"):
                former.setdefault((pathway, part), []).append(_life(json.loads(life)))
            seen = {str(row[0]) for row in tx.execute("SELECT mrn FROM feed_patient")}
            columns = (
                "SELECT pathway, number, begun, persons, answers FROM feed_journey ORDER BY begun, pathway, number"
            )
            under_way = [
                Begun(row[0], row[1], datetime.fromisoformat(row[2]), _lives(row[3]), row[4])
                for row in tx.execute(columns)
            ]
        with _legible():
            return Stood(position["summary"], Counter(position["drawn"]), seen, former, under_way)

    def begun(self, journey: Journey) -> None:
        name = journey.named.name
        persons = {part: _flat(life) for part, life in journey.lives.items()}
        begun = (name, journey.number, journey.now.isoformat(), json.dumps(persons))
        self._deeds.append(("INSERT INTO feed_journey (pathway, number, begun, persons) VALUES (?, ?, ?, ?)", begun))
        for part, cast in journey.named.pathway.persons.items():
            if cast.returning:
                gone = "DELETE FROM feed_former WHERE mrn = ? AND pathway = ?"
                self._deeds.append((gone, (journey.lives[part].person.mrn, name)))

    def told(self, journey: Journey, happening: Happening, said: str, position: Position) -> None:
        key = (journey.named.name, journey.number)
        self._answers[key] = self._answers.get(key, "") + said
        if not journey.quiet:
            self._row(happening)
        self._waiting += 1
        if self._waiting >= self._every or time.monotonic() - self._last > _SECONDS:
            self.keep(position)

    def ended(self, journey: Journey, released: Sequence[Released]) -> None:
        name = journey.named.name
        self._answers.pop((name, journey.number), None)
        self._deeds.append(("DELETE FROM feed_journey WHERE pathway = ? AND number = ?", (name, journey.number)))
        for part, life, dropped in released:
            back = (name, part, life.person.mrn, json.dumps(_flat(life)))
            self._deeds.append(("INSERT INTO feed_former (pathway, part, mrn, life) VALUES (?, ?, ?, ?)", back))
            for one in dropped:
                self._deeds.append(("DELETE FROM feed_former WHERE mrn = ? AND pathway = ?", (one.person.mrn, name)))

    def keep(self, position: Position) -> None:
        kept = {**position(), **(self._place() if self._place else {})}
        with self._write() as tx:
            for sql, values in self._deeds:
                tx.execute(sql, values)
            tx.executemany(_ANSWERED, [(said, *key) for key, said in self._answers.items()])
            for name, rows in self._rows.items():
                if rows:
                    tx.executemany(_PUT[name], rows.values())
                    rows.clear()
            tx.execute("INSERT OR REPLACE INTO feed_run VALUES ('position', ?)", (json.dumps(kept),))
        self._deeds.clear()
        self._answers.clear()
        self._waiting, self._last = 0, time.monotonic()

    def _row(self, it: Happening) -> None:
        merged = it.other if it.kind == "merge" else None
        self._patient(it.life, "")
        if merged is not None:
            self._patient(merged, it.life.person.mrn)
        visit, order, made, mrn = it.visit, it.order, it.appointment, it.life.person.mrn
        if visit is not None:
            undone = it.kind in _NEVER_WAS
            self._rows["visit"][visit.number] = (
                visit.number, mrn, visit.kind, visit.place, visit.bed, visit.service, visit.doctor.family,
                _text(visit.begun), _text(it.at if undone else visit.ended), "undone" if undone else visit.disposition,
            )  # fmt: skip
        if order is not None:
            self._rows["order"][order.placer] = (
                order.placer, mrn, order.visit.number if order.visit else "", order.code, order.priority, order.state,
                _text(order.placed), _text(order.start), _text(order.done), order.accession, order.reported,
                "\n".join(order.report), order.known_as,
            )  # fmt: skip
        if it.kind == "result":
            number = it.facts["number"]
            tests = json.dumps({one[0]: " ".join((*one[2:4], one[5])) for one in it.values})
            self._rows["result"][number] = (number, mrn, it.facts["panel"], _text(it.at), tests)
        if made is not None:
            self._rows["appointment"][made.number] = (
                made.number, mrn, made.place, _text(made.start), it.facts["event"],
            )  # fmt: skip

    def _patient(self, life: Life, merged_into: str) -> None:
        one = life.person
        if self._shown.get(one.mrn) is one and not merged_into and life.died is None:
            return
        self._shown[one.mrn] = one
        self._rows["patient"][one.mrn] = (
            one.mrn, one.nhs_number, one.name, one.birth_date, one.sex, one.address, one.postcode, one.phone, one.gp,
            _text(life.died), merged_into,
        )  # fmt: skip


@contextmanager
def _legible() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"the feed's state is damaged ({error})", place="state", remedy="Begin a new one.") from None


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""


def _flat(life: Life) -> dict[str, Any]:
    true = None if life.true is life.person else asdict(life.true)
    return {"person": asdict(life.person), "true": true, "pregnant": life.pregnant, "known": life.known}


def _life(flat: dict[str, Any]) -> Life:
    person = Person(**flat["person"])
    return Life(person, Person(**flat["true"]) if flat["true"] else person, flat["pregnant"], known=flat["known"])


def _lives(text: str) -> dict[str, Life]:
    return {part: _life(flat) for part, flat in json.loads(text).items()}
