"""The console of the interface engine: routes and their rules, the queue, dead letters, numbers."""

from __future__ import annotations

from simlab.tui.console.deeds import Deed, Group, Look, Read, Section
from simlab.tui.console.queued import in_order, newest_first, read_rules

_DOOR = {"door": "door"}
_ROUTE = {"route": "name"}
_ITS_ROUTE = {"route": "route"}
_ITEM = {"item": "id"}

_GOES_OUT = Read("The message as it goes out…", "message")
_CAME_IN = Read("The message as it came in…", "original")
_REPLY = Read("Its acknowledgement…", "ack")
_AGAIN = Deed("Queue again…", "engine.resend", _ITEM)
_EDITED = Deed("Edit and queue again…", "engine.resend", {**_ITEM, "message": "message"})
_DISCARD = Deed("Discard…", "engine.discard", _ITEM)
_DIFFERS = Look("Came in, goes out: what differs", "engine.changes", _ITEM)

ENGINE = Group(
    "Engine",
    (
        Section(
            "routes",
            "Routes",
            "engine.routes",
            ("name", "state", "waiting", "errors"),
            (
                Deed("Hold", "engine.hold", _ROUTE),
                Deed("Release", "engine.release", _ROUTE),
                Deed("Disable…", "engine.disable", _ROUTE),
                Deed("Change it…", "engine.set_route", _ROUTE),
                Look("Its numbers", "engine.statistics", _ROUTE),
                Look("Its queue", "engine.queue", _ROUTE),
                Look("Its dead letters", "engine.dead", _ROUTE),
                Look("Its rules", "engine.rules", _ROUTE),
                Deed("Queue its dead letters again…", "engine.requeue", _ROUTE),
                Deed("Add a rule…", "engine.set_rule", _ROUTE),
                Deed("Give it other rules…", "engine.set_rules", _ROUTE),
                Deed("What would it make of a message…", "engine.try_rules", _ROUTE),
                Deed("Remove it…", "engine.remove_route", _ROUTE),
            ),
            Deed("New route", "engine.add_route"),
        ),
        Section(
            "queue",
            "Queue",
            "engine.queue",
            (
                "route",
                "next",
                "state",
                "type",
                "id",
                "control_id",
                "patient_ids",
                "attempts",
                "later",
                "error",
                "age",
                "-",
            ),
            (
                _GOES_OUT,
                _CAME_IN,
                _DIFFERS,
                Deed("Hold its route", "engine.hold", _ITS_ROUTE),
                Deed("Release its route", "engine.release", _ITS_ROUTE),
                Deed("Move it one place forward…", "engine.move", {**_ITEM, "before": "ahead"}, when="ahead"),
                Deed("Move it to the front…", "engine.move", {**_ITEM, "before": "first"}, when="first"),
                Deed("Move it behind all…", "engine.move", _ITEM),
                _EDITED,
                _DISCARD,
            ),
            search=("route", "control_id"),
            most=1000,
            each=({"state": "sending"}, {"state": "queued"}),
            arranged=in_order,
            empty="Nothing waits. Routes holds a route, so that what it takes waits here.",
        ),
        Section(
            "gone-through",
            "Gone through",
            "engine.queue",
            ("id", "route", "state", "type", "control_id", "patient_ids", "attempts", "later", "done", "reason", "-"),
            (_GOES_OUT, _CAME_IN, _REPLY, _DIFFERS, _AGAIN, _EDITED),
            search=("route", "state", "control_id"),
            most=300,
            each=({"state": "delivered"}, {"state": "discarded"}, {"state": "resent"}),
            arranged=newest_first,
            empty="No message went through.",
        ),
        Section(
            "dead-letters",
            "Dead letters",
            "engine.dead",
            ("id", "route", "failed", "error", "age", "type", "control_id"),
            (
                _GOES_OUT,
                _CAME_IN,
                _REPLY,
                _DIFFERS,
                _AGAIN,
                _EDITED,
                Deed("Queue all of the route again…", "engine.requeue", _ITS_ROUTE),
                _DISCARD,
            ),
            search=("route",),
            arranged=newest_first,
            lead="error",
            empty="No dead letters.",
        ),
        Section(
            "engine-rules",
            "Rules",
            "engine.rules",
            ("route", "number", "when", "what it does", "to", "note", "-"),
            (
                Deed("Change…", "engine.set_rule", {"route": "route", "number": "number", "rule": "rule"}),
                Deed("Remove", "engine.remove_rule", {"route": "route", "number": "number"}),
            ),
            Deed("New rule", "engine.set_rule"),
            search=("route",),
            arranged=read_rules,
            lead="in words",
            empty="No rules: what a route takes goes out as it came in.",
        ),
        Section(
            "engine-statistics",
            "Numbers",
            "engine.statistics",
            ("route", "received", "filtered", "delivered", "failed", "retries", "waiting", "errors", "oldest"),
            (Look("Its queue", "engine.queue", _ITS_ROUTE),),
            search=("route",),
        ),
        Section(
            "engine-messages",
            "Taken in",
            "engine.messages",
            ("id", "received", "sending", "type", "control_id", "patient_ids"),
            (
                Read("The message…", "message"),
                _REPLY,
                Deed("What would a route make of it…", "engine.try_rules", {"number": "id"}),
            ),
            search=("type", "control_id"),
            newest_first=True,
            most=1000,
            empty="The engine took no message.",
        ),
        Section(
            "engine-settings",
            "Settings",
            "engine.settings",
            ("key", "value"),
            (Deed("Change…", "engine.configure"),),
        ),
        Section(
            "hl7-doors",
            "HL7 doors",
            "hl7.doors",
            ("door", "applications", "facilities", "types", "processing_ids", "versions", "enhanced", "sequence"),
            (
                Deed("Change what it takes…", "hl7.set_door", _DOOR),
                Look("Control IDs that it remembers", "hl7.taken", _DOOR),
                Look("Sequence numbers of its senders", "hl7.sequences", {"link": "door"}),
            ),
        ),
        Section(
            "hl7-sequences",
            "Sequences",
            "hl7.sequences",
            ("link", "way", "partner", "last", "next"),
            (Deed("Set which came last…", "hl7.set_sequence", {"link": "link", "partner": "partner"}),),
            search=("link",),
            empty="Nothing is numbered.",
        ),
    ),
)
