"""Who may log in to the PACS by user identity negotiation, and the doorman who asks (PS3.7 D.3.3.7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

from simlab.department.pacs.settings import setting
from simlab.dicom import identity
from simlab.dicom.acceptor import Login
from simlab.dicom.identity import PASSCODE, USERNAME, UserIdentity
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


def doorman(store: Store) -> Callable[[UserIdentity | None], Login | Rejection]:
    """Lets in by the table of users. Who brings no identity is let in unless `require_login` is set; who brings one
    that cannot be checked is not, so that nobody believes in a protection that is none."""

    def ask(given: UserIdentity | None) -> Login | Rejection:
        with store.read() as tx:
            if given is None:
                return _refused("no user identity came") if setting(tx, "require_login") else Login()
            if given.kind not in (USERNAME, PASSCODE):
                return _refused(f"{given} is not taken here, only usernames and passcodes")
            row = tx.execute("SELECT passcode FROM pacs_user WHERE name=?", (given.name,)).fetchone()
        if row is None:
            return _refused(f"there is no user {given.name!r}")
        if row["passcode"]:
            if given.kind != PASSCODE:
                return _refused(f"user {given.name!r} brought no passcode")
            if not identity.fits(given.secondary, row["passcode"]):
                return _refused(f"a wrong passcode for user {given.name!r}")
        return Login(given.name, confirmed=given.answer)

    return ask


def _refused(why: str) -> Rejection:
    return replace(USER_UNKNOWN, why=why)
