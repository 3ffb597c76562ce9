"""Situations 13 to 15 and 23: the right patient does not stand on the list, or stands there wrongly, or for ever."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import ModalityPerformedProcedureStep, ModalityPerformedProcedureStepRetrieve

from tests.situations.ward import HOST, Rows, Ward, final

MADE_UP = "2.25.31009925"
TODAY, YESTERDAY = "20260302", "20260301"


def shown(rows: Rows) -> set[str]:
    """The accession numbers on a list."""
    return {row["AccessionNumber"] for row in rows}


def at_scanner(ward: Ward, scanner: str) -> set[str]:
    """The accession numbers that a scanner shows with its own filter."""
    return {row["accession"] for row in ward.done("modality.worklist", modality=scanner).data["rows"]}


def asked(ward: Ward, station: str, *, modality: str = "CT", date: str = TODAY) -> set[str]:
    """What findscu gets with the keys of a scanner's filter; an empty key asks for all."""
    keys = [f"ScheduledStationAETitle={station}", f"Modality={modality}", f"ScheduledProcedureStepStartDate={date}"]
    return shown(ward.worklist(*keys, calling=station or "CT1"))


def test_13_worklist_station(ward: Ward) -> None:
    """CT1 asks for its own steps and gets none, though one is there for CT9; CT2's list is what it was."""
    ward.stage("13")
    assert asked(ward, "CT1") == set() and at_scanner(ward, "CT1") == set()
    assert "RXX10000025" in asked(ward, "")
    others = asked(ward, "CT2")
    assert others == {"RXX10000082"}
    ward.repair()
    assert asked(ward, "CT1") == at_scanner(ward, "CT1") == {"RXX10000025"}
    assert asked(ward, "CT2") == at_scanner(ward, "CT2") == others
    (filter_,) = ward.seen("modality.config", system="CT1", key="filter_station")
    assert filter_["value"] == "CT1"


def test_14_worklist_filters(ward: Ward) -> None:
    """Each wrong key hides one patient more; when all three are right the list is whole, and only CT1's."""
    ward.stage("14")
    assert at_scanner(ward, "CT1") == asked(ward, "CT1", date=YESTERDAY) == set()
    assert asked(ward, "CT1") == {"RXX10000090"}
    assert asked(ward, "CT1", modality="") == {"RXX10000090", "RXX10000025"}
    assert asked(ward, "CT1", date="") == {"RXX10000090", "RXX10000082"}
    others = asked(ward, "CT2")
    ward.repair()
    whole = {"RXX10000025", "RXX10000082", "RXX10000090"}
    assert asked(ward, "CT1") == at_scanner(ward, "CT1") == whole
    assert asked(ward, "CT2") == others == {"RXX10000108"}
    assert asked(ward, "CT1", date=YESTERDAY) == asked(ward, "CT1", modality="MR") == set()


def test_15_worklist_gaps(ward: Ward) -> None:
    """Empty (0020,000D) and (0008,0050) on the list, a study that no number finds; both are there afterwards."""
    ward.stage("15")
    (item,) = [row for row in ward.worklist() if row["PatientID"] == "4100025"]
    assert (item["StudyInstanceUID"], item["AccessionNumber"]) == ("", "")
    assert ward.studies("AccessionNumber=RXX10000025") == []
    (study,) = ward.studies(f"StudyInstanceUID={MADE_UP}")
    assert study["AccessionNumber"] == ""
    ward.repair(concerned=[MADE_UP])
    (item,) = [row for row in ward.worklist() if row["PatientID"] == "4100025"]
    assert item["StudyInstanceUID"] and item["AccessionNumber"] == "RXX10000025"
    (study,) = ward.studies("AccessionNumber=RXX10000025")
    assert (study["StudyInstanceUID"], study["PatientID"]) == (MADE_UP, "4100025")
    files, said = ward.get(MADE_UP)
    assert (final(said), len(files)) == ("0000", 2)
    assert "[RXX10000025" in ward.tool("dcmdump", "+P", "0008,0050", files[0])


def test_23_step_never_closed(ward: Ward) -> None:
    """IN PROGRESS until the RIS closes it for US1; another room's step goes on, and the closed one stays closed."""
    ward.stage("23")
    step, other = "2.25.31900041", "2.25.31900025"
    assert _status(ward, step) == _status(ward, other) == "IN PROGRESS"
    assert "RXX10000041" not in asked(ward, "US1", modality="US")
    assert len(ward.studies("AccessionNumber=RXX10000041")) == 1
    assert not ward.act("modality.complete_step", {"modality": "US1", "accession": "RXX10000041"}).ok
    ward.repair()
    assert (_status(ward, step), _status(ward, other)) == ("COMPLETED", "IN PROGRESS")
    states = {row["accession"]: row["state"] for row in ward.rows("ris.orders")}
    assert (states["RXX10000041"], states["RXX10000025"]) == ("performed", "in_progress")
    assert _set(ward, step) == 0x0110


def _associated(ward: Ward, sop_class: Any) -> Any:
    ae = AE("US1")
    ae.add_requested_context(sop_class)
    association = ae.associate(HOST, ward.port("RIS"), ae_title="RIS")
    assert association.is_established
    return association


def _status(ward: Ward, step: str) -> str:
    """What pynetdicom is told of a step by N-GET."""
    association = _associated(ward, ModalityPerformedProcedureStepRetrieve)
    _, found = association.send_n_get([0x00400252], ModalityPerformedProcedureStepRetrieve, step)
    association.release()
    return str(found.PerformedProcedureStepStatus)


def _set(ward: Ward, step: str) -> int:
    """The status with which another N-SET is answered."""
    association = _associated(ward, ModalityPerformedProcedureStep)
    changed = Dataset()
    changed.PerformedProcedureStepStatus = "DISCONTINUED"
    status, _ = association.send_n_set(changed, ModalityPerformedProcedureStep, step)
    association.release()
    return int(status.Status)
