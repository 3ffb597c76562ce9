"""What the PACS sends on: rules, the queue, and destinations that are down, full or stubborn."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from simlab.department.pacs import Pacs, PacsPeer, PacsStage, orders
from simlab.department.pacs.inbox import PacsInbox
from simlab.department.pacs.routing import Rule
from simlab.department.pacs.stage import PacsTransfer
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound
from simlab.faults import Fault
from simlab.hl7 import mllp
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import HOST, House
from tests.pacs.sink import Sink, until
from tests.tools import need

STUDY = f"{ROOT}.1"


def images(number: int, study: str = STUDY, **more: object) -> list[Instance]:
    return [
        made(f"{study}.1.{n}", study_uid=study, series_uid=f"{study}.1", number=n, **more)  # type: ignore[arg-type]
        for n in range(1, number + 1)
    ]


def uids(instances: list[Instance]) -> list[str]:
    return [instance.header().sop_instance_uid for instance in instances]


def store(house: House, instances: list[Instance], calling: str = "CT1") -> None:
    assert all(reply.stored for reply in client.store(house.peer, calling, instances))


def settled(house: House) -> None:
    until(lambda: not house.pacs.busy())


def transfer(house: House, number: int = 1) -> dict:
    return house.view("transfers", transfer=number)[0]


@pytest.fixture
def sink(house: House, tmp_path: Path) -> Iterator[Sink]:
    """A destination SINK that the PACS knows and that listens."""
    sink = Sink(tmp_path)
    house.pacs.set_peer("SINK", HOST, sink.open())
    house.pacs.configure(retry_seconds=1)
    house.clock.set(house.clock.now(), speed=20.0)  # a hospital second of waiting is 50 ms
    yield sink
    sink.close()


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({}, True),
        ({"modality": "CT"}, True),
        ({"modality": ["MR", "C?"]}, True),
        ({"modality": "MR"}, False),
        ({"station": "ct-room*", "calling": "CT1"}, True),
        ({"station": "CT-ROOM-1", "body_part": "HEAD"}, False),
        ({"referring": "*HOUSE*"}, True),
    ],
)
def test_a_rule_fits_what_fits_all_its_patterns(match: dict[str, str], fits: bool) -> None:
    """Attribute by attribute, one of several patterns, upper and lower case alike."""
    facts = {"modality": "CT", "station": "CT-Room-1", "calling": "CT1", "body_part": "CHEST", "referring": "House^G"}
    assert Rule(name="r", destinations=("SINK",), match=match).fits(facts) is fits  # type: ignore[arg-type]


def test_a_route_sends_on_what_arrives_and_fits(house: House, sink: Sink) -> None:
    """Of a CT and an OT series the CT goes on, byte for byte in order, and the PACS knows that it went."""
    house.pacs.dispatch.add_rule({"name": "ct", "destinations": ["SINK"], "match": {"modality": "CT"}})
    wanted = images(4)
    store(house, wanted + images(2, f"{ROOT}.2", modality="OT", sop_class="1.2.840.10008.5.1.4.1.1.7"))
    settled(house)
    assert sink.taken == uids(wanted)
    row = transfer(house)
    assert (row["state"], row["sent"], row["instances"], row["rule"], row["how"]) == ("sent", 4, 4, "ct", "route")
    with house.store.read() as tx:
        gone = tx.execute("SELECT sop_uid, destination, how FROM pacs_sent ORDER BY id").fetchall()
    assert [tuple(one) for one in gone] == [(uid, "SINK", "route") for uid in uids(wanted)]


def test_nothing_goes_back_to_who_sent_it(house: House, sink: Sink) -> None:
    """A rule for everything does not bounce a study between two archives."""
    house.pacs.dispatch.add_rule({"name": "all", "destinations": ["SINK", "THEATRE"]})
    store(house, images(1), calling="SINK")
    settled(house)
    assert sink.asked == []
    assert [row["destination"] for row in house.view("transfers")] == ["THEATRE"]


def test_a_rule_is_checked_before_it_is_taken(house: House, sink: Sink) -> None:
    """An unknown attribute, occasion or destination is refused with words, and nothing is written."""
    for wrong, error in (
        ({"match": {"colour": "red"}}, BadInput),
        ({"kind": "prefetch", "on": "25:00"}, BadInput),
        ({"destinations": []}, BadInput),
        ({"destinations": ["NOWHERE"]}, NotFound),
    ):
        with pytest.raises(error):
            house.pacs.dispatch.add_rule({"name": "r", "destinations": ["SINK"], **wrong})
    assert house.view("rules") == []


def test_a_study_is_forwarded_by_hand_to_dcmtk(house: House, tmp_path: Path) -> None:
    """storescp of DCMTK is a destination like any other."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    folder = tmp_path / "received"
    folder.mkdir()
    house.pacs.set_peer("STORESCP", HOST, port)
    house.pacs.stage(PacsStage(instances=images(3)))
    with subprocess.Popen([need("storescp"), "-od", str(folder), str(port)]) as scp:
        try:
            house.pacs.configure(retry_seconds=1)
            house.clock.set(house.clock.now(), speed=20.0)
            house.pacs.dispatch.forward(STUDY, "STORESCP")
            until(lambda: transfer(house)["state"] == "sent")
        finally:
            scp.kill()
    assert len(list(folder.iterdir())) == 3


