"""What the hospital knows in the words of its messages: persons, visits, orders and appointments."""

from __future__ import annotations

from simlab.feed.dialect import Dialect
from simlab.feed.imaging import practitioner
from simlab.feed.state import Appointment, Life, Order, Visit
from simlab.feed.trust import Doctor
from simlab.hl7 import build
from simlab.people import NHS, TRUST

_SITE = "FGH"


def doctor(one: Doctor) -> str:
    """A doctor's name as a DICOM PN, as the builders take it."""
    return f"{one.family.upper()}^{one.given.upper()}^^{one.title.upper()}"


def identifier(life: Life) -> build.Identifier:
    """The hospital number."""
    return build.Identifier(life.person.mrn, TRUST)


def patient(life: Life, dialect: Dialect, account: str = "") -> build.Patient:
    """A person as the hospital has them now: in the UK with NHS number, trace status and GP."""
    person = life.person
    numbers = [identifier(life)]
    if dialect.uk and person.nhs_number:
        numbers.append(build.Identifier(person.nhs_number, NHS, "NH"))
    return build.Patient(
        tuple(numbers),
        person.family.upper(),
        person.given.upper(),
        title=person.title.upper(),
        sex=person.sex,
        birth_date=person.birth_date,
        address=person.address,
        postcode=person.postcode,
        phone=person.phone,
        account="" if dialect.uk else account,
        trace_status=("NSTS01" if person.nhs_number else "NSTS03") if dialect.uk else "",
        gp=doctor(practitioner(person.gp)) if dialect.uk and person.gp else "",
    )


def visit(one: Visit | None, life: Life, dialect: Dialect) -> build.Visit:
    """A visit, or what stands for none."""
    if one is None:
        return dialect.no_visit
    return build.Visit(
        one.number,
        one.kind,
        build.Raw(f"{one.place}^^{one.bed}^{_SITE}"),
        doctor(one.doctor),
        one.begun,
        prior_location=build.Raw(f"{one.before}^^{one.bed_before}^{_SITE}") if one.before else "",
        service=one.service,
        ambulatory="B6" if life.pregnant else "",
        discharged=one.ended,
    )


def order(one: Order, status: str) -> build.Order:
    """An order with `status` as ORC-5."""
    return build.Order(
        one.placer,
        one.filler,
        one.code,
        one.exam.description,
        one.accession,
        one.procedure,
        one.step,
        one.exam.modality,
        one.start,
        one.priority,
        one.reason,
        doctor(one.requester),
        one.study_uid,
        status,
        pregnant=one.life.pregnant,
        group=one.group,
    )


def appointment(one: Appointment, name: str) -> build.Order:
    """An appointment at a clinic, as the builders take one: an order for its time."""
    return build.Order(
        one.number, one.number, one.place, name, start=one.start, referrer=doctor(one.doctor), reason="Clinic"
    )
