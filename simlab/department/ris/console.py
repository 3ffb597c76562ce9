"""What the RIS's console does for every operation: one transaction, one event, and word to the placer."""

from __future__ import annotations

from collections.abc import Callable
from sqlite3 import Connection
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.department.ris import patients, settings
from simlab.department.ris.patients import Identifier
from simlab.department.ris.telling import Telling
from simlab.journal import Journal
from simlab.store import Store

NAME = "RIS"
Row = dict[str, Any]


class Console:
    """The ground of a console; methods raise SimlabErrors and leave one `console` event each."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, telling: Telling) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._telling = telling

    def _console(
        self, what: str, do: Callable[[Connection], Row], tell: Callable[[Row], str], touched: str = ""
    ) -> Row:
        """Do `do`, tell the placer what became of the orders in its result, or of `touched`."""
        with self._store.write() as tx:
            done = do(tx)
            self._telling.changed(tx, [one for one in (touched, *_orders(done)) if one])
            event = self._journal.record(kinds.CONSOLE, NAME, tell(done), {"console": what, **done})
        return {**done, "event": event}

    @staticmethod
    def _number(tx: Connection, number: str, issuer: str | None) -> Identifier:
        patients.check_number(number, "patient_id")
        return Identifier(number, settings.load(tx).mrn_authority if issuer is None else issuer)


def _orders(done: Row) -> list[str]:
    """The accession numbers that an operation's result names."""
    return [str(done.get("accession") or ""), *map(str, done.get("accessions") or ())]
