"""`simlab engine`: what each command asks the lab for, and what it shows."""

import json
import sys

import pytest

from tests.cli.conftest import outcome

ROW = {"id": 7, "route": "out", "type": "ADT^A01", "control_id": "C1", "patient_ids": ["1"], "state": "error",
       "attempts": 1, "error": "AE: PID-3", "failed": "receiver", "age": 3.0, "ack": None,
       "message": "MSH|^~\\&|A\rPID|1\r"}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "name", "args"),
    [
        ("hold out", "engine.hold", {"route": "out"}),
        ("release out", "engine.release", {"route": "out"}),
        ("disable out", "engine.disable", {"route": "out"}),
        ('add-route new 2575 types:=["ADT"]', "engine.add_route", {"route": "new", "port": 2575, "types": ["ADT"]}),
        (
            "set-route out on_ae=retry attempts:=3",
            "engine.set_route",
            {"route": "out", "on_ae": "retry", "attempts": 3},
        ),
        ("remove-route out --reason closed", "engine.remove_route", {"route": "out", "reason": "closed"}),
        ("remove-rule out 2", "engine.remove_rule", {"route": "out", "number": 2}),
        ("resend 7 --rules", "engine.resend", {"item": 7, "rules": True}),
        ("requeue out", "engine.requeue", {"route": "out", "rules": False}),
        ("move 7 --before 5", "engine.move", {"item": 7, "before": 5}),
        ("discard 7 telephoned", "engine.discard", {"item": 7, "reason": "telephoned"}),
        ("configure delivered_hours=5", "engine.configure", {"delivered_hours": "5"}),
    ],
)
def test_a_command_is_one_action(simlab, lab, command, name, args):
    """Each command does one action with what was typed, and prints its sentence."""
    lab.answers["POST /act"] = outcome(summary="as you wish")
    ran = simlab("engine", *command.split())
    assert (ran.code, ran.out) == (0, "as you wish\n")
    assert lab.acted() == [(name, args)]


@pytest.mark.parametrize(
    ("command", "view"),
    [("routes", "routes"), ("queue", "queue"), ("dead", "dead"), ("stats", "statistics"), ("rules", "rules"),
     ("messages", "messages")],
)  # fmt: skip
def test_lists_are_for_people_and_for_programs(simlab, lab, command, view):
    """An empty list is said in words, and is [] as JSON."""
    lab.answers[f"GET /view/engine.{view}"] = {"rows": []}
    assert simlab("engine", command).out.strip()
    assert simlab("engine", command, "--json").json == []


@pytest.mark.parametrize(
    ("command", "view"),
    [("queue --route nope", "queue"), ("dead nope", "dead"), ("stats nope", "statistics"), ("rules nope", "rules"),
     ("rules nope --yaml", "rules")],
)  # fmt: skip
def test_a_route_that_is_misspelt_is_no_empty_list(simlab, lab, command, view):
    """To say that it has no dead letters would be wrong comfort: the error names the routes that there are."""
    lab.answers[f"GET /view/engine.{view}"] = {"rows": []}
    lab.answers["GET /view/engine.routes"] = {"rows": [{"name": "out"}, {"name": "back"}]}
    for wanted in ((), ("--json",)):
        ran = simlab("engine", *command.split(), *wanted)
        assert ran.code == 1
        assert all(word in ran.out + ran.err for word in ("nope", "out, back"))
    known = simlab("engine", *command.replace("nope", "out").split())
    assert known.code == 0 and known.out.strip()


def test_what_is_left_of_a_route_that_was_removed_is_listed(simlab, lab):
    """Its discarded items stand in the queue's table still."""
    lab.answers["GET /view/engine.queue"] = {"rows": [{**ROW, "state": "discarded"}]}
    lab.answers["GET /view/engine.routes"] = {"rows": []}
    assert "ADT^A01" in simlab("engine", "queue", "--route", "out").out


def test_a_state_that_no_item_has_is_refused(simlab, lab):
    """A misspelt state would else look like an empty queue."""
    ran = simlab("engine", "queue", "--state", "dead")
    assert ran.code == 2 and lab.asked == []
    assert all(state in ran.err for state in ("queued", "sending", "delivered", "error", "resent", "discarded"))


def test_settings_are_listed(simlab, lab):
    """Each with its value in force."""
    lab.answers["GET /view/engine.settings"] = {"rows": [{"key": "delivered_hours", "value": 336.0}]}
    assert "336.0" in simlab("engine", "settings").out


def test_a_cell_that_never_ends_leaves_the_others_on_the_screen(simlab, lab):
    """What a sender put into its control ID is cut in the table, and whole as JSON."""
    rows = [{**ROW, "control_id": "9" * 5000}, {**ROW, "id": 8}]
    lab.answers["GET /view/engine.queue"] = {"rows": rows}
    lines = simlab("engine", "queue").out.splitlines()
    assert max(map(len, lines)) < 300
    assert all("AE: PID-3" in line for line in lines[1:])
    assert simlab("engine", "queue", "--json").json == rows


