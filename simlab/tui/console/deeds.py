"""What a row offers: an action with what the row knows of it, a list about it, a service on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simlab.tui.client import Rows
from simlab.tui.told import WantsAction, WantsMessage, WantsQuery, WantsView

Given = Mapping[str, str]
"""Argument → column of the row. ``key=value`` makes a setting of two columns, ``[column]`` a list of one."""


def taken(given: Given, row: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that `row` gives; what it does not know is left out."""
    known: dict[str, Any] = {}
    for argument, column in given.items():
        key, equals, value = column.partition("=")
        if equals:
            known[argument] = {str(row.get(key)): row.get(value)}
        elif column.startswith("["):
            known[argument] = [row[column[1:-1]]] if row.get(column[1:-1]) else None
        else:
            known[argument] = row.get(column)
    return {argument: value for argument, value in known.items() if value is not None}


def fits(when: str, row: Mapping[str, Any]) -> bool:
    """Whether `when` holds of a row: a column that is filled, with ``!`` one that is empty."""
    return not when or bool(row.get(when.removeprefix("!"))) != when.startswith("!")


@dataclass(frozen=True)
class Deed:
    """An action offered on a row: `given` takes arguments from columns of that row, `fixed` are constants."""

    label: str
    action: str
    given: Given = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    when: str = ""

    def wants(self, row: Mapping[str, Any]) -> WantsAction:
        return WantsAction(self.action, {**self.fixed, **taken(self.given, row)})


@dataclass(frozen=True)
class Look:
    """A view of the department about the row, to read."""

    label: str
    view: str
    given: Given = field(default_factory=dict)
    when: str = ""

    def wants(self, row: Mapping[str, Any]) -> WantsView:
        return WantsView(self.label, self.view, taken(self.given, row))


@dataclass(frozen=True)
class Ask:
    """A service of the Query tab, with keys from the row."""

    label: str
    service: str
    given: Given = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    when: str = ""

    def wants(self, row: Mapping[str, Any]) -> WantsQuery:
        return WantsQuery(self.service, {**self.fixed, **taken(self.given, row)})


@dataclass(frozen=True)
class Read:
    """An HL7 message that stands in a column of the row, to read element by element."""

    label: str
    column: str

    @property
    def when(self) -> str:
        return self.column

    def wants(self, row: Mapping[str, Any]) -> WantsMessage:
        text = str(row[self.column]).replace("\r\n", "\r").replace("\n", "\r")
        return WantsMessage(self.label, text.encode())


Offer = Deed | Look | Ask | Read


def as_they_come(rows: Rows) -> Rows:
    """The rows as the department gives them."""
    return rows


@dataclass(frozen=True)
class Section:
    """One list: where its rows come from, which columns come first, what can be done.

    `search` names the filters of the view that ``name=value`` in the list's filter line reaches; `only` keeps the rows
    whose `keep` column has one of these values; `most` asks a view that grows for its last so many; `each` asks it more
    than once, with these filters; `arranged` puts the rows in order, or words into them; `lead` is
    what the line beneath says of a row before one goes to another column.
    """

    id: str
    name: str
    view: str
    columns: tuple[str, ...] = ()
    deeds: tuple[Offer, ...] = ()
    new: Deed | None = None
    empty: str = "Nothing here."
    search: tuple[str, ...] = ()
    keep: str = "key"
    only: tuple[Any, ...] = ()
    newest_first: bool = False
    most: int = 0
    each: tuple[Mapping[str, str], ...] = ({},)
    arranged: Callable[[Rows], Rows] = as_they_come
    lead: str = "subject"


@dataclass(frozen=True)
class Group:
    """Sections under one heading that opens and closes."""

    name: str
    sections: tuple[Section, ...]


ADDRESSES = "addresses"
QUESTIONS = "questions"
"""Sections whose rows come from elsewhere than a view: the lab's endpoints, the attempt's questions."""

SETTING = {"*": "key=value"}
"""The argument of an action that takes any setting: the row's own."""
