"""`simlab hl7 send|listen|replay` and what they stand on: without a lab, to any address, from any file."""

import contextlib
import re
import subprocess
import sys
import time

import pytest

from simlab import certificates, tls
from simlab.errors import BadInput, NotFound
from simlab.hl7.catcher import Catcher, Caught
from simlab.hl7.link import send
from simlab.hl7.partner import Behaviour, Turn, behaviour, behaviours
from simlab.hl7.volley import Shot, address, factor, fire, gap, renumbered
from tests.hl7.inbox import message


@contextlib.contextmanager
def catcher(**options):
    caught: list[Caught] = []
    made = Catcher(caught.append, **options)
    try:
        yield made.open("127.0.0.1", 0), caught
    finally:
        made.close()


def test_a_row_of_messages_goes_out_at_a_rate_or_at_its_own_pace():
    """A gap is the least time between two; a speed keeps the distances they once had, so many times shorter."""
    shots = [Shot(f"m{n}", message(f"C{n}"), due=n * 10.0) for n in range(4)]
    with catcher() as (port, caught):
        for options, least in (({}, 0.0), ({"gap": 0.1}, 0.3), ({"speed": 60.0}, 0.5)):
            begun = time.monotonic()
            hits = list(fire(iter(shots), "127.0.0.1", port, **options))
            assert [hit.ack for hit in hits] == ["AA"] * 4
            assert least <= time.monotonic() - begun < least + 1.5
        assert [one.control_id for one in caught] == ["C0", "C1", "C2", "C3"] * 3


def test_new_control_ids_are_new_each_time():
    """Renumbered messages are no duplicates; rubbish stays rubbish."""
    shots = [Shot("a", message("A")), Shot("b", b"rubbish")]
    once, again = list(renumbered(shots)), list(renumbered(shots))
    assert len({once[0].data, again[0].data, shots[0].data}) == 3
    assert once[1].data == b"rubbish"


def test_addresses_rates_and_speeds_are_read_or_refused():
    """mllp:// and mllps:// with a port; 60/h, 2/m, 5/s; 10x. Nothing else."""
    assert address("mllp://127.0.0.1:2575") == ("127.0.0.1", 2575, False)
    assert address("mllps://[::1]:6661/") == ("::1", 6661, True)
    assert (gap("60/h"), gap("2/m"), gap("5/s"), gap("4"), factor("10x"), factor("0.5")) == (60, 30, 0.2, 0.25, 10, 0.5)
    for wrong in ("http://a:1", "mllp://a", "mllp://a:0", "mllp://a:99999", "mllp://a b:1"):
        with pytest.raises(BadInput):
            address(wrong)
    for read, wrong in ((gap, "0/h"), (gap, "x"), (factor, "0x"), (factor, "-1x")):
        with pytest.raises(BadInput):
            read(wrong)


def test_what_is_caught_is_kept_as_it_came_inside_its_folder(tmp_path):
    """Every message is a file of its own; a control ID cannot lead out of the folder; AE says what is wrong."""
    with catcher(folder=tmp_path / "in", judge=lambda m: ["bad"] if m.named("ZZZ") else []) as (port, caught):
        sent = message("../../evil\\F\\x")
        assert b"|AA|" in send("127.0.0.1", port, sent)
        assert b"|AE|" in send("127.0.0.1", port, message("B", rest="ZZZ|1\r"))
    assert [path.name for path in sorted((tmp_path / "in").iterdir())] == ["000001-evil-x.hl7", "000002-B.hl7"]
    assert (tmp_path / "in" / "000001-evil-x.hl7").read_bytes() == sent
    assert [one.findings for one in caught] == [(), ("bad",)]


def test_a_catcher_speaks_tls_and_enhanced_mode(tmp_path):
    """The lab's certificates serve it; CA where MSH-15 asks for that alone."""
    certificates.make(tmp_path)
    with catcher(credentials=lambda: tls.server_context(tmp_path, "server")) as (port, _caught):
        context = tls.client_context(tmp_path)
        assert b"|CA|" in send("127.0.0.1", port, message("A", asks="AL|NE"), context=context)


