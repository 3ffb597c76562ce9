"""What Systems and Desk show and what can be done there: a table of sections, views and actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simlab.tui.fields import SETTINGS

QUESTIONS = "questions"
ADDRESSES = "addresses"


@dataclass(frozen=True)
class Deed:
    """An action offered on a row: `given` takes arguments from columns of that row, `fixed` are constants.

    A column ``key=value`` makes a setting of two columns.
    """

    label: str
    action: str
    given: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What is known of the action's arguments from `row`."""
        known = dict(self.fixed)
        for argument, column in self.given.items():
            key, equals, value = column.partition("=")
            known[argument] = {str(row.get(key)): row.get(value)} if equals else row.get(column)
        return known


@dataclass(frozen=True)
class Section:
    """One list: where its rows come from, which columns come first, what can be done."""

    id: str
    name: str
    view: str
    columns: tuple[str, ...] = ()
    deeds: tuple[Deed, ...] = ()
    new: Deed | None = None
    empty: str = "Nothing here."
    filters: Mapping[str, str] = field(default_factory=dict)


_ACCESSION = {"accession": "accession"}
_SETTING = {SETTINGS: "key=value"}
_PEER = {"title": "title", "host": "host", "port": "port"}
_SCANNER = {"modality": "system"}
_SCANNER_DEEDS = (
    Deed("Change this setting…", "modality.configure", {**_SCANNER, **_SETTING}),
    Deed("Echo the PACS from its console", "modality.echo", _SCANNER, {"to": "PACS"}),
    Deed("Echo the RIS from its console", "modality.echo", _SCANNER, {"to": "RIS"}),
    Deed("Ask for its worklist", "modality.worklist", _SCANNER),
    Deed("Scan a patient from its worklist…", "modality.scan", _SCANNER),
    Deed("Send what waits in its queue", "modality.send", _SCANNER),
)
_ORDER_DEEDS = (
    Deed("Mark the patient as arrived", "ris.arrive", _ACCESSION),
    Deed("Vet", "ris.vet", _ACCESSION),
    Deed("Book…", "ris.book", _ACCESSION),
    Deed("Another station or time…", "ris.reschedule", _ACCESSION),
    Deed("Cancel…", "ris.cancel_order", _ACCESSION),
    Deed("Write a downtime entry…", "ris.log_downtime", _ACCESSION),
)
_MERGE_RIS = Deed(
    "Merge into another patient…", "ris.merge_patients", {"retire": "patient_id", "retire_issuer": "issuer"}
)
_ADMIT = Deed("Admit a patient…", "epr.admit")

SYSTEMS: tuple[Section, ...] = (
    Section(ADDRESSES, "Addresses", "", ("system", "ae_title", "host", "port")),
    Section(
        "pacs-peers",
        "PACS peers",
        "pacs.peers",
        ("title", "host", "port", "services"),
        (
            Deed("Change…", "pacs.set_peer", {**_PEER, "services": "services"}),
            Deed("Remove…", "pacs.remove_peer", {"title": "title"}),
        ),
        Deed("New peer", "pacs.set_peer"),
    ),
    Section(
        "pacs-settings",
        "PACS settings",
        "pacs.settings",
        ("key", "value"),
        (Deed("Change…", "pacs.configure", _SETTING),),
    ),
    Section(
        "ris-orders",
        "RIS orders",
        "ris.orders",
        ("accession", "patient_id", "patient_name", "state"),
        _ORDER_DEEDS,
        Deed("New order", "ris.create_order"),
    ),
    Section(
        "ris-worklist",
        "RIS worklist",
        "ris.worklist",
        ("accession", "station_ae", "modality", "start", "patient_name"),
        _ORDER_DEEDS,
    ),
    Section("ris-patients", "RIS patients", "ris.patients", ("patient_id", "issuer", "name"), (_MERGE_RIS,)),
    Section(
        "ris-exams",
        "RIS exams",
        "ris.exams",
        ("code", "description", "modality", "station_ae"),
        (Deed("Done on another station…", "ris.map_exam", {"code": "code", "station": "station_ae"}),),
    ),
    Section(
        "ris-peers",
        "RIS peers",
        "ris.peers",
        ("title", "host", "port"),
        (Deed("Change…", "ris.set_peer", _PEER), Deed("Remove…", "ris.remove_peer", {"title": "title"})),
        Deed("New peer", "ris.set_peer"),
    ),
    Section(
        "ris-settings", "RIS settings", "ris.settings", ("key", "value"), (Deed("Change…", "ris.configure", _SETTING),)
    ),
    Section(
        "epr-patients",
        "EPR patients",
        "epr.patients",
        ("patient_id", "issuer", "name", "birth_date", "nhs_number"),
        (
            Deed("Update…", "epr.update", {"patient": "patient_id", "issuer": "issuer"}),
            Deed("Merge into another number…", "epr.merge", {"retire": "patient_id", "issuer": "issuer"}),
            Deed("Order an exam…", "epr.order", {"patient": "patient_id", "issuer": "issuer"}),
        ),
        _ADMIT,
    ),
    Section(
        "epr-orders",
        "EPR orders",
        "epr.orders",
        ("placer", "patient_id", "exam", "state"),
        (Deed("Cancel…", "epr.cancel_order", {"placer": "placer"}),),
    ),
    Section(
        "routes",
        "Engine routes",
        "engine.routes",
        ("name", "state", "waiting", "errors"),
        (Deed("Hold", "engine.hold", {"route": "name"}), Deed("Release", "engine.release", {"route": "name"})),
    ),
    Section(
        "queue",
        "Engine queue",
        "engine.queue",
        ("id", "route", "state", "type", "control_id", "patient_ids", "attempts", "error"),
        (
            Deed("Queue again…", "engine.resend", {"item": "id"}),
            Deed("Edit and queue again…", "engine.resend", {"item": "id", "message": "message"}),
            Deed("Discard…", "engine.discard", {"item": "id"}),
        ),
    ),
    Section("scanners", "Scanners", "modality.config", ("system", "key", "value"), _SCANNER_DEEDS),
    Section(
        "scanner-queue",
        "Scanner queues",
        "modality.queue",
        ("system", "accession", "patient_name", "attempts", "last_error"),
        (Deed("Send now", "modality.send", _SCANNER),),
        empty="No images wait at a scanner.",
    ),
    Section(
        "scanner-disk",
        "Scanner disks",
        "modality.held",
        ("system", "accession", "patient_name", "description", "sent_at"),
        empty="No images at any scanner.",
    ),
    Section(
        "viewers",
        "Viewers hold",
        "viewer.holds",
        ("system", "patient_id", "study_uid"),
        empty="No viewer holds an image.",
    ),
)

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
