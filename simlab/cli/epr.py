"""`simlab epr`: the wards' and the record office's console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import epr_orders, show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import LIMIT, Home, Json, Limit, OfPatient, OutboxState, chosen, group

app = group("The electronic patient record: patients, visits, orders, results.")
for command in epr_orders.COMMANDS:
    app.command()(command)

Name = Annotated[str | None, typer.Option(help="As DICOM writes it: FAMILY^GIVEN^^PREFIX.", show_default=False)]
Born = Annotated[str | None, typer.Option(help="YYYYMMDD.", show_default=False)]
Sex = Annotated[str | None, typer.Option(help="F, M, O or U.", show_default=False)]
NhsNumber = Annotated[str | None, typer.Option(show_default=False)]
Address = Annotated[str | None, typer.Option(show_default=False)]
Phone = Annotated[str | None, typer.Option(show_default=False)]
Gp = Annotated[str | None, typer.Option(help="The family doctor.", show_default=False)]
Trace = Annotated[str | None, typer.Option(help="Of the NHS number: NSTS01 to NSTS08.", show_default=False)]
Location = Annotated[str, typer.Option(help="Ward or clinic.", show_default=False)]
Consultant = Annotated[str, typer.Option(show_default=False)]
Number = Annotated[
    str, typer.Argument(metavar="[PATIENT]", help="By default the next free number.", show_default=False)
]
OnePatient = Annotated[str | None, typer.Argument(metavar="[PATIENT]", show_default=False)]
Patient = Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's number.")]


def _act(home: Path | None, json: bool, name: str, **given: Any) -> None:
    show.outcome(Door(chosen(home)).act(name, given), json_wanted=json)


def _facts(**given: str | None) -> dict[str, str]:
    return {name: value for name, value in given.items() if value is not None}


@app.command()
def patients(patient: OnePatient = None, home: Home = None, json: Json = False) -> None:
    """List the patients."""
    found = Door(chosen(home)).view("epr.patients", patient_id=patient)
    columns = {"patient_id": "Patient ID", "name": "Name", "birth_date": "Born", "sex": "Sex",
               "nhs_number": "NHS number", "trace_status": "Trace", "merged_into": "Merged into"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="No patient.")


@app.command()
def history(patient: OnePatient = None, home: Home = None, json: Json = False) -> None:
    """Show what became of every number: given, changed, merged, moved, linked."""
    found = Door(chosen(home)).view("epr.history", patient_id=patient)
    columns = {"at": "At", "event": "Event", "number": "Number", "authority": "Of", "patient_id": "Patient ID",
               "other": "Other", "undone": "Undone"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="No number has a history.")


@app.command()
def visits(patient: OnePatient = None, home: Home = None, json: Json = False) -> None:
    """List stays and attendances."""
    found = Door(chosen(home)).view("epr.visits", patient_id=patient)
    columns = {"number": "Visit", "patient_id": "Patient ID", "patient_class": "Class", "location": "Where",
               "consultant": "Consultant", "admitted": "Since", "discharged": "Until", "state": "State"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="No visit.")


@app.command()
def movements(patient: OnePatient = None, home: Home = None, json: Json = False) -> None:
    """Show what happened in every stay: admitted, moved, discharged, and what was cancelled."""
    found = Door(chosen(home)).view("epr.movements", patient_id=patient)
    columns = {"at": "At", "event": "Event", "patient_id": "Patient ID", "visit": "Visit",
               "prior_location": "From", "location": "To", "undone": "Undone"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="Nothing has happened.")


@app.command()
def register(
    patient: Number = "",
    name: Name = None,
    birth_date: Born = None,
    sex: Sex = None,
    nhs_number: NhsNumber = None,
    address: Address = None,
    phone: Phone = None,
    gp: Gp = None,
    trace_status: Trace = None,
    location: Location = "",
    consultant: Consultant = "",
    person_only: Annotated[bool, typer.Option(help="Add the person without a visit (A28).")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Register an outpatient or an emergency (ADT^A04), or the person alone (A28)."""
    facts = _facts(
        name=name, birth_date=birth_date, sex=sex, nhs_number=nhs_number, address=address, phone=phone, gp=gp,
        trace_status=trace_status,
    )  # fmt: skip
    event = "A28" if person_only else "A04"
    given = {"patient": patient, "location": location, "consultant": consultant, "facts": facts, "event": event}
    _act(home, json, "epr.register", **given)