def test_behaviours_are_a_table_that_is_checked(tmp_path):
    """Every one has words; an unknown name or word is refused with what there is, and where."""
    assert len(behaviours()) >= 20 and all(one.about for one in behaviours().values())
    with pytest.raises(NotFound, match="wrong-control-id"):
        behaviour("nice")
    (tmp_path / "own.yaml").write_text("mine:\n  turns:\n  - {code: AE, times: 2}\n  - {}\n")
    assert [behaviour(str(tmp_path / "own.yaml")).turn(n).code for n in range(4)] == ["AE", "AE", "AA", "AA"]
    (tmp_path / "bad.yaml").write_text("mine:\n  turns:\n  - {framing: upside-down}\n")
    with pytest.raises(BadInput, match=r"bad\.yaml:3"):
        behaviour(str(tmp_path / "bad.yaml"))
    around = Behaviour(turns=(Turn(times=2), Turn(times=1, close=True)), cycle=True)
    assert [around.turn(n).close for n in range(6)] == [False, False, True] * 2


@pytest.mark.parametrize(
    "text", ["turns:\n- {code: AE}\n", "mine:\n- {code: AE}\n", "mine: AE\n", "- {code: AE}\n", "mine:\n"]
)
def test_a_file_of_another_shape_is_told_the_right_one(tmp_path, text):
    """A name, below it the turns: the remedy shows it, whatever was written in place of it."""
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(BadInput) as refused:
        behaviour(str(tmp_path / "own.yaml"))
    assert "own.yaml" in refused.value.place
    assert "mine: {turns: [{code: AE, times: 2}, {}]}" in refused.value.remedy
    assert "Behaviour" not in str(refused.value)


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "simlab", "hl7", *arguments], capture_output=True, text=True, timeout=60, **options
    )


@contextlib.contextmanager
def listening(*options):
    """`simlab hl7 listen` in a process of its own; gives its address."""
    command = [sys.executable, "-m", "simlab", "hl7", "listen", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            found = re.search(r"mllp://\S+:\d+", process.stderr.readline())
            yield process, found.group()
        finally:
            process.kill()


def test_send_and_listen_speak_to_each_other_without_a_lab(tmp_path):
    """A folder and stdin go to an address; the listener prints, stores, and ends after so many."""
    (tmp_path / "day").mkdir()
    for name in ("a", "b"):
        (tmp_path / "day" / f"{name}.hl7").write_bytes(message(name.upper()).replace(b"\r", b"\n"))
    with listening("--count", "4", "--store", str(tmp_path / "in")) as (listener, to):
        sent = run("send", str(tmp_path / "day"), "--to", to)
        assert sent.returncode == 0 and "2 sent, 2 accepted" in sent.stdout
        assert "1 sent, 1 accepted" in run("send", "-", "--to", to, input=message("C").decode()).stdout
        assert "1 sent" in run("replay", str(tmp_path / "day" / "a.hl7"), "--to", to, "--new-ids").stdout
        out, _ = listener.communicate(timeout=10)
        assert "2  ADT^A01 B from EPR: AA" in out and len(list((tmp_path / "in").iterdir())) == 4


def test_send_stops_at_what_is_not_accepted_unless_told_to_go_on(tmp_path):
    """Exit code 1 either way; --keep-going sends the rest."""
    for name in "abc":
        (tmp_path / f"{name}.hl7").write_bytes(message(name.upper()))
    with listening("--behave", "ae-forever") as (_listener, to):
        stopped = run("send", str(tmp_path), "--to", to)
        assert stopped.returncode == 1 and "1 sent, 0 accepted" in stopped.stdout
        on = run("send", str(tmp_path), "--to", to, "--keep-going")
        assert on.returncode == 1 and "3 sent, 0 accepted" in on.stdout
    nobody = run("send", str(tmp_path), "--to", to)
    assert nobody.returncode == 1 and "nobody listens" in nobody.stdout
