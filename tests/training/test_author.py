"""What an author gets: a proof that finds shortfalls, a lint, a scaffold that proves itself, a schema."""

import json
import shutil
from pathlib import Path

import pytest

from simlab.errors import BadInput
from simlab.training import author, lint, verify
from tests.training.conftest import COURSE


@pytest.fixture
def course(tmp_path: Path) -> Path:
    shutil.copytree(COURSE, tmp_path / "course")
    return tmp_path / "course"


def change(course: Path, name: str, old: str, new: str) -> None:
    path = course / "dicom" / "peer-missing" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_sample_and_the_scaffold_prove_themselves(course: Path) -> None:
    """Untouched, solved, mistaken and reset over real traffic; what `new` writes passes lint as well."""
    author.new("say-hello", "dicom", course=course)
    assert lint.lint(course=course) == []
    lines: list[str] = []
    proofs = verify.verify(seeds=2, course=course, tell=lines.append)
    assert [(proof.exercise, proof.ok) for proof in proofs] == [("peer-missing", True), ("say-hello", True)], lines
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("exercise.yaml", "service: C-MOVE, status", "service: C-MOVE, statuss", "moved failed"),
        ("exercise.yaml", 'query: {system: THEATRE, study_uid: "${uid}"}, count: 3', "count: 0", "held passes already"),
        ("solutions/ref.yaml", "- desk.answer", "- desk.ask: {who: nobody, text: hello}\n- desk.answer", "did not go"),
        ("mistakes/guessed.yaml", "why/answer, registered", "nothing-else", "nothing-else passed"),
        ("exercise.yaml", "pacs.peer: {query: {title", "pacs.peer: {query: {titel", "registered is broken"),
    ],
)
def test_the_proof_finds_what_falls_short(course: Path, name: str, old: str, new: str, says: str) -> None:
    """A check that passes too soon, a solution that does not solve, a mistake that is none."""
    change(course, name, old, new)
    (proof,) = verify.verify(seeds=1, course=course, tell=lambda _: None)
    assert not proof.ok
    assert says in " | ".join(proof.shortfalls)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("exercise.yaml", "  uid: {gen: uid}", "  uid: {gen: uid}\n  spare: {gen: uid}", "spare is never used"),
        ("solutions/ref.yaml", "dicom.move: {destination", "dicom.movee: {destination", "no action dicom.movee"),
        ("solutions/ref.yaml", "dicom.move: {destination", "dicom.move: {target", "takes no target"),
        ("exercise.yaml", "engine.*: ask", "engin.*: ask", "engin.*"),
        ("exercise.yaml", "engine.hold: {route: ris", "engine.hold: {rout: ris", "rout"),
        ("exercise.yaml", "patients:\n", "patiens:\n", "patiens"),
    ],
)
def test_the_lint_needs_no_lab(course: Path, name: str, old: str, new: str, says: str) -> None:
    """Unused variables, unknown actions and arguments, rights that mean nothing: each with its place."""
    change(course, name, old, new)
    found = lint.lint(course=course)
    assert any(says in str(problem) for problem in found), found
    assert all(problem.place.startswith("peer-missing/") for problem in found)


def test_the_course_lints() -> None:
    """Every exercise and shared scene that ships is clean."""
    assert lint.lint() == []


def test_a_scaffold_overwrites_nothing(course: Path) -> None:
    """An id that is taken, or no id at all, is refused."""
    for id, track in (("peer-missing", "dicom"), ("../x", "dicom"), ("Fine", "dicom"), ("fine", "nowhere")):
        with pytest.raises(BadInput):
            author.new(id, track, course=course)


def test_the_schema_knows_every_word() -> None:
    """It is JSON, closed, and holds each check under its name."""
    schema = json.loads(json.dumps(author.schema()))
    checks = schema["$defs"]["Task"]["properties"]["checks"]["items"]["properties"]
    assert {"pacs.study", "hl7.message", "lab.unchanged", "probe", "all", "id"} <= set(checks)
    assert schema["additionalProperties"] is False