@app.command()
def admit(
    patient: Number = "",
    name: Name = None,
    birth_date: Born = None,
    sex: Sex = None,
    nhs_number: NhsNumber = None,
    address: Address = None,
    phone: Phone = None,
    gp: Gp = None,
    trace_status: Trace = None,
    location: Location = "",
    consultant: Consultant = "",
    book: Annotated[bool, typer.Option(help="Only book the stay (A05).")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Admit a patient, new or known (ADT^A01)."""
    facts = _facts(
        name=name, birth_date=birth_date, sex=sex, nhs_number=nhs_number, address=address, phone=phone, gp=gp,
        trace_status=trace_status,
    )  # fmt: skip
    given = {"patient": patient, "location": location, "consultant": consultant, "facts": facts}
    _act(home, json, "epr.preadmit" if book else "epr.admit", **given)


@app.command()
def update(
    patient: Patient,
    name: Name = None,
    birth_date: Born = None,
    sex: Sex = None,
    nhs_number: NhsNumber = None,
    address: Address = None,
    phone: Phone = None,
    gp: Gp = None,
    trace_status: Trace = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Change a patient's facts (ADT^A08 during a visit, else A31); --address '' empties one."""
    facts = _facts(
        name=name, birth_date=birth_date, sex=sex, nhs_number=nhs_number, address=address, phone=phone, gp=gp,
        trace_status=trace_status,
    )  # fmt: skip
    _act(home, json, "epr.update", patient=patient, facts=facts)


@app.command()
def transfer(patient: Patient, location: str, home: Home = None, json: Json = False) -> None:
    """Move an inpatient to another ward (ADT^A02)."""
    _act(home, json, "epr.transfer", patient=patient, location=location)


@app.command()
def discharge(patient: Patient, home: Home = None, json: Json = False) -> None:
    """End a patient's visit (ADT^A03)."""
    _act(home, json, "epr.discharge", patient=patient)


@app.command()
def change_class(
    patient: Patient,
    patient_class: Annotated[str, typer.Argument(help="I inpatient, O outpatient, E emergency.")],
    location: Location = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make an outpatient an inpatient (ADT^A06), or the other way round (A07)."""
    _act(home, json, "epr.change_class", patient=patient, patient_class=patient_class, location=location)


@app.command()
def cancel(
    patient: Patient,
    what: Annotated[str, typer.Argument(help="admission, transfer, discharge or preadmission.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Take back the last admission (A11), transfer (A12), discharge (A13) or pre-admission (A38)."""
    _act(home, json, "epr.cancel", patient=patient, what=what)


@app.command()
def delete_visit(visit: str, home: Home = None, json: Json = False) -> None:
    """Delete a visit that never was (ADT^A23)."""
    _act(home, json, "epr.delete_visit", visit=visit)


@app.command()
def merge(
    retire: Annotated[str, typer.Argument(help="The number that goes.")],
    survive: Annotated[str, typer.Argument(help="The number that stays.")],
    event: Annotated[str, typer.Option(help="A40, A34 or A18.")] = "A40",
    home: Home = None,
    json: Json = False,
) -> None:
    """Merge one number into another of the same person."""
    _act(home, json, "epr.merge", retire=retire, survive=survive, event=event)


@app.command()
def unmerge(patient: Patient, home: Home = None, json: Json = False) -> None:
    """Take a wrong merge apart, here alone: there is no message for it."""
    _act(home, json, "epr.unmerge", patient=patient)


@app.command()
def link(one: str, other: str, home: Home = None, json: Json = False) -> None:
    """Say that two records are of one person (ADT^A24); both stay."""
    _act(home, json, "epr.link", one=one, other=other)


@app.command()
def unlink(one: str, other: str, home: Home = None, json: Json = False) -> None:
    """Say that two linked records are of two persons (ADT^A37)."""
    _act(home, json, "epr.unlink", one=one, other=other)


@app.command()
def move_identifier(
    number: str,
    wrong: Annotated[str, typer.Argument(help="The patient's number that it stands under.")],
    right: Annotated[str, typer.Argument(help="The patient's number that it belongs to.")],
    authority: Annotated[str, typer.Option(help="Who gave it.")] = "NHS",
    home: Home = None,
    json: Json = False,
) -> None:
    """Give another authority's number to whom it belongs (ADT^A43)."""
    _act(home, json, "epr.move_identifier", number=number, wrong=wrong, right=right, authority=authority)


@app.command()
def renumber(old: str, new: str, home: Home = None, json: Json = False) -> None:
    """Give a patient a number that nobody had before (ADT^A47)."""
    _act(home, json, "epr.renumber", old=old, new=new)


@app.command()
def configure(
    setting: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="destination_port=3575 …")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Change settings: where its messages go, and how it signs them."""
    show.outcome(Door(chosen(home)).act("epr.configure", parse_arguments(setting)), json_wanted=json)


@app.command()
def settings(home: Home = None, json: Json = False) -> None:
    """List every setting with its value in force."""
    found = Door(chosen(home)).view("epr.settings")
    show.rows(found, {"key": "Setting", "value": "Value"}, json_wanted=json, none="All as usual.")


@app.command()
def outbox(
    state: OutboxState = None,
    patient: OfPatient = None,
    limit: Limit = LIMIT,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the messages that the EPR sends, with the numbers that `resend` takes."""
    show.newest(
        *(Door(chosen(home)), "epr.outbox", show.OUTBOX),
        limit=limit,
        json_wanted=json,
        none="No such message." if state or patient else "The EPR has nothing to send.",
        state=state,
        patient_id=patient,
    )


@app.command()
def resend(
    item: Annotated[int, typer.Argument(help="Its number in the outbox.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Send a message of the outbox again, under the same control ID."""
    _act(home, json, "epr.resend", item=item)
