"""Who may log in to the PACS by user identity negotiation, and the doorman who asks (PS3.7 D.3.3.7)."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from simlab.clock import Clock
from simlab.department.pacs import audit
from simlab.department.pacs.settings import setting
from simlab.dicom import identity
from simlab.dicom.acceptor import Login
from simlab.dicom.identity import PASSCODE, USERNAME, UserIdentity
from simlab.dicom.operation import Caller
from simlab.dicom.rejection import USER_UNKNOWN, Rejection
from simlab.errors import BadInput, NotFound
from simlab.store import Store


def set_user(tx: sqlite3.Connection, name: str, passcode: str | None, full_name: str) -> dict[str, str]:
    """Add a user or change one; without a passcode the name alone lets in. Raises BadInput."""
    plain = name.strip()
    if not plain or len(plain) > 64 or not plain.isprintable():
        raise BadInput(f"{name!r} is no username", remedy="Write 1 to 64 printable characters.")
    kept = identity.kept(passcode) if passcode else ""
    tx.execute(
        "INSERT INTO pacs_user VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "full_name=excluded.full_name, passcode=excluded.passcode",
        (plain, full_name, kept),
    )
    return {"summary": f"user {plain}{'' if kept else ', by name alone'}", "name": plain, "full_name": full_name}


def remove_user(tx: sqlite3.Connection, name: str) -> dict[str, str]:
    """Take a user off the table; NotFound lists those there are."""
    if not tx.execute("DELETE FROM pacs_user WHERE name=?", (name,)).rowcount:
        known = [row["name"] for row in tx.execute("SELECT name FROM pacs_user ORDER BY name")]
        raise NotFound(f"the PACS has no user {name}", remedy=f"Its users: {', '.join(known) or 'none'}.")
    return {"summary": f"user {name} removed", "name": name}


class Doorman:
    """Lets in by the table of users, and tells the audit trail.

    Who brings no identity is let in unless `require_login` is set. Who brings one that cannot be checked is not, so
    that nobody believes in a protection that is none.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(self, caller: Caller, given: UserIdentity | None) -> Login | Rejection:
        with self._store.read() as tx:
            if given is None and not setting(tx, "require_login"):
                return Login()
            why = _doubt(tx, given)
        name = given.name if given else ""
        with self._store.write() as tx:
            audit.write(
                tx,
                self._clock.now(),
                audit.LOGIN,
                audit.EXECUTE,
                why or f"{name} logged in",
                user=name,
                ae=caller.calling,
                host=caller.host,
                outcome=audit.MINOR_FAILURE if why else audit.SUCCESS,
            )
        return replace(USER_UNKNOWN, why=why) if why else Login(name, confirmed=bool(given and given.answer))


def _doubt(tx: sqlite3.Connection, given: UserIdentity | None) -> str:
    """Why somebody is not let in; empty for who is."""
    if given is None:
        return "no user identity came"
    if given.kind not in (USERNAME, PASSCODE):
        return f"{given} is not taken here, only usernames and passcodes"
    row = tx.execute("SELECT passcode FROM pacs_user WHERE name=?", (given.name,)).fetchone()
    if row is None:
        return f"there is no user {given.name!r}"
    if row["passcode"] and given.kind != PASSCODE:
        return f"user {given.name!r} brought no passcode"
    if row["passcode"] and not identity.fits(given.secondary, row["passcode"]):
        return f"a wrong passcode for user {given.name!r}"
    return ""
