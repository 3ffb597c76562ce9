"""A message's passage through a route: which messages come out of its rules, or why none does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from simlab.department.engine import rules as verbs
from simlab.department.engine.conditions import unmet
from simlab.department.engine.rewriting import rewritten, with_line_ends
from simlab.department.engine.rules import RuleOf
from simlab.errors import SimlabError
from simlab.hl7.message import Message


@dataclass(frozen=True)
class Step:
    """What one rule did: `said` in words, and whether it changed anything."""

    rule: int
    verb: str
    said: str
    changed: bool = False


@dataclass(frozen=True)
class Passage:
    """What became of a message: the bytes that go out, or why it was `filtered`, or why it was `refused`."""

    out: tuple[bytes, ...] = ()
    filtered: str = ""
    refused: str = ""
    steps: tuple[Step, ...] = ()


@lru_cache(maxsize=256)
def _names(kept: str) -> frozenset[str]:
    return frozenset(json.loads(kept))


def wants(sources: str, types: str, sending: str, kind: str) -> bool:
    """Whether a route with these lists (JSON) takes messages of application `sending` and type `kind` (``ADT^A40``)."""
    from_, of = _names(sources), _names(types)
    return (not from_ or sending in from_) and (not of or kind in of or kind.split("^")[0] in of)


@dataclass
class _Walk:
    messages: list[Message]
    steps: list[Step] = field(default_factory=list)
    filtered: str = ""

    def note(self, number: int, rule: RuleOf, said: str, *, changed: bool = False) -> None:
        self.steps.append(Step(number, rule.verb, said, changed))


def through(route: str, rules: Sequence[RuleOf], message: Message) -> Passage:
    """Send a message through a route's rules, in their order; never raises for what message or rules are.

    A rule that fails refuses the whole message, with route, number and path of the rule and a remedy.
    """
    if not rules:
        return Passage((message.data,))
    walk = _Walk([message])
    for number, rule in enumerate(rules, 1):
        if isinstance(rule, verbs.LineEnds):
            if any(not unmet(rule.when, one) for one in walk.messages):
                walk.note(number, rule, f"segments end with {rule.line_ends}", changed=True)
            out = tuple(with_line_ends(rule, m.data) if not unmet(rule.when, m) else m.data for m in walk.messages)
            return Passage(out, steps=tuple(walk.steps))
        try:
            _apply(walk, number, rule)
        except SimlabError as error:
            return _refused(route, number, error.place, error.what, error.remedy, walk)
        except Exception as error:  # a door: a failing rule makes a dead letter, it never loses a message
            return _refused(route, number, rule.verb, f"the rule failed ({error})", "", walk)
        if not walk.messages:
            return Passage(filtered=walk.filtered, steps=tuple(walk.steps))
    return Passage(tuple(one.data for one in walk.messages), steps=tuple(walk.steps))


def _refused(route: str, number: int, place: str, what: str, remedy: str, walk: _Walk) -> Passage:
    where = ", ".join(filter(None, (f"route {route}", f"rule {number}", place)))
    return Passage(refused=str(SimlabError(what, place=where, remedy=remedy)), steps=tuple(walk.steps))


def _apply(walk: _Walk, number: int, rule: RuleOf) -> None:
    before, after = walk.messages, []
    said = ""
    for one in before:
        idle = unmet(rule.when, one)
        if idle:
            said = said or f"not applied: {idle} is not as `if` wants it"
            after.append(one)
            continue
        made, said = _carried_out(rule, one)
        after += made
    walk.messages = after
    changed = [one.data for one in before] != [one.data for one in after]
    if not after:
        walk.filtered = f"rule {number}: {said}"
    walk.note(number, rule, said or ("changed" if changed else "nothing to change"), changed=changed)


def _carried_out(rule: RuleOf, message: Message) -> tuple[list[Message], str]:
    match rule:
        case verbs.Keep():
            place = unmet(rule.keep, message)
            return ([], f"{place} is not what the route keeps") if place else ([message], "kept")
        case verbs.Drop():
            if unmet(rule.drop, message):
                return [message], "not dropped"
            return [], f"dropped for its {', '.join(rule.drop)}"
        case verbs.Refuse():
            if unmet(rule.refuse, message):
                return [message], "not refused"
            raise SimlabError(rule.because, place=next(iter(rule.refuse)))
    return rewritten(rule, message), ""


def as_json(passage: Passage) -> list[dict[str, Any]]:
    """The steps of a passage as rows."""
    return [
        {"rule": step.rule, "verb": step.verb, "changed": step.changed, "said": step.said} for step in passage.steps
    ]
