"""C-CANCEL and priority for query and retrieval, with DCMTK and pynetdicom as clients (PS3.7 9.3.2.3, PS3.4 C.4)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import build_role

from simlab.dicom import contexts
from simlab.faults import Fault
from tests.dicom.made import CT, OT, ROOT
from tests.pacs.conftest import HOST, House
from tests.pacs.test_conformance import statuses


def identifier() -> Dataset:
    ds = Dataset()
    ds.QueryRetrieveLevel, ds.StudyInstanceUID = "STUDY", f"{ROOT}.1.1"
    return ds


def unhurried(house: House) -> None:
    """Lets THEATRE take a moment over each object, so that a cancel can come in between."""
    match, effect = {"service": "C-STORE"}, {"late": 0.15}
    house.faults.declare([Fault(id="slow", point="operation", system="THEATRE", match=match, effect=effect)])


def test_move_is_cancelled_between_two_objects(stocked: House) -> None:
    """movescu cancels after two responses: FE00 with what remains, and no more than that arrives."""
    unhurried(stocked)
    args = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={ROOT}.1.1")
    options = ("-d", "-S", "-aec", "PACS", "-aet", "MOVESCU", "-aem", "THEATRE", "--cancel", "2")
    output = stocked.dcmtk("movescu", *args, options=options)
    assert statuses(output)[-1] == "FE00"
    completed, remaining = (
        int(re.findall(rf"{what} Suboperations\s*: (\d+)", output)[-1]) for what in ("Completed", "Remaining")
    )
    assert completed + remaining == 6
    assert 2 <= completed == len(stocked.theatre.instances()) < 6


def test_get_is_cancelled_between_two_objects(stocked: House) -> None:
    """pynetdicom cancels its C-GET after the second object: FE00, the counts add up, the association stands."""
    taken: list[str] = []

    def take(event: evt.Event) -> int:
        taken.append(str(event.dataset.SOPInstanceUID))
        if len(taken) == 2:
            event.assoc.send_c_cancel(9, query_model=contexts.STUDY_GET)
        time.sleep(0.05)
        return 0x0000

    ae = AE("ADMIN")
    ae.add_requested_context(contexts.STUDY_GET)
    for sop_class in (CT, OT):
        ae.add_requested_context(sop_class)
    roles: list[Any] = [build_role(sop_class, scp_role=True) for sop_class in (CT, OT)]
    assoc = ae.associate(
        HOST,
        stocked.port,
        ae_title="PACS",
        ext_neg=roles,
        evt_handlers=[(evt.EVT_C_STORE, take)],
    )
    assert assoc.is_established
    try:
        answers = [status for status, _ds in assoc.send_c_get(identifier(), contexts.STUDY_GET, msg_id=9)]
    finally:
        assoc.release()
    last = answers[-1]
    assert last.Status == 0xFE00
    assert last.NumberOfCompletedSuboperations == len(taken) < 6
    assert last.NumberOfCompletedSuboperations + last.NumberOfRemainingSuboperations == 6


def test_cancel_of_another_operation_changes_nothing(stocked: House) -> None:
    """A C-CANCEL for a message ID that is not being served is passed over."""
    ae = AE("ADMIN")
    ae.add_requested_context(contexts.STUDY_FIND)
    assoc = ae.associate(HOST, stocked.port, ae_title="PACS")
    assert assoc.is_established
    try:
        assoc.send_c_cancel(77, query_model=contexts.STUDY_FIND)
        ds = identifier()
        answers = [status.Status for status, _ds in assoc.send_c_find(ds, contexts.STUDY_FIND)]
    finally:
        assoc.release()
    assert answers == [0xFF00, 0x0000]


@pytest.mark.parametrize(("priority", "word"), [(0, "medium"), (1, "high"), (2, "low")])
def test_priority_is_noted_and_passed_on(stocked: House, priority: int, word: str) -> None:
    """The priority of a C-MOVE stands in its event, and its sub-operations are sent with the same one."""
    ae = AE("ADMIN")
    ae.add_requested_context(contexts.STUDY_MOVE)
    assoc = ae.associate(HOST, stocked.port, ae_title="PACS")
    assert assoc.is_established
    try:
        answers = list(assoc.send_c_move(identifier(), "THEATRE", contexts.STUDY_MOVE, priority=priority))
    finally:
        assoc.release()
    assert answers[-1][0].Status == 0x0000
    seen = {event.data["priority"] for event in stocked.events("dicom.operation")}
    assert seen == {word}
