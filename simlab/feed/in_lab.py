"""The table from what happens to the lab's own actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from simlab.errors import SimlabError
from simlab.feed.dialect import Dialect
from simlab.feed.messages import wire
from simlab.feed.spoken import doctor
from simlab.feed.state import Happening, Life, Order, Visit
from simlab.people import TRUST

DIARY = "DIARY"
"""Who tells of the clinics' appointments in the lab, where the EPR only hears of them (MSH-3)."""
_TO_THE_EPR = Dialect(receiving_application="EPR")

Step = tuple[str, dict[str, Any]]
"""An action and its arguments."""


class Missing(SimlabError):
    """What a deed is about has not come to be in the lab: an order that the RIS never got."""


class Department(Protocol):
    """What the lab knows of the feed's orders."""

    def placer(self, order: Order) -> str: ...
    def accession(self, order: Order) -> str: ...
    def state(self, accession: str) -> str: ...
    def scanner(self, accession: str) -> str: ...


Deeds = Callable[[Department, Happening], list[Step]]


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


def _identify(at: Department, it: Happening) -> list[Step]:
    return [("epr.register", {**_of(it.life), "event": "A28", "facts": _facts(it.life)})]


def _update(at: Department, it: Happening) -> list[Step]:
    return [("epr.update", {**_of(it.life), "facts": _facts(it.life)})]


def _opening(action: str, event: str | None = None) -> Deeds:
    def deeds(at: Department, it: Happening) -> list[Step]:
        given = {**_of(it.life), **(_place(it.visit) if it.visit else {}), "facts": _facts(it.life)}
        return [(action, {**given, "event": event} if event else given)]

    return deeds


def _become_inpatient(at: Department, it: Happening) -> list[Step]:
    place = it.visit.place if it.visit else ""
    return [("epr.change_class", {**_of(it.life), "patient_class": "I", "location": place})]


def _transfer(at: Department, it: Happening) -> list[Step]:
    return [("epr.transfer", {**_of(it.life), "location": it.visit.place if it.visit else ""})]


def _discharge(at: Department, it: Happening) -> list[Step]:
    return [("epr.discharge", _of(it.life))]


def _undo(what: str) -> Deeds:
    return lambda sink, it: [("epr.cancel", {**_of(it.life), "what": what})]


def _merge(at: Department, it: Happening) -> list[Step]:
    retired = it.other.person.mrn if it.other else ""
    survive = it.life.person.mrn
    return [("epr.merge", {"retire": retired, "survive": survive, "issuer": TRUST, "event": it.facts["event"]})]


def _link(action: str) -> Deeds:
    def deeds(at: Department, it: Happening) -> list[Step]:
        other = it.other.person.mrn if it.other else ""
        return [(action, {"one": it.life.person.mrn, "other": other, "issuer": TRUST})]

    return deeds


def _ordered(it: Happening) -> Order:
    if it.order is None:
        raise Missing("there is no order", place=it.kind)
    return it.order


def _order(at: Department, it: Happening) -> list[Step]:
    order = _ordered(it)
    exam = {"exam": order.code, "description": order.exam.description, "modality": order.exam.modality}
    asked = {"priority": order.priority, "reason": order.reason, "referrer": doctor(order.requester)}
    return [("epr.order", {**_of(it.life), **exam, **asked})]


def _schedule(at: Department, it: Happening) -> list[Step]:
    order = _ordered(it)
    given = {"accession": at.accession(order)}
    start = (order.start or it.at).isoformat()
    return [("ris.vet", given), ("ris.book", {**given, "start": start})]


def _reschedule(at: Department, it: Happening) -> list[Step]:
    order = _ordered(it)
    return [("ris.reschedule", {"accession": at.accession(order), "start": (order.start or it.at).isoformat()})]


def _cancel(at: Department, it: Happening) -> list[Step]:
    order = _ordered(it)
    if it.facts["by"] == "EPR":
        action = "epr.cancel_order" if it.facts["control"] == "CA" else "epr.discontinue_order"
        return [(action, {"placer": at.placer(order), "reason": "withdrawn by the ward"})]
    accession = at.accession(order)
    if at.state(accession) == "in_progress":
        return [("modality.discontinue_step", {"modality": at.scanner(accession), "accession": accession})]
    # An exam begins at a scanner alone: elsewhere nothing has begun yet that could be discontinued.
    return [("ris.cancel_order", {"accession": accession, "reason": "not done"})]


def _arrive(at: Department, it: Happening) -> list[Step]:
    return [("ris.arrive", {"accession": at.accession(_ordered(it))})]


def _begin(at: Department, it: Happening) -> list[Step]:
    accession = at.accession(_ordered(it))
    scanner = at.scanner(accession)
    begun: list[Step] = [("modality.start_step", {"modality": scanner, "accession": accession})] if scanner else []
    # Who is examined on the ward never arrives in the department.
    return [("ris.arrive", {"accession": accession}), *begun] if at.state(accession) == "booked" else begun


def _perform(at: Department, it: Happening) -> list[Step]:
    accession = at.accession(_ordered(it))
    if at.state(accession) != "in_progress":
        return [("ris.perform", {"accession": accession})]
    exam = {"modality": at.scanner(accession), "accession": accession}
    return [("modality.scan", exam), ("modality.complete_step", exam)]


def _report(at: Department, it: Happening) -> list[Step]:
    order, status = _ordered(it), it.facts["status"]
    given: dict[str, Any] = {"accession": at.accession(order)}
    author = doctor(order.radiologist) if order.radiologist else ""
    if status in ("X", "W"):
        wrong = {"reason": "posted to the wrong patient" if status == "W" else "withdrawn"}
        return [("ris.withdraw_report", {**given, **wrong, "wrong_patient": status == "W"})]
    written = {**given, "text": "\n".join(order.report), "author": author}
    return [("ris.correct_report", written) if status == "C" else ("ris.report", {**written, "status": status})]


def _result(at: Department, it: Happening) -> list[Step]:
    return _sent(it)


def _appoint(at: Department, it: Happening) -> list[Step]:
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
