"""The desk: inbox, questions of the tasks, colleagues, tickets."""

from __future__ import annotations

from simlab.tui.console.deeds import QUESTIONS, Deed, Section

_ASK = Deed("Ask…", "desk.ask", {"who": "who"})
_TICKET = Deed("Write a ticket", "desk.write_ticket")

DESK: tuple[Section, ...] = (
    Section("inbox", "Inbox", "desk.inbox", ("arrived", "kind", "sender", "subject"), empty="No mail, no calls."),
    Section(QUESTIONS, "Questions", "", ("task", "question", "answer", "-"), empty="This exercise asks no questions."),
    Section(
        "colleagues", "Colleagues", "desk.colleagues", ("who", "name", "role"), (_ASK,), empty="Nobody to ask here."
    ),
    Section(
        "asked",
        "Conversations",
        "desk.asked",
        ("at", "who", "text", "reply", "done"),
        (_ASK,),
        Deed("Ask", "desk.ask"),
        empty="You have asked nobody yet.",
    ),
    Section(
        "tickets", "Tickets", "desk.tickets", ("at", "to", "subject"), (), _TICKET, empty="No tickets; n writes one."
    ),
    Section(
        "escalations",
        "Escalations",
        "desk.escalations",
        ("at", "to", "text"),
        (),
        Deed("Escalate", "desk.escalate"),
        empty="Nothing escalated; n does.",
    ),
)
