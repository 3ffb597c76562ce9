"""The table from what happens to the lab's own actions, and the feed that performs them there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from simlab.errors import SimlabError
from simlab.feed.dialect import Dialect
from simlab.feed.messages import wire
from simlab.feed.run import STOPPED, Answer, Feed, Pace, Plan, Summary, at_once
from simlab.feed.spoken import doctor
from simlab.feed.state import Happening, Life, Order, Visit
from simlab.people import TRUST

PATIENCE = 5.0
"""Seconds that an order is given to come from the EPR to the RIS before what the RIS does with it is left out."""
_LOOK = 0.02
NOT_THERE = "none"
DIARY = "DIARY"
"""Who tells of the clinics' appointments in the lab, where the EPR only hears of them (MSH-3)."""
_TO_THE_EPR = Dialect(receiving_application="EPR")
_SCANNERS = ("CT1", "CT2", "MR1", "US1", "DX1", "MG1")


class Outcome(Protocol):
    """What performing an action gave."""

    @property
    def ok(self) -> bool: ...
    @property
    def data(self) -> dict[str, Any]: ...


Perform = Callable[[str, Mapping[str, Any]], Outcome]
Look = Callable[..., list[dict[str, Any]]]
"""A view by its name, with its filters: ``look("ris.orders", placer="P1")``."""

Step = tuple[str, dict[str, Any]]
"""An action and its arguments."""


class Missing(SimlabError):
    """What a deed is about has not come to be in the lab: an order that the RIS never got."""


def play(
    plan: Plan, perform: Perform, look: Look, *, pace: Pace = at_once, patience: float = PATIENCE, images: bool = False
) -> Summary:
    """Run `plan` as actions of the EPR and the RIS; their systems have the state and send the messages.

    With `images`, an exam whose station is one of the lab's scanners is made there.
    """
    return Feed(plan, LabSink(perform, look, patience=patience, images=images), pace).run()


class LabSink:
    """Performs each happening. AA: all its actions were done; AE: one was refused; none: its order is not there.

    Once `stop` is set nothing more is performed.
    """

    def __init__(
        self,
        perform: Perform,
        look: Look,
        *,
        patience: float = PATIENCE,
        images: bool = False,
        stop: threading.Event | None = None,
    ) -> None:
        self._perform = perform
        self.look = look
        self._patience = patience
        self._stop = stop or threading.Event()
        self.images = images
        self._placers: dict[str, str] = {}
        self._accessions: dict[str, str] = {}
        self._lost: set[str] = set()

    def take(self, happening: Happening) -> Answer | None:
        deeds = DEEDS[happening.kind]
        name = happening.kind
        try:
            steps = deeds(self, happening)
            if not steps:
                return None
            for name, given in steps:
                if self._stop.is_set():
                    return Answer(STOPPED, name)
                done = self._perform(name, given)
                if not done.ok:
                    return Answer("AE", name)
                if happening.kind == "order" and happening.order is not None:
                    self._placers[happening.order.placer] = str(done.data["placer"])
        except Missing:
            return Answer(NOT_THERE, name)
        return Answer("AA", name)

    def placer(self, order: Order) -> str:
        """The number that the EPR gave the order."""
        found = self._placers.get(order.placer)
        if found is None:
            raise Missing("the EPR has not taken the order", place=order.placer)
        return found

    def accession(self, order: Order) -> str:
        """The number that the RIS gave the order; waits for it once."""
        placer = self.placer(order)
        if placer not in self._accessions:
            until = time.monotonic() + (0.0 if placer in self._lost else self._patience)
            while not (rows := self.look("ris.orders", placer=placer)):
                if self._stop.is_set() or time.monotonic() >= until:
                    self._lost.add(placer)
                    raise Missing("the RIS has not got the order", place=placer)
                self._stop.wait(_LOOK)
            self._accessions[placer] = str(rows[0]["accession"])
        return self._accessions[placer]

    def state(self, accession: str) -> str:
        """How far the RIS has the order."""
        return str(self.look("ris.orders", accession=accession)[0]["state"])

    def scanner(self, accession: str) -> str:
        """The lab's scanner at which the exam is scheduled, or ""."""
        stations = [str(row["station_ae"]) for row in self.look("ris.steps", accession=accession)]
        return stations[0] if self.images and stations and stations[0] in _SCANNERS else ""


