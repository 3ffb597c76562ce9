"""Every file of pydicom's test data that holds a SOP instance is stored and given back byte for byte.

The table of what was stored and what was refused, and why, is printed: `pytest -s tests/pacs/test_pydicom_data.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID
from pynetdicom import AE, _config, build_context, build_role, evt
from pynetdicom.events import Event

from simlab.dicom import statuses
from simlab.dicom.scan import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.pacs.conftest import HOST, House

DATA = Path(pydicom.__file__).parent / "data"
STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
DAMAGED = {"test_files/MR_truncated.dcm", "test_files/rtplan_truncated.dcm", "test_files/SC_rgb_jpeg.dcm"}
"""Cut off, or in another coding than its transfer syntax says."""


@dataclass(frozen=True)
class Sample:
    """A file's data set as pydicom finds it, without preamble and file meta information."""

    name: str
    syntax: str
    encoded: bytes
    sop_class: str
    sop_uid: str
    study_uid: str
    series_uid: str


def samples() -> Iterator[Sample | tuple[str, str]]:
    """What can be sent of each file, or its name and why there is nothing to send."""
    for path in sorted(path for path in DATA.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")):
        name = path.relative_to(DATA).as_posix()
        content = path.read_bytes()
        try:
            ds = dcmread(path, force=True, stop_before_pixels=True)
            syntax, start = _place(ds, content)
            uids = [str(ds.get(keyword, "")) for keyword in ("SOPClassUID", "SOPInstanceUID")]
            owners = [str(ds.get(keyword, "")) for keyword in ("StudyInstanceUID", "SeriesInstanceUID")]
        except Exception as error:
            yield name, f"no data set that can be read ({error})"
            continue
        if not all(uids):
            yield name, "no SOP instance (it has no SOP class or instance UID)"
            continue
        yield Sample(name, syntax, content[start:], *uids, *owners)


def _place(ds: pydicom.Dataset, content: bytes) -> tuple[str, int]:
    """The transfer syntax of a data set read from a file, and where in the file it begins."""
    if content[128:132] != b"DICM":
        implicit, little = ds.original_encoding
        syntax = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE if little else EXPLICIT_BIG
        return syntax, _past_meta(content, 0)
    return str(ds.file_meta.TransferSyntaxUID), _past_meta(content, 132)


def _past_meta(content: bytes, start: int) -> int:
    while content[start : start + 2] == b"\2\0":
        long = content[start + 4 : start + 6] in (b"OB", b"UN")
        size = content[start + 8 : start + 12] if long else content[start + 6 : start + 8]
        start += (12 if long else 8) + int.from_bytes(size, "little")
    return start


def rounds(found: list[Sample]) -> list[list[Sample]]:
    """The samples in lots within which no UID names two things: many of these files share theirs."""
    lots: list[tuple[list[Sample], set[str], dict[str, str]]] = []
    for one in found:
        for lot, taken, series in lots:  # noqa: B007 (the one found is used below)
            if one.sop_uid not in taken and series.get(one.series_uid, one.study_uid) == one.study_uid:
                break
        else:
            lot, taken, series = [], set(), {}
            lots.append((lot, taken, series))
        lot.append(one)
        taken.add(one.sop_uid)
        series[one.series_uid] = one.study_uid
    return [lot for lot, _taken, _series in lots]


def as_file(one: Sample, folder: Path) -> Path:
    """The sample as a DICOM file with file meta information of our own and its data set untouched."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(one.sop_class), UID(one.sop_uid)
    meta.TransferSyntaxUID, meta.ImplementationClassUID = UID(one.syntax), UID("2.25.1")
    written = BytesIO()
    write_file_meta_info(written, meta)
    path = folder / "sample.dcm"
    path.write_bytes(b"\0" * 128 + b"DICM" + written.getvalue() + one.encoded)
    return path


def answered(house: House, one: Sample) -> bool:
    """Whether the PACS answered a store that its client says it has no answer to."""
    return any(event.data.get("sop_instance") == one.sop_uid for event in house.events("dicom.operation"))


def exchange(house: House, lot: list[Sample]) -> dict[str, str]:
    """Store a lot and fetch it again; what became of each, by file: empty when it came back as it was."""
    ae = AE("CT1")
    ae.dimse_timeout = 10
    outcome: dict[str, str] = {}
    taken: list[Sample] = []
    for part in (lot[n : n + 100] for n in range(0, len(lot), 100)):
        kinds = sorted({(one.sop_class, one.syntax) for one in part})
        contexts = [build_context(*kind) for kind in kinds]
        association = ae.associate(HOST, house.port, contexts, ae_title="PACS")
        assert association.is_established
        offered = {(c.abstract_syntax, c.transfer_syntax[0]) for c in association.accepted_contexts}
        for one in part:
            if (one.sop_class, one.syntax) not in offered:
                outcome[one.name] = f"{UID(one.sop_class).name} is not offered"
                continue
            answer = association.send_c_store(as_file(one, house.folder))
            if "Status" not in answer and answered(house, one):  # see test_known_peers
                association = ae.associate(HOST, house.port, contexts, ae_title="PACS")
                answer = association.send_c_store(as_file(one, house.folder))
            if answer.Status == statuses.SUCCESS:
                taken.append(one)
            else:
                outcome[one.name] = f"{answer.Status:04X} {answer.get('ErrorComment', '')}"
        association.release()
    back: dict[str, bytes] = {}

    def on_store(event: Event) -> int:
        back[str(event.request.AffectedSOPInstanceUID)] = event.encoded_dataset(include_meta=False)
        return 0

    for kind in sorted({(one.sop_class, one.syntax) for one in taken}):
        wanted = [one for one in taken if (one.sop_class, one.syntax) == kind]
        proposed = [build_context(STUDY_GET), build_context(*kind)]
        association = ae.associate(
            HOST,
            house.port,
            proposed,
            ae_title="PACS",
            ext_neg=[build_role(kind[0], scp_role=True)],
            evt_handlers=[(evt.EVT_C_STORE, on_store)],
        )
        for one in wanted:
            identifier = pydicom.Dataset()
            identifier.QueryRetrieveLevel = "IMAGE"
            identifier.StudyInstanceUID, identifier.SeriesInstanceUID = one.study_uid, one.series_uid
            identifier.SOPInstanceUID = one.sop_uid
            for _answer in association.send_c_get(identifier, STUDY_GET):
                pass
            outcome[one.name] = "" if back.get(one.sop_uid) == one.encoded else "came back otherwise"
        association.release()
    return outcome


def test_stored_and_given_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an independent client sends byte for byte comes back byte for byte; the rest is refused with a reason."""
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", True)
    found = list(samples())
    outcome = dict(one for one in found if isinstance(one, tuple))
    sent = [one for one in found if isinstance(one, Sample)]
    for lot in rounds(sent):
        outcome |= exchange(house, lot)
        with house.store.write() as tx:
            for table in ("instance", "series", "study", "patient"):
                tx.execute(f"DELETE FROM pacs_{table}")
    kept = [name for name, why in outcome.items() if not why]
    table = [f"{name:60} {why or 'stored and given back'}" for name, why in sorted(outcome.items())]
    table.append(f"{len(kept)} of {len(found)} files stored and given back, {len(found) - len(kept)} refused")
    sys.stdout.write("\n".join(["", *table, ""]))
    assert set(outcome) == {one[0] if isinstance(one, tuple) else one.name for one in found}
    # None of these has a Study Instance UID, or its bytes are not in the transfer syntax that it claims.
    owned = {one.name for one in sent if one.study_uid and one.series_uid}
    assert owned - set(kept) == DAMAGED
    assert len(kept) > 150