def test_rules_come_from_a_file_and_go_back_into_one(simlab, lab, tmp_path):
    """What `rules --yaml` prints is what `set-rules` reads."""
    rules = [{"keep": {"MSH-9.1": ["ADT"]}}, {"drop_segment": "Z*", "note": "no one reads them"}]
    lab.answers["GET /view/engine.rules"] = {
        "rows": [
            {"route": "out", "number": n, "verb": "x", "rule": rule, "note": ""} for n, rule in enumerate(rules, 1)
        ]
    }
    lab.answers["POST /act"] = outcome()
    file = tmp_path / "rules.yaml"
    file.write_text(simlab("engine", "rules", "out", "--yaml").out, encoding="utf-8")
    assert simlab("engine", "set-rules", "out", str(file), "--waiting").code == 0
    assert lab.acted() == [("engine.set_rules", {"route": "out", "rules": rules, "waiting": True})]
    assert "drop_segment: Z*" in simlab("engine", "rules").out


@pytest.mark.parametrize("text", ["", "\n# nothing yet\n", "null\n"])
def test_a_file_without_rules_takes_none_away(simlab, lab, tmp_path, text):
    """An empty file is a slip, an empty list a wish."""
    lab.answers["POST /act"] = outcome(rows=[], messages=[], changes=[])
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    for command in (("set-rules", "out", str(file)), ("try", "out", "12", "--rules", str(file))):
        ran = simlab("engine", *command)
        assert ran.code == 1
        assert str(file) in ran.err and "[]" in ran.err
    assert lab.acted() == []
    file.write_text("[]\n", encoding="utf-8")
    assert simlab("engine", "set-rules", "out", str(file)).code == 0
    assert lab.acted() == [("engine.set_rules", {"route": "out", "rules": [], "waiting": False})]


def test_a_rule_is_typed_as_yaml(simlab, lab):
    """`set-rule` takes one rule and the number that it replaces."""
    lab.answers["POST /act"] = outcome()
    simlab("engine", "set-rule", "out", "{translate: PID-8, table: {W: F}}", "--number", "2")
    assert lab.acted() == [
        ("engine.set_rule", {"route": "out", "rule": {"translate": "PID-8", "table": {"W": "F"}}, "number": 2})
    ]


def test_trying_shows_each_rule_and_what_would_go_out(simlab, lab):
    """Steps, the message, and where it differs."""
    lab.answers["POST /act"] = outcome(
        summary="1 messages go out",
        rows=[{"rule": 1, "verb": "drop_segment", "changed": True, "said": "changed"}],
        messages=["MSH|^~\\&|A\rPID|1\r"],
        changes=[[{"path": "ZDS-1", "before": "1.2", "after": ""}]],
    )
    ran = simlab("engine", "try", "out", "12")
    assert lab.acted() == [("engine.try_rules", {"route": "out", "number": 12})]
    assert all(word in ran.out for word in ("drop_segment", "\nPID|1\n", "ZDS-1"))


def test_an_editor_changes_a_message(simlab, lab, monkeypatch, tmp_path):
    """EDITOR gets the message with a segment a line; what it leaves is queued; no change queues nothing."""
    script = tmp_path / "editor.py"
    lab.answers["GET /view/engine.queue"] = {"rows": [ROW]}
    lab.answers["POST /act"] = outcome()
    for add, code in (("''", 1), ("'PV1|1'", 0)):
        script.write_text(f"import sys, pathlib\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text() + {add})\n")
        monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{script}'")
        monkeypatch.delenv("VISUAL", raising=False)
        assert simlab("engine", "edit", "7").code == code
    assert lab.acted() == [("engine.resend", {"item": 7, "message": "MSH|^~\\&|A\nPID|1\nPV1|1"})]
    monkeypatch.setenv("EDITOR", "no-such-editor-here")
    ran = simlab("engine", "edit", "7")
    assert ran.code == 1 and "EDITOR" in ran.err


def test_an_item_shows_message_reply_and_difference(simlab, lab):
    """`show` puts a segment on a line."""
    lab.answers["GET /view/engine.queue"] = {"rows": [{**ROW, "ack": "MSH|^~\\&|B\rMSA|AE|C1\r"}]}
    lab.answers["GET /view/engine.changes"] = {"rows": [{"path": "PID-8", "before": "W", "after": "F"}]}
    ran = simlab("engine", "show", "7")
    assert all(line in ran.out.splitlines() for line in ("PID|1", "MSA|AE|C1"))
    assert "PID-8" in ran.out
    lab.answers["GET /view/engine.queue"] = {"rows": []}
    assert "simlab engine queue" in simlab("engine", "show", "8").err


@pytest.mark.parametrize(
    ("view", "command"),
    [
        ("engine.queue", "engine queue"),
        ("engine.dead", "engine dead"),
        ("engine.messages", "engine messages"),
        ("epr.outbox", "epr outbox"),
        ("ris.outbox", "ris outbox"),
        ("pacs.transfers", "pacs transfers"),
        ("pacs.sent", "pacs sent"),
        ("pacs.audit", "pacs audit"),
    ],
)
def test_a_long_list_ends_with_its_newest_lines_and_says_that_others_are_left_out(simlab, lab, view, command):
    """`--limit` lines are printed, one more is asked for; JSON stays JSON, and the words go to the other stream."""
    lab.answers[f"GET /view/{view}"] = {
        "rows": [{"id": n, "study_uid": f"1.{n}", "control_id": "C"} for n in (7, 8, 9)]
    }
    ran = simlab(*command.split(), "--limit", "2", "--json")
    assert [row["id"] for row in json.loads(ran.out)] == [8, 9]
    assert "the newest 2; older ones are left out" in ran.err
    assert lab.asked[-1][1]["limit"] == "3"
    assert "left out" not in simlab(*command.split(), "--limit", "3").err
