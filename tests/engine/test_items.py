"""The console of the queue: move, edit, rules again, dead letters, numbers, pruning."""

from datetime import timedelta

import pytest

from simlab import provenance
from simlab.department.engine import VIEWS, QueueItem, Route
from simlab.errors import BadInput, NotFound
from simlab.hl7.message import parse
from tests.engine.test_engine import adt, give, queue, states
from tests.hl7.peer import eventually, peer


def view(ground, name, **filters):
    return ground.view(VIEWS, name, **filters)


def numbers(ground, **filters):
    """Item by control ID."""
    return {row["control_id"]: row["id"] for row in queue(ground, **filters)}


def test_a_waiting_item_moves_before_another_or_behind_all(ground, engine):
    """What goes out follows the new order; only what waits on one route changes places."""
    with peer() as ris:
        made = engine(
            Route(name="out", port=ris.port, state="held"), Route(name="b", port=9, state="held", types=["ORM"])
        )
        for n in range(1, 5):
            give(made, adt(f"C{n}"))
        at = numbers(ground)
        made.items.move(at["C4"], before=at["C2"])
        made.items.move(at["C1"])
        assert [row["control_id"] for row in queue(ground)] == ["C4", "C2", "C3", "C1"]
        with pytest.raises(BadInput, match="does not wait on out"):
            made.items.move(at["C4"], before=999)
        made.routes.release("out")
        eventually(lambda: made.busy() == 0)
        assert ris.got == ["C4", "C2", "C3", "C1"]
        with pytest.raises(BadInput, match="does not wait"):
            made.items.move(at["C1"])
        with pytest.raises(NotFound):
            made.items.move(999)


def test_a_poisoned_message_blocks_its_own_route_alone(ground, engine):
    """While one route retries an AE for ever, the other one delivers; moved behind the rest, it blocks nobody."""
    with peer({"BAD": ["AE"] * 50}) as sick, peer() as well:
        made = engine(
            Route(name="sick", port=sick.port, on_ae="retry", first_seconds=0.05, longest_seconds=0.05),
            Route(name="well", port=well.port),
        )
        for name in ("BAD", "G1", "G2"):
            give(made, adt(name))
        eventually(lambda: well.got == ["BAD", "G1", "G2"] and len(sick.got) > 3)
        assert set(sick.got) == {"BAD"}
        made.routes.hold("sick")
        eventually(lambda: not queue(ground, route="sick", state="sending"))
        made.items.move(numbers(ground, route="sick")["BAD"])
        made.routes.release("sick")
        eventually(lambda: [one for one in sick.got if one != "BAD"] == ["G1", "G2"])


def test_a_rule_that_fails_makes_a_dead_letter_which_the_mended_rule_delivers(ground, engine):
    """The engine answers AA, keeps the message with the reason, and requeues it through the rules as they then are."""
    with peer() as ris:
        rules = [{"translate": "PID-8", "table": {"M": "1"}, "otherwise": "refuse"}]
        made = engine(Route(name="out", port=ris.port))
        made.routes.set_rules("out", rules)
        answer = give(made, parse(adt("C1")).set("PID-8", "F").data)
        assert (answer.code, "a dead letter of out" in answer.text) == ("AA", True)
        (dead,) = view(ground, "dead", route="out")
        assert dead["failed"] == "rule" and "route out, rule 1, PID-8: the table has no translation" in dead["error"]
        assert ris.got == []
        assert made.items.requeue("out")["left"] == 1
        with pytest.raises(BadInput, match="no translation"):
            made.items.resend(dead["id"])
        made.routes.set_rule("out", {**rules[0], "table": {"M": "1", "F": "2"}}, number=1)
        assert made.items.requeue()["queued"] == 1
        eventually(lambda: states(ground) == [("C1", "resent"), ("C1", "delivered")])
        assert parse(ris.messages[0]).get("PID-8") == "2"
        assert parse(queue(ground, state="delivered")[0]["original"].encode()).get("PID-8") == "F"
        (change,) = view(ground, "changes", item=queue(ground, state="delivered")[0]["id"])
        assert (change["path"], change["before"], change["after"]) == ("PID-8", "F", "2")


