"""Clumsy calls of the command line: exit code 1 and one line on stderr that names the place, never a trace-back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simlab.cli.act import read_steps
from simlab.cli.door import Door
from simlab.cli.main import main
from simlab.errors import BadInput

posix = pytest.mark.skipif(os.name != "posix", reason="devices and bytes as arguments are POSIX's")


def run(*arguments: str | bytes, **given: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "simlab", *arguments]
    return subprocess.run(command, capture_output=True, timeout=30, **given)  # type: ignore[call-overload, no-any-return]


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """What it said on stderr, once it is sure that this is one line of an error."""
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert said.startswith("error: ") and said.count("\n") == 1, said
    assert "SIMLAB_DEBUG" not in said, said
    return said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "42",
        "- 1",
        "a: b",
        "pacs.set_peer: x",
        "pacs.set_peer: [1]",
        "pacs.set_peer: {title: A}\nris.x: {}",
        "&a [*a]",
        "!!python/object/apply:os.system [id]",
        "pacs.set_peer: {title: !!binary aGk=, port: 1}",
        "pacs.set_peer: {title: !!set {a}, port: 1}",
        "? [a]\n: b",
        "---\na: b\n---\nc: d",
        "\t- x",
        "{{{{",
        "[" * 100_000,
        "x" * 2_000_000,
    ],
    ids=lambda text: repr(text[:30]),
)
def test_a_file_that_holds_no_actions_is_refused(tmp_path, text):
    """Whatever stands in it, it is bad input with the file's name, at once."""
    path = tmp_path / "acts.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        read_steps(str(path))
    assert str(path) in refused.value.place


def test_actions_read_dates_and_numbers_as_exercises_do(tmp_path):
    """An unquoted date or a number with a leading zero is text, as in a reference solution."""
    path = tmp_path / "acts.yaml"
    path.write_text("epr.admit: {birth_date: 1980-01-01, mrn: 0123, port: 9}")
    steps, many = read_steps(str(path))
    assert steps[0][1] == {"birth_date": "1980-01-01", "mrn": "0123", "port": 9}
    assert not many


@posix
@pytest.mark.parametrize(
    "command",
    [
        "act FILE",
        "act x.y a=@FILE",
        "hl7 send FILE",
        "hl7 validate FILE",
        "hl7 set FILE PID-5=x",
        "dicom store FILE",
        "up --scene FILE",
    ],
)
def test_a_file_without_an_end_is_refused(tmp_path, command):
    """/dev/zero in a file's place is read up to a limit, not for ever."""
    endless = tmp_path / "endless.yaml"
    endless.symlink_to("/dev/zero")
    (tmp_path / "lab.json").write_text('{"control": "http://127.0.0.1:9", "token": "x"}')
    words = [word.replace("FILE", str(endless)) for word in command.split()]
    said = one_line(run(*words, "--home", str(tmp_path)))
    assert str(endless) in said and "larger" in said


@posix
def test_an_argument_that_is_no_text_is_refused(target):
    """Bytes that are no UTF-8 in an argument: said before anything is sent."""
    home = str(target.door.home)
    assert "UTF-8" in one_line(run("act", "--home", home, "pacs.set_peer", b"title=\xff\xfe", "port=1"))
    assert "UTF-8" in one_line(run("dicom", "find", "--home", home, "--patient-name", b"\xff"))


def test_a_broken_image_is_called_by_its_path(target, tmp_path):
    """`dicom store` of a truncated file names that file, and how to mend it."""
    from pydicom.data import get_testdata_file

    whole = Path(str(get_testdata_file("CT_small.dcm"))).read_bytes()
    for size in (0, 100, 140, 3000, len(whole) - 300):
        path = tmp_path / f"{size}.dcm"
        path.write_bytes(whole[:size])
        said = one_line(run("dicom", "store", str(path), "--home", str(target.door.home)))
        assert str(path) in said


@pytest.mark.parametrize("host", ["", "999.1.1.1", "ä..b", "8.8.8.8", "x" * 300])
def test_a_host_that_is_not_here_is_named(tmp_path, host):
    """`up --host` with what is no address of this machine."""
    said = one_line(run("up", "--host", host, "--home", str(tmp_path / "home"), "--ports", "auto"))
    assert "--host" in said


@posix
def test_output_that_cannot_be_written_is_said(tmp_path):
    """A full device behind stdout, or none at all: no trace-back."""
    with Path("/dev/full").open("wb") if Path("/dev/full").exists() else pytest.skip("no /dev/full") as full:
        command = [sys.executable, "-m", "simlab", "list", "--home", str(tmp_path)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=30)
    assert "stdout" in one_line(done)
    closed = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], stderr=subprocess.PIPE, timeout=30)
    assert b"Traceback" not in closed.stderr


def test_a_home_of_nobody_is_named(capsys):
    """``~nobody-of-that-name/lab`` is no folder."""
    assert main(["status", "--home", "~nobody-of-that-name/lab"]) == 1
    assert "~nobody-of-that-name" in capsys.readouterr().err


@posix
def test_a_vanished_folder_is_said(tmp_path):
    """A relative home in a working folder that is gone."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'rmdir {gone}; exec "$@"'
    command = ["sh", "-c", script, "sh", sys.executable, "-P", "-m", "simlab", "up", "--home", "lab"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, cwd=gone, capture_output=True, timeout=30, env=environment)
    assert "lab" in one_line(done)


def test_a_card_left_over_is_no_lab(tmp_path):
    """The card of a lab that was killed points nowhere: no lab runs here, and how to start one."""
    (tmp_path / "lab.json").write_text('{"control": "http://127.0.0.1:9", "token": "x", "pid": 999999}')
    for command in ("status", "down", "reset"):
        assert "no lab is running here" in one_line(run(command, "--home", str(tmp_path)))
    with pytest.raises(Exception, match="simlab up"):
        Door(tmp_path).get("/status")


@pytest.mark.parametrize("course", ["nosuch", "a-file"])
def test_a_course_that_is_not_there_is_named(tmp_path, capsys, course):
    """`author lint --course` of a folder that does not exist is no clean course."""
    (tmp_path / "a-file").write_text("x")
    assert main(["author", "lint", "--course", str(tmp_path / course)]) == 1
    assert str(tmp_path / course) in capsys.readouterr().err
