"""The command line as a person meets it: help, errors, exit codes, start-up."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simlab import __version__
from simlab.cli.commands import COMMANDS
from tests.cli.conftest import outcome

HEAVY = ("rich", "httpx", "pydantic", "sqlalchemy", "textual", "starlette", "numpy", "pydicom", "hl7apy", "asyncio")


def test_help_names_every_command(simlab):
    """`simlab --help` lists each command of the table with its line."""
    ran = simlab("--help")
    assert ran.code == 0
    assert all(f"  {entry.name} " in ran.out for entry in COMMANDS)


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_each_command_has_help(simlab, entry):
    """Every entry of the table points to something that exists and explains itself."""
    assert hasattr(importlib.import_module(f"simlab.cli.{entry.module}"), entry.attribute)
    ran = simlab(entry.name, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: simlab {entry.name}")


def test_version(simlab):
    """`--version` says the version and nothing else."""
    assert simlab("--version").out == f"SimLab {__version__}\n"


def test_without_a_lab_one_line_says_the_remedy(simlab, tmp_path):
    """Without a lab: exit 1, one line on stderr with place and remedy, stdout empty."""
    ran = simlab("status")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: {tmp_path}: no lab is running here. Start one with `simlab up` (or name its home with --home).\n"
    )


def test_a_card_that_a_killed_lab_left_counts_as_no_lab(simlab, tmp_path):
    """A card whose port refuses is treated as no lab at all."""
    (tmp_path / "lab.json").write_text(json.dumps({"control": "http://127.0.0.1:1", "token": "x"}))
    assert "no lab is running" in simlab("status").err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"control": 3}', "\x00\xff"])
def test_a_damaged_card_is_named(simlab, tmp_path, text):
    """A card that cannot be understood is named with its path, without a trace-back."""
    (tmp_path / "lab.json").write_text(text, encoding="latin-1")
    ran = simlab("status")
    assert ran.code == 1
    assert str(tmp_path / "lab.json") in ran.err
    assert "Traceback" not in ran.err


def test_wrong_usage_exits_2_with_a_suggestion(simlab):
    """An unknown command exits 2 and names the nearest one."""
    ran = simlab("statsu")
    assert ran.code == 2
    assert "'status'" in ran.err


def test_the_labs_own_errors_are_shown_with_place_and_remedy(simlab, lab):
    """What the lab refuses is one line: place, what, remedy."""
    error = {"what": "there is no exercise 'x'", "place": "course", "remedy": "See `simlab list`."}
    lab.answers["POST /training/start"] = (404, {"error": error})
    ran = simlab("start", "x")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "error: course: there is no exercise 'x'. See `simlab list`.\n"


def test_an_unforeseen_error_is_one_line_too(simlab, lab):
    """An answer of the wrong shape ends in one line, never in a trace-back."""
    lab.answers["GET /status"] = [[1, 2]]
    ran = simlab("status")
    assert ran.code == 1
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    "command",
    [
        "engine show 9",
        "engine dead nope",
        "hl7 validate no-such-file",
        "hl7 get PID-3 no-such-file",
        "start x",
        "status",
    ],
)
def test_an_error_under_json_is_json_too(simlab, lab, command):
    """A program reads one shape, whoever says no: `ok`, `summary`, and `error` with what, place and remedy."""
    error = {"what": "there is none", "place": "course", "remedy": "See `simlab list`."}
    lab.answers = {f"GET /view/engine.{view}": {"rows": []} for view in ("queue", "changes", "dead", "routes")}
    lab.answers["POST /training/start"] = (404, {"error": error})
    lab.answers["GET /status"] = (503, {"error": error})
    plain, ran = simlab(*command.split()), simlab(*command.split(), "--json")
    assert (plain.code, plain.out, ran.code, ran.err) == (1, "", 1, "")
    assert ran.json["ok"] is False
    assert set(ran.json["error"]) == {"what", "place", "remedy"} and ran.json["error"]["what"]
    assert plain.err == f"error: {ran.json['summary']}\n"


def test_an_outcome_and_an_error_have_the_same_shape_under_json(simlab, lab):
    """What the department refuses and what never reached it are read alike."""
    refusal = {"what": "nobody of that number", "place": "EPR", "remedy": "See the list."}
    lab.answers["POST /act"] = {**outcome(ok=False, summary="EPR: nobody of that number"), "error": refusal}
    refused = simlab("epr", "discharge", "17", "--json").json
    (lab.home / "lab.json").unlink()
    unreached = simlab("epr", "discharge", "17", "--json").json
    assert set(unreached) <= set(refused)
    assert set(unreached["error"]) == set(refused["error"])


def test_an_unforeseen_error_is_json_under_json(simlab, lab):
    """It says which and how to see where; nothing is left for stderr."""
    lab.answers["GET /view/engine.queue"] = {"rows": 5}
    ran = simlab("engine", "queue", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert "SIMLAB_DEBUG" in ran.json["summary"]


def test_json_behind_two_dashes_is_no_option(simlab, lab):
    """It is a word there, as for the command itself."""
    lab.answers["POST /training/start"] = (404, {"error": {"what": "none", "place": "", "remedy": ""}})
    ran = simlab("start", "--", "--json")
    assert (ran.code, ran.out, ran.err) == (1, "", "error: none\n")


def test_list_needs_no_lab(simlab):
    """`simlab list --json` is an array, with or without a lab."""
    assert isinstance(simlab("list", "--json").json, list)


def test_doctor_names_a_remedy_for_whatever_is_wrong(simlab):
    """Every finding that is not ok says what to do."""
    findings = simlab("doctor", "--json").json
    assert {"Python", "Ports", "Lab's folder"} <= {one["what"] for one in findings}
    assert all(one["remedy"] for one in findings if one["state"] != "ok")


def test_a_home_that_cannot_be_written_is_a_fault(simlab, tmp_path):
    """`doctor` finds that the lab's folder would be inside a file."""
    (tmp_path / "file").write_text("")
    ran = simlab("doctor", "--json", "--home", str(tmp_path / "file" / "lab"))
    found = next(one for one in ran.json if one["what"] == "Lab's folder")
    assert (ran.code, found["state"]) == (1, "fault")


def _python(code: str, home: Path, **streams: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "SIMLAB_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, text=True, **streams)  # type: ignore[call-overload]


@pytest.mark.parametrize("arguments", [["--help"], ["status", "--json"], ["check", "--json"], ["act", "x.y", "a=1"]])
def test_one_shot_commands_import_nothing_heavy(lab, arguments):
    """Help and one-shot commands load only the standard library, typer and YAML."""
    lab.answers = {"GET /status": {}, "POST /training/check": {}, "POST /act": {"ok": True}}
    code = (
        "import sys; from simlab.cli.main import main\n"
        f"assert main({arguments!r}) == 0\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    process = _python(code, lab.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.communicate(timeout=30)[1] == ""


def test_a_reader_that_goes_away_is_no_error(lab):
    """`simlab act --list | head -1` ends quietly."""
    lab.answers["GET /actions"] = [
        {"name": f"a.{n}", "doc": "x" * 500, "schema": {}} for n in range(2000)
    ]  # more than a pipe holds
    lab.answers = {"GET /actions": (200, lab.answers["GET /actions"])}
    code = "import sys; from simlab.cli.main import main; sys.exit(main(['act', '--list']))"
    process = _python(code, lab.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=30)


def test_the_screens_need_a_terminal(simlab):
    """`simlab` alone, without a terminal, says what to use instead."""
    ran = simlab()
    assert ran.code == 1
    assert "simlab demo" in ran.err
