"""The records: who tried what, which hints were opened, and the marks with their evidence. SQLite, or any URL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, ForeignKey, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker

from simlab.errors import NotFound, Unavailable

OPEN = "open"
SUBMITTED = "submitted"
ABANDONED = "abandoned"
URL_VARIABLE = "SIMLAB_RECORDS"


class Base(DeclarativeBase):
    """The tables of the records database; times are UTC."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}


class Person(Base):
    """Who learns."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Attempt(Base):
    """One try at one version of an exercise, from one seed, in one lab."""

    __tablename__ = "attempt"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    exercise: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    title: Mapped[str]
    seed: Mapped[int]
    home: Mapped[str]
    state: Mapped[str] = mapped_column(default=OPEN)
    started: Mapped[datetime]
    ended: Mapped[datetime | None]
    began: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Last event and change before it, hospital time, and rows seen then that `gone` checks ask for."""
    earned: Mapped[float | None]
    points: Mapped[float | None]
    passed: Mapped[bool | None]
    person: Mapped[Person] = relationship()
    hints: Mapped[list[HintOpened]] = relationship(order_by="HintOpened.id")
    marks: Mapped[list[Mark]] = relationship(order_by="Mark.id")


class HintOpened(Base):
    """A hint that was opened, and what it cost in points."""

    __tablename__ = "hint_opened"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"), index=True)
    task: Mapped[str]
    number: Mapped[int]
    cost: Mapped[float]
    at: Mapped[datetime]


class Mark(Base):
    """What one task earned, with the findings of its checks and their evidence."""

    __tablename__ = "mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"), index=True)
    task: Mapped[str]
    title: Mapped[str]
    points: Mapped[float]
    earned: Mapped[float]
    checks: Mapped[list[Any]]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


class Records:
    """Reads and writes the records database at `url`; by default `SIMLAB_RECORDS`, else a file in the lab's home."""

    def __init__(self, home: Path, url: str | None = None) -> None:
        named = url or os.environ.get(URL_VARIABLE)
        self.url = named or f"sqlite:///{(home / 'records.sqlite3').as_posix()}"
        self._remedy = (
            f"Correct {URL_VARIABLE}, or unset it to use a file in the lab's home."
            if named
            else "Make room on the disk; or move the file away, and history begins anew."
        )
        with self._reachable():
            self._engine = create_engine(self.url)
            Base.metadata.create_all(self._engine)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, ImportError) as error:
            raise Unavailable(
                f"the records cannot be used ({str(error).splitlines()[0]})",
                place=self.url.split("@")[-1],  # never the password
                remedy=self._remedy,
            ) from error

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._reachable(), self._sessions.begin() as session:
            yield session

    def begin(
        self, person: str, exercise: str, version: int, title: str, seed: int, home: Path, began: Mapping[str, Any]
    ) -> str:
        """Open an attempt and give its id."""
        attempt = uuid.uuid4().hex[:12]
        with self._session() as session:
            who = session.scalar(select(Person).where(Person.name == person)) or Person(name=person)
            session.add(
                Attempt(
                    id=attempt,
                    person=who,
                    exercise=exercise,
                    version=version,
                    title=title,
                    seed=seed,
                    home=str(home),
                    state=OPEN,
                    started=_now(),
                    began=dict(began),
                )
            )
        return attempt

    def attempt(self, attempt: str) -> Attempt:
        """One attempt with its hints and marks; NotFound when there is none."""
        with self._session() as session:
            found = session.get(Attempt, attempt)
            if found is None:
                raise NotFound(f"there is no attempt {attempt}", remedy="`simlab history` lists them.")
            _ = found.hints, found.marks, found.person  # loaded while the session is open
            return found

    def begun_again(self, attempt: str, began: Mapping[str, Any]) -> None:
        """Note that an attempt was reset: it is judged from here on."""
        with self._session() as session:
            session.get_one(Attempt, attempt).began = dict(began)

    def open_hint(self, attempt: str, task: str, number: int, cost: float) -> None:
        """Note an opened hint."""
        with self._session() as session:
            session.add(HintOpened(attempt_id=attempt, task=task, number=number, cost=cost, at=_now()))

    def submit(self, attempt: str, marks: Mapping[str, Any]) -> None:
        """Close an attempt with its marks."""
        with self._session() as session:
            row = session.get_one(Attempt, attempt)
            row.state, row.ended = SUBMITTED, _now()
            row.earned, row.points, row.passed = marks["earned"], marks["points"], marks["passed"]
            row.marks = [
                Mark(
                    task=one["id"], title=one["title"], points=one["points"], earned=one["earned"], checks=one["checks"]
                )
                for one in marks["tasks"]
            ]

    def abandon(self, attempt: str) -> None:
        """Close an attempt without marks."""
        with self._session() as session:
            row = session.get_one(Attempt, attempt)
            row.state, row.ended = ABANDONED, _now()

    def attempts(self, person: str) -> Sequence[Attempt]:
        """A person's attempts, newest first."""
        with self._session() as session:
            wanted = select(Attempt).join(Person).where(Person.name == person).order_by(Attempt.started.desc())
            return session.scalars(wanted).all()

    def everyone(self) -> Sequence[Attempt]:
        """Everybody's attempts with their persons and hints, oldest first."""
        with self._session() as session:
            wanted = select(Attempt).options(selectinload(Attempt.person), selectinload(Attempt.hints))
            return session.scalars(wanted.order_by(Attempt.started, Attempt.id)).all()

    def last_submitted(self, person: str) -> str:
        """The id of the attempt that was submitted last; NotFound when none was."""
        for row in sorted(self.attempts(person), key=lambda one: one.ended or one.started, reverse=True):
            if row.state == SUBMITTED:
                return row.id
        raise NotFound("no attempt has been submitted yet", remedy="`simlab submit` grades the open one.")

    def close(self) -> None:
        self._engine.dispose()
