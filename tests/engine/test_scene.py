"""The engine in a whole lab: staged by a scene with rules, worked by actions, looked at through views."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simlab.errors import SimlabError
from simlab.hl7.message import parse
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.scene import load_scene
from tests.engine.test_engine import adt
from tests.hl7.peer import eventually

SCENE = """
use: [_lib/small-hospital]
engine:
  settings: {delivered_hours: 5}
  routes:
  - name: epr-to-ris
    sources: [EPR]
    types: [ADT]
    at: RIS_HL7
    first_seconds: 0.05
    rules:
    - {keep: {"MSH-9.2": [A01, A08, A28]}, note: what the RIS reads}
    - {set: PID-5.2, template: "{PID-5.2}-{PID-3.1}"}
  - {name: to-a-bedboard, sources: [EPR], types: [ADT], port: 9, state: disabled, tls: true}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab in the scene above."""
    with running(Home(tmp_path / "home")) as opened:
        opened.stage(load_scene(SCENE, opened))
        yield opened


def seen(lab: Lab, view: str, **filters: Any) -> list[dict[str, Any]]:
    with lab.snapshot() as look:
        return look.view(view, **filters)


def do(lab: Lab, name: str, **arguments: Any) -> dict[str, Any]:
    outcome = lab.perform(f"engine.{name}", arguments)
    assert outcome.ok, outcome.summary
    return outcome.data


def sent(lab: Lab, data: bytes) -> str:
    """The text of the engine's reply to a message that the feed sends it."""
    outcome = lab.perform("hl7.send", {"message": data.decode(), "to": "ADT"})
    assert outcome.ok, outcome.summary
    return outcome.summary


def test_settings_are_shown_before_they_are_changed(tmp_path: Path) -> None:
    """Every one with its value in force, as the other systems show theirs."""
    with running(Home(tmp_path / "home")) as lab:
        assert seen(lab, "engine.settings") == [{"key": "delivered_hours", "value": "336.0"}]


def test_rules_of_a_scene_shape_what_the_ris_holds(lab: Lab) -> None:
    """A kept message arrives as the rules made it; a filtered one never does; a disabled route takes none."""
    sent(lab, adt("S1", "A28"))
    sent(lab, adt("S2", "A03"))
    lab.settle()
    name = next(row["name"] for row in seen(lab, "ris.patients") if row["patient_id"] == "1234567")
    assert name == "SMITH^ANNA-1234567"
    (numbers,) = seen(lab, "engine.statistics", route="epr-to-ris")
    assert (numbers["received"], numbers["filtered"], numbers["delivered"]) == (2, 1, 1)
    assert seen(lab, "engine.queue", route="to-a-bedboard") == []
    assert seen(lab, "engine.rules", route="epr-to-ris")[0]["note"] == "what the RIS reads"
    assert seen(lab, "engine.routes", name="to-a-bedboard")[0]["tls"] is True


def test_a_trainee_finds_a_rule_that_fails_mends_it_and_requeues(lab: Lab) -> None:
    """All by actions: the dead letter says which rule, a trial shows that another works, the RIS gets the patient."""
    do(lab, "set_rules", route="epr-to-ris", rules=[{"translate": "PID-8", "table": {"M": "M"}, "otherwise": "refuse"}])
    message = parse(adt("S3", "A28").replace(b"1234567", b"7654321")).set("PID-8", "W").data
    assert "dead letter of epr-to-ris" in sent(lab, message)
    (dead,) = seen(lab, "engine.dead")
    assert "rule 1, PID-8" in dead["error"]
    better = [{"translate": "PID-8", "table": {"M": "M", "W": "F"}, "otherwise": "refuse"}]
    tried = do(lab, "try_rules", route="epr-to-ris", number=dead["number"], rules=better)
    assert (tried["result"], tried["changes"][0][0]["after"]) == ("sent", "F")
    do(lab, "set_rule", route="epr-to-ris", rule=better[0], number=1)
    do(lab, "requeue", route="epr-to-ris")
    eventually(lambda: not seen(lab, "engine.queue", state="queued") and not seen(lab, "engine.dead"))
    lab.settle()
    assert next(row["sex"] for row in seen(lab, "ris.patients") if row["patient_id"] == "7654321") == "F"
    changed = [change for change in _changes(lab) if change.table == "engine_route"]
    assert changed and all(change.actor == "trainee" for change in changed)


