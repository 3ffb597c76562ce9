"""The lab's feed: pathways in the background, begun and ended."""

from __future__ import annotations

from typing import ClassVar

from simlab.lab.actions.action import Action, Result
from simlab.lab.feed import FeedStage
from simlab.lab.systems import Systems


class Start(FeedStage, Action):
    """Begin a feed: pathways as deeds of the wards and the department, done by the actor `feed`."""

    name: ClassVar[str] = "feed.start"

    def perform(self, lab: Systems) -> Result:
        asked = FeedStage.model_validate(self.model_dump())
        done = lab.feed.start(asked)
        return Result(f"feed of {', '.join(done['pathways'])} begun with seed {done['seed']}", done)


class Stop(Action):
    """End the feed; what it has done stays done."""

    name: ClassVar[str] = "feed.stop"

    def perform(self, lab: Systems) -> Result:
        done = lab.feed.stop()
        return Result(f"feed ended after {done['messages']} deeds", done)


class Resume(Action):
    """Go on with the feed that was ended, where it stood."""

    name: ClassVar[str] = "feed.resume"

    def perform(self, lab: Systems) -> Result:
        done = lab.feed.resume()
        return Result(f"feed of {', '.join(done['pathways'])} goes on with seed {done['seed']}", done)


ACTIONS: tuple[type[Action], ...] = (Start, Stop, Resume)
