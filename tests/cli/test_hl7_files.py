"""`simlab hl7` on files, folders and stdin: what a person prints, judges, compares and changes without a lab."""

import base64
import io
import json
import os
import subprocess
import sys

import pytest

from tests.hl7.messages import ADMISSION, MERGE, ORDER, REPORT


@pytest.fixture
def day(tmp_path):
    """A file of two messages, one segment a line."""
    file = tmp_path / "day.hl7"
    file.write_bytes((ADMISSION + b"\r" + ORDER).replace(b"\r", b"\n"))
    return file


@pytest.fixture
def one(tmp_path):
    """A file of one message as it stands on the wire."""
    file = tmp_path / "one.hl7"
    file.write_bytes(ADMISSION)
    return file


def test_show_prints_names_values_and_what_they_mean(simlab, one):
    """Segments and fields by name, codes and dates in words, escapes undone."""
    ran = simlab("hl7", "show", str(one))
    assert ran.code == 0
    assert ran.out.startswith("ADT^A01, Admit, version 2.5.1, from EPR to RIS, 2026-03-02 07:40:00, control ID EPR1\n")
    assert "PID  Patient Identification" in ran.out
    assert any(line.split() == ["PID-8", "Administrative", "Sex", "F", "(Female)"] for line in ran.out.splitlines())
    assert "O&NEILL" in ran.out


def test_show_raw_prints_the_segments(simlab, one):
    """--raw is the message itself, a segment a line."""
    assert simlab("hl7", "show", str(one), "--raw").out == ADMISSION.decode().replace("\r", "\n")


def test_show_json_has_every_line_with_its_bytes(simlab, day):
    """A list of messages; start and end cut the value out."""
    [first, second] = simlab("hl7", "show", str(day), "--json").json
    assert second["from"].endswith("day.hl7, message 2")
    line = next(line for line in first["lines"] if line["path"] == "PID-7")
    assert ADMISSION[line["start"] : line["end"]] == b"19700101"
    assert line["meaning"] == "1970-01-01"


def test_show_of_a_number_is_the_event_of_that_number(simlab, lab):
    """An event's message comes from the lab."""
    lab.answers["GET /events/12"] = {"evidence": ADMISSION.decode().replace("\r", "\n")}
    assert simlab("hl7", "show", "12").out.startswith("ADT^A01")
    lab.answers["GET /events/13"] = {"evidence": {"base64": "AA=="}}
    assert "no readable message" in simlab("hl7", "show", "13").err


def test_validate_says_everything_and_exits_1(simlab, tmp_path):
    """Findings with severity, place, rule and remedy; a message that is right exits 0."""
    file = tmp_path / "wrong.hl7"
    file.write_bytes(ADMISSION.replace(b"19700101", b"19700230").replace(b"|1|I|", b"|1||"))
    ran = simlab("hl7", "validate", str(file))
    assert ran.code == 1
    assert "PID-7" in ran.out and "type.date" in ran.out and "PV1-2" in ran.out
    assert "1 message: 2 errors, 0 warnings, 0 notes." in ran.out
    [verdict] = simlab("hl7", "validate", str(file), "--json").json
    assert {one["path"] for one in verdict["findings"]} == {"PID-7", "PV1-2"}


def test_validate_with_profiles_and_what_fails(simlab, day, tmp_path):
    """A right file passes both profiles; --fail-on says what counts; a folder is every file in it."""
    good = tmp_path / "good"
    good.mkdir()
    (good / "a.hl7").write_bytes(ADMISSION.replace(b"9990001235", b"9990000018"))
    (good / "b.hl7").write_bytes(REPORT)
    ran = simlab("hl7", "validate", str(good), "--profile", "ihe-rad,uk", "--second-opinion")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "2 messages: 0 errors, 0 warnings, 0 notes.")
    assert "hl7apy finds nothing wrong" in ran.out
    warned = tmp_path / "warned.hl7"
    warned.write_bytes(ADMISSION.replace(b"EVN|A01|", b"EVN|A08|"))
    assert simlab("hl7", "validate", str(warned)).code == 1
    assert simlab("hl7", "validate", str(warned), "--fail-on", "error").code == 0
    assert simlab("hl7", "validate", str(warned), "--fail-on", "doom").err.startswith("error: --fail-on:")
    assert "no profile" in simlab("hl7", "validate", str(warned), "--profile", "klingon").err