Deeds = Callable[[LabSink, Happening], list[Step]]


def _facts(life: Life) -> dict[str, str]:
    person = life.person
    street = ", ".join(filter(None, (person.address, person.postcode)))
    facts = {"name": person.name, "birth_date": person.birth_date, "sex": person.sex, "address": street}
    facts |= {"phone": person.phone, "gp": person.gp.removeprefix("Dr ")}
    if person.nhs_number:
        facts |= {"nhs_number": person.nhs_number, "trace_status": "NSTS01"}
    return facts


def _place(visit: Visit) -> dict[str, str]:
    return {"location": visit.place, "consultant": doctor(visit.doctor), "service": visit.service}


def _of(life: Life) -> dict[str, Any]:
    return {"patient": life.person.mrn, "issuer": TRUST}


def _identify(sink: LabSink, it: Happening) -> list[Step]:
    return [("epr.register", {**_of(it.life), "event": "A28", "facts": _facts(it.life)})]


def _update(sink: LabSink, it: Happening) -> list[Step]:
    return [("epr.update", {**_of(it.life), "facts": _facts(it.life)})]


def _opening(action: str, event: str | None = None) -> Deeds:
    def deeds(sink: LabSink, it: Happening) -> list[Step]:
        given = {**_of(it.life), **(_place(it.visit) if it.visit else {}), "facts": _facts(it.life)}
        return [(action, {**given, "event": event} if event else given)]

    return deeds


def _become_inpatient(sink: LabSink, it: Happening) -> list[Step]:
    place = it.visit.place if it.visit else ""
    return [("epr.change_class", {**_of(it.life), "patient_class": "I", "location": place})]


def _transfer(sink: LabSink, it: Happening) -> list[Step]:
    return [("epr.transfer", {**_of(it.life), "location": it.visit.place if it.visit else ""})]


def _discharge(sink: LabSink, it: Happening) -> list[Step]:
    return [("epr.discharge", _of(it.life))]


def _undo(what: str) -> Deeds:
    return lambda sink, it: [("epr.cancel", {**_of(it.life), "what": what})]


def _merge(sink: LabSink, it: Happening) -> list[Step]:
    retired = it.other.person.mrn if it.other else ""
    survive = it.life.person.mrn
    return [("epr.merge", {"retire": retired, "survive": survive, "issuer": TRUST, "event": it.facts["event"]})]


def _link(action: str) -> Deeds:
    def deeds(sink: LabSink, it: Happening) -> list[Step]:
        other = it.other.person.mrn if it.other else ""
        return [(action, {"one": it.life.person.mrn, "other": other, "issuer": TRUST})]

    return deeds


def _ordered(it: Happening) -> Order:
    if it.order is None:
        raise Missing("there is no order", place=it.kind)
    return it.order


def _order(sink: LabSink, it: Happening) -> list[Step]:
    order = _ordered(it)
    exam = {"exam": order.code, "description": order.exam.description, "modality": order.exam.modality}
    asked = {"priority": order.priority, "reason": order.reason, "referrer": doctor(order.requester)}
    return [("epr.order", {**_of(it.life), **exam, **asked})]


def _schedule(sink: LabSink, it: Happening) -> list[Step]:
    order = _ordered(it)
    given = {"accession": sink.accession(order)}
    start = (order.start or it.at).isoformat()
    return [("ris.vet", given), ("ris.book", {**given, "start": start})]


