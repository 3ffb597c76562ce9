"""Small synthetic instances for tests: fictional people, 8 by 8 pixels."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from simlab.dicom.instance import Instance

CT = "1.2.840.10008.5.1.4.1.1.2"
OT = "1.2.840.10008.5.1.4.1.1.7"
ROOT = "2.25.4242"


def made(
    sop_uid: str,
    *,
    study_uid: str = f"{ROOT}.1",
    series_uid: str = f"{ROOT}.1.1",
    sop_class: str = CT,
    modality: str = "CT",
    patient_id: str = "PID001",
    patient_name: str = "SMITH^JOHN",
    issuer: str = "",
    charset: str = "",
    number: int = 1,
    size: int = 8,
    shade: int = 100,
    syntax: str | None = None,
    **more: object,
) -> Instance:
    """One image; `more` are further attributes by keyword."""
    ds = Dataset()
    if charset:
        ds.SpecificCharacterSet = charset
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, sop_uid
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study_uid, series_uid
    ds.PatientID, ds.PatientName, ds.PatientBirthDate, ds.PatientSex = patient_id, patient_name, "19700101", "O"
    if issuer:
        ds.IssuerOfPatientID = issuer
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = modality, 1, number
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = size
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    ds.PixelData = np.full((size, size), shade, dtype="<u2").tobytes()
    return Instance.from_dataset(ds, syntax)


PEOPLE = (
    ("PID001", "SMITH^JOHN", ""),
    ("PID002", "SMITH^JANE", ""),
    ("PID003", "Müller^Jürgen", "ISO_IR 100"),
    ("PID004", "Yamada^Tarou=山田^太郎=やまだ^たろう", "ISO_IR 192"),
)


def the_48() -> list[Instance]:
    """The fixture of the conformance table: 4 patients × 2 studies × a CT and an OT series × 3 images."""
    found = []
    for p, (patient_id, name, charset) in enumerate(PEOPLE, 1):
        for s, (date, time) in enumerate(((f"2026010{p}", "101500"), (f"2026020{p}", "235959")), 1):
            study = f"{ROOT}.{p}.{s}"
            for e, (sop_class, modality) in enumerate(((CT, "CT"), (OT, "OT")), 1):
                found += [
                    made(
                        f"{study}.{e}.{n}",
                        study_uid=study,
                        series_uid=f"{study}.{e}",
                        sop_class=sop_class,
                        modality=modality,
                        patient_id=patient_id,
                        patient_name=name,
                        charset=charset,
                        number=n,
                        shade=100 * p + 10 * s + n,
                        StudyDate=date,
                        StudyTime=time,
                        AccessionNumber=f"ACC{p}{s}",
                        StudyID=f"S{p}{s}",
                    )
                    for n in (1, 2, 3)
                ]
    return found
