"""An archive to repair: what every test of repairs begins with, and the proof that pixels stay as they came."""

from __future__ import annotations

import shutil
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from simlab.department.pacs import PacsPatient, PacsStage
from simlab.dicom.instance import Instance
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import House

A, B = f"{ROOT}.1", f"{ROOT}.2"
"""The studies of patients A and B: two series of two images, one of one."""


def image(study: str, series: int, number: int, patient_id: str, **more: Any) -> Instance:
    facts: dict[str, Any] = {"StudyDescription": "CT Head", "StudyDate": "20260301"}
    return made(
        f"{study}.{series}.{number}",
        study_uid=study,
        series_uid=f"{study}.{series}",
        patient_id=patient_id,
        patient_name="SMITH^JOHN" if patient_id == "A" else "JONES^MARY",
        issuer="RXX01",
        number=number,
        shade=len(study) + 100 * series + number,
        **{**facts, "AccessionNumber": f"ACC-{patient_id}", **more},
    )


def people(house: House) -> House:
    """A and B of authority RXX01 with a study each; C is known without any."""
    house.pacs.stage(
        PacsStage(
            instances=[image(A, series, number, "A") for series in (1, 2) for number in (1, 2)] + [image(B, 1, 1, "B")],
            patients=[PacsPatient(patient_id="C", issuer="RXX01", name="BROWN^ANN", sex="F")],
        )
    )
    return house


def fetched(house: House, study_uid: str) -> dict[str, Dataset]:
    """What getscu brings of a study, by SOP Instance UID."""
    folder = house.folder / "got"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study_uid}")
    said = house.dcmtk("getscu", *keys, options=("-S", "-aec", "PACS", "-od", str(folder)))
    found = [dcmread(path) for path in folder.iterdir()]
    assert found, said
    return {str(ds.SOPInstanceUID): ds for ds in found}


def same_pixels(house: House, study_uid: str, *stored: str) -> dict[str, Dataset]:
    """Fetch a study: exactly `stored` instances, each with the pixels that the blob store was given."""
    got = fetched(house, study_uid)
    assert sorted(got) == sorted(stored)
    for sop_uid, ds in got.items():
        with house.store.read() as tx:
            row = tx.execute("SELECT pixels FROM pacs_instance WHERE sop_uid=?", (sop_uid,)).fetchone()
        assert house.pacs._blobs.get(row["pixels"]) == ds.PixelData
    return got


def former(ds: Dataset) -> Dataset:
    """What the last change replaced (0400,0561)."""
    return ds.OriginalAttributesSequence[-1].ModifiedAttributesSequence[0]
