"""The console of the routes: made, changed, disabled, removed; how they deliver; what they would do."""

import pytest

from simlab import certificates, tls
from simlab.clock import Clock
from simlab.department.engine import VIEWS, Engine, EngineStage, Route
from simlab.department.engine.policy import Policy, judge, wait
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.courier import Delivery
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from tests.engine.test_engine import adt, give, queue, states
from tests.hl7.peer import Ground, eventually, peer


def test_a_new_route_delivers_at_once_and_a_removed_one_takes_nothing(ground, engine):
    """Added by name with rules; removed only with a reason when something lies on it."""
    with peer() as ris:
        made = engine()
        made.routes.add("out", ris.port, types=["ADT"], rules=[{"version": "2.4"}])
        give(made, adt("C1"))
        eventually(lambda: states(ground) == [("C1", "delivered")])
        made.routes.hold("out")
        give(made, adt("C2"))
        with pytest.raises(BadInput, match="1 messages wait"):
            made.routes.remove("out")
        made.routes.remove("out", "moved to the new engine")
        assert [row["state"] for row in queue(ground)] == ["delivered", "discarded"]
        assert give(made, adt("C3")).text == "taken; no route wants it"
        with pytest.raises(NotFound, match="no route out"):
            made.routes.hold("out")
        made.routes.add("out", ris.port)
        give(made, adt("C4"))
        eventually(lambda: ris.got == ["C1", "C4"])


def test_a_disabled_route_takes_nothing_and_keeps_what_waits(ground, engine):
    """As if it were not there, but for its queue, which flows when it is released."""
    with peer() as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        give(made, adt("C1"))
        made.routes.disable("out")
        assert give(made, adt("C2")).text == "taken; no route wants it"
        assert made.busy() == 0 and states(ground) == [("C1", "queued")]
        made.routes.release("out")
        eventually(lambda: ris.got == ["C1"])


@pytest.mark.parametrize(
    "changes",
    [{"port": 0}, {"port": 70000}, {"ack_seconds": 0}, {"copies": 9}, {"on_ae": "cry"}, {"factor": 0.5}, {"colour": 1}],
)
def test_a_route_cannot_be_what_no_route_is(ground, engine, changes):
    """BadInput names the route; nothing changes."""
    made = engine(Route(name="out", port=9))
    before = ground.view(VIEWS, "routes")
    with pytest.raises(BadInput) as caught:
        made.routes.set("out", **changes)
    assert caught.value.place == "route out" and caught.value.remedy
    assert ground.view(VIEWS, "routes") == before
    with pytest.raises(BadInput):
        made.routes.add("new", **{"port": 9, **changes})
    with pytest.raises(BadInput, match="already"):
        made.routes.add("out", 9)


def test_a_setting_of_a_route_leaves_its_rules_and_sources_alone(ground, engine):
    """Only what is named changes."""
    made = engine(Route(name="out", port=9, sources=["EPR"], types=["ADT"], ack_seconds=3))
    made.routes.set_rules("out", [{"drop_segment": "ZDS"}])
    made.routes.set("out", on_ae="retry", types=["ADT^A40"])
    (row,) = ground.view(VIEWS, "routes")
    assert (row["on_ae"], row["types"], row["sources"], row["ack_seconds"], row["rules"]) == (
        "retry", ["ADT^A40"], ["EPR"], 3, 1
    )  # fmt: skip


def test_copies_send_each_message_so_often(ground, engine):
    """The same bytes under the same control ID: a duplicate on purpose, which a careful receiver notices."""
    with peer() as ris:
        made = engine(Route(name="out", port=ris.port, copies=2))
        give(made, adt("C1"))
        eventually(lambda: made.busy() == 0)
        assert ris.messages == [adt("C1"), adt("C1")]


AE, AR, SILENT = Delivery("error", "AE: no", b"x"), Delivery("retry", "AR: no", b"x"), Delivery("retry", "nothing")


