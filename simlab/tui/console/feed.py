"""The feed: what goes on in the hospital meanwhile."""

from __future__ import annotations

from simlab.tui.console.deeds import Deed, Section

FEED = Section(
    "feed",
    "Feed",
    "lab.feed",
    ("running", "now", "begun", "under_way", "ended", "messages", "answers", "seed"),
    (
        Deed("End it", "feed.stop", when="running"),
        Deed("Go on with it", "feed.resume", when="!running"),
        Deed("Begin another…", "feed.start", when="!running"),
    ),
    Deed("Begin a feed of pathways", "feed.start"),
    empty="Nobody but you has anything to do here; n begins a feed of pathways.",
)
