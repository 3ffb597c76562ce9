"""What each peer may do at the PACS: its own classes, its own number of associations, being sent to."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from simlab.dicom import client, contexts
from simlab.errors import BadInput
from tests.dicom.made import CT, OT, ROOT, made
from tests.pacs.conftest import HOST, House

PRIVATE = "1.2.826.0.1.3680043.9.7777.1"


def status(house: House, calling: str, sop_class: str, uid: str = f"{ROOT}.1.1.1") -> str:
    [reply] = client.store(house.peer, calling, [made(uid, sop_class=sop_class)])
    return reply.status


def test_a_private_class_is_taken_from_the_peer_that_may_store_it(house: House) -> None:
    """What the standard does not know is negotiated with that peer alone."""
    house.pacs.set_peer("CT1", HOST, 104, ["echo", "store"], classes=["standard", PRIVATE])
    assert status(house, "CT1", PRIVATE) == "0000"
    assert status(house, "CT1", CT, f"{ROOT}.1.1.2") == "0000"
    with pytest.raises(client.NoContext):
        status(house, "STORESCU", PRIVATE)


def test_a_peer_is_held_to_its_classes_at_negotiation(house: House) -> None:
    """Context result 3 for the class that this peer may not store; another peer may."""
    house.pacs.set_peer("CT1", HOST, 104, ["echo", "store"], classes=[CT])
    with pytest.raises(client.NoContext, match="result 3"):
        status(house, "CT1", OT)
    assert status(house, "CT1", CT) == "0000"
    assert status(house, "STORESCU", OT, f"{ROOT}.1.1.2") == "0000"


def test_who_may_retrieve_is_refused_a_class_when_it_stores(house: House) -> None:
    """C-GET needs a context for whatever the archive holds, so the refusal comes as status 0124."""
    house.pacs.set_peer("CT1", HOST, 104, ["store", "retrieve"], classes=[CT])
    assert status(house, "CT1", OT) == "0124"
    assert house.view("studies") == []


def test_a_peer_has_its_own_number_of_associations(house: House) -> None:
    """The third association of a peer with two is rejected 2/3/2; others get in, and so does it when one has ended."""
    house.pacs.set_peer("CT1", HOST, 104, max_associations=2)
    wanted = contexts.supported([contexts.VERIFICATION])
    with ExitStack() as two:
        for _ in range(2):
            two.enter_context(client.associate(house.peer, "CT1", wanted))
        with pytest.raises(client.DicomRefused) as refused:
            client.echo(house.peer, "CT1")
        assert refused.value.rejection.encode()[7:10] == bytes((2, 3, 2))
        assert client.echo(house.peer, "STORESCU") == "0000"
    assert client.echo(house.peer, "CT1") == "0000"


def test_a_move_goes_only_to_who_may_be_sent_to(house: House) -> None:
    """A801 for a peer without the right, as for an unknown one."""
    house.pacs.set_peer("THEATRE", HOST, house.theatre_port, ["echo", "query"])
    keys = {"StudyInstanceUID": f"{ROOT}.1"}
    assert client.move(house.peer, "MOVESCU", "THEATRE", "study", "STUDY", keys).status == "A801"


def test_a_peer_s_rights_are_checked_and_shown(house: House) -> None:
    """Bad classes are refused with words; what was set is what the view shows, and JSON can say it."""
    with pytest.raises(BadInput, match="no SOP class UID"):
        house.pacs.set_peer("CT1", HOST, 104, classes=["CT"])
    house.pacs.set_peer("CT1", HOST, 104, ["store"], classes=[CT], max_associations=3)
    [row] = house.view("peers", title="CT1")
    assert (row["services"], row["classes"], row["max_associations"]) == (["store"], [CT], 3)
    json.dumps(row)
