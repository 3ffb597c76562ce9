"""`simlab dicom show, dump, diff, png`: files and folders, without a lab."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from simlab.cli.main import main
from tests.dicom.made import made
from tests.dicom.test_presenting import state


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images and a text file."""
    for number in (1, 2):
        one = made(f"2.25.{number}", number=number, size=16, shade=100 * number, WindowCenter="150", WindowWidth="301",
                   Laterality="R", PatientName="Whitcombe^Harold")  # fmt: skip
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.dcm").write_bytes(one.part10())
    (tmp_path / "in" / "notes.txt").write_text("no image")
    return tmp_path / "in"


def run(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What a command prints."""
    assert main(["dicom", *map(str, arguments)]) == code
    said = capsys.readouterr()
    return said.out + said.err


def test_show_draws_the_picture_and_says_whose_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-blocks in grey; letters where colour is not wanted."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = run(capsys, "show", folder / "1.dcm", "--width", 16)
    assert text.count("▀") == 16 * 8
    assert "\x1b[38;2;85;85;85m" in text
    assert "Whitcombe, Harold" in text and "RIGHT" in text
    letters = run(capsys, "show", folder / "2.dcm", "--width", 16, "--letters")
    assert "▀" not in letters and letters.splitlines()[:8] == ["*" * 16] * 8


def test_show_of_a_folder_passes_over_other_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON says of each file whose it is."""
    told = json.loads(run(capsys, "show", folder, "--json"))
    assert [Path(one["file"]).name for one in told] == ["1.dcm", "2.dcm"]
    assert told[0]["bottom_right"] == ["RIGHT"]


def test_dump_prints_the_elements_that_are_searched(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tag, VR, name, value, meaning."""
    assert run(capsys, "dump", folder / "1.dcm", "--search", "patient id") == "(0010,0020) LO Patient ID: PID001\n"
    assert "(1970-01-01)" in run(capsys, "dump", folder / "1.dcm")


def test_diff_says_what_differs_and_by_its_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 when something does, 0 when nothing does or what does is left out."""
    text = run(capsys, "diff", folder / "1.dcm", folder / "2.dcm", code=1)
    assert "Instance Number" in text and "256 of 256 values differ, by 100 at most" in text
    assert run(capsys, "diff", folder / "1.dcm", folder / "1.dcm") == "They are the same.\n"
    without = [part for name in ("SOPInstanceUID", "InstanceNumber", "PixelData") for part in ("--without", name)]
    assert run(capsys, "diff", folder / "1.dcm", folder / "2.dcm", *without) == "They are the same.\n"


def test_diff_of_folders_pairs_files_by_their_uid(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever they are called; one that only one of the folders has is named."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "renamed.dcm").write_bytes((folder / "1.dcm").read_bytes())
    told = json.loads(run(capsys, "diff", folder, other, "--json", code=1))
    assert [(one["sop_uid"], one["other"]) for one in told] == [("2.25.2", "")]


def test_png_is_windowed_and_as_large_as_asked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file, and a folder of them; values of the window's middle are middle grey."""
    run(capsys, "png", folder / "1.dcm", "--out", tmp_path / "one.png", "--window", "100,201", "--size", 40)
    picture = np.asarray(Image.open(tmp_path / "one.png"))
    assert picture.shape == (40, 40) and set(picture.flat) == {128}
    run(capsys, "png", folder, "--out", tmp_path / "out")
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["2.25.1.png", "2.25.2.png"]


def test_png_is_drawn_under_a_presentation_state(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a folder the images that it is for, its window and polarity those of the state."""
    said = tmp_path / "state.dcm"
    said.write_bytes(state("2.25.2", PresentationLUTShape="INVERSE").part10())
    run(capsys, "png", folder, "--out", tmp_path / "out", "--pr", said)
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["2.25.2.png"]
    assert set(np.asarray(Image.open(tmp_path / "out" / "2.25.2.png")).flat) == {0}
    assert [Path(one["file"]).name for one in json.loads(run(capsys, "show", folder, "--pr", said, "--json"))] == [
        "2.dcm"
    ]
    assert "not for this image" in run(capsys, "png", folder / "1.dcm", "--pr", said, code=1)
    assert "no presentation state" in run(capsys, "png", folder, "--pr", folder / "1.dcm", code=1)
    said.write_bytes(state("2.25.404").part10())
    assert "for no image here" in run(capsys, "png", folder, "--pr", said, code=1)


@pytest.mark.parametrize("command", ["show", "dump", "png"])
def test_what_is_no_dicom_file_is_said_in_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Its name and what to do."""
    text = run(capsys, command, folder / "notes.txt", code=1)
    assert text.startswith("error: ") and "notes.txt" in text and text.count("\n") == 1


@pytest.mark.parametrize("window", ["wide", "1,2,3", "40,-1", "nan,1"])
def test_what_is_no_window_is_said(folder: Path, capsys: pytest.CaptureFixture[str], window: str) -> None:
    """Neither a number nor centre and width."""
    assert "is no window" in run(capsys, "show", folder / "1.dcm", "--window", window, code=1)


def test_a_dicomdir_is_dumped_like_any_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has no SOP Instance UID of its own, but what a disc says is in it; pictures it has none."""
    directory = get_testdata_file("dicomdirtests/DICOMDIR")
    assert run(capsys, "dump", directory, "--search", "file-set id") == "(0004,1130) CS File-set ID: PYDICOM_TEST\n"
    assert "no SOP Instance UID" in run(capsys, "show", directory, code=1)


def test_of_a_file_that_ends_early_the_elements_before_that_are_dumped(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And where it ends is said, with exit code 1; in JSON too. The other files are dumped as ever."""
    cut = get_testdata_file("MR_truncated.dcm")
    text = run(capsys, "dump", cut, code=1)
    assert "(0010,0010) PN Patient's Name: CompressedSamples^MR1\n" in text
    assert "(0028,0011) US Columns: 64\n" in text and "7FE0" not in text
    assert "error: " in text and "ends in the middle of an element at byte" in text
    whole, damaged = json.loads(run(capsys, "dump", folder / "1.dcm", cut, "--json", code=1))
    assert whole["damage"] == "" and "ends in the middle" in damaged["damage"]
    assert whole["rows"] and damaged["rows"][0]["tag"] == "(0008,0008)"


def test_every_cut_of_a_file_is_dumped_or_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever it ends: lines, or one line of error, and never a trace-back."""
    content = (folder / "1.dcm").read_bytes()
    for end in range(0, len(content), 97):
        (folder / "cut.dcm").write_bytes(content[:end])
        text = run(capsys, "dump", folder / "cut.dcm", code=1)
        assert "error: " in text and "Traceback" not in text


def test_nothing_is_shown_smaller_than_the_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A zoom below 1 is an error, not a picture that ignores it."""
    assert "0.5 is not in the range x>=1" in run(capsys, "show", folder / "1.dcm", "--zoom", 0.5, code=2)