@pytest.mark.parametrize(
    ("policy", "delivery", "attempt", "state", "failed"),
    [
        ({}, Delivery("delivered", "", b"x"), 1, "delivered", ""),
        ({}, AE, 1, "error", "receiver"),
        ({"on_ae": "retry"}, AE, 10_000, "queued", ""),
        ({}, AR, 9, "queued", ""),
        ({}, AR, 10, "error", "receiver"),
        ({"refusals": 2}, AR, 2, "error", "receiver"),
        ({"on_ar": "error"}, AR, 1, "error", "receiver"),
        ({}, SILENT, 10_000, "queued", ""),
        ({"attempts": 3}, SILENT, 2, "queued", ""),
        ({"attempts": 3}, SILENT, 3, "error", "attempts"),
        ({"attempts": 3, "on_ae": "retry"}, AE, 5, "queued", ""),
    ],
)
def test_a_policy_judges_each_attempt(policy, delivery, attempt, state, failed):
    """AE, AR and silence each have their own rule and their own patience."""
    verdict = judge(Policy(**policy), delivery, attempt, Clock())
    assert (verdict.state, verdict.failed) == (state, failed)


def test_waits_grow_to_their_cap():
    """1, 2, 4 … 60 hospital seconds by default, and as the route says; never an overflow."""
    assert [wait(Policy(), n) for n in (1, 2, 3, 6, 7, 10_000)] == [1, 2, 4, 32, 60, 60]
    assert [wait(Policy(first_seconds=5, factor=1, longest_seconds=90), n) for n in (1, 2, 50)] == [5, 5, 5]


def test_attempts_that_nobody_answers_end_in_a_dead_letter_where_the_route_says_so(ground, engine):
    """With a cap on attempts the route goes on to the next message."""
    with peer({"C1": ["silent", "silent"]}) as ris:
        made = engine(Route(name="out", port=ris.port, ack_seconds=0.2, attempts=2, first_seconds=0.01))
        for n in (1, 2):
            give(made, adt(f"C{n}"))
        eventually(lambda: states(ground) == [("C1", "error"), ("C2", "delivered")])
        assert queue(ground, state="error")[0]["failed"] == "attempts"


def test_trying_rules_changes_nothing_and_shows_every_step(ground, engine):
    """Of a text, or of a message that was taken; with the route's own rules or others; also where they refuse."""
    made = engine(Route(name="out", port=9, types=["ORM"], state="held"))
    made.routes.set_rules("out", [{"version": "2.4"}, {"drop": {"PID-8": "M"}}])
    give(made, adt("C1"))
    taken = ground.view(VIEWS, "messages")[0]["id"]
    before = (ground.view(VIEWS, "rules"), queue(ground), ground.journal.last)
    told = made.routes.try_rules("out", number=taken)
    assert (told["taken"], told["result"], "does not take it" in told["summary"]) == (False, "sent", True)
    assert [(step["rule"], step["verb"], step["changed"]) for step in told["rows"]] == [
        (1, "version", True), (2, "drop", False)
    ]  # fmt: skip
    assert [change["path"] for change in told["changes"][0]] == ["MSH-12"]
    assert made.routes.try_rules("out", adt().decode(), rules=[{"keep": {"PID-8": "X"}}])["result"] == "filtered"
    assert made.routes.try_rules("out", number=taken, rules=[{"set": "ZZZ-1", "value": "1"}])["result"] == "refused"
    assert (ground.view(VIEWS, "rules"), queue(ground), ground.journal.last) == before
    for call in (
        lambda: made.routes.try_rules("out"),
        lambda: made.routes.try_rules("out", number=999),
        lambda: made.routes.try_rules("out", "not HL7"),
        lambda: made.routes.try_rules("out", number=taken, rules=[{"kep": {}}]),
    ):
        with pytest.raises(SimlabError) as caught:
            call()
        assert caught.value.remedy


