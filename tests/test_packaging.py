"""What is shipped: the wheel, the locks, and that the pages about them tell the truth."""

import ast
import json
import os
import re
import site
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

from simlab.cli.commands import COMMANDS
from simlab.config import SEATS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_carries_the_whole_course(wheel):
    """Every exercise and sample study of the checkout is in the wheel, and the tests are not."""
    carried = set(zipfile.ZipFile(wheel).namelist())
    for name in ("exercises", "sample_studies"):
        files = {f"simlab/course/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / name).rglob("*") if p.is_file()}
        assert files - carried == set()
    assert not any(name.startswith("tests/") for name in carried)


@pytest.mark.slow
def test_an_installed_wheel_works_by_itself(wheel, tmp_path):
    """In an environment of its own the command starts and lists the exercises that came with it."""
    place = tmp_path / "venv"
    venv.create(place, with_pip=False)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    base = {"base": str(place), "platbase": str(place)}
    scripts, library = (Path(sysconfig.get_path(name, "venv", vars=base)) for name in ("scripts", "purelib"))
    # The dependencies of this environment, without its SimLab: .pth files of a borrowed folder are not read.
    (library / "borrowed.pth").write_text("\n".join(site.getsitepackages()))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True, timeout=60, capture_output=True)

    def simlab(*arguments: str) -> str:
        done = subprocess.run(
            [str(scripts / "simlab"), *arguments],
            cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60,
            env={**os.environ, "SIMLAB_HOME": str(tmp_path / "lab")},
        )  # fmt: skip
        return done.stdout

    assert simlab("--version").startswith("SimLab ")
    listed = json.loads(simlab("list", "--json"))
    expected = {path.parent.name for path in (ROOT / "exercises").glob("[!_]*/*/exercise.yaml")}
    assert {row["id"] for row in listed} == expected
    assert all(str(library) in row["folder"] for row in listed)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_pins_hashes_and_names_no_address(lock):
    """Every requirement has hashes; no address of an index and no path of a machine stands in it."""
    text = lock.read_text(encoding="utf-8")
    requirements = [part for part in re.split(r"\n(?=\S)", text) if re.match(r"[a-z0-9]", part)]
    assert requirements and all("==" in part and "--hash=sha256:" in part for part in requirements)
    assert not re.search(r"://|^-|/(home|root|tmp|opt|Users)/|file:", text, re.MULTILINE)


def test_the_lab_lock_is_part_of_the_dev_lock():
    """Whoever develops runs the same versions as whoever only uses it."""
    pins = [set(re.findall(r"^[\w.-]+==\S+", lock.read_text(), re.MULTILINE)) for lock in LOCKS]
    assert [lock.name for lock in LOCKS] == ["dev.lock", "lab.lock"]
    assert pins[1] < pins[0]


def test_every_dependency_is_locked_and_accounted_for():
    """Each dependency stands in the lock, and docs/dependencies.md says why it was chosen."""
    lock = (ROOT / "requirements" / "lab.lock").read_text(encoding="utf-8").lower()
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in PROJECT["project"]["dependencies"]:
        name = re.split(r"[<>=]", requirement)[0]
        assert f"\n{name.lower()}==" in f"\n{lock}", name
        assert f"**{name}**" in page, name


def test_what_is_imported_is_declared():
    """Whatever simlab imports comes with Python, from itself, or from a dependency that it declares."""
    imported = {
        name.split(".")[0]
        for path in (ROOT / "simlab").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    declared = {re.split(r"[<>=]", one)[0].lower() for one in PROJECT["project"]["dependencies"]}
    # pydantic and textual bring these along and show them in their own interfaces.
    other_names = {"yaml": "pyyaml", "pydantic_core": "pydantic", "rich": "textual", "PIL": "pillow"}
    foreign = {other_names.get(name, name) for name in imported - set(sys.stdlib_module_names) - {"simlab"}}
    found_by_pydicom = {"pillow", "pyjpegls", "pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle"}
    loaded_when_wanted = {"faker", "highdicom"}  # by name, since a lab starts sooner without
    assert foreign | found_by_pydicom | loaded_when_wanted == declared


def test_the_readme_names_commands_that_exist():
    """Every `simlab ...` and `make ...` in the README is a command that there is."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:^|`)simlab ([a-z][a-z0-9-]*)", text, re.MULTILINE))
    assert commands and commands <= {entry.name for entry in COMMANDS}
    targets = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony and targets and targets <= set(phony[1].split())


def test_the_container_publishes_every_door_on_the_loopback_alone():
    """Each seat but the control door's is published under its own number, and listed in the image."""

    def spread(ports: str) -> set[int]:
        first, _, last = ports.partition("-")
        return set(range(int(first), int(last or first) + 1))

    composed = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    published: set[int] = set()
    for line in composed["services"]["lab"]["ports"]:
        host, outside, inside = line.split(":")
        assert (host, outside) == ("127.0.0.1", inside)
        published |= spread(inside)
    image = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"^EXPOSE (.+)$", image, re.MULTILINE)
    exposed = set().union(*(spread(ports) for ports in line.split()))
    assert published == exposed == {seat.port for name, seat in SEATS.items() if name != "CONTROL"}
