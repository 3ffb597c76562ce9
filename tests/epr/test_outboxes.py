"""The outboxes of the EPR and the RIS: which message is whose, and from when."""

import sqlite3
import time
from inspect import signature

import pytest

from simlab.department.epr import VIEWS as EPR_VIEWS
from simlab.department.ris import VIEWS as RIS_VIEWS
from simlab.errors import BadInput
from tests.epr.hospital import Hospital


@pytest.mark.parametrize("system", ["epr", "ris"])
def test_an_outbox_says_whom_a_message_is_about_and_when_it_was_queued(hospital: Hospital, system: str) -> None:
    """Of forty updates an administrator finds the one of her patient."""
    number = hospital.person()
    hospital.do("epr.update", patient=number, facts={"phone": "01632 960004", "name": "FOUND^FAITH"})
    row = hospital.rows(f"{system}.outbox")[-1]
    assert row["patient_ids"][0] == number
    assert row["patient_name"] == "FOUND^FAITH"
    assert row["queued"].startswith(hospital.lab.clock.now().date().isoformat())


@pytest.mark.parametrize("system", ["epr", "ris"])
def test_an_outbox_is_narrowed_to_a_patient(hospital: Hospital, system: str) -> None:
    """Also to the number that a merge retired, which MRG-1 names."""
    retired, kept, other = hospital.person(), hospital.person(), hospital.person()
    hospital.do("epr.merge", retire=retired, survive=kept, event="A40")
    found = hospital.rows(f"{system}.outbox", patient_id=retired)
    assert found[-1]["type"] == "ADT^A40" and kept in found[-1]["patient_ids"]
    assert all(retired in row["patient_ids"] for row in found)
    hospital.do("epr.update", patient=other, facts={"phone": "01632 960005"})
    assert hospital.rows(f"{system}.outbox", patient_id=retired) == found
    assert hospital.rows(f"{system}.outbox", patient_id=retired, limit="1") == found[-1:]


def test_a_message_that_cannot_be_read_is_nobodys(hospital: Hospital) -> None:
    """A spoiled one is listed like the others."""
    hospital.person()
    with hospital.lab.store.write() as tx:
        newest = tx.execute("SELECT max(id) FROM epr_outbox").fetchone()[0]
        before = tx.execute("SELECT message FROM epr_outbox WHERE id=?", (newest,)).fetchone()[0]
        tx.execute("UPDATE epr_outbox SET message=? WHERE id=?", (b"no message", newest))
    row = hospital.rows("epr.outbox")[-1]
    assert (row["id"], row["patient_ids"], row["patient_name"], row["message"]) == (newest, [], "", "no message")
    with hospital.lab.store.write() as tx:
        tx.execute("UPDATE epr_outbox SET message=? WHERE id=?", (before, newest))


def test_a_limit_that_is_no_number_is_refused(hospital: Hospital) -> None:
    """It would else be an empty list."""
    with pytest.raises(BadInput, match="limit"):
        hospital.rows("epr.outbox", limit="all")


def test_the_last_of_many_messages_are_listed_at_once(hospital: Hospital) -> None:
    """Of 3,000 messages the newest 20 take less than a tenth of what all of them take."""
    number = hospital.person()
    row = hospital.rows("epr.outbox", patient_id=number)[-1]
    with hospital.lab.store.write() as tx:
        columns = [one["name"] for one in tx.execute("PRAGMA table_info(epr_outbox)") if one["name"] != "id"]
        named = ", ".join(columns)
        for _ in range(3000):
            tx.execute(f"INSERT INTO epr_outbox ({named}) SELECT {named} FROM epr_outbox WHERE id=?", (row["id"],))
    try:
        with hospital.lab.store.read() as tx:
            assert _seconds(tx, 20) < _seconds(tx, -1) / 10
    finally:
        with hospital.lab.store.write() as tx:
            tx.execute("DELETE FROM epr_outbox WHERE id > ? AND control_id = ?", (row["id"], row["control_id"]))


def _seconds(tx: sqlite3.Connection, limit: int) -> float:
    began = time.perf_counter()
    assert len(EPR_VIEWS["outbox"](tx, limit=limit)) >= min(limit, 3000)
    return time.perf_counter() - began


def test_both_outboxes_show_the_same() -> None:
    """What can be asked of the one can be asked of the other."""
    assert signature(EPR_VIEWS["outbox"]) == signature(RIS_VIEWS["outbox"])