def test_a_transfer_waits_for_a_destination_that_is_down(house: House, sink: Sink) -> None:
    """It waits as long as it takes, at rest in between, says why, and goes in order when the destination is back."""
    port = house.view("peers", title="SINK")[0]["port"]
    sink.close()
    house.pacs.stage(PacsStage(instances=[*images(2), *images(2, f"{ROOT}.2")]))
    house.pacs.configure(retry_seconds=600, retry_seconds_most=600, transfer_attempts=1)
    for study in (STUDY, f"{ROOT}.2"):
        house.pacs.dispatch.forward(study, "SINK")
    until(lambda: transfer(house)["lane_error"])
    settled(house)
    assert [row["state"] for row in house.view("transfers")] == ["waiting", "waiting"]
    assert "refused the TCP connection" in transfer(house)["lane_error"]
    sink.open(port)
    house.pacs.dispatch.retry_transfer(1)
    settled(house)
    assert [row["state"] for row in house.view("transfers")] == ["sent", "sent"]
    assert sink.taken == uids([*images(2), *images(2, f"{ROOT}.2")])


def test_a_corrected_port_is_tried_at_once(house: House, sink: Sink) -> None:
    """Who mends the address of a destination need not wait for the back-off to end."""
    port = house.view("peers", title="SINK")[0]["port"]
    house.pacs.set_peer("SINK", HOST, 4)
    house.pacs.configure(retry_seconds=3600, retry_seconds_most=3600)
    house.pacs.stage(PacsStage(instances=images(1)))
    house.pacs.dispatch.forward(STUDY, "SINK")
    until(lambda: transfer(house)["lane_error"])
    house.pacs.set_peer("SINK", HOST, port)
    settled(house)
    assert sink.taken == uids(images(1))


def test_back_off_doubles_up_to_the_most(house: House, sink: Sink) -> None:
    """Each failed try waits twice as long as the one before."""
    sink.close()
    house.pacs.configure(retry_seconds=1, retry_seconds_most=4)
    house.pacs.stage(PacsStage(instances=images(1)))
    house.pacs.dispatch.forward(STUDY, "SINK")
    until(lambda: transfer(house)["lane_attempts"] >= 4)
    told = [event.summary for event in house.events("dicom.operation") if "put off" in event.summary]
    assert [text.split("put off for ")[1].split(" s")[0] for text in told[:4]] == ["1", "2", "4", "4"]


def test_a_full_destination_is_tried_again_and_nothing_goes_twice(house: House, sink: Sink) -> None:
    """A700 for the third image: what was taken before stays taken, the rest follows when there is room."""
    third = uids(images(5))[2]
    sink.judge = lambda uid: 0xA700 if uid == third and sink.asked.count(third) < 3 else 0
    house.pacs.stage(PacsStage(instances=images(5)))
    house.pacs.dispatch.forward(STUDY, "SINK")
    until(lambda: transfer(house)["state"] == "sent")
    assert sink.taken == uids(images(5))
    assert sink.asked.count(third) == 3