def test_a_route_delivers_over_tls(ground, tmp_path):
    """To a door with the lab's certificate; without TLS the same door gets nothing."""
    folder = tmp_path / "certificates"
    certificates.make(folder)
    got = []

    def take(data, _caller):
        got.append(data)
        return acknowledge(data, now=ground.clock.now())

    server = MllpServer("PEER", take)
    port = server.open("127.0.0.1", 0, lambda: tls.server_context(folder, "server"))
    made = Engine(ground.store, ground.journal, ground.clock, ground.faults, folder)
    try:
        made.stage(EngineStage(routes=[Route(name="out", port=port, first_seconds=0.05)]))
        made.open("127.0.0.1", 0)
        give(made, adt("C1"))
        eventually(lambda: queue(ground)[0]["attempts"] > 0)
        assert not got
        made.routes.set("out", tls=True)
        eventually(lambda: states(ground) == [("C1", "delivered")])
        assert got == [adt("C1")]
    finally:
        made.close()
        server.close()


def test_rules_are_changed_one_by_one(ground, engine):
    """Added behind, replaced by number, removed; a number that there is none of is named."""
    made = engine(Route(name="out", port=9))
    for version in ("2.3", "2.4"):
        made.routes.set_rule("out", {"version": version})
    made.routes.set_rule("out", {"drop_segment": "Z*", "note": "nobody reads them"}, number=1)
    shown = [(row["number"], row["verb"], row["note"]) for row in ground.view(VIEWS, "rules", route="out")]
    assert shown == [(1, "drop_segment", "nobody reads them"), (2, "version", "")]
    made.routes.remove_rule("out", 1)
    assert [row["rule"] for row in ground.view(VIEWS, "rules")] == [{"version": "2.4"}]
    for call in (lambda: made.routes.remove_rule("out", 2), lambda: made.routes.set_rule("out", {"version": "2.3"}, 3)):
        with pytest.raises(NotFound, match="no rule"):
            call()
    with pytest.raises(BadInput, match="exactly one verb"):
        made.routes.set_rule("out", {"nonsense": 1})


def test_messages_keep_their_order_on_every_route(ground, engine):
    """Two routes, one slow: each gets all messages of a connection in the order in which they came."""
    with peer({f"C{n}": ["AR"] for n in (3, 7)}) as slow, peer() as quick:
        made = engine(Route(name="slow", port=slow.port, first_seconds=0.02), Route(name="quick", port=quick.port))
        sent = [f"C{n}" for n in range(12)]
        for name in sent:
            give(made, adt(name))
        eventually(lambda: made.busy() == 0 and len(slow.got) == 14)
        assert quick.got == sent
        assert list(dict.fromkeys(slow.got)) == sent


def test_enhanced_mode_is_what_the_message_asks_for(ground, engine, tmp_path):
    """A rule writes MSH-15 and MSH-16; the receiver answers CA alone, and that is a delivery."""
    (tmp_path / "other").mkdir()
    other = Ground(tmp_path / "other")
    receiver = Receiver("RIS", *other.parts, lambda _message: "done")
    server = MllpServer("RIS", receiver)
    try:
        made = engine(Route(name="out", port=server.open("127.0.0.1", 0)))
        made.routes.set_rules("out", [{"set": "MSH-15", "value": "AL"}, {"set": "MSH-16", "value": "NE"}])
        give(made, adt("C1"))
        eventually(lambda: states(ground) == [("C1", "delivered")])
        assert "MSA|CA|C1" in queue(ground)[0]["ack"]
        assert ground.view(VIEWS, "statistics")[0]["last_ack"] == "CA"
    finally:
        server.close()
        other.store.close()


@pytest.mark.parametrize("host", ["a\x00b", "no.such.host.invalid", "x" * 253, "|^~\\&", "999.1.1.1"])
def test_a_host_that_is_none_keeps_its_messages_waiting(ground, engine, host):
    """Nothing is lost and nothing stops; pointed at a host that is one, the route delivers."""
    with peer() as ris:
        made = engine(Route(name="out", port=ris.port))
        made.routes.set("out", host=host)
        give(made, adt("C1"))
        eventually(lambda: queue(ground)[0]["attempts"] > 0, 20)
        assert queue(ground)[0]["error"]
        made.routes.set("out", host="127.0.0.1")
        eventually(lambda: ris.got == ["C1"])
