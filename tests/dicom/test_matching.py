"""Attribute matching: SQL condition and value test agree, case by case."""

from __future__ import annotations

import sqlite3
import time

import pytest
from pydicom.dataset import Dataset

from simlab.dicom import matching
from simlab.dicom.values import as_dataset, as_values
from simlab.errors import BadInput

YAMADA = "Yamada^Tarou=山田^太郎=やまだ^たろう"

CASES = [
    # value, key, VR, matches
    ("SMITH^JOHN", "SMITH^JOHN", "PN", True),
    ("SMITH^JOHN", "SMITH^JOHN^^", "PN", True),
    ("SMITH^JOHN", "SMITH", "PN", False),
    ("SMITH^JOHN", "smith*", "PN", False),
    ("SMITH^JOHN", "SMITH^J?HN", "PN", True),
    (YAMADA, "*山田*", "PN", True),
    (YAMADA, "Yamada^Tarou", "PN", True),
    (YAMADA, "山田^太郎", "PN", True),
    (YAMADA, "やまだ^*", "PN", True),
    (YAMADA, "Tarou", "PN", False),
    ("PID001", "pid001", "LO", False),
    ("A[1]", "A[1]*", "LO", True),
    ("A1", "A[1]*", "LO", False),
    ("", "*", "LO", True),
    ("", "A*", "LO", False),
    ("X", "", "LO", True),
    ("1.2.3", "1.2.3\\1.2.4", "UI", True),
    ("1.2.5", "1.2.3\\1.2.4", "UI", False),
    ("1.2.3", "1.2.*", "UI", False),
    ("20260101", "20260101-20260103", "DA", True),
    ("20260104", "20260101-20260103", "DA", False),
    ("20260104", "20260101-", "DA", True),
    ("20260101", "-20260102", "DA", True),
    ("", "-20260102", "DA", False),
    ("20260101", "20260101", "DA", True),
    ("101500", "1015", "TM", True),
    ("101500.25", "100000-1015", "TM", True),
    ("101600", "100000-1015", "TM", False),
    ("10", "0900-11", "TM", True),
    ("235959", "2359-", "TM", True),
]


@pytest.mark.parametrize(("value", "key", "vr", "wanted"), CASES)
def test_value_and_condition_agree(value: str, key: str, vr: str, wanted: bool) -> None:
    """The test of one value and the SQL condition both give what PS3.4 C.2.2.2 says."""
    assert matching.matches(value, key, vr) is wanted
    condition = matching.condition("v", vr, key)
    if condition is None:
        assert wanted
        return
    with sqlite3.connect(":memory:") as db:
        sql, values = condition
        (found,) = db.execute(f"SELECT count(*) FROM (SELECT ? AS v) WHERE {sql}", (value, *values)).fetchone()
    assert bool(found) is wanted


def test_insensitive_names() -> None:
    """With the switch on, case and accents of names do not count."""
    assert matching.matches("Müller^Jürgen", "muller*", "PN", insensitive=True)


def test_many_asterisks_take_no_time() -> None:
    """A hostile pattern is tested in no time, in SQL too."""
    value, key = "a" * 64, "*a" * 30 + "*b"
    start = time.monotonic()
    assert not matching.matches(value, key, "LO")
    condition = matching.condition("v", "PN", key)
    assert condition is not None
    with sqlite3.connect(":memory:") as db:
        db.execute(f"SELECT count(*) FROM (SELECT ? AS v) WHERE {condition[0]}", (value, *condition[1]))
    assert time.monotonic() - start < 1.0


def test_combined_date_and_time() -> None:
    """A range over both leaves out the morning of the first day and the evening of the last."""
    condition = matching.date_time_condition("d", "t", "20260101-20260102", "100000-110000")
    assert condition is not None
    rows = [("20260101", "093000"), ("20260101", "2300"), ("20260102", "1059"), ("20260102", "1200")]
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE x (d, t)")
        db.executemany("INSERT INTO x VALUES (?, ?)", rows)
        assert db.execute(f"SELECT d, t FROM x WHERE {condition[0]}", condition[1]).fetchall() == rows[1:3]


def item(**step: str) -> Dataset:
    return as_dataset({"PatientID": "P", "ScheduledProcedureStepSequence": step})


def test_sequence_matching() -> None:
    """A key inside a sequence matches when one item of the sequence matches it."""
    keys = item(ScheduledStationAETitle="CT2", Modality="")
    assert matching.matches_dataset(item(ScheduledStationAETitle="CT2", Modality="CT"), keys)
    assert not matching.matches_dataset(item(ScheduledStationAETitle="CT1", Modality="CT"), keys)


def test_answer_gives_what_was_asked() -> None:
    """An answer has the attributes asked for, empty where there is none, inside sequences too."""
    keys = item(ScheduledStationAETitle="", ScheduledProcedureStepID="")
    answer = as_values(matching.answer(item(ScheduledStationAETitle="CT2", Modality="CT"), keys))
    step = {"ScheduledStationAETitle": "CT2", "ScheduledProcedureStepID": ""}
    assert answer == {"PatientID": "P", "ScheduledProcedureStepSequence": [step]}


def test_unknown_keyword_suggests() -> None:
    """A misspelt keyword is refused with the nearest one."""
    with pytest.raises(BadInput, match="Did you mean PatientName"):
        as_dataset({"PatientNam": "X"})


def test_narrowest_character_set() -> None:
    """A data set of plain values declares the narrowest repertoire that holds them."""
    assert "SpecificCharacterSet" not in as_dataset({"PatientName": "SMITH"})
    assert as_dataset({"PatientName": "Müller"}).SpecificCharacterSet == "ISO_IR 100"
    assert as_dataset({"PatientName": "山田"}).SpecificCharacterSet == "ISO_IR 192"
