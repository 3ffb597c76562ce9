"""C-FIND, C-MOVE and C-GET at the neighbour, whose archive is small enough to be looked through (PS3.4 C.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydicom.dataset import Dataset

from simlab.department.neighbour.holdings import Holdings
from simlab.department.neighbour.settings import NeighbourSettings
from simlab.dicom import client, contexts, statuses
from simlab.dicom.client import Peer
from simlab.dicom.matching import answer, key_of, matches_dataset
from simlab.dicom.operation import IdentifierMismatch, Reply, Request
from simlab.dicom.values import as_dataset
from simlab.errors import NotFound, SimlabError

LEVELS = {
    "PATIENT": ("PatientID", "patient_id"),
    "STUDY": ("StudyInstanceUID", "study_uid"),
    "SERIES": ("SeriesInstanceUID", "series_uid"),
    "IMAGE": ("SOPInstanceUID", "sop_uid"),
}
_PATIENT_ROOT = (contexts.PATIENT_FIND, contexts.PATIENT_MOVE, contexts.PATIENT_GET)
_LEVEL_TAG = 0x00080052


class Querying:
    """Answers queries relationally: the keys of the levels above are matched like any others."""

    def __init__(
        self, holdings: Holdings, settings: Callable[[], NeighbourSettings], peer: Callable[[str], Peer]
    ) -> None:
        self._holdings = holdings
        self._settings = settings
        self._peer = peer

    def find(self, request: Request) -> Iterator[Reply]:
        """One answer for each patient, study, series or image that matches."""
        keys = request.dataset()
        level = _level(request, keys)
        title = self._settings().ae_title
        seen: dict[str, list[Any]] = {}
        for row in self._holdings.chosen([]):
            seen.setdefault(row[LEVELS[level][1]], []).append(row)
        request.note |= {"level": level}
        for rows in seen.values():
            item = _item(rows, level, title)
            if matches_dataset(item, keys):
                found = answer(item, keys)
                found.QueryRetrieveLevel = level
                found.SpecificCharacterSet = "ISO_IR 192"
                yield Reply(statuses.PENDING, found)
        yield Reply(statuses.SUCCESS)

    def move(self, request: Request) -> Iterator[Reply]:
        """Send what is named to a peer that the neighbour knows; A801 for any other destination."""
        now = self._settings()
        destination = request.message.text("MoveDestination")
        request.note["destination"] = destination
        rows = self._chosen(request)
        try:
            peer = self._peer(destination or "?")
        except NotFound:
            yield Reply(statuses.DESTINATION_UNKNOWN, comment=f"{destination} is nobody known here")
            return
        instances = [self._holdings.load(row) for row in rows]
        originator = (request.caller.calling, request.message_id)
        done = 0
        failed = [row["sop_uid"] for row in rows]
        why = ""
        try:
            for reply in client.store(peer, now.ae_title, instances, originator=originator) if instances else []:
                if reply.stored:
                    done += 1
                    failed.remove(reply.sop_uid)
                else:
                    why = why or reply.comment
        except SimlabError as error:
            why = error.what
        yield _final(request, done, failed, why)

    def get(self, request: Request) -> Iterator[Reply]:
        """Send what is named back on the same association."""
        rows = self._chosen(request)
        done = 0
        failed: list[str] = []
        told = iter([row["sop_uid"] for row in rows])
        for status, _comment in request.store_each(self._holdings.load(row) for row in rows):
            sop_uid = next(told)
            if status is not None and statuses.is_done(status):
                done += 1
            else:
                failed.append(sop_uid)
        yield _final(request, done, failed, "")

    def _chosen(self, request: Request) -> list[Any]:
        keys = request.dataset()
        level = _level(request, keys)
        where = []
        for name, (keyword, column) in LEVELS.items():
            values = [part.strip() for part in key_of(keys.get(keyword)).split("\\") if part.strip()]
            if values:
                where.append((column, values))
            elif name == level:
                raise IdentifierMismatch(f"{keyword}: a value is due", remedy="Say what is to be sent.")
            if name == level:
                break
        rows = self._holdings.chosen(where)
        request.note |= {"level": level, "uids": [row["sop_uid"] for row in rows[:200]]}
        return rows


def _level(request: Request, keys: Dataset) -> str:
    level = key_of(keys.get("QueryRetrieveLevel")).strip()
    if level not in LEVELS or (level == "PATIENT" and request.sop_class not in _PATIENT_ROOT):
        raise IdentifierMismatch(f"QueryRetrieveLevel {level or 'is missing'}", _LEVEL_TAG, remedy="Ask for STUDY.")
    return level


def _item(rows: list[Any], level: str, title: str) -> Dataset:
    """What the archive knows of one patient, study, series or image."""
    first = rows[0]
    known: dict[str, Any] = {
        "PatientID": first["patient_id"],
        "IssuerOfPatientID": first["issuer"],
        "PatientName": first["patient_name"],
        "PatientBirthDate": first["birth_date"],
        "PatientSex": first["sex"],
        "RetrieveAETitle": title,
        "InstanceAvailability": "ONLINE",
    }
    if level != "PATIENT":
        known |= {
            "StudyInstanceUID": first["study_uid"],
            "StudyDate": first["study_date"],
            "StudyTime": first["study_time"],
            "AccessionNumber": first["accession"],
            "StudyDescription": first["description"],
        }
    if level == "STUDY":
        known |= {
            "ModalitiesInStudy": sorted({row["modality"] for row in rows}),
            "NumberOfStudyRelatedSeries": str(len({row["series_uid"] for row in rows})),
            "NumberOfStudyRelatedInstances": str(len(rows)),
        }
    if level in ("SERIES", "IMAGE"):
        known |= {"SeriesInstanceUID": first["series_uid"], "Modality": first["modality"]}
    if level == "SERIES":
        known["NumberOfSeriesRelatedInstances"] = str(len(rows))
    if level == "IMAGE":
        number = "" if first["number"] is None else str(first["number"])
        known |= {"SOPInstanceUID": first["sop_uid"], "SOPClassUID": first["sop_class"], "InstanceNumber": number}
    return as_dataset({"SpecificCharacterSet": "ISO_IR 192", **known})


def _final(request: Request, done: int, failed: list[str], why: str) -> Reply:
    """PS3.4 C.4.2.2.1: B000 when some failed, a failure when all did."""
    request.note |= {"completed": done, "failed": len(failed), "failed_uids": failed[:200]}
    counts: dict[str, Any] = {
        "NumberOfCompletedSuboperations": done,
        "NumberOfFailedSuboperations": len(failed),
        "NumberOfWarningSuboperations": 0,
    }
    if not failed:
        return Reply(statuses.SUCCESS, extra=counts)
    identifier = Dataset()
    identifier.FailedSOPInstanceUIDList = failed
    status = statuses.SUBOPERATIONS_FAILED if done else statuses.CANNOT_PERFORM_SUBOPERATIONS
    return Reply(status, identifier, why, extra=counts)