def test_a_destination_that_stays_full_fails_the_transfer_at_last(house: House, sink: Sink) -> None:
    """After the attempts of the setting the transfer counts as failed, and what is behind it goes."""
    sink.judge = lambda uid: 0xA700 if uid.startswith(f"{STUDY}.1.") else 0
    house.pacs.configure(transfer_attempts=2)
    house.pacs.stage(PacsStage(instances=[*images(2), *images(1, f"{ROOT}.2")]))
    for study in (STUDY, f"{ROOT}.2"):
        house.pacs.dispatch.forward(study, "SINK")
    until(lambda: transfer(house, 2)["state"] == "sent")
    row = transfer(house, 1)
    assert (row["state"], row["sent"], row["failed"]) == ("failed", 0, 2)
    assert "A700" in row["error"]


def test_a_refused_instance_fails_alone_and_is_retried_alone(house: House, sink: Sink) -> None:
    """C000 for one of three: two are there, the transfer is failed; a retry sends the one."""
    second = uids(images(3))[1]
    sink.judge = lambda uid: 0xC000 if uid == second else 0
    house.pacs.stage(PacsStage(instances=images(3)))
    house.pacs.dispatch.forward(STUDY, "SINK")
    until(lambda: transfer(house)["state"] == "failed")
    assert (transfer(house)["sent"], transfer(house)["failed"]) == (2, 1)
    sink.judge = lambda _uid: 0
    house.pacs.dispatch.retry_transfer(1)
    until(lambda: transfer(house)["state"] == "sent")
    assert sorted(sink.taken) == uids(images(3))
    assert sink.asked.count(second) == 2 and len(sink.asked) == 4


def test_what_is_held_rests_until_it_is_released(house: House, sink: Sink) -> None:
    """A held destination takes nothing, is idle for lab.settle, and gets the urgent study first when released."""
    house.pacs.stage(PacsStage(instances=[*images(2), *images(2, f"{ROOT}.2")]))
    house.pacs.dispatch.hold_transfers("SINK")
    house.pacs.dispatch.forward(STUDY, "SINK", priority="low")
    house.pacs.dispatch.forward(f"{ROOT}.2", "SINK", priority="high")
    settled(house)
    assert sink.asked == [] and transfer(house)["lane_held"]
    house.pacs.dispatch.release_transfers("SINK")
    settled(house)
    assert sink.taken == uids([*images(2, f"{ROOT}.2"), *images(2)])


def test_one_transfer_can_be_held_and_another_cancelled(house: House, sink: Sink) -> None:
    """What is held or cancelled alone does not stop the others; a cancelled one can be taken up again."""
    house.pacs.stage(PacsStage(instances=[i for s in (1, 2, 3) for i in images(1, f"{ROOT}.{s}")]))
    house.pacs.dispatch.hold_transfers("SINK")
    for study in (1, 2, 3):
        house.pacs.dispatch.forward(f"{ROOT}.{study}", "SINK")
    house.pacs.dispatch.hold_transfers(transfer=1)
    house.pacs.dispatch.cancel_transfer(2)
    house.pacs.dispatch.release_transfers("SINK")
    settled(house)
    assert [row["state"] for row in house.view("transfers")] == ["held", "cancelled", "sent"]
    with pytest.raises(BadInput, match="cancelled already"):
        house.pacs.dispatch.cancel_transfer(2)
    house.pacs.dispatch.release_transfers(transfer=1)
    house.pacs.dispatch.retry_transfer(2)
    settled(house)
    assert [row["state"] for row in house.view("transfers")] == ["sent", "sent", "sent"]


def test_a_removed_destination_fails_with_the_reason(house: House, sink: Sink) -> None:
    """Who is no peer any more, or may not be sent to, gets nothing."""
    house.pacs.stage(PacsStage(instances=images(1)))
    house.pacs.dispatch.hold_transfers("SINK")
    house.pacs.dispatch.forward(STUDY, "SINK")
    port = house.view("peers", title="SINK")[0]["port"]
    house.pacs.set_peer("SINK", HOST, port, ["echo"])
    house.pacs.dispatch.release_transfers("SINK")
    settled(house)
    assert transfer(house)["state"] == "failed" and "may be sent to" in transfer(house)["error"]
    assert sink.asked == []
    with pytest.raises(BadInput, match="may not be sent to"):
        house.pacs.dispatch.forward(STUDY, "SINK")


