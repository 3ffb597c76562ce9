"""Whether the segments of a message stand as its structure says: each step from one to the next is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from simlab.hl7 import dictionary


@dataclass(eq=False, slots=True)
class _Node:
    name: str
    least: int
    most: int
    choice: bool
    parent: _Node | None
    index: int
    parts: list[_Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """A segment out of place: its `index` in the message (that of the next one when it is missing), name and rule."""

    index: int
    name: str
    rule: str
    what: str
    remedy: str


_Step = tuple[_Node, tuple[str, ...]]


class Grammar:
    """The steps that one message structure allows; each is worked out once and remembered."""

    def __init__(self, structure: dictionary.Structure) -> None:
        self.name = structure.name
        self._root = _planted(structure, None, 0)
        self._steps: dict[tuple[int, str], _Step | None] = {}
        self._ends: dict[int, tuple[str, ...]] = {}
        self.names = frozenset(_segments(self._root))

    def faults(self, names: Sequence[str]) -> list[Fault]:
        """Every segment that is missing, out of order, once too often, or foreign to the structure.

        Z-segments may stand anywhere (HL7 v2.5.1 ch. 2.11).
        """
        found: list[Fault] = []
        here = self._root
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name[0] in "Zz" or name not in self.names:
                if name[0] not in "Zz":
                    found.append(self._foreign(index, name))
                continue
            step = self._step(here, name)
            if step is None:
                found.append(self._misplaced(index, name, name in seen))
            else:
                here, missing = step
                found += [self._missing(index, required) for required in missing]
            seen.add(name)
        found += [self._missing(len(names), required) for required in self._end(here)]
        displaced = {fault.name for fault in found if fault.rule == "structure.order"}
        return [one for one in found if one.rule != "structure.missing" or one.name not in displaced]

    def _missing(self, index: int, name: str) -> Fault:
        what = f"{name} is missing: {self.name} requires it here"
        return Fault(index, name.partition(" ")[0], "structure.missing", what, f"Send {name}.")

    def _misplaced(self, index: int, name: str, again: bool) -> Fault:
        if again:
            what = f"{self.name} has no further {name} here"
            return Fault(index, name, "structure.repeat", what, f"Send {name} once, or each in a group of its own.")
        what = f"{name} stands too late: {self.name} has it further up"
        return Fault(index, name, "structure.order", what, f"Put {name} in its place.")

    def _foreign(self, index: int, name: str) -> Fault:
        what = f"{self.name} has no {name}"
        return Fault(index, name, "structure.foreign", what, "Leave it out, or agree on a Z-segment.")

    def _step(self, here: _Node, name: str) -> _Step | None:
        key = (id(here), name)
        if key not in self._steps:
            self._steps[key] = _next(here, name)
        return self._steps[key]

    def _end(self, here: _Node) -> tuple[str, ...]:
        if id(here) not in self._ends:
            self._ends[id(here)] = tuple(_left_behind(here))
        return self._ends[id(here)]


@lru_cache(maxsize=256)
def grammar(name: str, version: str) -> Grammar | None:
    """The grammar of a message structure (``ORM_O01``); None when the version has none of that name."""
    found = dictionary.structure(name, version)
    return Grammar(found) if found else None


def _planted(part: dictionary.Structure, parent: _Node | None, index: int) -> _Node:
    node = _Node(part.name, part.least, part.most, part.choice, parent, index)
    node.parts = [_planted(inner, node, number) for number, inner in enumerate(part.parts)]
    return node


def _segments(node: _Node) -> Iterator[str]:
    if not node.parts:
        yield node.name
    for part in node.parts:
        yield from _segments(part)


def _required(node: _Node) -> list[str]:
    if node.least == 0:
        return []
    if not node.parts:
        return [node.name]
    if node.choice:
        return [" or ".join(part.name for part in node.parts)]
    return [name for part in node.parts for name in _required(part)]


def _enter(parts: Sequence[_Node], name: str, *, choice: bool) -> tuple[_Node, list[str]] | None:
    """The first place for `name` among `parts`, and what was required before it."""
    skipped: list[str] = []
    for part in parts:
        found = _enter(part.parts, name, choice=part.choice) if part.parts else None
        if found:
            return found[0], skipped + found[1]
        if not part.parts and part.name == name:
            return part, skipped
        if not choice:
            skipped += _required(part)
    return None


def _next(here: _Node, name: str) -> _Step | None:
    if here.name == name and not here.parts and here.most == -1:
        return here, ()
    if here.parent is None:  # the beginning
        found = _enter(here.parts, name, choice=here.choice)
        return (found[0], tuple(found[1])) if found else None
    missing: list[str] = []
    node = here
    while node.parent is not None:
        group = node.parent
        if not group.choice:
            later = group.parts[node.index + 1 :]
            found = _enter(later, name, choice=False)
            if found:
                return found[0], (*missing, *found[1])
            missing += [required for part in later for required in _required(part)]
        if group.most == -1:
            found = _enter(group.parts, name, choice=group.choice)
            if found:
                return found[0], (*missing, *found[1])
        node = group
    return None


def _left_behind(here: _Node) -> Iterator[str]:
    if here.parent is None:
        for part in here.parts:
            yield from _required(part)
    node = here
    while node.parent is not None:
        if not node.parent.choice:
            for part in node.parent.parts[node.index + 1 :]:
                yield from _required(part)
        node = node.parent