def test_validate_goes_on_behind_what_it_cannot_read(simlab, tmp_path):
    """A broken message among others is a finding of its own."""
    file = tmp_path / "mixed.hl7"
    file.write_bytes(b"\x0b" + ADMISSION + b"\x1c\r\x0b\xff\xfe\x00\x1c\r\x0b" + MERGE + b"\x1c\r")
    ran = simlab("hl7", "validate", str(file))
    assert ran.code == 1
    assert "message.unreadable" in ran.out and "3 messages: 1 error" in ran.out


def test_diff_names_what_changed(simlab, one, tmp_path):
    """Exit code 1 and a row a change; 0 for the same message."""
    other = tmp_path / "other.hl7"
    other.write_bytes(ADMISSION.replace(b"|EPR1|", b"|EPR2|").replace(b"^^^Dr", b"^^^Prof"))
    ran = simlab("hl7", "diff", str(one), str(other), "--json", "--ignore", "MSH-10")
    assert ran.code == 1
    assert [(row["path"], row["before"], row["after"]) for row in ran.json] == [("PID-5.5", "Dr", "Prof")]
    assert simlab("hl7", "diff", str(one), str(one)).out == "The messages are the same.\n"


def test_get_prints_values_and_set_changes_them(simlab, day):
    """get by path; set writes the file in its own form with nothing else changed."""
    assert simlab("hl7", "get", "PID-3.1", str(day)).out == "1234567\n9990001235\n1234567\n"
    assert simlab("hl7", "get", "PID-3[2].4", str(day), "--first").out == "NHS\n"
    assert simlab("hl7", "get", "NTE-3", str(day)).code == 1
    out = day.with_name("out.hl7")
    assert simlab("hl7", "set", str(day), "PID-5.1=SMI|TH", "--insert", "NTE|1||hello", "--out", str(out)).code == 0
    text = out.read_bytes()
    assert b"\r" not in text and text.count(b"NTE|1||hello\n") == 2
    assert text.count(b"SMI\\F\\TH") == 2
    assert simlab("hl7", "set", str(out), "--delete", "NTE", "PID-5.1=X", "--out", str(out)).code == 0
    assert b"NTE" not in out.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["set", "FILE", "PID-5.1"], "is no change"),
        (["set", "FILE"], "nothing is to be changed"),
        (["set", "FILE", "NK1-2=x"], "no such segment"),
        (["get", "PID/3", "FILE"], "is not a path"),
        (["convert", "FILE", "--to", "xml"], "no such form"),
        (["convert", "FILE", "--charset", "EBCDIC"], "not supported"),
        (["convert", "FILE", "--version", "9"], "no version"),
        (["convert", "FILE", "--out", "/nowhere/at/all"], "cannot be written"),
        (["show", "nowhere.hl7"], "cannot be read"),
        (["validate", "FILE", "--version", "9"], "not judged"),
    ],
)
def test_wrong_use_is_one_line_with_place_and_remedy(simlab, one, arguments, says):
    """No trace-back, exit code 1, and what to do."""
    ran = simlab("hl7", *(str(one) if word == "FILE" else word for word in arguments))
    assert ran.code == 1
    assert says in ran.err and ran.err.count("\n") == 1


@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\xfe" * 50, b"hello\n", b"MSH", b"\x0b\x1c\r", b"[1]", b"{", b"PK\x03\x04"]
)
@pytest.mark.parametrize("command", [["show"], ["get", "MSH-10"], ["convert"], ["validate"], ["diff", "ONE"]])
def test_bad_input_never_gives_a_trace_back(simlab, one, tmp_path, data, command):
    """Binary, empty and half files end in exit code 1 and words."""
    file = tmp_path / "bad.bin"
    file.write_bytes(data)
    ran = simlab("hl7", *(str(one) if word == "ONE" else word for word in command), str(file))
    assert ran.code == 1
    assert "Traceback" not in ran.err and "please report" not in ran.err
    assert ran.err or "no message" in ran.out