def test_the_queue_goes_on_after_a_restart(house: House, sink: Sink) -> None:
    """A PACS closed in the middle of a study sends, when opened again, what was not acknowledged and no more."""
    house.pacs.stage(PacsStage(instances=images(30)))

    def close_at_ten(_uid: str) -> int:
        if len(sink.asked) == 10:
            house.pacs.dispatch.carriers.close()
        return 0

    sink.judge = close_at_ten
    house.pacs.dispatch.forward(STUDY, "SINK")
    until(lambda: len(sink.taken) == 10)
    house.pacs.close()
    again = Pacs(house.store, house.journal, house.clock, house.faults, house.pacs._blobs)
    again.open(HOST, 0)
    try:
        until(lambda: transfer(house)["state"] == "sent")
    finally:
        again.close()
    assert sink.asked == uids(images(30))


PRIORS = (
    ("11", "20230105", "CT", "HEAD"),
    ("12", "20250105", "CT", "HEAD"),
    ("13", "20240105", "CT", "CHEST"),
    ("14", "20150105", "CT", "HEAD"),
    ("15", "20250601", "MR", "HEAD"),
)


def past() -> list[Instance]:
    return [
        image
        for uid, day, modality, part in PRIORS
        for image in images(1, f"{ROOT}.{uid}", modality=modality, StudyDate=day, BodyPartExamined=part)
    ]


ORDER = b"\r".join(
    (
        b"MSH|^~\\&|RIS|H|PACS|H|20260302080000||ORM^O01|M1|P|2.5.1",
        b"PID|1||PID001||SMITH^JOHN||19700101|M",
        b"ORC|NW|P1|F1||SC",
        b"OBR|1|P1|F1|XCHEST^Chest X-ray PA^L||||||||||||||A77||||||CR",
        b"",
    )
)


def told(house: House, accession: str, **facts: str) -> None:
    """Have the PACS told of an order for PID001 or another."""
    with house.store.write() as tx:
        orders.note(tx, accession, {"patient_id": "PID001", "status": "scheduled", **facts})
        house.pacs.dispatch.expect(tx, accession)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ({}, ["15", "12", "11"]),
        ({"same": ["body_part", "modality"]}, ["12", "11"]),
        ({"same": ["modality"], "last": 2}, ["12", "13"]),
        ({"years": 1}, ["15"]),
        ({"match": {"modality": "MR"}}, []),
    ],
)
def test_an_order_brings_the_priors_that_the_rule_wants(
    house: House, sink: Sink, rule: dict, wanted: list[str]
) -> None:
    """Of the same body part or modality, the last few, no older than so many years; the newest first."""
    house.clock.set(datetime(2026, 3, 2, 8), speed=20.0)
    house.pacs.stage(PacsStage(instances=past()))
    house.pacs.dispatch.add_rule({"name": "priors", "kind": "prefetch", "destinations": ["SINK"], **rule})
    told(house, "A1", modality="CT", description="CT head without contrast")
    settled(house)
    assert [row["study_uid"] for row in house.view("transfers")] == [f"{ROOT}.{uid}" for uid in wanted]
    assert {row["state"] for row in house.view("transfers")} <= {"sent"}


def test_an_arriving_study_brings_its_priors_once(house: House, sink: Sink) -> None:
    """The first image of a study fetches the priors of its body part; the others of it do not ask again."""
    house.clock.set(datetime(2026, 3, 2, 8), speed=20.0)
    house.pacs.stage(PacsStage(instances=past()))
    house.pacs.dispatch.add_rule({"name": "p", "kind": "prefetch", "on": "arrival", "destinations": ["SINK"]})
    store(house, images(3, f"{ROOT}.20", modality="CT", StudyDate="20260302", BodyPartExamined="CHEST"))
    settled(house)
    assert [row["study_uid"] for row in house.view("transfers")] == [f"{ROOT}.13"]
    told(house, "A1", description="chest")
    assert len(house.view("transfers")) == 1


