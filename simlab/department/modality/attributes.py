"""What each kind of modality writes into its images beyond patient and study: DICOM attributes as tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A modality's images: SOP Class UID, pixels (`bits` stored of 8 or 16, `signed`), constant attributes."""

    sop_class: str
    bits: int
    signed: bool
    constant: dict[str, Any] = field(default_factory=dict)
    in_space: bool = True
    """Whether images have a place in the patient (Image Plane and Frame of Reference modules)."""
    projection: bool = False
    """Whether it is a radiograph: sides are Image Laterality and a letter in the picture."""


KINDS: dict[str, Kind] = {
    # PS3.3 A.3 CT Image IOD
    "CT": Kind(
        "1.2.840.10008.5.1.4.1.1.2",
        16,
        True,
        {
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom CT",
            "PatientPosition": "HFS",
            "KVP": "120",
            "AcquisitionNumber": "1",
            "RescaleIntercept": "0",
            "RescaleSlope": "1",
            "RescaleType": "HU",
            "ConvolutionKernel": "STANDARD",
        },
    ),
    # PS3.3 A.4 MR Image IOD
    "MR": Kind(
        "1.2.840.10008.5.1.4.1.1.4",
        16,
        False,
        {
            "ImageType": ["ORIGINAL", "PRIMARY", "M", "SE"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom MR",
            "PatientPosition": "FFS",
            "ScanningSequence": "SE",
            "SequenceVariant": "SK",
            "ScanOptions": "",
            "MRAcquisitionType": "2D",
            "RepetitionTime": "2500",
            "EchoTime": "30",
            "EchoTrainLength": "6",
            "MagneticFieldStrength": "1.5",
            "AcquisitionNumber": "1",
        },
    ),
    # PS3.3 A.26 Digital X-Ray Image IOD, for presentation
    "DX": Kind(
        "1.2.840.10008.5.1.4.1.1.1.1",
        12,
        False,
        {
            "ImageType": ["ORIGINAL", "PRIMARY"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom DR",
            "PresentationIntentType": "FOR PRESENTATION",
            "KVP": "70",
            "DetectorType": "SCINTILLATOR",
            "DetectorConfiguration": "AREA",
            "PositionerType": "NONE",
            "PixelIntensityRelationship": "LOG",
            "PixelIntensityRelationshipSign": -1,
            "RescaleIntercept": "0",
            "RescaleSlope": "1",
            "RescaleType": "US",
            "PresentationLUTShape": "IDENTITY",
            "LossyImageCompression": "00",
            "BurnedInAnnotation": "NO",
            "AcquisitionContextSequence": [],
        },
        in_space=False,
        projection=True,
    ),
    # PS3.3 A.6 Ultrasound Image IOD
    "US": Kind(
        "1.2.840.10008.5.1.4.1.1.6.1",
        8,
        False,
        {
            "ImageType": ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom US",
            "PatientOrientation": "",
            "LossyImageCompression": "00",
            "BurnedInAnnotation": "NO",
        },
        in_space=False,
    ),
}

ORIENTATIONS: dict[str, tuple[tuple[int, ...], tuple[int, int, int]]] = {
    # Image Orientation (Patient) (0020,0037), and the normal of that plane, row by column (PS3.3 C.7.6.2.1.1).
    "axial": ((1, 0, 0, 0, 1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0, 0, 0, -1), (0, 1, 0)),
    "sagittal": ((0, 1, 0, 0, 0, -1), (-1, 0, 0)),
}
