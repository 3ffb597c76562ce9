"""What an author starts from: a scaffold of a package that proves itself, and the format's JSON Schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from simlab import config
from simlab.errors import BadInput
from simlab.training import catalogue
from simlab.training.checks import WORDS
from simlab.training.drawing import SPECS
from simlab.training.exercise import Header, Plan
from simlab.training.scene_model import Scene

_FILES = {
    "exercise.yaml": """\
schema: 1
id: {id}
version: 1
title: {title}
track: {track}
level: foundation
kind: drill
competencies: []
time: {{expected_min: 15}}

vars:
  word: {{gen: text, pattern: "??##"}}

scene:
  clock: 2026-03-02T07:40
  use: [_lib/small-hospital]
  inbox:
  - {{id: call, kind: call, sender: Service desk, text: "Does the PACS answer? The word is ${{word}}."}}

tasks:
- id: reach
  title: Show that the PACS answers DICOM
  points: 6
  checks:
  - id: echoed
    dicom.operation: {{query: {{system: PACS, service: C-ECHO, status: "0000"}}}}
    message: The PACS has not answered a C-ECHO yet.
  - id: nothing-changed
    lab.unchanged: {{}}
    guard: true
- id: word
  points: 4
  answer: {{kind: text, ask: Which word did the caller say?, right: "${{word}}"}}

hints:
- {{task: reach, cost: 1, text: A ping does not speak DICOM.}}
""",
    "brief.md": "# {title}\n\nThe service desk is on the telephone. Look into your inbox.\n",
    "debrief.md": "# What happened\n\nA C-ECHO (PS3.4 A) shows that the DICOM service answers.\n",
    "solutions/ref.yaml": '- dicom.echo: {{to: PACS}}\n- desk.answer: {{task: word, value: "${{word}}"}}\n',
    "mistakes/wrong-word.yaml": "about: Answers without having listened\nfails: [word/answer]\nsteps:\n"
    "- dicom.echo: {{to: PACS}}\n- desk.answer: {{task: word, value: none}}\n",
}


def new(id: str, track: str, title: str = "", *, course: Path | None = None) -> Path:
    """Write a package that already verifies and give its folder; BadInput when it is there, or is misnamed."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", id):
        raise BadInput(f"{id!r} is no id", place="id", remedy="Use small letters, digits and hyphens.")
    if track not in catalogue.TRACKS:
        raise BadInput(
            f"there is no track {track!r}", place="track", remedy=f"The tracks are: {', '.join(catalogue.TRACKS)}."
        )
    folder = (course or config.course_folder("exercises")) / track / id
    if folder.exists():
        raise BadInput("there is an exercise of that name", place=str(folder), remedy="Choose another id.")
    words = {"id": id, "track": track, "title": title or id.replace("-", " ").capitalize()}
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**words), encoding="utf-8")
    return folder


def schema() -> dict[str, Any]:
    """The JSON Schema of exercise.yaml, for completion in editors."""
    shared: dict[str, Any] = {}

    def of(model: type[BaseModel]) -> dict[str, Any]:
        found = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
        shared.update(found.pop("$defs", {}))
        return found

    header, plan, scene = of(Header), of(Plan), of(Scene)
    checks = {name: of(word.model) for name, word in sorted(WORDS.items())}
    extras = {
        "id": {"type": "string"},
        "message": {"type": "string"},
        "guard": {"type": "boolean"},
        "critical": {"type": "boolean"},
        "when": {"type": "object", "description": "variable: value or values"},
    }
    check = {"type": "object", "required": ["id"], "properties": {**extras, **checks}, "additionalProperties": False}
    shared["Task"]["properties"]["checks"] = {"type": "array", "items": check}
    shared["Hint"]["properties"]["when"] = extras["when"]
    specs = {"anyOf": [of(spec) for spec in SPECS]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SimLab exercise",
        "type": "object",
        "additionalProperties": False,
        "required": [*header["required"], *plan["required"]],
        "properties": {
            **header["properties"],
            "vars": {"type": "object", "additionalProperties": specs},
            "scene": scene,
            **plan["properties"],
        },
        "$defs": shared,
    }
