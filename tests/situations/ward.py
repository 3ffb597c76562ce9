"""A lab in which a situation is staged, seen with DCMTK, repaired, and looked over for what was overdone."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from simlab.lab.actions import Outcome
from simlab.lab.lab import Lab
from simlab.training import situation
from simlab.training.scene import load_scene
from simlab.training.situation import Situation
from tests.tools import need

HOST = "127.0.0.1"
Rows = list[dict[str, str]]

_LISTED = ("StudyInstanceUID", "PatientID", "PatientName", "AccessionNumber", "StudyDate")


class Ward:
    """One lab for many situations; each `stage` replaces the whole department."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self._situation: Situation | None = None
        self._before: Rows = []

    # The course of a situation

    def stage(self, number: str) -> None:
        """Stage the situation whose scene begins with `number`, and note what the archive shows then."""
        (name,) = (one for one in situation.names() if one.startswith(f"situations/{number}-"))
        self.lab.stage(load_scene(name, self.lab))
        self._situation = situation.read(name, self.lab)
        until(lambda: self.lab.pacs.server.established == 0)  # nobody of the situation before holds a slot of this one
        self._before = self.studies("PatientName=*")

    def happen(self) -> None:
        """Do what people do in all innocence, so that the fault shows."""
        assert self._situation is not None
        failed = [f"{step.step.name}: {step.summary}" for step in self._situation.happen(self) if not step.ok]
        assert not failed, failed

    def repair(self, *, concerned: Iterable[str] = ()) -> None:
        """Do the scene's own repair; then nothing is overdone, and only the `concerned` studies and patients differ."""
        assert self._situation is not None
        played = self._situation.repair(self)
        failed = [f"{step.step.name}: {step.summary}" for step in played if not step.ok]
        assert not failed and len(played) == len(self._situation.about.repair), failed
        self.guarded()
        kept = set(concerned)
        after = self.studies("PatientName=*")
        assert _others(after, kept) == _others(self._before, kept)

    def guarded(self) -> None:
        """Both doors still refuse whom they do not know, and who asks for another title."""
        for system in ("PACS", "RIS"):
            assert rejected(self.echo("STRANGER", system, system)) == "Calling AE Title Not Recognized"
            assert rejected(self.echo("ADMIN", f"{system}X", system)) == "Called AE Title Not Recognized"

    def nothing_waits(self) -> None:
        """Every message of the engine came to an end that somebody can account for."""
        ends = {row["state"] for row in self.rows("engine.queue")}
        assert ends <= {"delivered", "resent", "discarded"}, ends
        assert {row["state"] for view in ("epr.outbox", "ris.outbox") for row in self.rows(view)} <= {"delivered"}

    # The player of a repair

    def act(self, name: str, args: Mapping[str, Any]) -> Outcome:
        outcome = self.lab.perform(name, args)
        self.lab.settle()
        return outcome

    def rows(self, view: str) -> list[dict[str, Any]]:
        with self.lab.snapshot() as look:
            return look.view(view)

    def done(self, name: str, **args: Any) -> Outcome:
        """An action of the test's own that must succeed."""
        outcome = self.act(name, args)
        assert outcome.ok, outcome.summary
        return outcome

    def seen(self, view: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a view in which all of the query fits."""
        return [row for row in self.rows(view) if all(row[key] == value for key, value in query.items())]

    # DCMTK

    def port(self, system: str = "PACS") -> int:
        return self.lab.endpoints[system].port

    def dcmtk(self, program: str, *options: str, to: str = "PACS", port: int | None = None, args: Any = ()) -> str:
        """What a DCMTK client with -d prints, both streams."""
        command = [need(program), "-d", *options, HOST, str(port or self.port(to)), *map(str, args)]
        done = subprocess.run(
            command, capture_output=True, timeout=60, cwd=self.folder, env={**os.environ, "TCP_NODELAY": "1"}
        )
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def tool(self, program: str, *args: object) -> str:
        """What a DCMTK tool for files prints."""
        done = subprocess.run([need(program), *map(str, args)], capture_output=True, timeout=60, cwd=self.folder)
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def as_configured(self, scanner: str) -> tuple[list[str], int]:
        """The titles and the port with which a scanner calls the PACS at present, for a client in its place."""
        now = self.lab.modalities[scanner].settings()
        return ["-aet", now.ae_title, "-aec", now.pacs_title], now.pacs_port

    def echo_as(self, scanner: str) -> str:
        """A C-ECHO with what the scanner has configured."""
        titles, port = self.as_configured(scanner)
        return self.dcmtk("echoscu", *titles, port=port)

    def echo(self, calling: str, called: str = "PACS", to: str = "PACS") -> str:
        return self.dcmtk("echoscu", "-aet", calling, "-aec", called, to=to)

    def studies(self, *keys: str, level: str = "STUDY", shown: tuple[str, ...] = _LISTED) -> Rows:
        """What findscu finds at the PACS, as rows of the attributes shown."""
        given = {key.split("=")[0] for key in keys}
        wanted = [f"QueryRetrieveLevel={level}", *keys, *(one for one in shown if one not in given)]
        options = ["-S", "-aet", "ADMIN", "-aec", "PACS", *_keys(wanted)]
        return sorted(answers(self.dcmtk("findscu", *options)), key=lambda row: str(row))

    def worklist(self, *step: str, calling: str = "CT1") -> Rows:
        """What findscu finds on the RIS's worklist; `step` are keys of the scheduled step."""
        wanted = ["AccessionNumber", "PatientID", "StudyInstanceUID"]
        inside = [f"ScheduledProcedureStepSequence[0].{key}" for key in step or ("Modality",)]
        return answers(
            self.dcmtk("findscu", "-W", "-aet", calling, "-aec", "RIS", *_keys([*wanted, *inside]), to="RIS")
        )

    def store(self, files: Iterable[Path], *options: str, calling: str = "ADMIN") -> str:
        return self.dcmtk("storescu", "-R", "-aet", calling, "-aec", "PACS", *options, args=files)

    def move(self, study: str, to: str) -> str:
        keys = _keys(["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study}"])
        return self.dcmtk("movescu", "-S", "-aet", "ADMIN", "-aec", "PACS", "-aem", to, *keys)

    def get(self, study: str, folder: str = "got") -> tuple[list[Path], str]:
        """The files that getscu fetches of a study, and what it printed."""
        into = self.folder / folder
        into.mkdir(exist_ok=True)
        before = set(into.iterdir())
        keys = _keys(["QueryRetrieveLevel=STUDY", f"StudyInstanceUID={study}"])
        said = self.dcmtk("getscu", "-S", "-aet", "ADMIN", "-aec", "PACS", "-od", str(into), *keys)
        return sorted(set(into.iterdir()) - before), said

    def image(self, study: str = "2.25.31000068", number: int = 0) -> Path:
        """One image of an archived study as a file, taken from behind, since the door is what is under test."""
        uids = [row["sop_uid"] for row in self.seen("pacs.instances", study_uid=study)]
        path = self.folder / f"{uids[number]}.dcm"
        path.write_bytes(self.lab.pacs.load(uids[number]).part10())
        return path

    def another_image(self) -> Path:
        """One more image for Mr Zeller's study, such as a client may send."""
        path = self.image()
        self.tool("dcmodify", "-nb", "-gin", path)
        return path


def _keys(wanted: Iterable[str]) -> list[str]:
    return [part for key in wanted for part in ("-k", key)]


def _others(rows: Rows, concerned: set[str]) -> Rows:
    return [row for row in rows if not concerned & set(row.values())]


def statuses(output: str) -> list[str]:
    """The DIMSE statuses that a client prints, in order."""
    return [status.upper() for status in re.findall(r"DIMSE Status\s*: 0x([0-9a-fA-F]{4})", output)]


def final(output: str) -> str:
    """The last DIMSE status."""
    found = statuses(output)
    assert found, output
    return found[-1]


def succeeded(output: str) -> bool:
    """Whether a C-ECHO came back with success."""
    return "Received Echo Response (Success)" in output


def rejected(output: str) -> str:
    """The reason of an A-ASSOCIATE-RJ, empty when there was none."""
    found = re.search(r"Reason: (.+)", output)
    return found.group(1).strip() if found and "Association Rejected" in output else ""


def contexts(output: str) -> set[str]:
    """The results of all presentation contexts, in DCMTK's words."""
    answer = output.split("A-ASSOCIATE-AC", 1)[-1]
    return {found.strip() for found in re.findall(r"Context ID:\s+\d+ \((.+?)\)", answer) if found != "Proposed"}


def suboperations(output: str, what: str) -> int:
    """The last number of sub-operations of a kind."""
    found = re.findall(rf"{what} Suboperations\s*: (\w+)", output)
    assert found, output
    return 0 if found[-1] == "none" else int(found[-1])


def answers(output: str) -> Rows:
    """The identifiers of pending responses, flat: the first value of each attribute by keyword."""
    rows: Rows = []
    for block in re.split(r"DIMSE Status\s*: 0xff0", output)[1:]:
        row: dict[str, str] = {}
        for value, keyword in re.findall(r"\([0-9a-f]{4},[0-9a-f]{4}\) \w\w (.*?)\s+#\s+\d+, *\d+ (\w+)", block):
            row.setdefault(keyword, value.strip("[]").strip(" \0") if value.startswith("[") else "")
        rows.append(row)
    return rows


def until(condition: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait for a condition; AssertionError when it does not come about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)
