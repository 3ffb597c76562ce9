"""`simlab feed` as a person types it."""

import io
import json
import signal
import subprocess
import sys

import pytest

from simlab.cli.main import main
from simlab.cli.process import process
from simlab.feed import library
from simlab.feed.dialect import Dialect
from simlab.feed.file import FORMATS, FileSink
from simlab.feed.plan import Plan
from simlab.feed.run import Feed
from simlab.hl7.framing import Deframer
from simlab.hl7.message import from_text, parse
from tests.feed.feeding import fed, pathway_file
from tests.feed.test_line import free_port
from tests.feed.test_pathways import TINY


def file(form):
    kept = io.BytesIO()
    Feed(Plan([library.find("chest-pain-ct")], 1, count=3), FileSink(kept, Dialect(), form)).run()
    return kept.getvalue()


def test_each_format_holds_the_same_messages():
    """A line a segment, a line a message, and frames: none loses a byte of the message."""
    sent = fed("chest-pain-ct", count=3).sent
    assert [from_text(one).encode() for one in file("text").decode().rstrip().split("\n\n")] == sent
    assert file("lines").split(b"\n")[:-1] == sent
    assert Deframer().feed(file("mllp")) == (sent, [])
    assert set(FORMATS) == {"text", "lines", "mllp"}


def test_a_feed_goes_to_a_file_and_says_what_is_in_it(tmp_path, capsys):
    """The same file for the same seed; the summary counts what is there."""
    for name in ("a", "b"):
        asked = ["all", "--seed", "7", "--duration", "6h", "--out", str(tmp_path / name), "--json"]
        assert main(["feed", "run", *asked]) == 0
    done = json.loads(capsys.readouterr().out.split("}\n{")[0] + "}")
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert content.count(b"MSH|") == done["messages"] == sum(done["types"].values()) > 100
    assert done["seed"] == 7


def test_a_feed_goes_to_stdout_and_the_summary_aside(capfdbinary):
    """So that it can be piped."""
    assert main(["feed", "run", "demographics", "--seed", "7", "--count", "3", "--out", "-", "--format", "mllp"]) == 0
    out, err = capfdbinary.readouterr()
    frames, noise = Deframer().feed(out)
    assert len(frames) >= 6
    assert not noise
    assert b"seed 7" in err


def test_version_profile_and_receiver_are_as_asked(tmp_path):
    """In MSH of every message."""
    out = str(tmp_path / "x")
    options = ["--version", "2.3.1", "--profile", "ihe-rad", "--receiver", "HIS@ABC", "--charset", "8859/1"]
    assert main(["feed", "run", "gp-chest-xray", "--count", "2", "--out", out, "--format", "mllp", *options]) == 0
    for data in Deframer().feed((tmp_path / "x").read_bytes())[0]:
        message = parse(data)
        assert [message.get(f"MSH-{n}") for n in (5, 6, 12, 18)] == ["HIS", "ABC", "2.3.1", "8859/1"]


def test_a_pathway_of_ones_own_runs(tmp_path):
    """From a YAML file, at a rate of its own."""
    out = tmp_path / "out"
    path = pathway_file(tmp_path, TINY)
    assert main(["feed", "run", f"{path}=60/h", "--seed", "1", "--duration", "4h", "--out", str(out)]) == 0
    assert 180 < out.read_bytes().count(b"ADT^A28") < 300


def test_the_pathways_are_listed_and_shown(capsys):
    """With titles; one start as a table of messages."""
    assert main(["feed", "list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in library.names())
    assert main(["feed", "show", "trauma-unknown", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["told"] for row in told["messages"]].count("ADT^A40") == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "there is no pathway"),
        (["all", "--rate", "x"], "60/h"),
        (["all", "--speed", "x"], "10x"),
        (["all", "--duration", "x"], "no span"),
        (["all", "--start", "x"], "2026-03-02T08:00"),
        (["all", "--count", "0"], "1 to"),
        (["all", "--burst", "0"], "1 to"),
        (["all", "--day", "x"], "office"),
        (["all", "--format", "x"], "mllp"),
        (["all", "--version", "9"], "2.5.1"),
        (["all", "--profile", "us"], "ihe-rad"),
        (["all", "--charset", "KOI8"], "UTF-8"),
        (["all", "gp-chest-xray"], "number 2 both"),
        (["all", "--to", "mllp://127.0.0.1:1"], "one place"),
        (["nowhere.yaml"], "cannot be read"),
    ],
)
def test_what_cannot_be_is_one_line_with_a_remedy(arguments, says, tmp_path, capsys):
    """Exit code 1 and no trace-back."""
    assert main(["feed", "run", *arguments, "--out", str(tmp_path / "x")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert says in err


def test_without_an_address_the_feed_goes_into_the_lab(tmp_path, capsys):
    """It is followed to its end; status says what came of it, and a feed that has ended cannot be stopped."""
    home = str(tmp_path / "home")
    with process(tmp_path / "home", ports="auto", scene="empty") as running:
        asked = ["demographics", "--count", "4", "--speed", "max", "--seed", "2", "--home", home]
        assert main(["feed", "run", *asked, "--json"]) == 0
        done = json.loads(capsys.readouterr().out)
        assert (done["begun"], done["ended"], done["seed"], done["running"]) == (4, 4, 2, False)
        assert len(running.lab.look("epr.patients")) == done["patients"]
        assert main(["feed", "status", "--home", home]) == 0
        assert "AA" in capsys.readouterr().out
        assert main(["feed", "stop", "--home", home]) == 1
        assert "no feed is running" in capsys.readouterr().err
        assert main(["feed", "run", "all", "--version", "2.3", "--home", home]) == 1
        assert "--to or --out" in capsys.readouterr().err
        assert main(["feed", "run", "nothing", "--home", home]) == 1
        assert "no pathway" in capsys.readouterr().err


def test_in_the_lab_the_summary_counts_deeds(tmp_path, capsys):
    """What the feed does there are actions, and the systems write the messages: `status` calls them so too."""
    with process(tmp_path / "home", ports="auto", scene="empty"):
        asked = ["demographics", "--count", "4", "--speed", "max", "--seed", "2", "--home", str(tmp_path / "home")]
        assert main(["feed", "run", *asked]) == 0
        told = capsys.readouterr().out
        assert " deeds for " in told and "\ndeeds: epr.register " in told and "\ncame of them: AA " in told
        assert "messages" not in told


def test_without_a_lab_it_says_where_a_feed_may_go(tmp_path, capsys):
    """Neither an address nor a lab."""
    assert main(["feed", "run", "all", "--home", str(tmp_path)]) == 1
    assert "no lab" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process on Windows")
def test_ctrl_c_ends_with_a_summary(tmp_path):
    """Also while the receiver is waited for."""
    program = subprocess.Popen(
        [sys.executable, "-m", "simlab", "feed", "run", "all", "--to", f"mllp://127.0.0.1:{free_port()}", "--seed", "1",
         "--speed", "max", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stderr is not None
    assert "waiting" in program.stderr.readline()
    program.send_signal(signal.SIGINT)
    out, _ = program.communicate(timeout=20)
    assert program.returncode == 0
    done = json.loads(out)
    assert (done["messages"], done["finished"]) == (0, False)
