"""The desk: delivers mails, keeps answers and tickets, and lets scripted colleagues do what they are asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.department.desk.schema import SCHEMA
from simlab.department.desk.stage import DeskStage, Rule, moment
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.journal import Journal
from simlab.store import Schema, Store

CarryOut = Callable[[list[dict[str, dict[str, Any]]]], None]
"""Performs actions in order as whoever acts; raises a SimlabError at the first that fails."""

DESK = "DESK"
_LONGEST = 20_000
"""Characters that a text written at the desk may have."""


class Desk:
    """The trainee's desk. Colleagues act through `carry_out`, never on a system directly."""

    SCHEMA: Schema = SCHEMA

    def __init__(self, store: Store, journal: Journal, clock: Clock, carry_out: CarryOut) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self.carry_out = carry_out
        store.install(SCHEMA)

    def stage(self, section: DeskStage) -> None:
        """Lay a scene on the desk, inside the caller's transaction; what is due lies there at once."""
        now = self._clock.now()
        with self._store.write() as tx:
            for one in section.colleagues:
                rules = json.dumps([rule.model_dump() for rule in one.rules])
                tx.execute(
                    "INSERT OR REPLACE INTO desk_colleague VALUES (?, ?, ?, ?, ?)",
                    (one.who, one.name, one.role, one.otherwise, rules),
                )
            for mail in section.inbox:
                due = moment(mail.at, now)
                tx.execute(
                    "INSERT OR REPLACE INTO desk_mail VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        mail.id,
                        mail.kind,
                        mail.sender,
                        mail.subject,
                        mail.text,
                        due.isoformat(timespec="seconds"),
                        due.isoformat(timespec="seconds") if due <= now else None,
                    ),
                )

    def tick(self) -> int:
        """Deliver every mail that is due by hospital time; gives how many. Cheap when there is none."""
        now = self._clock.now().isoformat(timespec="seconds")
        sql = "SELECT id, kind, sender, subject FROM desk_mail WHERE arrived IS NULL AND due <= ? ORDER BY due, id"
        with self._store.read() as snapshot:
            if snapshot.execute(sql, (now,)).fetchone() is None:
                return 0
        with provenance.acting(provenance.COLLEAGUE), self._store.write() as tx:
            mails = tx.execute(sql, (now,)).fetchall()
            for mail in mails:
                tx.execute("UPDATE desk_mail SET arrived = ? WHERE id = ?", (now, mail["id"]))
                self._journal.record(
                    kinds.DESK, DESK, f"{mail['kind']} from {mail['sender']}: {mail['subject']}", {"mail": mail["id"]}
                )
        return len(mails)

    def answer(self, task: str, value: Any) -> dict[str, Any]:
        """Answer the question of `task`; every answer is kept, the latest counts."""
        if not task.strip():
            raise BadInput("an answer needs the task that it answers", place="task", remedy="Name the task.")
        try:
            text = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"this answer cannot be kept ({error})",
                place="value",
                remedy="Give text, a number, a list or a mapping.",
            ) from error
        _check_length("value", text)
        with self._store.write() as tx:
            tx.execute("INSERT INTO desk_answer (task, value, at) VALUES (?, ?, ?)", (task, text, self._now()))
            event = self._journal.record(kinds.DESK, DESK, f"answered {task}", {"task": task, "value": value})
        return {"task": task, "value": value, "event": event}

    def write_ticket(self, to: str, subject: str, text: str, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Write a ticket to `to` (a supplier, an internal team). It goes out as it is written, whatever it says."""
        _check_written(to=to, subject=subject, text=text)
        kept = dict(fields or {})
        _check_length("fields", json.dumps(kept))
        with self._store.write() as tx:
            cursor = tx.execute(
                "INSERT INTO desk_ticket (addressee, subject, text, fields, at) VALUES (?, ?, ?, ?, ?)",
                (to, subject, text, json.dumps(kept, ensure_ascii=False), self._now()),
            )
            ticket = int(cursor.lastrowid or 0)
            event = self._journal.record(
                kinds.DESK,
                DESK,
                f"ticket to {to}: {subject}",
                {"ticket": ticket, "to": to, "subject": subject, "text": text, "fields": kept},
            )
        return {"ticket": ticket, "to": to, "subject": subject, "event": event}

    def escalate(self, to: str, text: str, about: str = "") -> dict[str, Any]:
        """Hand something on to somebody who may decide it; `about` names what (a patient's number, an accession)."""
        _check_written(to=to, text=text)
        with self._store.write() as tx:
            cursor = tx.execute(
                "INSERT INTO desk_escalation (addressee, about, text, at) VALUES (?, ?, ?, ?)",
                (to, about, text, self._now()),
            )
            escalation = int(cursor.lastrowid or 0)
            event = self._journal.record(
                kinds.DESK,
                DESK,
                f"escalated to {to}: {about or text[:60]}",
                {"escalation": escalation, "to": to, "about": about, "text": text},
            )
        return {"escalation": escalation, "to": to, "about": about, "event": event}

    def ask(self, who: str, text: str) -> dict[str, Any]:
        """Ask colleague `who` something; the first rule whose mentions are all in the text answers and acts.

        Raises NotFound, naming who is there, when there is no such colleague.
        """
        _check_written(who=who, text=text)
        with self._store.write() as tx:
            colleague = tx.execute("SELECT * FROM desk_colleague WHERE who = ?", (who,)).fetchone()
            if colleague is None:
                there = [row["who"] for row in tx.execute("SELECT who FROM desk_colleague ORDER BY who")]
                raise NotFound(
                    f"nobody here is called {who!r}",
                    place="who",
                    remedy=f"You can ask {', '.join(there)}." if there else "There is nobody to ask in this scene.",
                )
            rules = [Rule(**rule) for rule in json.loads(colleague["rules"])]
            spent = {
                row["rule"] for row in tx.execute("SELECT DISTINCT rule FROM desk_asked WHERE who = ? AND done", (who,))
            }
            index = next(
                (n for n, rule in enumerate(rules) if rule.met_by(text) and not (rule.once and n in spent)), None
            )
            rule = None if index is None else rules[index]
            reply = colleague["otherwise"] if rule is None else rule.reply
            cursor = tx.execute(
                "INSERT INTO desk_asked (who, text, rule, reply, done, at) VALUES (?, ?, ?, ?, ?, ?)",
                (who, text, index, reply, rule is not None and not rule.does, self._now()),
            )
            asked = int(cursor.lastrowid or 0)
            event = self._journal.record(
                kinds.DESK, DESK, f"asked {who}: {text[:80]}", {"asked": asked, "who": who, "text": text, "rule": index}
            )
        # The request is committed before anything is done for it: an action may wait for the wire.
        done = rule is not None
        if rule is not None and rule.does:
            trouble = self._do(rule, event)
            done = trouble is None
            if trouble is not None:
                reply = f"I have tried, but it did not work: {trouble}"
            with self._store.write() as tx:
                tx.execute("UPDATE desk_asked SET reply = ?, done = ? WHERE id = ?", (reply, done, asked))
        return {"who": who, "reply": reply, "understood": rule is not None, "done": done, "event": event}

    def _do(self, rule: Rule, event: int) -> SimlabError | None:
        with provenance.acting(provenance.COLLEAGUE, event):
            try:
                self.carry_out([dict(action) for action in rule.does])
            except SimlabError as error:
                return error
        return None

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")


def _check_written(**texts: str) -> None:
    for name, text in texts.items():
        if not text.strip():
            raise BadInput(f"{name} is empty", place=name, remedy="Write something there.")
        _check_length(name, text)


def _check_length(name: str, text: str) -> None:
    if len(text) > _LONGEST:
        raise BadInput(
            f"{name} has {len(text)} characters", place=name, remedy=f"Keep it to {_LONGEST}; attach nothing."
        )
