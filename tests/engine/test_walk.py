"""An interface team at random: whatever is done at the console, each message is accounted for on each route."""

import random
from collections import Counter

import pytest

from simlab.department.engine import VIEWS, Route
from simlab.errors import SimlabError
from tests.engine.test_engine import adt, give, queue
from tests.hl7.peer import eventually, peer

RULES = [
    [],
    [{"version": "2.4"}],
    [{"drop": {"MSH-10": {"like": "*3"}}}],
    [{"refuse": {"MSH-10": {"like": "*7"}}, "because": "sevens"}],
    [{"translate": "MSH-12", "table": {"2.5.1": "2.3"}, "otherwise": "refuse"}],
]


def step(draw, made, ground, name):
    """One thing that somebody does; what the engine refuses is refused in words."""
    route = draw.choice(["one", "two"])
    items = [row["id"] for row in queue(ground)] or [1]
    item, other = draw.choice(items), draw.choice(items)
    do = draw.choice(
        [
            lambda: give(made, adt(name)),
            lambda: give(made, adt(name)),
            lambda: made.routes.hold(route),
            lambda: made.routes.release(route),
            lambda: made.routes.set_rules(route, draw.choice(RULES), waiting=draw.random() < 0.3),
            lambda: made.items.resend(item, rules=draw.random() < 0.5),
            lambda: made.items.resend(item, adt(f"{name}E").decode()),
            lambda: made.items.move(item, draw.choice([None, other])),
            lambda: made.items.discard(item, "why not"),
            lambda: made.items.requeue(draw.choice([None, route]), rules=draw.random() < 0.5),
        ]
    )
    try:
        do()
    except SimlabError as error:
        assert str(error)


@pytest.mark.parametrize("seed", range(4))
def test_every_message_is_accounted_for_on_every_route(ground, engine, seed):
    """Delivered, dead, waiting or discarded with a reason: one line that is open or closed, for each that was taken."""
    draw = random.Random(seed)
    answers = {f"W{n}": [draw.choice(["AA", "AE", "AR"])] for n in range(80)}
    with peer(dict(answers)) as first, peer({}) as second:
        made = engine(
            Route(name="one", port=first.port, first_seconds=0.01, refusals=2), Route(name="two", port=second.port)
        )
        for n in range(80):
            step(draw, made, ground, f"W{n}")
        for route in ("one", "two"):
            made.routes.release(route)
        eventually(lambda: made.busy() == 0 and not queue(ground, state="queued"), 20)
    rows = queue(ground)
    events = [event for event in ground.messages("ENGINE") if event.data["direction"] == "in"]
    taken = {row["id"]: row["control_id"] for row in ground.view(VIEWS, "messages")}
    assert len(taken) == len(events)
    assert [row["id"] for row in ground.view(VIEWS, "messages", limit=3)] == sorted(taken)[-3:]
    for route in ("one", "two"):
        mine = [row for row in rows if row["route"] == route]
        filtered = [e for e in events if f"{route} filters it" in e.data["text"]]
        roots = Counter(row["number"] for row in mine if row["resent_from"] is None)
        assert set(roots.values()) <= {1}
        assert len(roots) + len(filtered) == len(taken)
        known = {row["id"]: row for row in mine}
        assert all(row["resent_from"] is None or row["resent_from"] in known for row in mine)
        successors = {row["resent_from"] for row in mine}
        assert all(row["id"] in successors for row in mine if row["state"] == "resent")
        assert {row["state"] for row in mine} <= {"delivered", "error", "resent", "discarded"}
        assert all(row["reason"] for row in mine if row["state"] == "discarded")
        assert all(row["error"] for row in mine if row["state"] == "error")
        (told,) = ground.view(VIEWS, "statistics", route=route)
        assert (told["received"], told["filtered"]) == (len(taken), len(filtered))
        assert told["delivered"] == sum(row["state"] == "delivered" for row in mine)
        assert (told["waiting"], told["errors"]) == (0, sum(row["state"] == "error" for row in mine))
    for route, partner in (("one", first), ("two", second)):
        delivered = sum(row["state"] == "delivered" and row["route"] == route for row in rows)
        assert len(partner.got) >= delivered
