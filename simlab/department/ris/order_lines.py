"""Orders of a message as requests: each ORC with its OBR, a request for every scheduled step (by `mapping.MAPPING`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simlab.department.ris import persons, states
from simlab.department.ris.mapping import MAPPING
from simlab.department.ris.orders import OrderRequest
from simlab.department.ris.patients import Identifier
from simlab.department.ris.segment_group import Group, groups
from simlab.department.ris.settings import RisSettings
from simlab.hl7.message import Message


@dataclass(frozen=True)
class OrderLine:
    """One order: ORC-1, ORC-5, ORC-16 (why), ORC-6 (the reply asked for), its segments, a request for every step."""

    control: str
    status: str
    why: str
    response: str
    group: Group
    requests: tuple[OrderRequest, ...]

    @property
    def request(self) -> OrderRequest:
        """The first step's, which has the numbers that name the order."""
        return self.requests[0]

    def at(self, where: str, step: int = 0) -> str:
        """The place of ``ORC-1`` in this order as people say it: ``ORC-1`` for the first, else ``ORC[2]-1``."""
        return persons.plain(self.group.place(where, step)) or where

    def where(self, field: str, step: int = 0) -> str:
        """The place that an `OrderRequest` field was read from; where it ought to stand when it stands nowhere."""
        if field == "exam":
            return self.at("OBR-4.1")
        as_omi = self.group.message.get("MSH-9.1") == "OMI"
        places = next(((one.omi if as_omi else one.orm) for one in MAPPING if one.field == field), ())
        step = step or next(iter(self.group.steps), 0)
        filled = [place for place in places if self.group.said(self.group.place(place, step))]
        return self.at((filled or [*places, field])[0], step)

    @property
    def obr(self) -> str:
        """Which OBR it is: ``OBR[2]``."""
        return f"OBR[{self.group.numbers['OBR']}]"


def order_lines(message: Message, patient: Identifier, setting: RisSettings) -> Iterator[OrderLine]:
    """Every order of an ORM or OMI. Raises Hl7Error for what is missing or cannot be read."""
    for group in groups(message):
        steps = group.steps[:1] if setting.first_ipc_only else group.steps
        status = group.said(group.place("ORC-5"))
        requests = [_request(group, patient, status, setting, step) for step in steps or (0,)]
        why = group.said(group.place("ORC-16.2")) or group.said(group.place("ORC-16.1"))
        yield OrderLine(
            group.said(group.place("ORC-1")), status, why, group.said(group.place("ORC-6")), group, tuple(requests)
        )


def _request(group: Group, patient: Identifier, status: str, setting: RisSettings, step: int) -> OrderRequest:
    found: dict[str, str] = {}
    as_omi = group.message.get("MSH-9.1") == "OMI"
    for source in MAPPING:
        if source.field and not (
            source.keyword == "ScheduledStationAETitle" and not as_omi and not setting.station_from_orc18
        ):
            places = source.omi if as_omi else source.orm
            found[source.field] = source.take(group, tuple(group.place(place, step) for place in places))
    if not found["reason"] or found["reason"] == found["reason_code"]:
        found["reason_code"] = ""
    start = found.pop("start") or None
    return OrderRequest(
        patient=patient,
        exam=group.said(group.place("OBR-4.1")),
        start=start,
        state=states.FROM_HL7.get(status, states.BOOKED if start else states.REQUESTED),
        **found,
    )
