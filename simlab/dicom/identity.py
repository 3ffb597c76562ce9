"""User identity negotiation: who says to be at the other end, and how a passcode is kept (PS3.7 D.3.3.7)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from pynetdicom.pdu_primitives import UserIdentityNegotiation

from simlab.errors import BadInput

USERNAME, PASSCODE, KERBEROS, SAML, JWT = range(1, 6)
KINDS = {
    USERNAME: "a username",
    PASSCODE: "a username with a passcode",
    KERBEROS: "a Kerberos ticket",
    SAML: "a SAML assertion",
    JWT: "a JSON web token",
}
_ROUNDS = 20_000
"""Of PBKDF2: some 10 ms. These are passcodes of invented people."""


@dataclass(frozen=True)
class UserIdentity:
    """What a requestor says of its user. `answer`: it wants to hear that this was understood."""

    kind: int
    primary: bytes
    secondary: bytes = b""
    answer: bool = False

    @property
    def name(self) -> str:
        """The username as it was claimed; empty for kinds that have none."""
        if self.kind not in (USERNAME, PASSCODE):
            return ""
        return self.primary.decode("utf-8", "replace").strip(" \0")[:64]

    def __str__(self) -> str:
        return KINDS.get(self.kind, f"an identity of type {self.kind}")

    def item(self) -> UserIdentityNegotiation:
        """The item of an A-ASSOCIATE-RQ."""
        item = UserIdentityNegotiation()
        item.user_identity_type, item.positive_response_requested = self.kind, self.answer
        item.primary_field = self.primary
        if self.kind == PASSCODE:
            item.secondary_field = self.secondary
        return item


MAX_LOGIN = 32768
"""Bytes of a username and passcode together."""


def login(name: str, passcode: str | None = None, *, answer: bool = True) -> UserIdentity:
    """Who to say one is: a username, with a passcode unless that is None; BadInput when the item cannot hold them.

    The lengths in the item, and that of the item around them, are 16 bits (PS3.7 D.3.3.7.1).
    """
    if len(name.encode()) + len((passcode or "").encode()) > MAX_LOGIN:
        raise BadInput(f"user and passcode are longer than {MAX_LOGIN} bytes", place="user", remedy="Shorten them.")
    if passcode is None:
        return UserIdentity(USERNAME, name.encode(), answer=answer)
    return UserIdentity(PASSCODE, name.encode(), passcode.encode(), answer)


def read(item: UserIdentityNegotiation) -> UserIdentity:
    """The identity in an item of an A-ASSOCIATE-RQ."""
    return UserIdentity(
        int(item.user_identity_type or 0),
        item.primary_field or b"",
        item.secondary_field or b"",
        bool(item.positive_response_requested),
    )


def confirmation() -> UserIdentityNegotiation:
    """The item of an A-ASSOCIATE-AC; for usernames it is empty."""
    item = UserIdentityNegotiation()
    item.server_response = b""
    return item


def kept(passcode: str) -> str:
    """A passcode as it is kept: salted and hashed."""
    salt = secrets.token_bytes(12)
    return f"{salt.hex()}${_hash(passcode.encode(), salt).hex()}"


def fits(passcode: bytes, kept_as: str) -> bool:
    """Whether a passcode is the one that was kept."""
    salt, _, digest = kept_as.partition("$")
    return hmac.compare_digest(_hash(passcode, bytes.fromhex(salt)), bytes.fromhex(digest))


def _hash(passcode: bytes, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passcode[:256], salt, _ROUNDS)
