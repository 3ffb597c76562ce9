"""How a route's rules are read from YAML or JSON, checked, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Tag, TypeAdapter, ValidationError

from simlab.department.engine.rules import (
    AddSegment,
    Charset,
    Convert,
    Drop,
    DropRepetitions,
    DropSegment,
    Keep,
    KeepRepetitions,
    LineEnds,
    OrderRepetitions,
    Refuse,
    RuleOf,
    Set,
    Split,
    Translate,
    Version,
)
from simlab.errors import BadInput

MAX_RULES = 100
_TAGS = ("value", "values", "comparison")  # of pydantic's, in the place of an error

VERBS: dict[str, type[RuleOf]] = {
    "keep": Keep,
    "drop": Drop,
    "refuse": Refuse,
    "set": Set,
    "translate": Translate,
    "add_segment": AddSegment,
    "drop_segment": DropSegment,
    "keep_repetitions": KeepRepetitions,
    "drop_repetitions": DropRepetitions,
    "order_repetitions": OrderRepetitions,
    "charset": Charset,
    "version": Version,
    "convert": Convert,
    "split": Split,
    "line_ends": LineEnds,
}
"""Every verb that a rule may have."""


def _which(given: Any) -> str | None:
    if isinstance(given, RuleOf):
        return given.verb
    found = [name for name in VERBS if name in given] if isinstance(given, dict) else []
    return found[0] if len(found) == 1 else None


Rule = Annotated[
    Annotated[Keep, Tag("keep")]
    | Annotated[Drop, Tag("drop")]
    | Annotated[Refuse, Tag("refuse")]
    | Annotated[Set, Tag("set")]
    | Annotated[Translate, Tag("translate")]
    | Annotated[AddSegment, Tag("add_segment")]
    | Annotated[DropSegment, Tag("drop_segment")]
    | Annotated[KeepRepetitions, Tag("keep_repetitions")]
    | Annotated[DropRepetitions, Tag("drop_repetitions")]
    | Annotated[OrderRepetitions, Tag("order_repetitions")]
    | Annotated[Charset, Tag("charset")]
    | Annotated[Version, Tag("version")]
    | Annotated[Convert, Tag("convert")]
    | Annotated[Split, Tag("split")]
    | Annotated[LineEnds, Tag("line_ends")],
    Discriminator(
        _which,
        custom_error_type="one_verb",
        custom_error_message="A rule has exactly one verb: " + ", ".join(VERBS),
    ),
]
_RULES: TypeAdapter[list[Rule]] = TypeAdapter(list[Rule], config=ConfigDict(defer_build=True))


def in_order(rules: Sequence[RuleOf]) -> None:
    """Raise ValueError when rules cannot stand in this order, or are too many."""
    if len(rules) > MAX_RULES:
        raise ValueError(f"{len(rules)} rules; a route has at most {MAX_RULES}")
    for number, rule in enumerate(rules[:-1], 1):
        if isinstance(rule, LineEnds):
            raise ValueError(f"rule {number}: behind line_ends no rule can read the message; put it last")


def read_rules(given: Any, route: str) -> list[RuleOf]:
    """Rules as YAML or JSON gives them; BadInput names the route, the rule's number and what is wrong with it."""
    try:
        rules: list[RuleOf] = [*_RULES.validate_python(given)]
        in_order(rules)
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part) for n, part in enumerate(first["loc"]) if n != 1 and part not in _TAGS]
        number = int(where[0]) + 1 if where and where[0].isdigit() else 0
        place = ", ".join(filter(None, (f"route {route}", f"rule {number}" if number else "", ".".join(where[1:]))))
        raise BadInput(first["msg"].removeprefix("Value error, "), place=place, remedy="See docs/engine.md.") from None
    except ValueError as error:
        raise BadInput(str(error), place=f"route {route}") from None
    return rules


def written(rules: Sequence[RuleOf]) -> str:
    """Rules as the JSON that the engine keeps."""
    return json.dumps([rule.as_json() for rule in rules], ensure_ascii=False)


@lru_cache(maxsize=512)
def compiled(kept: str) -> tuple[RuleOf, ...]:
    """The rules that `written` made this text of."""
    return tuple(_RULES.validate_json(kept))