def test_an_edited_message_keeps_the_original_and_passes_no_rule(ground, engine):
    """What a person wrote goes out as they wrote it; both texts and the difference stay on record, with evidence."""
    with peer({"C1": ["AE"]}) as ris:
        made = engine(Route(name="out", port=ris.port))
        made.routes.set_rules("out", [{"set": "PID-8", "value": "U"}])
        give(made, adt("C1"))
        eventually(lambda: states(ground) == [("C1", "error")])
        edited = adt("C1").decode().replace("SMITH", "JONES")
        with provenance.acting(provenance.TRAINEE, 3):
            made.items.resend(numbers(ground)["C1"], edited)
        eventually(lambda: states(ground)[-1] == ("C1", "delivered"))
        assert ris.messages[1] == edited.encode()
        item = queue(ground, state="delivered")[0]
        assert item["edited"] and "SMITH" in item["original"] and "JONES" in item["message"]
        assert [row["after"] for row in view(ground, "changes", item=item["id"])] == ["JONES"]
        event = next(e for e in ground.journal.events(kinds=("console",)) if e.data["do"] == "resend")
        assert ground.journal.evidence(event.id) == edited.encode()


def test_what_waits_goes_through_the_new_rules_when_it_is_asked_for(ground, engine):
    """By itself it goes out as it was made; one of which the rules make nothing stops the change."""
    with peer() as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        for n in (1, 2):
            give(made, adt(f"C{n}"))
        made.routes.set_rules("out", [{"version": "2.3"}])
        made.items.resend(numbers(ground)["C1"], rules=True)
        with pytest.raises(BadInput, match="does not pass"):
            made.routes.set_rules("out", [{"drop": {"MSH-10": "C2"}}], waiting=True)
        assert [row["rule"] for row in view(ground, "rules")] == [{"version": "2.3"}]
        made.routes.release("out")
        eventually(lambda: len(ris.got) == 2)
        assert [parse(data).get("MSH-12") for data in ris.messages] == ["2.3", "2.5.1"]
        made.routes.hold("out")
        give(made, adt("C3"))
        made.routes.set_rules("out", [{"version": "2.4"}], waiting=True)
        made.routes.release("out")
        eventually(lambda: len(ris.got) == 3)
        assert parse(ris.messages[2]).get("MSH-12") == "2.4"


def test_an_item_that_its_rules_filter_now_is_discarded_with_the_reason(ground, engine):
    """Accounted for, not lost."""
    made = engine(Route(name="out", port=9, state="held"))
    give(made, adt("C1"))
    made.routes.set_rules("out", [{"drop": {"MSH-9.2": "A01"}}])
    made.items.resend(numbers(ground)["C1"], rules=True)
    (item,) = queue(ground)
    assert (item["state"], "rule 1" in item["reason"]) == ("discarded", True)


def test_a_message_that_rules_split_is_queued_in_parts_and_each_is_made_anew(ground, engine):
    """Both parts go out in order; rules that make fewer of them say so."""
    text = adt("C1") + b"OBX|1\rOBX|2\r"
    with peer() as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        made.routes.set_rules("out", [{"split": "OBX"}])
        give(made, text)
        first, second = queue(ground)
        assert [first["part"], second["part"]] == [0, 1]
        made.items.resend(second["id"], rules=True)
        assert parse(queue(ground)[1]["message"].encode()).get("OBX-1") == "2"
        made.routes.set_rules("out", [])
        with pytest.raises(BadInput, match="make 1 messages"):
            made.items.resend(second["id"], rules=True)
        made.routes.release("out")
        eventually(lambda: ris.got == ["C1", "C1-2"])


