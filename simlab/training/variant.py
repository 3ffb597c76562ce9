"""One trainee's version of an exercise: variables drawn from a seed and filled into YAML and Markdown."""

from __future__ import annotations

import difflib
import random
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from simlab import yaml_source
from simlab.errors import BadInput
from simlab.training.drawing import draw
from simlab.yaml_source import YamlList, YamlMap

DEFAULT_CLOCK = datetime(2026, 3, 2, 7, 40)
CLOCK_YEARS = range(1900, 2200)
"""Years in which a scene may play: what it counts from there must stay in the calendar."""
WHEN = "when"
_REFERENCE = re.compile(r"\$(\$?)\{([^}\n]*)\}")


def clock_of(scene: Any) -> datetime:
    """The hospital time at which a scene (raw YAML) begins."""
    text = scene.get("clock") if isinstance(scene, Mapping) else None
    if text is None:
        return DEFAULT_CLOCK
    try:
        now = datetime.fromisoformat(str(text))
        if now.tzinfo is not None or now.year not in CLOCK_YEARS:
            raise ValueError(text)
        return now
    except ValueError:
        raise BadInput(
            f"clock is {str(text)[:40]!r}",
            place=yaml_source.place(scene, "clock"),
            remedy="Write it as 2026-03-02T07:40.",
        ) from None


def given(now: datetime, seats: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The variables that are always there: today, tomorrow, yesterday, and where each system listens (`lab`)."""
    days = {"today": 0, "tomorrow": 1, "yesterday": -1}
    found: dict[str, Any] = {name: (now + timedelta(days=n)).strftime("%Y%m%d") for name, n in days.items()}
    return {**found, "lab": {name: dict(seat) for name, seat in seats.items()}}


def draw_all(specs: Any, seed: int, salt: str, now: datetime, known: Mapping[str, Any]) -> dict[str, Any]:
    """Draw every variable of `specs` in order. Each has its own random stream, so that adding one changes no other."""
    values = dict(known)
    if specs is None:
        return values
    if not isinstance(specs, Mapping):
        raise BadInput("vars is not a mapping", place=yaml_source.place(specs), remedy="Write name: {gen: …}.")
    for name, spec in specs.items():
        here = yaml_source.place(specs, name)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in known:
            raise BadInput(f"{name!r} cannot name a variable", place=here, remedy="Use a new word of small letters.")
        filled = Filler(values).fill(spec)
        if not isinstance(filled, Mapping):
            raise BadInput(f"{name} is not a mapping", place=here, remedy="Write {gen: …}, {pick: […]} or {value: …}.")
        values[name] = draw(random.Random(f"{salt}/{name}/{seed}"), filled, now)
    return values


class Filler:
    """Fills ``${variable}`` and ``${variable.attribute}`` in, drops what `when` excludes, and notes what was used."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.used: set[str] = set()

    def fill(self, value: Any, where: str = "") -> Any:
        """A copy of `value`, filled; positions stay. A value that is one reference keeps the variable's type."""
        if isinstance(value, YamlMap):
            return self._mapping(value)
        if isinstance(value, YamlList):
            filled = YamlList(value.source, value.line)
            for item, line in zip(value, value.lines, strict=True):
                done = self.fill(item, f"{value.source}:{line}")
                if self.wanted(item):
                    filled.put(done, line)
            return filled
        if isinstance(value, str):
            return self._scalar(value, where)
        return value

    def text(self, text: str, source: str) -> str:
        """Prose with every reference filled in."""
        lines = text.split("\n")
        return "\n".join(str(self._text(line, f"{source}:{number}")) for number, line in enumerate(lines, 1))

    def _mapping(self, value: YamlMap) -> YamlMap:
        filled = YamlMap(value.source, value.line)
        for key, item in value.items():
            line = value.lines[key]
            if key == WHEN and isinstance(item, Mapping):
                self.wanted(value)
                continue
            done = self.fill(item, f"{value.source}:{line}")
            if self.wanted(item):
                filled.put(str(self._text(key, f"{value.source}:{line}")), done, line)
        return filled

    def wanted(self, item: Any) -> bool:
        """Whether the `when` of a mapping, if it has one, fits this variant."""
        condition = item.get(WHEN) if isinstance(item, YamlMap) else None
        if not isinstance(condition, YamlMap):
            return True
        fits = True
        for name, wanted in condition.items():
            found = self.look_up(name, yaml_source.place(condition, name))
            allowed = wanted if isinstance(wanted, list) else [wanted]
            fits = fits and str(found) in [str(choice) for choice in allowed]
        return fits

    def _scalar(self, text: str, where: str) -> Any:
        whole = _REFERENCE.fullmatch(text)
        if whole and not whole[1]:
            return self.look_up(whole[2].strip(), where)
        return self._text(text, where)

    def _text(self, text: str, where: str) -> str:
        if "${" not in text:
            return text

        def put(found: re.Match[str]) -> str:
            if found[1]:
                return "${" + found[2] + "}"
            value = self.look_up(found[2].strip(), where)
            if isinstance(value, (dict, list)):
                inside = ", ".join(value) if isinstance(value, dict) else ""
                remedy = f"Say which attribute: {inside}." if inside else "Use it as a whole value."
                raise BadInput(f"${{{found[2]}}} cannot stand in a text", place=where, remedy=remedy)
            return str(value)

        return _REFERENCE.sub(put, text)

    def look_up(self, reference: str, where: str) -> Any:
        """The value of ``name.attribute``; BadInput names the nearest when there is none."""
        name, *attributes = reference.split(".")
        if name not in self.values:
            raise _unknown(f"there is no variable {name!r}", name, self.values, where)
        self.used.add(name)
        value = self.values[name]
        for attribute in attributes:
            if isinstance(value, Mapping) and attribute in value:
                value = value[attribute]
            elif isinstance(value, str) and attribute in FORMS:
                value = _formed(value, attribute, reference, where)
            else:
                known = value if isinstance(value, Mapping) else FORMS
                raise _unknown(f"${{{reference}}}: there is no {attribute!r}", attribute, known, where)
        return value


def _unknown(what: str, name: str, known: Mapping[str, Any], where: str) -> BadInput:
    near = difflib.get_close_matches(name, list(known), 1)
    remedy = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
    return BadInput(what, place=where, remedy=remedy)


def _words(text: str) -> str:
    moment = datetime.strptime(text, "%Y%m%d")
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


FORMS = {
    "words": _words,
    "iso": lambda text: datetime.strptime(text, "%Y%m%d").date().isoformat(),
    "digits": lambda text: re.sub(r"\D", "", text),
    "upper": str.upper,
    "lower": str.lower,
}
"""Ways to write a text variable: ``${day.words}`` is Monday 2 March 2026, ``${day.iso}`` 2026-03-02."""


def _formed(text: str, form: str, reference: str, where: str) -> str:
    try:
        return FORMS[form](text)
    except ValueError:
        raise BadInput(f"${{{reference}}}: {text!r} is no date", place=where, remedy="Use a date YYYYMMDD.") from None