def _changes(lab: Lab) -> list[Any]:
    with lab.snapshot() as look:
        return look.changes()


def test_every_action_of_the_console_does_what_its_method_does(lab: Lab) -> None:
    """Each one once, in an order in which an administrator might, with its own console event."""
    do(lab, "add_route", route="copy", port=9, types=["ADT"], state="held", rules=[{"version": "2.4"}], copies=2)
    for name in ("T1", "T2"):
        sent(lab, adt(name, "A28"))
    first, *_, last = seen(lab, "engine.queue", route="copy")
    do(lab, "move", item=last["id"], before=first["id"])
    do(lab, "resend", item=first["id"], message=adt("T1", "A08").decode())
    do(lab, "discard", item=last["id"], reason="one is enough")
    do(lab, "set_rule", route="copy", rule={"drop_segment": "Z*"})
    do(lab, "remove_rule", route="copy", number=1)
    do(lab, "set_route", route="copy", on_ae="retry", attempts=3, port=10)
    do(lab, "configure", delivered_hours=1)
    for name in ("disable", "release", "hold"):
        do(lab, name, route="copy")
    do(lab, "remove_route", route="copy", reason="no longer wanted")
    with lab.snapshot() as look:
        does = [event.data["do"] for event in look.events(kinds=("console",), system="ENGINE")]
    assert does == [
        "add_route", "move", "resend", "discard", "set_rules", "set_rules", "set_route", "configure",
        "disable", "release", "hold", "remove_route",
    ]  # fmt: skip
    assert {row["state"] for row in seen(lab, "engine.queue", route="copy")} == {"discarded"}
    assert seen(lab, "engine.settings")[-1] == {"key": "delivered_hours", "value": "1.0"}


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("[{kep: {PID-8: M}}]", "exactly one verb"),
        ("[{keep: {PID8: M}}]", "is not a path"),
        ("[{line_ends: LF}, {version: 2.4}]", "put it last"),
    ],
)
def test_a_scene_with_a_rule_that_is_none_says_where(lab: Lab, rules: str, says: str) -> None:
    """The author sees the place in the scene; what was staged before stays."""
    before = seen(lab, "engine.rules")
    with pytest.raises(SimlabError, match=says) as caught:
        load_scene(SCENE.replace("sources: [EPR], types: [ADT], port: 9", f"port: 9, rules: {rules}"), lab)
    assert "scene:14: engine.routes." in str(caught.value)
    assert seen(lab, "engine.rules") == before


def test_a_reset_of_the_scene_forgets_queue_numbers_and_changed_rules(lab: Lab) -> None:
    """Staged again, the engine is as the scene has it."""
    do(lab, "set_rules", route="epr-to-ris", rules=[])
    sent(lab, adt("S9", "A28"))
    lab.settle()
    assert lab.restage()
    assert len(seen(lab, "engine.rules", route="epr-to-ris")) == 2
    assert seen(lab, "engine.queue") == []
    assert [row["received"] for row in seen(lab, "engine.statistics", route="epr-to-ris")] == [0]


def test_what_changed_of_a_route_is_on_record(lab: Lab) -> None:
    """The row as it was and as it is, by whom: what a grader reads."""
    do(lab, "set_route", route="epr-to-ris", on_ae="retry")
    do(lab, "set_rules", route="epr-to-ris", rules=[{"drop_segment": "ZDS"}])
    first, second = [change for change in _changes(lab) if change.table == "engine_route"]
    assert (first.op, second.op, first.actor) == ("UPDATE", "UPDATE", "trainee")
    assert ('"on_ae":"error"' in first.before["policy"], '"on_ae":"retry"' in first.after["policy"]) == (True, True)
    assert (len(second.before["rules"]) > 50, second.after["rules"]) == (True, '[{"drop_segment": "ZDS"}]')


