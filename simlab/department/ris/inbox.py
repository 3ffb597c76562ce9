"""The RIS's HL7 inbox: gives a message to whom it concerns, and passes on what the PACS needs."""

from __future__ import annotations

import sqlite3

from simlab.clock import Clock
from simlab.department.ris import persons, registering
from simlab.department.ris.forward import Forward
from simlab.department.ris.order_inbox import OrderInbox
from simlab.department.ris.patients import UnknownPatient, WrongMerge
from simlab.department.ris.telling import Telling
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.repertoire import Repertoire
from simlab.store import Store

TAKES = Repertoire("the RIS", {"ADT": tuple(registering.EVENTS), "ORM": ("O01",), "OMI": ("O23",)})
"""What the RIS acts on."""


class Inbox:
    """Applies one message at a time, inside the transaction that its receiver opens."""

    def __init__(self, store: Store, clock: Clock, forward: Forward, telling: Telling) -> None:
        self._store = store
        self._forward = forward
        self._orders = OrderInbox(clock, forward, telling)

    def apply(self, message: Message) -> str:
        """Do what the message says and tell it in words; a SimlabError says why not, and nothing is changed."""
        try:
            with self._store.write() as tx:
                return self._dispatch(tx, message)
        except Hl7Error:
            raise
        except SimlabError as error:
            raise _refusal(error, message) from error

    def _dispatch(self, tx: sqlite3.Connection, message: Message) -> str:
        family, event = TAKES.kind(message)
        persons.learn_authorities(tx, message)
        if family != "ADT":
            return self._orders.apply(tx, message)
        text = registering.EVENTS[event](tx, message, event)
        if event not in registering.MOVEMENTS:
            self._forward.put(tx, message)
        return text


def _refusal(error: SimlabError, message: Message) -> Hl7Error:
    """A refusal as an ACK carries it: the code of table 0357, and the place in the message."""
    place, code = persons.plain(error.place), "207"
    if isinstance(error, UnknownPatient):
        place, code = persons.spot(message, error.patient) or "PID-3", "204"
    elif isinstance(error, WrongMerge):
        code = error.code
    elif isinstance(error, NotFound):
        place, code = "PID-3", "204"
    elif isinstance(error, BadInput) and place.startswith(("PID", "MRG")):
        code = "102"
    return Hl7Error(error.what, place=place, remedy=error.remedy, code=code)
