"""The record office's console: numbers merged, taken apart, moved, changed; records linked and unlinked."""

from __future__ import annotations

import json
import sqlite3

from simlab.department.epr import registry, visits
from simlab.department.epr.console import Console, Row
from simlab.errors import BadInput, NotFound
from simlab.hl7 import build

CARRIED = {"epr_visit": "number", "epr_order": "placer", "epr_result": "id", "epr_appointment": "filler"}
"""What belongs to a patient and goes with a number: table and key."""
MERGED = "merged"


class Identities(Console):
    """Who is who; each change but the last resort, `unmerge`, sends its ADT."""

    def merge(self, retire: str, survive: str, *, issuer: str = "", event: str = "A40") -> Row:
        """Merge two numbers of one person: `survive` stays, `retire` goes, with what belongs to it.

        A number of an authority that the survivor has none of, the NHS number for instance, becomes the survivor's.
        Sends ADT^A40; A34 and A18 are how older interfaces say the same.
        """
        if retire == survive:
            raise BadInput("a number cannot be merged into itself", place="EPR", remedy="Name two numbers.")
        if event not in build.MERGES:
            raise BadInput(f"{event} merges nobody", place="event", remedy=f"Use {', '.join(build.MERGES)}.")
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            for number in (retire, survive):
                registry.find(tx, number, issuer)
            carried = _carry(tx, retire, survive, issuer) + self._inherit(tx, retire, survive, issuer)
            earlier = tx.execute(
                "SELECT patient_id FROM epr_patient WHERE issuer=? AND merged_into=?", (issuer, retire)
            ).fetchall()
            carried += [["epr_patient", row["patient_id"]] for row in earlier]
            tx.execute(
                "UPDATE epr_patient SET merged_into=? WHERE issuer=? AND (patient_id=? OR merged_into=?)",
                (survive, issuer, retire, retire),
            )
            registry.remember(tx, self._now(), MERGED, retire, issuer, survive, retire, carried)
            header = self._header(tx)
            visit = visits.in_hl7(visits.current(tx, survive, issuer))
            gone = [build.Identifier(retire, issuer)]
            self._outbox.put(build.merge(header, registry.in_hl7(tx, survive, issuer), gone, event=event, visit=visit))
            return self._tell(
                f"{retire} merged into {survive} (ADT^{event})",
                {"do": "merge", "event": event, "retire": retire, "survive": survive, "issuer": issuer},
                header,
            )

    def unmerge(self, number: str, *, issuer: str = "") -> Row:
        """Take a wrong merge apart, here alone: what the number brought goes back to it.

        HL7 has no message for this, so nothing is sent: RIS and PACS are set right by hand, each at its own console.
        """
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            record = tx.execute(
                "SELECT * FROM epr_identifier_event WHERE event=? AND number=? AND authority=? AND undone=0 "
                "ORDER BY id DESC LIMIT 1",
                (MERGED, number, issuer),
            ).fetchone()
            if record is None:
                raise NotFound(
                    f"no merge of {number} is on record", place="EPR", remedy="Look at the history of its numbers."
                )
            back = json.loads(record["carried"])
            for table, key in back:
                if table == "epr_patient":
                    tx.execute(
                        "UPDATE epr_patient SET merged_into=? WHERE patient_id=? AND issuer=?", (number, key, issuer)
                    )
                elif table == "epr_identifier":
                    _give(tx, key, record["patient_id"], number, issuer)
                else:
                    tx.execute(f"UPDATE {table} SET patient_id=? WHERE {CARRIED[table]}=?", (number, key))
            tx.execute("UPDATE epr_patient SET merged_into=NULL WHERE patient_id=? AND issuer=?", (number, issuer))
            tx.execute("UPDATE epr_identifier_event SET undone=1 WHERE id=?", (record["id"],))
            registry.remember(tx, self._now(), "merge undone", number, issuer, number, record["patient_id"])
            return self._tell(
                f"merge of {number} into {record['patient_id']} undone, {len(back)} records back; nothing was sent",
                {"do": "unmerge", "number": number, "was_merged_into": record["patient_id"], "issuer": issuer},
            )

    def link(self, one: str, other: str, *, issuer: str = "", unlink: bool = False) -> Row:
        """Say that two records are of one person (ADT^A24), or that they are not (A37); both records stay."""
        if one == other:
            raise BadInput("a record is not linked to itself", place="EPR", remedy="Name two numbers.")
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            for number in (one, other):
                registry.find(tx, number, issuer)
            first, second = sorted((one, other))
            row = (first, issuer, second, issuer)
            if unlink:
                cursor = tx.execute(
                    "DELETE FROM epr_link WHERE patient_id=? AND issuer=? AND other_id=? AND other_issuer=?", row
                )
                if not cursor.rowcount:
                    raise NotFound(f"{one} and {other} are not linked", place="EPR", remedy="Look at the links.")
            else:
                tx.execute("INSERT OR IGNORE INTO epr_link VALUES (?, ?, ?, ?)", row)
            event, words = ("A37", "unlinked from") if unlink else ("A24", "linked to")
            registry.remember(tx, self._now(), words.split()[0], one, issuer, one, other)
            header = self._header(tx)
            patients = (registry.in_hl7(tx, number, issuer) for number in (one, other))
            self._outbox.put(build.link(header, *patients, unlink=unlink))
            return self._tell(
                f"{one} {words} {other} (ADT^{event})",
                {"do": "link", "event": event, "one": one, "other": other, "issuer": issuer},
                header,
            )

    def move_identifier(self, number: str, authority: str, wrong: str, right: str, *, issuer: str = "") -> Row:
        """Give another authority's number to whom it belongs: from patient `wrong` to `right`; sends ADT^A43."""
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            for patient in (wrong, right):
                registry.find(tx, patient, issuer)
            key = (number, authority, wrong, issuer)
            row = tx.execute(
                "SELECT * FROM epr_identifier WHERE number=? AND authority=? AND patient_id=? AND issuer=?", key
            ).fetchone()
            if row is None:
                raise NotFound(
                    f"{wrong} has no number {number} of {authority}", place="EPR", remedy="Look at its identifiers."
                )
            tx.execute(
                "UPDATE OR REPLACE epr_identifier SET patient_id=? WHERE number=? AND authority=? AND patient_id=? "
                "AND issuer=?",
                (right, *key),
            )
            registry.remember(tx, self._now(), "moved", number, authority, right, wrong)
            header = self._header(tx)
            moved = [build.Identifier(number, authority, row["type"] or "MR")]
            self._outbox.put(
                build.move(header, moved, registry.in_hl7(tx, right, issuer), build.Identifier(wrong, issuer))
            )
            return self._tell(
                f"{number} of {authority} moved from {wrong} to {right} (ADT^A43)",
                {"do": "move_identifier", "number": number, "authority": authority, "wrong": wrong, "right": right},
                header,
            )

    def renumber(self, old: str, new: str, *, issuer: str = "") -> Row:
        """Give a patient a number that nobody had before; sends ADT^A47. The old one leads to the new one."""
        with self._store.write() as tx:
            issuer = self._issuer(tx, issuer)
            before = registry.find(tx, old, issuer)
            new = new.strip()
            if (
                not new
                or tx.execute("SELECT 1 FROM epr_patient WHERE patient_id=? AND issuer=?", (new, issuer)).fetchone()
            ):
                raise BadInput(f"{new!r} is somebody's number", place="new", remedy="Merge, or take a free number.")
            facts = {name: before[name] for name in registry.FACTS}
            registry.register(tx, new, issuer, facts, self._now(), "changed to")
            _carry(tx, old, new, issuer)
            tx.execute("UPDATE epr_identifier SET patient_id=? WHERE patient_id=? AND issuer=?", (new, old, issuer))
            tx.execute(
                "UPDATE epr_patient SET merged_into=? WHERE issuer=? AND (patient_id=? OR merged_into=?)",
                (new, issuer, old, old),
            )
            registry.remember(tx, self._now(), "changed", old, issuer, new, old)
            header = self._header(tx)
            self._outbox.put(build.renumber(header, registry.in_hl7(tx, new, issuer), [build.Identifier(old, issuer)]))
            return self._tell(
                f"{old} is {new} now (ADT^A47)",
                {"do": "renumber", "old": old, "new": new, "issuer": issuer},
                header,
            )

    def _inherit(self, tx: sqlite3.Connection, old: str, new: str, issuer: str) -> list[list[str]]:
        """Give `new` the numbers of `old` whose authorities have given it none; what went, as table and key."""
        rows = tx.execute(
            "SELECT number, authority FROM epr_identifier WHERE patient_id=? AND issuer=? AND authority NOT IN "
            "(SELECT authority FROM epr_identifier WHERE patient_id=? AND issuer=?)",
            (old, issuer, new, issuer),
        ).fetchall()
        inherited = []
        for row in rows:
            key = "^^^".join(row)
            _give(tx, key, old, new, issuer)
            registry.remember(tx, self._now(), "moved", row["number"], row["authority"], new, old)
            inherited.append(["epr_identifier", key])
        return inherited


def _give(tx: sqlite3.Connection, identifier: str, old: str, new: str, issuer: str) -> None:
    """Another authority's number, written as CX (number^^^authority), goes from one patient to another."""
    tx.execute(
        "UPDATE OR REPLACE epr_identifier SET patient_id=? WHERE patient_id=? AND issuer=? "
        "AND number || '^^^' || authority = ?",
        (new, old, issuer, identifier),
    )


def _carry(tx: sqlite3.Connection, old: str, new: str, issuer: str) -> list[list[str]]:
    """Bring everything of one number under another; gives what went, as table and key."""
    carried: list[list[str]] = []
    for table, key in CARRIED.items():
        rows = tx.execute(f"SELECT {key} AS key FROM {table} WHERE patient_id=? AND issuer=?", (old, issuer))
        carried += [[table, row["key"]] for row in rows.fetchall()]
        tx.execute(f"UPDATE {table} SET patient_id=? WHERE patient_id=? AND issuer=?", (new, old, issuer))
    return carried