def test_a_duplicate_on_purpose_is_noticed_by_the_ris(lab: Lab) -> None:
    """`copies: 2` sends the same message under the same control ID twice; it takes effect once."""
    do(lab, "set_route", route="epr-to-ris", copies=2)
    sent(lab, adt("D1", "A28"))
    lab.settle()
    assert [row["state"] for row in seen(lab, "engine.queue", control_id="D1", route="epr-to-ris")] == ["delivered"] * 2
    with lab.snapshot() as look:
        events = [e.data for e in look.events(kinds=("hl7.message",), system="RIS") if e.data["control_id"] == "D1"]
    assert [bool(data.get("replayed")) for data in events if data["direction"] == "in"] == [False, True]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("set_rules", {"route": "epr-to-ris", "rules": "x"}),
        ("set_rules", {"route": "epr-to-ris", "rules": [{"set": "PID-8", "value": {"a": {"b": []}}}]}),
        ("set_rules", {"route": "epr-to-ris", "rules": [{"keep": {"PID-8": {"in": "M"}}}]}),
        ("set_rules", {"route": "epr-to-ris", "rules": [{}]}),
        ("set_rule", {"route": "epr-to-ris", "rule": {"version": "2.4"}, "number": 2**70}),
        ("set_rule", {"route": "nowhere", "rule": {"version": "2.4"}}),
        ("set_route", {"route": "epr-to-ris", "factor": float("nan")}),
        ("set_route", {"route": "epr-to-ris", "first_seconds": float("inf")}),
        ("set_route", {"route": "epr-to-ris", "port": 70000}),
        ("add_route", {"route": "a b", "port": 9}),
        ("add_route", {"route": "x" * 41, "port": 9}),
        ("add_route", {"route": "epr-to-ris", "port": 9}),
        ("configure", {"delivered_hours": -1}),
        ("configure", {"delivered_hours": float("nan")}),
        ("move", {"item": 2**63}),
        ("try_rules", {"route": "epr-to-ris", "message": "\x00"}),
        ("try_rules", {"route": "epr-to-ris", "number": 2**62}),
        ("requeue", {"route": "nowhere"}),
    ],
)
def test_absurd_arguments_change_nothing_and_are_named(lab: Lab, name: str, arguments: dict[str, Any]) -> None:
    """Refused as input or as an outcome, with words."""
    digest = lab.digest()
    try:
        outcome = lab.perform(f"engine.{name}", arguments)
    except SimlabError as error:
        assert str(error)
    else:
        assert not outcome.ok and outcome.error and outcome.error["what"]
    assert lab.digest() == digest


@pytest.mark.parametrize("view", ["epr.outbox", "ris.outbox", "pacs.transfers", "pacs.sent", "pacs.audit"])
def test_a_limit_gives_the_last_lines_of_what_systems_send(lab: Lab, view: str) -> None:
    """With `limit` the last so many, in the same order; what one call gives, another gives the end of."""
    with lab.store.write() as tx:
        for n in range(3):
            _line(tx, view, n)
    whole = seen(lab, view)
    assert len(whole) >= 3
    assert seen(lab, view, limit=2) == seen(lab, view, limit="2") == whole[-2:]


def _line(tx: Any, view: str, number: int) -> None:
    """A row of the table behind a view, with something in every column."""
    table = view.replace(".", "_").replace("transfers", "transfer")
    columns = tx.execute(f"PRAGMA table_info({table})").fetchall()
    values = {
        "message": b"MSH|^~\\&|A\r" if "outbox" in view else "{}",
        "ack": None,
        **{one["name"]: 900 + number if "INT" in one["type"] else str(number) for one in columns if one["pk"]},
    }
    given = [values.get(one["name"], 1 if one["type"] in ("INTEGER", "REAL") else f"x{number}") for one in columns]
    tx.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", given)
