"""Small messages that travel upward: what a part of the screen has to say to the whole."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from simlab.errors import SimlabError

T = TypeVar("T")


@dataclass
class Refused(Message):
    """A call to the lab did not succeed."""

    error: SimlabError


@dataclass
class Acted(Message):
    """An action was carried out."""

    outcome: dict[str, Any]


@dataclass
class WantsAction(Message):
    """Open the form of an action, filled in as far as it is known."""

    name: str
    given: dict[str, Any]


@dataclass
class WantsAnswer(Message):
    """Open the question of a task."""

    task: str


@dataclass
class WantsEvidence(Message):
    """Open an event of the journal with its evidence."""

    event: int


@dataclass
class WantsRow(Message):
    """Show a row in full: a mail, a ticket, what a check looked at."""

    title: str
    row: dict[str, Any]


@dataclass
class WantsMessage(Message):
    """Show an HL7 message element by element."""

    title: str
    data: bytes


@dataclass
class WantsView(Message):
    """Show the rows of a view of the department."""

    title: str
    view: str
    filters: dict[str, Any]


@dataclass
class WantsScene(Message):
    """Stage a scene to try things in; after asking."""

    scene: str


@dataclass
class WantsReset(Message):
    """Put the department back to how it began; after asking."""


@dataclass
class WantsQuery(Message):
    """Go to the Query tab with a service chosen and fields filled in."""

    service: str
    given: dict[str, Any]


@dataclass
class WantsImage(Message):
    """Look at a study's images, begun at a series or an image of it."""

    study_uid: str
    series_uid: str = ""
    sop_uid: str = ""


async def heard(node: MessagePump, call: Awaitable[T]) -> T | None:
    """The answer of `call`, or None after telling the app why there is none."""
    try:
        return await call
    except SimlabError as error:
        node.post_message(Refused(error))
        return None
