"""Writes docs/situations.md from the scenes: `python -m tests.situations.page` (the test says when it is stale)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from simlab.training import situation

PAGE = Path(__file__).parents[2] / "docs" / "situations.md"

_INTRODUCTION = """\
# Situations worth teaching

Twenty-five faults at images and sixteen at interfaces that a PACS administrator meets, each a scene that stages it on
the real department:

```
simlab up --scene situations/01-called-title      # in a lab that starts; `simlab stage NAME` in one that runs
```

For each: what is wrong, what an independent client shows (DCMTK's, with `-d`), how it is mended, and the mending that
goes too far. The repair is a list of actions as `simlab act` takes them; `see` looks something up for a later step.
What is another's work is mended by asking whose it is (`desk.ask`).

`tests/situations/` plays each one: the symptom with DCMTK or raw HL7, the scene's own repair, the symptom gone, and
nothing overdone: strangers and wrong titles are still refused, and no other patient's studies have changed. This page
is written from the scenes.
"""


def page() -> str:
    """The page as the scenes have it now."""
    return "\n".join([_INTRODUCTION, *(_section(name) for name in situation.names())])


def _section(name: str) -> str:
    one = situation.read(name)
    number = name.removeprefix("situations/").split("-")[0].lstrip("0")
    parts = [
        f"## {number}. {one.about.title}",
        f"{one.about.fault}",
        f"**Staged by** `{name}`. **Seen**: {one.about.symptom}",
        *_shows(one.begin.source),
        "**Mended**:",
        "```yaml\n" + "".join(_step(step) for step in one.script.source) + "```",
        f"**Overdone**: {one.about.overdone}",
    ]
    return "\n\n".join(parts) + "\n"


def _shows(happens: Any) -> list[str]:
    """The steps that make a fault show, where staging alone does not."""
    return (
        ["**It shows** when somebody does this:", "```yaml\n" + "".join(map(_step, happens)) + "```"] if happens else []
    )


def _step(step: Any) -> str:
    return str(
        yaml.safe_dump([_plain(step)], default_flow_style=None, sort_keys=False, allow_unicode=True, width=10_000)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