def test_a_route_tells_its_numbers(ground, engine):
    """Received, filtered, delivered, failed, retries; what waits and for how long; times; the last reply."""
    with peer({"C2": ["AE"], "C3": ["AR"]}) as ris:
        made = engine(Route(name="out", port=ris.port, first_seconds=0.01), Route(name="idle", port=9, types=["ORU"]))
        made.routes.set_rules("out", [{"drop": {"MSH-10": "C4"}}])
        for n in range(1, 5):
            assert give(made, adt(f"C{n}")).code == "AA"
        eventually(lambda: made.busy() == 0 and states(ground)[-1] == ("C3", "delivered"))
        out, idle = view(ground, "statistics")
        told = {
            name: out[name] for name in ("received", "filtered", "delivered", "failed", "retries", "waiting", "errors")
        }
        assert told == {
            "received": 4, "filtered": 1, "delivered": 2, "failed": 1, "retries": 1, "waiting": 0, "errors": 1
        }  # fmt: skip
        assert out["last_ack"] == "AA" and 0 < out["mean_seconds"] <= out["p95_seconds"] < 5
        assert (idle["received"], idle["mean_seconds"], idle["oldest"]) == (0, None, None)
        made.routes.hold("out")
        give(made, adt("C9"))
        assert view(ground, "statistics", route="out")[0]["oldest"] >= 0


def test_a_filtered_message_is_accounted_for_in_the_journal_and_the_reply(ground, engine):
    """The rule and the place that stopped it."""
    made = engine(Route(name="out", port=9))
    made.routes.set_rules("out", [{"keep": {"MSH-9.1": "ORM"}}])
    assert give(made, adt("C1")).text == "out filters it (rule 1: MSH-9.1 is not what the route keeps)"
    assert "out filters it" in ground.messages("ENGINE")[0].data["text"]


def test_a_staged_item_can_lie_there_since_yesterday(ground, engine):
    """`queued` says when it came; its age is hospital time."""
    since = ground.clock.now() - timedelta(hours=30)
    text = adt("OLD").decode().replace("\r", "\n")
    engine(
        Route(name="out", port=9, state="held"),
        queue=[QueueItem(route="out", message=text, queued=since, state="error", error="AE: no")],
    )
    (dead,) = view(ground, "dead")
    assert 30 * 3600 - 5 < dead["age"] < 30 * 3600 + 60


def test_delivered_items_leave_the_table_after_their_time(ground, engine, monkeypatch):
    """With the setting's hours over, the next message sweeps them out; dead letters and the journal's evidence stay."""
    monkeypatch.setattr("simlab.department.engine.engine.PRUNE_SECONDS", 0.0)
    with peer({"C2": ["AE"]}) as ris:
        made = engine(Route(name="out", port=ris.port))
        made.configure(delivered_hours=2)
        for n in (1, 2):
            give(made, adt(f"C{n}"))
        eventually(lambda: states(ground) == [("C1", "delivered"), ("C2", "error")])
        ground.clock.set(ground.clock.now() + timedelta(hours=3))
        give(made, adt("C3"))
        eventually(lambda: states(ground) == [("C2", "error"), ("C3", "delivered")])
        assert [row["control_id"] for row in view(ground, "messages")] == ["C2", "C3"]
        assert ground.journal.evidence(ground.messages("ENGINE")[0].id) == adt("C1")
    with pytest.raises(BadInput, match="greater than 0"):
        made.configure(delivered_hours=0)


def test_views_of_what_goes_out_give_the_newest_in_their_order(ground, engine):
    """With a limit the last so many, oldest first; without one all."""
    with peer({f"C{n}": ["AE"] for n in range(5)}) as ris:
        made = engine(Route(name="out", port=ris.port))
        for n in range(5):
            give(made, adt(f"C{n}"))
        eventually(lambda: len(view(ground, "dead")) == 5)
        for name in ("queue", "dead", "messages"):
            assert [row["control_id"] for row in view(ground, name, limit=2)] == ["C3", "C4"]
            assert [row["control_id"] for row in view(ground, name, limit="2")] == ["C3", "C4"]
            assert len(view(ground, name)) == 5
