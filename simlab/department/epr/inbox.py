"""The EPR's HL7 inbox: what the RIS says of orders, appointments and reports."""

from __future__ import annotations

import sqlite3

from simlab.clock import Clock
from simlab.department.epr import fillers, registry, results, settings
from simlab.department.epr.requests import ENDED, Requests
from simlab.errors import SimlabError
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.policy import policy_of
from simlab.hl7.repertoire import Repertoire
from simlab.store import Store

DOOR = "EPR_HL7"
FILLERS = ("SC", "OC", "OD", "OH", "OR", "SN")
"""ORC-1 (table 0119) that an order's filler sends; what placers send is the EPR's own and not acted on."""
STATES = {
    "SC": "scheduled",
    "IP": "in progress",
    "CM": "performed",
    "CA": "cancelled",
    "DC": "discontinued",
    "HD": "held",
}
"""State of an order here by ORC-5 (table 0038)."""
APPOINTMENTS = {"S12": "booked", "S13": "booked", "S14": "booked", "S15": "cancelled"}
TAKES = Repertoire("the EPR", {"ORU": ("R01",), "ORM": ("O01",), "SIU": tuple(APPOINTMENTS)})
"""What the EPR acts on."""


class Inbox:
    """Applies one message at a time, inside the transaction that its receiver opens."""

    def __init__(self, store: Store, clock: Clock, requests: Requests) -> None:
        self._store = store
        self._clock = clock
        self._requests = requests

    def apply(self, message: Message) -> str:
        """Do what the message says and tell it in words; a SimlabError says why not, and nothing is changed."""
        deeds = {"ORU": self._report, "ORM": self._status, "SIU": self._appointment}
        try:
            with self._store.write() as tx:
                return deeds[TAKES.kind(message)[0]](tx, message)
        except Hl7Error:
            raise
        except SimlabError as error:
            raise Hl7Error(error.what, place=error.place, remedy=error.remedy, code="207") from error

    def _report(self, tx: sqlite3.Connection, message: Message) -> str:
        now = settings.read(tx)
        order = _order(tx, message, "ORC", "OBR")
        patient_id = self._patient(tx, message)
        if order is None and now["unasked_reports"] == "refuse":
            raise Hl7Error("a report that nobody here asked for", place="OBR-2", code="204", remedy="Order it first.")
        if order is not None and order["patient_id"] != patient_id and not _withdrawn(message):
            raise Hl7Error(
                f"order {order['placer']} is not of patient {patient_id}",
                place="PID-3",
                code="204",
                remedy="Withdraw it (OBX-11 W), and send it for whom it is of.",
            )
        lines = [
            line for n in range(1, len(message.named("OBX")) + 1) if (line := _line(message, f"OBX[{n}]")) is not None
        ]
        status = "W" if _withdrawn(message) else message.get("OBR-25") or message.get("OBX-11")
        if status not in ("P", "F", "C", "X", "W"):
            raise Hl7Error(
                f"{status or 'nothing'} is no status of a report",
                place="OBR-25",
                code="103" if status else "101",
                remedy="Send P, F, C or X.",
            )
        new = results.Result(
            placer=order["placer"] if order is not None else message.get("OBR-2.1"),
            accession=message.get("OBR-18") or (order["accession"] if order is not None else message.get("OBR-3.1")),
            patient_id=patient_id,
            issuer=now["authority"],
            status=status,
            text="\n".join(lines),
            author=message.get("OBR-32.1"),
            exam=message.get("OBR-4.2") or message.get("OBR-4.1"),
            study_uid=_study(message),
            control_id=message.get("MSH-10"),
        )
        at = self._clock.now().isoformat(timespec="seconds")
        return results.file(tx, new, at, now["preliminary_after_final"], now["correction"])

    def _status(self, tx: sqlite3.Connection, message: Message) -> str:
        done = []
        for n in range(1, len(message.named("ORC")) + 1):
            orc, obr = f"ORC[{n}]", f"OBR[{n}]"
            control, status = message.get(f"{orc}-1"), message.get(f"{orc}-5")
            row = _order(tx, message, orc, obr)
            if control not in FILLERS:
                done.append(f"{control}: the placer's own, nothing to do")
            elif row is None and control == "SN":
                done.append(self._ours(tx, message, orc, obr))
            elif row is None:
                raise Hl7Error(
                    f"no order {message.get(f'{orc}-2.1') or 'without a placer number'}",
                    place=f"{orc.removesuffix('[1]')}-2.1",
                    code="204",
                    remedy="The placer number is the one that the EPR gave.",
                )
            else:
                # What tells of a booking and crossed the placer's own word on the way does not take that back.
                crossed = status == "SC" and row["state"] in ENDED
                self._note(tx, row["placer"], message, orc, obr, ended=crossed)
                what = f"{row['state']} here meanwhile" if crossed else STATES.get(status, "noted")
                done.append(f"order {row['placer']}: {what}")
        if not done:
            raise Hl7Error("an order message without ORC", place="ORC-1", code="100", remedy="Send ORC and OBR.")
        return "; ".join(done)

    def _note(
        self, tx: sqlite3.Connection, placer: str, message: Message, orc: str, obr: str, *, ended: bool = False
    ) -> None:
        status = message.get(f"{orc}-5")
        told = {
            "status": status,
            "state": "" if ended else STATES.get(status, ""),
            "filler": message.get(f"{orc}-3.1"),
            "accession": message.get(f"{obr}-18"),
            "study_uid": message.get("ZDS-1.1"),
        }
        fillers.write(tx, placer, **told)

    def _ours(self, tx: sqlite3.Connection, message: Message, orc: str, obr: str) -> str:
        """An order that the filler made (SN): it gets a placer number, which the filler is told (NA)."""
        placer = self._requests.take_over(
            tx,
            self._patient(tx, message),
            exam=message.get(f"{obr}-4.1"),
            description=message.get(f"{obr}-4.2"),
            modality=message.get(f"{obr}-24"),
            reason=message.get(f"{obr}-31[1].2"),
        )
        self._note(tx, placer, message, orc, obr)
        if policy_of(tx, DOOR).order_reply(message) != "order":  # else the reply to this message says so
            self._requests.assign(placer)
        return f"order {placer}: number assigned"

    def _appointment(self, tx: sqlite3.Connection, message: Message) -> str:
        event, filler = message.get("MSH-9.2"), message.get("SCH-2.1")
        if not filler:
            raise Hl7Error("an appointment without a filler number", place="SCH-2", code="101", remedy="Fill SCH-2.")
        patient_id, authority = self._patient(tx, message), settings.read(tx)["authority"]
        start = message.get("SCH-11.4") or message.get("AIS-4.1")
        tx.execute(
            "INSERT OR REPLACE INTO epr_appointment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                filler,
                message.get("SCH-1.1"),
                patient_id,
                authority,
                message.get("AIS-3.2") or message.get("AIS-3.1"),
                f"{start[:4]}-{start[4:6]}-{start[6:8]}T{start[8:10]}:{start[10:12]}" if len(start) >= 12 else start,
                message.get("AIL-3.1"),
                APPOINTMENTS[event],
            ),
        )
        return f"appointment {filler}: {APPOINTMENTS[event]}"

    @staticmethod
    def _patient(tx: sqlite3.Connection, message: Message) -> str:
        """The EPR's own number of the patient in PID-3, the survivor's after a merge."""
        authority = settings.read(tx)["authority"]
        for n in range(1, len(message.all("PID-3")) + 1):
            number, whose = message.get(f"PID-3[{n}].1"), message.get(f"PID-3[{n}].4.1")
            if whose == authority:
                found = registry.survivor(tx, number, authority)
                if found:
                    return found
                raise Hl7Error(
                    f"no patient {number} of {authority}",
                    place=f"PID-3[{n}].1",
                    code="204",
                    remedy="Register the patient first.",
                )
        raise Hl7Error(
            f"no number of authority {authority}", place="PID-3", code="101", remedy="Send the hospital number."
        )


