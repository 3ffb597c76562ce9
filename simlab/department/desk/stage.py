"""What a scene lays on the desk: mails and calls, and colleagues with their rules."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_OFFSET = re.compile(r"\+(\d+)([smh])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Staged):
    """What a colleague does when a question holds every one of `mentions` (in any case).

    `reply` is the answer; `does` the actions done for the trainee, each ``{name: {argument: value}}``. A rule with
    `once` is met one time only; afterwards later rules have their turn.
    """

    mentions: list[str] = Field(min_length=1)
    reply: str
    does: list[dict[str, dict[str, Any]]] = []
    once: bool = False

    @field_validator("mentions")
    @classmethod
    def _says_something(cls, words: list[str]) -> list[str]:
        if not all(word.strip() for word in words):
            raise ValueError("an empty mention is found in every text; write the words that must be there")
        return words

    @field_validator("does")
    @classmethod
    def _one_action_each(cls, actions: list[dict[str, dict[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
        if any(len(action) != 1 for action in actions):
            raise ValueError("each action is one name with its arguments: {pacs.set_peer: {title: CT1}}")
        return actions

    def met_by(self, text: str) -> bool:
        """Whether `text` mentions everything."""
        asked = text.casefold()
        return all(word.casefold() in asked for word in self.mentions)


class Colleague(_Staged):
    """Somebody one can ask. `who` is the short name to ask by; `otherwise` asks back when no rule is met."""

    who: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str
    role: str = ""
    otherwise: str = "Which patient, which number or which system do you mean? Tell me what you want done."
    rules: list[Rule] = []


class Mail(_Staged):
    """A mail or a call. `at` is empty (it lies there already), ``+5m`` (after staging) or a hospital date and time."""

    id: str = Field(min_length=1)
    kind: Literal["mail", "call"] = "mail"
    sender: str
    subject: str = ""
    text: str
    at: str = ""

    @field_validator("at")
    @classmethod
    def _readable(cls, at: str) -> str:
        moment(at, datetime.min)
        return at


class DeskStage(_Staged):
    """The desk in a scene."""

    inbox: list[Mail] = []
    colleagues: list[Colleague] = []


def moment(at: str, now: datetime) -> datetime:
    """When `at` is: now, an offset from now in s, m or h of hospital time, or an ISO date and time.

    Raises ValueError for anything else.
    """
    if not at:
        return now
    offset = _OFFSET.fullmatch(at)
    if offset:
        try:
            return now + timedelta(**{_UNITS[offset[2]]: int(offset[1])})
        except OverflowError:
            raise ValueError(f"{at[:40]!r} is too far away; write +30s, +5m, +1h or 2026-03-02T08:15") from None
    try:
        return datetime.fromisoformat(at).replace(tzinfo=None)
    except ValueError:
        raise ValueError(f"{at!r} is no time; write +30s, +5m, +1h or 2026-03-02T08:15") from None
