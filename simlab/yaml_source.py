"""Safe YAML with positions: every mapping and list remembers the file and line that it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from simlab.errors import BadInput

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_NODES = 60_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.2 core schema, less its surprises: a leading zero or a date is text, and so are yes, no, on and off.
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


class YamlMap(dict[str, Any]):
    """A mapping with the `source` file, the `line` it begins at and the line of each key."""

    __slots__ = ("line", "lines", "source")

    def __init__(self, source: str, line: int) -> None:
        super().__init__()
        self.source = source
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: Any, line: int) -> None:
        self[key] = value
        self.lines[key] = line


class YamlList(list[Any]):
    """A list with the `source` file, the `line` it begins at and the line of each item."""

    __slots__ = ("line", "lines", "source")

    def __init__(self, source: str, line: int) -> None:
        super().__init__()
        self.source = source
        self.line = line
        self.lines: list[int] = []

    def put(self, value: Any, line: int) -> None:
        self.append(value)
        self.lines.append(line)


def read(path: Path, shown: str | None = None) -> Any:
    """The value of one YAML file; `shown` is what places call it. BadInput when it cannot be had."""
    return parse(read_text(path, shown), shown or str(path))


def read_text(path: Path, shown: str | None = None) -> str:
    """The text of a UTF-8 file of reasonable size; BadInput otherwise."""
    name = shown or str(path)
    try:
        # A size is asked for in vain where a device or a pipe stands in the file's place.
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise BadInput(f"the file is larger than {MAX_BYTES} bytes", place=name, remedy="Split it.")
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 text (byte {error.start})", place=name, remedy="Save it as UTF-8.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "Create the file, or correct its name."
        raise BadInput(f"cannot be read ({reason})", place=name, remedy=remedy) from None


def parse(text: str, source: str) -> Any:
    """The one document in `text`. Aliases, anchors, tags, duplicate keys and excess of any kind are BadInput."""
    if len(text) > MAX_BYTES:
        raise BadInput(f"the text is longer than {MAX_BYTES} characters", place=source, remedy="Split it.")
    try:
        return _build(_events(text), source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, (error.context, error.problem)))
        place = f"{source}:{mark.line + 1}" if mark else source
        raise BadInput(f"not YAML: {what}", place=place, remedy="Look at indentation, quotes and colons.") from None
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise BadInput(f"not YAML: {first}", place=source, remedy="Remove control characters.") from None


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_Loader)


def _build(events: Iterator[Any], source: str) -> Any:
    root: Any = None
    stack: list[YamlMap | YamlList] = []
    keys: list[tuple[str, int] | None] = []  # the key that waits for its value, one a level
    documents = nodes = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refused("a second document", event, source, "Keep one document a file.")
            continue
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            stack.pop()
            keys.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        nodes += 1
        line = _line(event)
        _permitted(event, source)
        if nodes > MAX_NODES or len(stack) > MAX_DEPTH:
            raise _refused("too many or too deeply nested values", event, source, "Split the file.")
        if isinstance(event, yaml.ScalarEvent):
            if stack and isinstance(stack[-1], YamlMap) and keys[-1] is None:
                keys[-1] = _key(event.value, stack[-1], event, source)
                continue
            value = _scalar(event.value) if event.implicit[0] and event.style in (None, "") else event.value
            root = _attach(value, line, stack, keys, root, event, source)
            continue
        container: YamlMap | YamlList
        container = YamlMap(source, line) if isinstance(event, yaml.MappingStartEvent) else YamlList(source, line)
        root = _attach(container, line, stack, keys, root, event, source)
        stack.append(container)
        keys.append(None)
    return root


def _attach(
    value: Any,
    line: int,
    stack: list[YamlMap | YamlList],
    keys: list[tuple[str, int] | None],
    root: Any,
    event: Any,
    source: str,
) -> Any:
    if not stack:
        return value
    top = stack[-1]
    if isinstance(top, YamlList):
        top.put(value, line)
        return root
    waiting = keys[-1]
    if waiting is None:
        raise _refused("a key that is a list or a mapping", event, source, "Use plain words as keys.")
    top.put(waiting[0], value, waiting[1])
    keys[-1] = None
    return root


def _key(text: str, mapping: YamlMap, event: Any, source: str) -> tuple[str, int]:
    if text in mapping:
        what = f"the key {text!r} stands twice (first on line {mapping.lines[text]})"
        raise _refused(what, event, source, "Keep one of them.")
    return text, _line(event)


def _permitted(event: Any, source: str) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        what = "anchors and aliases (& and *) are not used here"
        raise _refused(what, event, source, "Write the value out, or quote it.")
    if getattr(event, "tag", None):
        what = f"the tag {event.tag} is not used here"
        raise _refused(what, event, source, "Leave the tag away, or quote the text.")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refused(what: str, event: Any, source: str, remedy: str) -> BadInput:
    return BadInput(what, place=f"{source}:{_line(event)}", remedy=remedy)


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) < 20:
        return float(text)
    return text


def place(value: Any, key: str | int | None = None) -> str:
    """``file:line`` of a mapping or list, or of one entry in it; empty for anything else."""
    if isinstance(value, YamlMap):
        return f"{value.source}:{value.lines.get(str(key), value.line)}"
    if isinstance(value, YamlList):
        if isinstance(key, int) and 0 <= key < len(value.lines):
            return f"{value.source}:{value.lines[key]}"
        return f"{value.source}:{value.line}"
    return ""


def _inner(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, value)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return value


def locate(root: Any, path: Sequence[str | int]) -> str:
    """``file:line`` of the entry at `path`, or of the nearest thing around it that has a line."""
    found, here = place(root), root
    for step in path:
        found = place(here, step) or found
        here = _inner(here, step)
    return found
