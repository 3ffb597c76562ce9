"""User identity negotiation: who may log in, who is turned away, what the log keeps (PS3.7 D.3.3.7)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pynetdicom import AE
from pynetdicom.pdu_primitives import UserIdentityNegotiation

from simlab.dicom import client, contexts
from simlab.dicom.identity import JWT, KERBEROS, SAML, UserIdentity, fits, kept, login
from tests.pacs.conftest import HOST, House


@pytest.fixture
def staffed(house: House) -> House:
    house.pacs.set_user("h.ward", "tulip", "Helen Ward")
    house.pacs.set_user("scanner")
    return house


def echo(house: House, user: UserIdentity | None) -> str:
    return client.echo(replace(house.peer, user=user), "ADMIN")


def test_right_passcode_lets_in_and_is_confirmed(staffed: House) -> None:
    """pynetdicom logs in with name and passcode and gets the positive response it asked for."""
    ae = AE("ADMIN")
    ae.add_requested_context(contexts.VERIFICATION)
    item = UserIdentityNegotiation()
    item.user_identity_type, item.positive_response_requested = 2, True
    item.primary_field, item.secondary_field = b"h.ward", b"tulip"
    assoc = ae.associate(HOST, staffed.port, ae_title="PACS", ext_neg=[item])
    try:
        assert assoc.is_established
        assert assoc.acceptor.user_identity is not None
    finally:
        assoc.release()


def test_user_is_carried_into_the_journal(staffed: House) -> None:
    """Association and operation are journalled with the user's name, never with the passcode."""
    assert echo(staffed, login("h.ward", "tulip")) == "0000"
    (association,) = staffed.events("dicom.association")
    (operation,) = staffed.events("dicom.operation")
    assert association.data["user"] == operation.data["user"] == "h.ward"
    assert "tulip" not in "".join(str(event) for event in staffed.journal.events(limit=1000))


def test_name_alone_lets_in_who_has_no_passcode(staffed: House) -> None:
    """A user without a passcode is let in by name."""
    assert echo(staffed, login("scanner")) == "0000"


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (login("h.ward", "rose"), "a wrong passcode for user 'h.ward'"),
        (login("h.ward"), "user 'h.ward' brought no passcode"),
        (login("nobody", "tulip"), "there is no user 'nobody'"),
        (UserIdentity(KERBEROS, b"ticket"), "a Kerberos ticket is not taken here"),
        (UserIdentity(SAML, b"<saml/>"), "a SAML assertion is not taken here"),
        (UserIdentity(JWT, b"a.b.c"), "a JSON web token is not taken here"),
    ],
    ids=["wrong", "none", "unknown", "kerberos", "saml", "jwt"],
)
def test_others_are_rejected_with_the_reason_in_the_log(staffed: House, user: UserIdentity, why: str) -> None:
    """A bad identity is rejected 1/2/1; why stands in the log of the PACS, not on the wire."""
    with pytest.raises(client.DicomRefused, match=r"\(1/2/1\)"):
        echo(staffed, user)
    (event,) = staffed.events("dicom.association")
    assert why in event.data["why"]


def test_logins_stand_in_the_audit_trail(staffed: House) -> None:
    """Who logged in, who failed to, and what they then asked for are entries of the audit trail under their name."""
    peer = replace(staffed.peer, user=login("h.ward", "tulip"))
    client.find(peer, "ADMIN", "study", "STUDY", {"PatientID": "PID001"})
    with pytest.raises(client.DicomRefused):
        echo(staffed, login("h.ward", "rose"))
    found = [(row["event"], row["user"], row["outcome"]) for row in staffed.view("audit")]
    assert found == [("login", "h.ward", "0"), ("query", "h.ward", "0"), ("login", "h.ward", "4")]


def test_login_can_be_required(staffed: House) -> None:
    """With `require_login` nobody gets in without a user; without it anybody the gate knows."""
    assert echo(staffed, None) == "0000"
    staffed.pacs.configure(require_login=True)
    with pytest.raises(client.DicomRefused, match=r"\(1/2/1\)"):
        echo(staffed, None)
    assert echo(staffed, login("h.ward", "tulip")) == "0000"


def test_removed_user_is_out(staffed: House) -> None:
    """Who is taken off the table gets in no more."""
    staffed.pacs.remove_user("h.ward")
    with pytest.raises(client.DicomRefused):
        echo(staffed, login("h.ward", "tulip"))


def test_passcodes_are_kept_hashed(staffed: House) -> None:
    """The table holds no passcode, and the same passcode twice is kept differently."""
    with staffed.store.read() as tx:
        rows = [dict(row) for row in tx.execute("SELECT * FROM pacs_user")]
    assert "tulip" not in str(rows)
    one, other = kept("tulip"), kept("tulip")
    assert one != other
    assert fits(b"tulip", one)
    assert not fits(b"rose", one)
    assert {row["name"]: row["passcode"] for row in staffed.view("users")} == {"h.ward": True, "scanner": False}