def _order(tx: sqlite3.Connection, message: Message, orc: str, obr: str) -> sqlite3.Row | None:
    """The order that is meant: by placer number, else by filler number, else by accession number."""
    places = (
        ("placer", (f"{orc}-2.1", f"{obr}-2.1")),
        ("filler", (f"{orc}-3.1", f"{obr}-3.1")),
        ("accession", (f"{obr}-18",)),
    )
    for column, where in places:
        for place in where:
            value = message.get(place)
            row = tx.execute(f"SELECT * FROM epr_order WHERE {column}=?", (value,)).fetchone() if value else None
            if row is not None:
                found: sqlite3.Row = row
                return found
    return None


def _line(message: Message, obx: str) -> str | None:
    """What a ward reads of one result: words as they are, a number with its name, unit, range and flag."""
    kind, value = message.get(f"{obx}-2"), message.get(f"{obx}-5")
    if kind in ("TX", "FT", "ST"):
        return value
    if kind != "NM":
        return None
    named, units, usual = (message.get(f"{obx}-{place}") for place in ("3.2", "6.1", "7"))
    flag = message.get(f"{obx}-8")
    words = (named, value, units, f"({usual})" if usual else "", flag if flag != "N" else "")
    return " ".join(filter(None, words))


def _withdrawn(message: Message) -> bool:
    """Whether every result is W: posted to the wrong patient (table 0085)."""
    return set(message.all("OBX-11")) == {"W"}


def _study(message: Message) -> str:
    for n in range(1, len(message.named("OBX")) + 1):
        if message.get(f"OBX[{n}]-3.1") == "113014":
            return message.get(f"OBX[{n}]-5")
    return ""
