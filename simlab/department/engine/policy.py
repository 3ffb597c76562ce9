"""How a route delivers: how long it waits, what it tries again, and when a message becomes a dead letter."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from simlab.clock import Clock
from simlab.hl7 import courier
from simlab.hl7.courier import Delivery

QUEUED = "queued"
DELIVERED = "delivered"
ERROR = "error"

BY_RULE = "rule"
BY_RECEIVER = "receiver"
BY_ATTEMPTS = "attempts"
"""Who failed a dead letter: a rule, the receiver with AE or AR, or nobody who answered in so many attempts."""


class Policy(BaseModel):
    """A route's manner of delivery; seconds of waiting between attempts are hospital time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ack_seconds: float = Field(10.0, gt=0, le=300, description="how long an acknowledgement is waited for")
    attempts: int = Field(0, ge=0, le=100_000, description="unanswered attempts until a dead letter; 0: for ever")
    refusals: int = Field(10, ge=1, le=100_000, description="AR answers until a dead letter")
    first_seconds: float = Field(1.0, ge=0, le=3600, description="wait after the first failed attempt")
    factor: float = Field(2.0, ge=1, le=10, description="each wait is so many times the one before")
    longest_seconds: float = Field(60.0, ge=0, le=86400, description="no wait is longer")
    on_ae: Literal["error", "retry"] = Field("error", description="AE: a dead letter, or tried again for ever")
    on_ar: Literal["retry", "error"] = Field("retry", description="AR: tried again, or a dead letter at once")
    tls: bool = Field(False, description="deliver over TLS, with the lab's own certificates")
    sequence: bool = Field(False, description="number what it delivers (MSH-13), each sender's messages by themselves")
    deferred: bool = Field(False, description="CA ends a delivery; AA, AE or AR comes later, to the engine's own door")
    copies: int = Field(1, ge=1, le=5, description="how often each message is queued; more than once is a fault")


@dataclass(frozen=True)
class Verdict:
    """What an attempt makes of an item: its `state`, who `failed` it if it is a dead letter, and its next attempt."""

    state: str
    failed: str = ""
    next_try: float = 0.0


@lru_cache(maxsize=256)
def policy(kept: str) -> Policy:
    """The policy that the engine keeps as this JSON."""
    return Policy.model_validate_json(kept)


def wait(policy: Policy, attempts: int) -> float:
    """The hospital seconds between attempt number `attempts`, which failed, and the next one."""
    return float(min(policy.first_seconds * policy.factor ** min(max(attempts, 1) - 1, 60), policy.longest_seconds))


def judge(policy: Policy, delivery: Delivery, attempts: int, clock: Clock) -> Verdict:
    """The verdict on attempt number `attempts`. Under a frozen clock waits are real seconds."""
    if delivery.result == courier.DELIVERED:
        return Verdict(DELIVERED)
    if delivery.result == courier.ERROR and policy.on_ae == "error":
        return Verdict(ERROR, BY_RECEIVER)
    if delivery.refused and (policy.on_ar == "error" or attempts >= policy.refusals):
        return Verdict(ERROR, BY_RECEIVER)
    if delivery.ack is None and policy.attempts and attempts >= policy.attempts:
        return Verdict(ERROR, BY_ATTEMPTS)
    return Verdict(QUEUED, next_try=time.time() + wait(policy, attempts) / (clock.state()["speed"] or 1.0))
