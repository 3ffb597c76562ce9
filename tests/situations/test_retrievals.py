"""Situations 8 to 12: images are refused for want of room, or do not get to where they are wanted."""

from __future__ import annotations

import re

from tests.situations.ward import HOST, Ward, final, statuses, suboperations, succeeded

ZELLER, QUILL = "2.25.31000068", "2.25.31000025"


def held(ward: Ward, viewer: str) -> int:
    """How many of Mr Zeller's images a viewer holds."""
    return len(ward.seen("viewer.holds", system=viewer, study_uid=ZELLER))


def test_08_quota(ward: Ward) -> None:
    """A700 while nothing can leave the cache; with the studies archived there is room, and nothing is lost."""
    ward.stage("08")
    image = ward.another_image()
    assert final(ward.store([image])) == "A700"
    assert not ward.act("modality.send", {"modality": "CT1"}).ok
    (waiting, *more) = ward.seen("modality.queue")
    assert "A700" in waiting["last_error"] and len(more) == 1
    ward.repair(concerned=[QUILL])
    assert not ward.seen("modality.queue")
    assert final(ward.store([image])) == "0000"
    files, said = ward.get(ZELLER)
    assert (final(said), len(files)) == ("0000", 13), said
    (quota,) = ward.seen("pacs.settings", key="quota_kb")
    assert quota["value"] == 2850


def test_09_destination_unknown(ward: Ward) -> None:
    """A801 until the PACS is told of THEATRE; another unknown title is A801 still."""
    ward.stage("09")
    assert statuses(ward.move(ZELLER, "THEATRE")) == ["A801"]
    ward.repair()
    said = ward.move(ZELLER, "THEATRE")
    assert (final(said), suboperations(said, "Completed"), held(ward, "THEATRE")) == ("0000", 12, 12)
    assert statuses(ward.move(ZELLER, "NOWHERE")) == ["A801"]
    query = ("-S", "-aet", "THEATRE", "-aec", "PACS", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=*")
    assert final(ward.dcmtk("findscu", *query)) == "0124"


def test_10_destination_port(ward: Ward) -> None:
    """A702 with every sub-operation failed until the port is right; no other viewer's line has changed."""
    ward.stage("10")
    (clinic,) = ward.seen("pacs.peers", title="CLINIC")
    said = ward.move(ZELLER, "THEATRE")
    assert (final(said), suboperations(said, "Completed"), suboperations(said, "Failed")) == ("A702", 0, 12)
    ward.repair()
    said = ward.move(ZELLER, "THEATRE")
    assert (final(said), suboperations(said, "Completed"), held(ward, "THEATRE")) == ("0000", 12, 12)
    assert ward.seen("pacs.peers", title="CLINIC") == [clinic]


def test_11_destination_refuses_some(ward: Ward) -> None:
    """B000 with counts and the UIDs that failed; once there is room, the same move is whole."""
    ward.stage("11")
    said = ward.move(ZELLER, "THEATRE")
    completed, failed = suboperations(said, "Completed"), suboperations(said, "Failed")
    assert final(said) == "B000" and completed + failed == 12 and completed and failed
    assert "FailedSOPInstanceUIDList" in said and held(ward, "THEATRE") == completed
    ward.repair()
    said = ward.move(ZELLER, "THEATRE")
    assert (final(said), suboperations(said, "Failed"), held(ward, "THEATRE")) == ("0000", 0, 12)
    refused = ward.dcmtk("echoscu", "-aet", "STRANGER", "-aec", "THEATRE", to="THEATRE")
    assert "Calling AE Title Not Recognized" in refused


def test_12_get_without_role(ward: Ward) -> None:
    """Not one file by C-GET while the SCP role is not granted; C-MOVE works before and after."""
    ward.stage("12")
    files, said = ward.get(ZELLER)
    assert files == [] and final(said) == "A702" and suboperations(said, "Failed") == 12
    roles = set(
        re.findall(r"CTImageStorage\s+D:\s+Proposed SCP/SCU Role: (\w+)\s+D:\s+Accepted SCP/SCU Role: (\w+)", said)
    )
    assert ("SCP", "Default") in roles, roles
    assert final(ward.move(ZELLER, "THEATRE")) == "0000"
    ward.repair()
    files, said = ward.get(ZELLER)
    assert (len(files), final(said)) == (12, "0000")
    assert succeeded(ward.echo("ADMIN")) and HOST in ward.seen("pacs.peers", title="THEATRE")[0]["host"]