def test_the_day_s_orders_bring_their_priors_at_the_rule_s_time(house: House, sink: Sink) -> None:
    """At five in the morning, for what is scheduled that day; what is cancelled or for tomorrow brings nothing."""
    house.clock.set(datetime(2026, 3, 2, 4, 58, 30), speed=60.0)
    others = [image for uid in ("31", "32") for image in images(1, f"{ROOT}.{uid}", patient_id=uid)]
    house.pacs.stage(PacsStage(instances=[*past(), *others]))
    house.pacs.dispatch.add_rule(
        {"name": "p", "kind": "prefetch", "on": "05:00", "same": ["modality"], "last": 1, "destinations": ["SINK"]}
    )
    told(house, "A1", modality="MR", scheduled="20260302103000")
    told(house, "A2", modality="CT", scheduled="20260303103000", patient_id="31")
    told(house, "A3", modality="CT", scheduled="20260302103000", patient_id="32", status="cancelled")
    until(lambda: house.view("transfers"))
    settled(house)
    assert [row["study_uid"] for row in house.view("transfers")] == [f"{ROOT}.15"]


def test_an_order_message_to_the_pacs_brings_the_priors(house: House, sink: Sink) -> None:
    """ORM^O01 at the HL7 door: the procedure's words name the body part."""
    house.pacs.stage(PacsStage(instances=past()))
    house.pacs.dispatch.add_rule({"name": "p", "kind": "prefetch", "years": 100, "destinations": ["SINK"]})
    inbox = PacsInbox(house.pacs, house.store, house.journal, house.clock, house.faults)
    port = inbox.open(HOST, 0)
    try:
        reply = mllp.send(HOST, port, ORDER, 5.0)
    finally:
        inbox.close()
    assert b"MSA|AA|" in reply
    settled(house)
    assert [row["study_uid"] for row in house.view("transfers")] == [f"{ROOT}.13"]


def test_a_scene_may_begin_with_transfers_that_wait(house: House, sink: Sink) -> None:
    """Rules, held destinations and waiting transfers are rows of a scene."""
    peers = [PacsPeer(title="SINK", port=house.view("peers", title="SINK")[0]["port"])]
    with house.store.write():
        house.store.clear()
        house.pacs.stage(
            PacsStage(
                peers=peers,
                instances=images(2),
                rules=[{"name": "ct", "destinations": ["SINK"]}],
                transfers=[PacsTransfer(study_uid=STUDY, destination="SINK")],
                held=["SINK"],
            )
        )
    settled(house)
    row = house.view("transfers")[0]
    assert (row["state"], row["lane_held"], sink.asked) == ("waiting", True, [])
    house.pacs.dispatch.release_transfers("SINK")
    settled(house)
    assert sink.taken == uids(images(2))


def test_an_instance_that_loses_its_uid_on_the_way_is_settled_once(house: House, sink: Sink) -> None:
    """The queue counts what it sent, not what the damaged object says of itself: nothing is sent over and over."""
    effect = {"missing": "SOPInstanceUID"}
    house.faults.declare([Fault(id="f", point="instance", system="PACS", match={"way": "sent"}, effect=effect)])
    house.pacs.stage(PacsStage(instances=images(2)))
    house.pacs.dispatch.forward(STUDY, "SINK")
    until(lambda: transfer(house)["state"] not in ("waiting", "sending"))
    assert len(sink.asked) == 2


@pytest.mark.parametrize("how", ["forward", "move"])
def test_an_instance_whose_pixels_are_gone_holds_up_no_other(house: House, sink: Sink, how: str) -> None:
    """It alone has failed, with its UID; what is before it and behind it goes."""
    three = [made(f"{STUDY}.1.{n}", study_uid=STUDY, number=n, shade=n, size=96) for n in (1, 2, 3)]
    house.pacs.stage(PacsStage(instances=three))
    with house.store.read() as tx:
        (digest,) = tx.execute("SELECT pixels FROM pacs_instance WHERE sop_uid=?", (uids(three)[1],)).fetchone()
    (house.folder.parent / "blobs" / digest).unlink()
    if how == "forward":
        house.pacs.dispatch.forward(STUDY, "SINK")
        settled(house)
        assert (transfer(house)["sent"], transfer(house)["failed"]) == (2, 1)
    else:
        moved = client.move(house.peer, "ADMIN", "SINK", "study", "STUDY", {"StudyInstanceUID": STUDY})
        assert (moved.completed, moved.failed, moved.failed_uids) == (2, 1, (uids(three)[1],))
    assert sink.taken == [uids(three)[0], uids(three)[2]]
