"""`simlab studies`: what it lists, writes and shows, without a lab."""

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from pydicom import dcmread

from simlab.cli.main import main
from tests.tools import need


def test_the_list_names_what_is_to_be_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each recipe, as JSON for programs."""
    assert main(["studies", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["ct-aneurysm"]["finds"] == "aneurysm 58 mm"
    assert rows["us-carotid"]["finds"] == "stenosis 70 %"
    assert rows["dx-knee-wrong-marker"]["offered"] is False


def test_the_truth_of_one_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Also of a finding that is asked for."""
    assert main(["studies", "truth", "us-aorta@aneurysm=44", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["finding"], row["size_mm"]) for row in rows] == [("aneurysm", 44)]


def test_files_are_written_the_same_twice(tmp_path: Path) -> None:
    """A folder a recipe, a file an image; a second run gives the same bytes."""
    for folder in ("one", "two"):
        assert main(["studies", "render", "us-aorta", "dx-hand", "--out", str(tmp_path / folder)]) == 0
    one = {path.relative_to(tmp_path / "one"): path.read_bytes() for path in (tmp_path / "one").rglob("*.dcm")}
    two = {path.relative_to(tmp_path / "two"): path.read_bytes() for path in (tmp_path / "two").rglob("*.dcm")}
    assert len(one) == 4
    assert one == two
    assert str(dcmread(tmp_path / "one" / "dx-hand" / "0001-0001.dcm").PatientName) == "Sample^Ada"


def test_a_cd_has_a_directory_that_others_read(tmp_path: Path) -> None:
    """DCMTK finds every image's record in the DICOMDIR, and its file."""
    program = need("dcmdump")
    assert main(["studies", "render", "outside-cd", "--out", str(tmp_path), "--dicomdir"]) == 0
    folder = tmp_path / "outside-cd"
    told = subprocess.run([program, str(folder / "DICOMDIR")], capture_output=True, text=True, check=True).stdout
    assert told.count("CS [IMAGE]") == 12
    assert "KF-00471122" in told
    files = [path for path in folder.rglob("IM*") if path.is_file()]
    assert len(files) == 12
    assert not [path for path in files if path.suffix]
    assert main(["studies", "render", "outside-cd", "--out", str(tmp_path), "--dicomdir"]) == 1


def test_a_preview_is_written_as_png(tmp_path: Path) -> None:
    """Of one image, at its own size, in colour where the image has colour."""
    target = tmp_path / "kidney.png"
    assert main(["studies", "preview", "us-kidney", "--image", "1", "--png", str(target)]) == 0
    picture = Image.open(target)
    assert (picture.size, picture.mode) == ((640, 480), "RGB")


def test_a_preview_is_drawn_in_half_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    """As wide as asked for, each line closed."""
    assert main(["studies", "preview", "dx-chest", "--image", "1", "--width", "40"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.count("▀") for line in lines} == {40}
    assert all(line.endswith("\x1b[0m") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["preview", "ct-toe"], "there is no recipe ct-toe"),
        (["preview", "dx-chest", "--image", "9"], "there is no image 9"),
        (["preview", "ct-chest-nodule", "--image", "37"], "no pixel data"),
        (["preview", "us-heart", "--image", "1", "--frame", "99"], "no frame 99"),
        (["preview", "us-kidney", "--image", "1", "--frame", "2"], "no frame 2"),
        (["render", "--out", "x"], "no recipe was named"),
    ],
)
def test_mistakes_are_told_in_a_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One line with place and remedy, exit code 1."""
    assert main(["studies", *arguments]) == 1
    assert words in capsys.readouterr().err


def test_all_means_all_whatever_else_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--all` beside a name writes every recipe."""
    monkeypatch.setattr("simlab.department.modality.recipes.names", lambda: ["us-aorta", "dx-hand"])
    assert main(["studies", "render", "us-aorta", "--all", "--out", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"us-aorta", "dx-hand"}


@pytest.mark.parametrize("width", ["100000", "-5"])
def test_a_picture_as_wide_as_no_terminal_is_refused(width: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before it is drawn: its size grows with the square of the width."""
    assert main(["studies", "preview", "us-aorta", "--width", width]) == 1
    assert "are no width. Say 1 to 1000." in capsys.readouterr().err