def _reschedule(sink: LabSink, it: Happening) -> list[Step]:
    order = _ordered(it)
    return [("ris.reschedule", {"accession": sink.accession(order), "start": (order.start or it.at).isoformat()})]


def _cancel(sink: LabSink, it: Happening) -> list[Step]:
    order = _ordered(it)
    if it.facts["by"] == "EPR":
        action = "epr.cancel_order" if it.facts["control"] == "CA" else "epr.discontinue_order"
        return [(action, {"placer": sink.placer(order), "reason": "withdrawn by the ward"})]
    accession = sink.accession(order)
    if sink.state(accession) == "in_progress":
        return [("modality.discontinue_step", {"modality": sink.scanner(accession), "accession": accession})]
    # An exam begins at a scanner alone: elsewhere nothing has begun yet that could be discontinued.
    return [("ris.cancel_order", {"accession": accession, "reason": "not done"})]


def _arrive(sink: LabSink, it: Happening) -> list[Step]:
    return [("ris.arrive", {"accession": sink.accession(_ordered(it))})]


def _begin(sink: LabSink, it: Happening) -> list[Step]:
    accession = sink.accession(_ordered(it))
    scanner = sink.scanner(accession)
    begun: list[Step] = [("modality.start_step", {"modality": scanner, "accession": accession})] if scanner else []
    # Who is examined on the ward never arrives in the department.
    return [("ris.arrive", {"accession": accession}), *begun] if sink.state(accession) == "booked" else begun


def _perform(sink: LabSink, it: Happening) -> list[Step]:
    accession = sink.accession(_ordered(it))
    if sink.state(accession) != "in_progress":
        return [("ris.perform", {"accession": accession})]
    at = {"modality": sink.scanner(accession), "accession": accession}
    return [("modality.scan", at), ("modality.complete_step", at)]


def _report(sink: LabSink, it: Happening) -> list[Step]:
    order, status = _ordered(it), it.facts["status"]
    given: dict[str, Any] = {"accession": sink.accession(order)}
    author = doctor(order.radiologist) if order.radiologist else ""
    if status in ("X", "W"):
        wrong = {"reason": "posted to the wrong patient" if status == "W" else "withdrawn"}
        return [("ris.withdraw_report", {**given, **wrong, "wrong_patient": status == "W"})]
    written = {**given, "text": "\n".join(order.report), "author": author}
    return [("ris.correct_report", written) if status == "C" else ("ris.report", {**written, "status": status})]


def _result(sink: LabSink, it: Happening) -> list[Step]:
    return _sent(it)


def _appoint(sink: LabSink, it: Happening) -> list[Step]:
    return _sent(replace(it, facts={**it.facts, "by": DIARY}))


def _sent(it: Happening) -> list[Step]:
    """What a system that the lab does not have says of it, at the engine's door."""
    message = wire(it, _TO_THE_EPR)
    return [("hl7.send", {"to": "ADT", "message": message.decode()})] if message is not None else []


DEEDS: dict[str, Deeds] = {
    "identify": _identify,
    "amend": _update,
    "update": _update,
    "attend": _opening("epr.register"),
    "preadmit": _opening("epr.preadmit"),
    "admit": _opening("epr.admit", "A01"),
    "become_inpatient": _become_inpatient,
    "transfer": _transfer,
    "discharge": _discharge,
    "undo_admit": _undo("admission"),
    "undo_transfer": _undo("transfer"),
    "undo_discharge": _undo("discharge"),
    "undo_preadmit": _undo("preadmission"),
    "merge": _merge,
    "link": _link("epr.link"),
    "unlink": _link("epr.unlink"),
    "order": _order,
    "schedule": _schedule,
    "reschedule": _reschedule,
    "cancel": _cancel,
    "arrive": _arrive,
    "begin": _begin,
    "perform": _perform,
    "report": _report,
    "result": _result,
    "appoint": _appoint,
}
"""What is done in the lab; laboratory and clinics are no systems of it, so the feed sends for them."""