def test_convert_goes_to_json_and_back_without_loss(tmp_path):
    """stdin to stdout, as a pipe of processes: er7 → json → er7 is the same bytes; mllp has its frames."""
    environment = {**os.environ, "SIMLAB_HOME": str(tmp_path)}

    def simlab(*arguments: str, data: bytes) -> bytes:
        ran = subprocess.run(
            [sys.executable, "-m", "simlab", "hl7", "convert", *arguments],
            input=data, capture_output=True, env=environment, timeout=60, check=True,
        )  # fmt: skip
        return ran.stdout

    as_json = simlab("--to", "json", data=ADMISSION + ORDER)
    assert [len(one["segments"]) for one in json.loads(as_json)] == [5, 7]
    assert simlab("-", data=as_json) == ADMISSION + ORDER
    assert simlab("--to", "mllp", data=ADMISSION) == b"\x0b" + ADMISSION + b"\x1c\r"
    assert b"J\xf6rg" in simlab("--charset", "8859/1", data=ADMISSION)


def test_stdin_that_is_a_terminal_is_not_waited_for(simlab, monkeypatch):
    """Without a file and without a pipe the command says what it wants."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert "no file is named" in simlab("hl7", "validate").err


@pytest.mark.parametrize("command", [["show"], ["validate"], ["get", "MSH-10"], ["convert"]])
def test_the_commands_load_nothing_heavy(one, command):
    """Neither pydicom nor SQLAlchemy nor the terminal is loaded; hl7apy's parser only for the second opinion."""
    heavy = ("pydicom", "sqlalchemy", "textual", "numpy", "starlette", "asyncio", "hl7apy.core")
    code = (
        "import sys; from simlab.cli.main import main\n"
        f"main({['hl7', *command, str(one)]!r})\n"
        f"sys.stderr.write(' '.join(name for name in {heavy!r} if name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr == ""


BATCH = b"FHS|^~\\&|EPR\nBHS|^~\\&|EPR\n" + (ADMISSION + ORDER).replace(b"\r", b"\n") + b"BTS|3\nFTS|1\n"


def test_set_and_convert_keep_the_envelope_of_a_batch(simlab, tmp_path):
    """Every other byte stays; a wrong count is put right and told; JSON holds the envelope, frames cannot."""
    file, out = tmp_path / "batch.hl7", tmp_path / "out.hl7"
    file.write_bytes(BATCH)
    ran = simlab("hl7", "set", str(file), "PID-8=M", "--out", str(out))
    assert ran.code == 0 and "BTS-1 was 3, and is 2" in ran.err
    right = BATCH.replace(b"BTS|3", b"BTS|2")
    assert out.read_bytes() == right.replace(b"|F|||1 High", b"|M|||1 High").replace(b"19700101|F\n", b"19700101|M\n")
    simlab("hl7", "convert", str(file), "--line-ends", "lf", "--out", str(out))
    assert out.read_bytes() == right
    simlab("hl7", "convert", str(file), "--to", "json", "--out", str(out))
    simlab("hl7", "convert", str(out), "--out", str(out))
    assert out.read_bytes() == right.replace(b"\n", b"\r")
    ran = simlab("hl7", "convert", str(file), "--to", "mllp", "--out", str(out))
    assert out.read_bytes().count(b"\x0b") == 2 and "FHS, BHS left out, a frame holds one message" in ran.err


def test_a_file_in_utf_16_is_shown_changed_and_converted(simlab, tmp_path):
    """Its letters are read, set writes UTF-16 again, and a frame cannot hold it."""
    file, out = tmp_path / "wide.hl7", tmp_path / "out.hl7"
    text = ADMISSION.decode().replace("UNICODE UTF-8", "UNICODE UTF-16").replace("\r", "\r\n")
    file.write_bytes(text.encode("utf-16"))
    assert "Jörg" in simlab("hl7", "show", str(file)).out
    assert simlab("hl7", "validate", str(file), "--fail-on", "error").code == 0
    assert simlab("hl7", "set", str(file), "PID-5.2=Jürgen", "--out", str(out)).code == 0
    assert out.read_bytes() == text.replace("Jörg", "Jürgen").encode("utf-16")
    assert simlab("hl7", "convert", str(file), "--charset", "UNICODE UTF-8", "--out", str(out)).code == 0
    assert out.read_bytes() == ADMISSION
    assert "frames" in simlab("hl7", "convert", str(file), "--to", "mllp").err


def test_convert_goes_to_kanji_and_back(simlab, tmp_path):
    """MSH-18 names both sets; a letter that they lack is named with its place."""
    file, out = tmp_path / "a.hl7", tmp_path / "out.hl7"
    file.write_bytes(ADMISSION.replace("Jörg".encode(), "太郎".encode()))
    assert simlab("hl7", "convert", str(file), "--charset", "ASCII~ISO IR87", "--out", str(out)).code == 0
    assert b"|ASCII~ISO IR87\r" in out.read_bytes() and b"^\x1b$BB@O:\x1b(B^" in out.read_bytes()
    assert simlab("hl7", "get", "PID-5.2", str(out)).out == "太郎\n"
    assert simlab("hl7", "convert", str(out), "--charset", "UNICODE UTF-8", "--out", str(out)).code == 0
    assert out.read_bytes() == file.read_bytes()
    assert "PID-5" in simlab("hl7", "convert", str(file), "--charset", "8859/1").err


def test_an_event_that_is_no_utf_8_is_read_all_the_same(simlab, lab):
    """The journal gives such bytes in base64."""
    latin = ADMISSION.replace(b"UNICODE UTF-8", b"8859/1").replace("ö".encode(), b"\xf6")
    lab.answers["GET /events/14"] = {"evidence": {"base64": base64.b64encode(latin).decode()}}
    assert simlab("hl7", "get", "PID-5.2", "14").out == "Jörg\n"


def test_convert_to_another_version_tells_on_stderr_what_is_lost(simlab, day, tmp_path):
    """Each loss with file, message and place; the messages are right in the new version."""
    out = tmp_path / "out.hl7"
    simlab("hl7", "set", str(day), "PID-32=01", "--out", str(day))
    ran = simlab("hl7", "convert", str(day), "--version", "2.3", "--out", str(out))
    assert ran.code == 0
    assert "day.hl7, message 1: PID-32: Identity Reliability Code, '01', left out: version 2.3 has no such" in ran.err
    assert simlab("hl7", "validate", str(out), "--fail-on", "error").code == 0
    assert simlab("hl7", "get", "MSH-9", str(out)).out == "ADT^A01\nORM^O01\n"
    ran = simlab("hl7", "convert", str(out), "--version", "2.5.1", "--orders", "omi", "--line-ends", "lf")
    assert "OMI^O23^OMI_O23" in ran.out and "IPC|ACC1|RP1|2.25.17|SPS1|CT" in ran.out
    assert "2.9" in simlab("hl7", "convert", str(day), "--version", "2.9").err


def test_set_changes_every_file_of_a_folder(simlab, tmp_path):
    """Their messages come behind one another, as `get` and `show` read them."""
    folder, out = tmp_path / "day", tmp_path / "out.hl7"
    folder.mkdir()
    (folder / "a.hl7").write_bytes(ADMISSION.rstrip(b"\r"))
    (folder / "b.hl7").write_bytes(ORDER)
    assert simlab("hl7", "set", str(folder), "PID-8=M", "--out", str(out)).code == 0
    assert simlab("hl7", "get", "PID-8", str(out)).out == "M\nM\n"
    assert simlab("hl7", "get", "MSH-10", str(out)).out == "EPR1\nRIS7\n"
