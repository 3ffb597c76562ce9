"""The console of the interface engine: routes and their rules, the queue, dead letters, numbers."""

from __future__ import annotations

from simlab.tui.console.deeds import Deed, Group, Look, Section

_DOOR = {"door": "door"}
_ROUTE = {"route": "name"}

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
            ("id", "route", "state", "type", "control_id", "patient_ids", "attempts", "later", "error"),
            (
                Deed("Queue again…", "engine.resend", {"item": "id"}),
                Deed("Edit and queue again…", "engine.resend", {"item": "id", "message": "message"}),
                Deed("Move before another…", "engine.move", {"item": "id"}),
                Deed("Discard…", "engine.discard", {"item": "id"}),
                Look("Came in, goes out: what differs", "engine.changes", {"item": "id"}),
                Look("The message as it came in", "engine.messages", {"id": "number"}),
            ),
            search=("route", "state", "control_id"),
            most=1000,
        ),
        Section(
            "dead-letters",
            "Dead letters",
            "engine.dead",
            ("id", "route", "failed", "error", "age", "type", "control_id"),
            (
                Deed("Queue again…", "engine.resend", {"item": "id"}),
                Deed("Edit and queue again…", "engine.resend", {"item": "id", "message": "message"}),
                Deed("Queue all of the route again…", "engine.requeue", {"route": "route"}),
                Deed("Discard…", "engine.discard", {"item": "id"}),
                Look("Came in, goes out: what differs", "engine.changes", {"item": "id"}),
            ),
            search=("route",),
            empty="No dead letters.",
        ),
        Section(
            "engine-rules",
            "Rules",
            "engine.rules",
            ("route", "number", "verb", "rule", "note"),
            (
                Deed("Change…", "engine.set_rule", {"route": "route", "number": "number", "rule": "rule"}),
                Deed("Remove", "engine.remove_rule", {"route": "route", "number": "number"}),
            ),
            Deed("New rule", "engine.set_rule"),
            search=("route",),
            empty="No rules: what a route takes goes out as it came in.",
        ),
        Section(
            "engine-statistics",
            "Numbers",
            "engine.statistics",
            ("route", "received", "filtered", "delivered", "failed", "retries", "waiting", "errors", "oldest"),
            (Look("Its queue", "engine.queue", {"route": "route"}),),
            search=("route",),
        ),
        Section(
            "engine-messages",
            "Taken in",
            "engine.messages",
            ("id", "received", "sending", "type", "control_id", "patient_ids"),
            (Deed("What would a route make of it…", "engine.try_rules", {"number": "id"}),),
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
