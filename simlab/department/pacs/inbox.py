"""The HL7 inbox of the PACS: keeps its patients as the hospital's ADT says they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.pacs import orders
from simlab.department.pacs.pacs import Pacs
from simlab.department.pacs.repair import PatientUnknown
from simlab.department.pacs.settings import setting
from simlab.department.pacs.told import Number, demographics, numbers, ordered, pairs, reported_study, same_kind
from simlab.faults import FaultTable
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from simlab.hl7.repertoire import Repertoire
from simlab.journal import Journal
from simlab.store import Store

NAME = "PACS"
DOOR = "PACS_HL7"
UPDATES = ("A01", "A04", "A05", "A08", "A28", "A31")
MERGES = ("A18", "A34", "A40")
LINKS = ("A24", "A37")

TAKES = Repertoire(
    "the PACS",
    {"ADT": (*UPDATES, *MERGES, *LINKS, "A43", "A47"), "ORM": ("O01",), "OMI": ("O23",), "ORU": ("R01",)},
)
"""What the archive acts on; movements within a visit, appointments and whatever else are none of its concern."""
RESULTS = {"P": "P", "A": "P", "F": "F", "C": "C"}
"""OBR-25 (HL7 table 0123) to a report status; any other is none yet, or none any more."""


class PacsInbox:
    """The MLLP door PACS_HL7. It updates and merges patients that the archive knows, notes orders and reports."""

    def __init__(
        self,
        pacs: Pacs,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        certificates: Path | None = None,
    ) -> None:
        self._pacs = pacs
        self._store = store
        self._identity: dict[str, Callable[[Message], str]] = {
            **dict.fromkeys(UPDATES, self._update),
            **dict.fromkeys(MERGES, self._merge),
            **dict.fromkeys(LINKS, self._link),
            "A43": self._move,
            "A47": self._renumber,
        }
        self._deeds: dict[str, Callable[[Message], str]] = {
            "ADT": lambda message: self._identity[TAKES.kind(message)[1]](message),
            **dict.fromkeys(("ORM", "OMI"), self._order),
            "ORU": self._report,
        }
        receiver = Receiver(
            NAME, store, journal, clock, faults, self.apply, door=DOOR, certificates=certificates, takes=TAKES
        )
        self._credentials = receiver.credentials
        self._server = MllpServer(DOOR, receiver, on_noise=noise_into(journal, NAME), lenient=receiver.lenient)
        self.endpoints: dict[str, Endpoint] = {}

    def open(self, host: str, port: int) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it is taken."""
        bound = self._server.open(host, port)
        self.endpoints[DOOR] = Endpoint(host, bound)
        return bound

    def open_tls(self, host: str, port: int) -> int:
        """Listen over TLS too; gives the port, OSError when it is taken."""
        bound = self._server.open(host, port, self._credentials)
        self.endpoints[f"{DOOR}_TLS"] = Endpoint(host, bound)
        return bound

    def close(self) -> None:
        """Stop listening, within a second."""
        self._server.close()

    def apply(self, message: Message) -> str:
        """Do what the message says and tell it in words; Hl7Error (AE) leaves everything as it was."""
        return self._deeds[TAKES.kind(message)[0]](message)

    def _update(self, message: Message) -> str:
        facts, known = demographics(message), []
        for number in numbers(message, "PID-3"):
            if number.authority and facts:
                # A patient without images is no concern of the PACS, whatever authority the number has.
                with contextlib.suppress(PatientUnknown):
                    self._pacs.repairs.update_patient(number.id, number.authority, facts, waived=True)
                    known.append(number.id)
        return f"updated {', '.join(known)}" if known else "patient not known here, nothing to update"

    def _order(self, message: Message) -> str:
        """Remember the orders of ORM^O01 or OMI^O23 (IHE RAD-4), so that the images that come can be matched."""
        with self._store.write() as tx:
            issuer = str(setting(tx, "default_issuer"))
            told = [(accession, facts) for accession, facts in ordered(message, issuer) if accession]
            for accession, facts in told:
                orders.note(tx, accession, facts)
                self._pacs.dispatch.expect(tx, accession)
        noted = [accession for accession, _facts in told]
        return f"order {', '.join(noted)} noted" if noted else "an order without an accession number: nothing to expect"

    def _report(self, message: Message) -> str:
        """Mark the study of an ORU^R01 reported; what the report says is no concern of the PACS."""
        results = set(message.all("OBX-11"))
        status = "W" if results == {"W"} else RESULTS.get(message.get("OBR-25"), "")
        accession, study_uid = message.get("OBR-18"), reported_study(message)
        with self._store.write() as tx:
            rows = orders.studies_reported(tx, accession, study_uid)
            for row in rows:
                orders.mark_reported(tx, row["study_uid"], status)
        return f"report {status or 'none'} of {len(rows)} studies noted" if rows else "no such study here"

    def _merge(self, message: Message) -> str:
        done = []
        for pid, mrg in pairs(message):
            survivors = numbers(message, f"{pid}-3")
            done += [self._retire(number, survivors) for number in numbers(message, f"{mrg}-1")]
        return "; ".join(filter(None, done)) or "nothing to merge"

    def _retire(self, retired: Number, survivors: list[Number], *, new: bool = False) -> str:
        """Retire a number into the survivor's of its kind; a `new` one must not be known yet."""
        survivor = _counterpart(retired, survivors)
        if survivor.id == retired.id:
            return ""
        try:
            if new and self._known(survivor):
                raise Hl7Error(
                    f"{survivor.id} is a patient's number already",
                    place="PID-3",
                    remedy="Merge the two (A40) if that is meant.",
                    code="205",
                )
            self._pacs.repairs.merge_patients(
                retired.id, retired.authority, survivor.id, survivor.authority, waived=True
            )
        except PatientUnknown as error:
            if error.elsewhere:
                place = "PID-3.4" if error.patient_id == survivor.id else "MRG-1.4"
                raise Hl7Error(error.what, place=place, remedy=error.remedy, code="204") from error
            return f"nothing to {'change' if new else 'merge'}, {retired.id} is not known here"
        return f"{retired.id} is {survivor.id} now" if new else f"{retired.id} merged into {survivor.id}"

    def _renumber(self, message: Message) -> str:
        """A47: the number in PID-3, which nobody had before, takes the place of the one in MRG-1."""
        old = numbers(message, "MRG-1")[0]
        new = _counterpart(old, numbers(message, "PID-3"))
        if self._into(old) == (new.id, new.authority):
            return f"{old.id} is {new.id} already"
        return self._retire(old, [new], new=True)

    def _move(self, message: Message) -> str:
        """A43: a number (PID-3) goes from the patient in MRG-4 to the one in PID-2, with the studies it brought.

        The archive keeps hospital numbers only; another authority's number moves nothing here.
        """
        right, wrong = numbers(message, "PID-2")[0], numbers(message, "MRG-4")[0]
        done = []
        for moved in numbers(message, "PID-3"):
            if moved.authority != right.authority or self._into(moved) is None:
                done.append(f"{moved.id} moves nothing here")
                continue
            if self._into(moved) == (right.id, right.authority):
                done.append(f"{moved.id} is under {right.id} already")
                continue
            self._pacs.repairs.unmerge_patients(moved.id, moved.authority, waived=True)
            self._pacs.repairs.merge_patients(moved.id, moved.authority, right.id, right.authority, waived=True)
            done.append(f"{moved.id} moved from {wrong.id} to {right.id}")
        return "; ".join(done)

    def _link(self, message: Message) -> str:
        """A24 notes that two records are of one person, A37 that they are not; nothing of either is changed."""
        unlink = TAKES.kind(message)[1] == "A37"
        found = [_counterpart(None, numbers(message, f"PID[{n}]-3"), self._issuer()) for n in (1, 2)]
        first, second = sorted((one.id, one.authority) for one in found)
        with self._store.write() as tx:
            if unlink:
                where = "patient_id=? AND issuer=? AND other_id=? AND other_issuer=?"
                tx.execute(f"DELETE FROM pacs_link WHERE {where}", (*first, *second))
            else:
                tx.execute("INSERT OR IGNORE INTO pacs_link VALUES (?, ?, ?, ?)", (*first, *second))
        return f"{found[0].id} {'unlinked from' if unlink else 'linked to'} {found[1].id}"

    def _issuer(self) -> str:
        with self._store.read() as tx:
            return str(setting(tx, "default_issuer"))

    def _known(self, number: Number) -> bool:
        with self._store.read() as tx:
            sql = "SELECT 1 FROM pacs_patient WHERE patient_id=? AND issuer=?"
            return tx.execute(sql, (number.id, number.authority)).fetchone() is not None

    def _into(self, number: Number) -> tuple[str, str] | None:
        """Where a number was merged into; None when it was not."""
        with self._store.read() as tx:
            sql = "SELECT merged_into, merged_issuer FROM pacs_patient WHERE patient_id=? AND issuer=?"
            row = tx.execute(sql, (number.id, number.authority)).fetchone()
        return (row["merged_into"], row["merged_issuer"]) if row and row["merged_into"] is not None else None


def _counterpart(retired: Number | None, survivors: list[Number], issuer: str = "") -> Number:
    """The one of `survivors` that is of the retired number's authority and type, or of the `issuer`; Hl7Error."""
    if retired is None:
        return next((one for one in survivors if one.authority == issuer), survivors[0])
    if not retired.authority:
        raise Hl7Error(
            f"the retired number {retired.id} comes without its authority",
            place="MRG-1.4",
            remedy="Name the authority that gave the number.",
            code="101",
        )
    survivor = next((one for one in survivors if same_kind(one, retired)), None)
    if survivor is None:
        raise Hl7Error(
            f"the retired number {retired.id} is of {retired.authority}, "
            f"the survivor's numbers are of {', '.join(sorted({one.authority or 'none' for one in survivors}))}",
            place="MRG-1.4",
            remedy="Give both numbers of one authority; a merge never crosses authorities.",
            code="204",
        )
    return survivor
