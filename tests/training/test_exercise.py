"""A package is read whole, and each thing that is wrong in it is told with its place."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.errors import BadInput, NotFound
from simlab.training import catalogue
from simlab.training.exercise import load, vary

COURSE = Path(__file__).parent / "course"
Edit = Callable[[str, str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Copies the sample package with `old` replaced by `new` in one of its files."""

    def edit(name: str, old: str, new: str) -> Path:
        folder = tmp_path / "dicom" / "peer-missing"
        shutil.copytree(COURSE / "dicom" / "peer-missing", folder)
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return edit


def test_the_sample_package_loads() -> None:
    """Header, tasks, checks, scene, scripts and prose are all there."""
    exercise = load(COURSE / "dicom" / "peer-missing")
    variant = vary(exercise, 5)
    assert exercise.header.title == "A viewer that nobody registered"
    assert [check.id for check in variant.checks["deliver"]] == [
        "registered",
        "held",
        "moved",
        "not-open",
        "nothing-else",
    ]
    assert variant.values["acc"] in variant.brief
    assert {script.name for script in exercise.mistakes} == {"guessed", "unlocked"}
    assert variant.scene.patients[-1].mrn == variant.values["patient"]["mrn"]
    assert len(variant.scene.patients) == 7


def test_seeds_meet_every_branch() -> None:
    """`when` leaves one of the two faults in each variant."""
    exercise = load(COURSE / "dicom" / "peer-missing")
    theatre = {
        variant.values["fault"]: [
            peer.port for peer in variant.scene.peers if (peer.system, peer.title) == ("PACS", "THEATRE")
        ]
        for variant in (vary(exercise, seed) for seed in range(8))
    }
    assert theatre == {"no_peer": [], "wrong_port": [4]}


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("exercise.yaml", "level: foundation", "level: easy", "foundation"),
        ("exercise.yaml", "kind: drill", "kindd: drill", "unknown key 'kindd'"),
        ("exercise.yaml", "id: peer-missing", "id: other", "folder"),
        ("exercise.yaml", "track: dicom", "track: dikom", "track"),
        ("exercise.yaml", "points: 6", "points: six", "points"),
        ("exercise.yaml", "pacs.peer: {query", "pacs.pear: {query", "pacs.pear"),
        ("exercise.yaml", "is: {port:", "iss: {port:", "iss"),
        ("exercise.yaml", "right: ${fault}", "right: ${fualt}", "fualt"),
        ("exercise.yaml", "kind: choice", "kind: chance", "choice"),
        ("exercise.yaml", "{task: deliver, cost: 0", "{task: delivery, cost: 0", "no task"),
        ("exercise.yaml", "patient: her, exam", "patient: him, exam", "him"),
        ("exercise.yaml", "use: [_lib/small-hospital]", "use: [_lib/nowhere]", "nowhere"),
        ("exercise.yaml", "use: [_lib/small-hospital]", "use: [../../etc]", "library"),
        ("exercise.yaml", "start: -1d 09:00", "start: soon", "soon"),
        ("exercise.yaml", "clock: 2026-03-02T07:40", "clock: monday", "monday"),
        ("exercise.yaml", "  - id: registered\n", "  - identifier: registered\n", "identifier"),
        ("brief.md", "${acc}", "${account}", "account"),
        ("solutions/ref.yaml", "${found}", "${fund}", "fund"),
        ("solutions/ref.yaml", "look: true", "lok: true", "one action"),
        ("mistakes/guessed.yaml", "registered", "registred", "registred"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(edited: Edit, name: str, old: str, new: str, says: str) -> None:
    """One change, one error with file, line and remedy."""
    written = (COURSE / "dicom" / "peer-missing" / name).read_text(encoding="utf-8")
    line = written[: written.index(old)].count("\n") + 1
    with pytest.raises(BadInput) as refused:
        load(edited(name, old, new))
    assert refused.value.place == f"peer-missing/{name}:{line}"
    assert says in f"{refused.value.what} {refused.value.remedy}"
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["brief.md", "debrief.md", "exercise.yaml", "solutions/ref.yaml"])
def test_a_missing_file_is_named(edited: Edit, name: str) -> None:
    """A package without one of its files is not accepted."""
    folder = edited("brief.md", "scan", "scan")
    (folder / name).unlink()
    with pytest.raises(BadInput) as refused:
        load(folder)
    assert name.split("/")[0] in refused.value.place


def test_a_link_out_of_the_package_is_refused(edited: Edit, tmp_path: Path) -> None:
    """Nothing outside the folder is read, whatever the package says."""
    folder = edited("brief.md", "scan", "scan")
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    (folder / "brief.md").unlink()
    try:
        (folder / "brief.md").symlink_to(secret)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(BadInput, match="leads out of the package"):
        load(folder)


def test_the_catalogue_reads_headers_only(edited: Edit, tmp_path: Path) -> None:
    """What is wrong below the header does not keep an exercise off the list; a broken header is told there."""
    edited("exercise.yaml", "tasks:", "tasks: [")
    (tmp_path / "dicom" / "broken").mkdir()
    (tmp_path / "dicom" / "broken" / "exercise.yaml").write_text("id: [")
    rows = {row["id"]: row for row in catalogue.exercises(tmp_path)}
    assert rows["peer-missing"]["minutes"] == 10
    assert "broken/exercise.yaml" in rows["broken"]["error"]


def test_an_exercise_is_found_by_its_former_name_and_the_nearest_is_named() -> None:
    """`aliases` keep old links working; a slip of the pen gets a suggestion."""
    assert catalogue.find("lost-peer", COURSE).name == "peer-missing"
    with pytest.raises(NotFound) as refused:
        catalogue.find("peer-misssing", COURSE)
    assert "peer-missing" in refused.value.remedy
