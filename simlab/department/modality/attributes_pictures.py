"""What pictures without a place in the patient have: ultrasound, scintigrams and secondary captures as tables."""

from __future__ import annotations

from typing import Any

from simlab.department.modality.kind import Kind, code, item

_SONOGRAPH: dict[str, Any] = {
    "ImageType": ["ORIGINAL", "PRIMARY", "ABDOMINAL", "0001"],
    "Manufacturer": "SimLab",
    "ManufacturerModelName": "Phantom US",
    "TransducerType": "CURVED LINEAR",
    "PatientOrientation": "",
    "LossyImageCompression": "00",
    "BurnedInAnnotation": "NO",
}
_CINE: dict[str, Any] = {"FrameIncrementPointer": 0x00181063, "FrameTime": "40", "CineRate": "25"}
_CAPTURE: dict[str, Any] = {
    "ImageType": ["DERIVED", "SECONDARY"],
    "ConversionType": "WSD",
    "Manufacturer": "SimLab",
    "SecondaryCaptureDeviceManufacturer": "SimLab",
    "PatientOrientation": "",
    "LossyImageCompression": "00",
    "BurnedInAnnotation": "YES",
}


def _sonogram(samples: int, cine: bool) -> Kind:
    """PS3.3 A.6 Ultrasound Image IOD, A.7 Ultrasound Multi-frame Image IOD."""
    sop_class = "1.2.840.10008.5.1.4.1.1.3.1" if cine else "1.2.840.10008.5.1.4.1.1.6.1"
    constant = {**_SONOGRAPH, **(_CINE if cine else {})}
    if samples == 3:
        constant["UltrasoundColorDataPresent"] = 1
    return Kind(sop_class, "US", 8, False, constant, in_space=False, samples=samples, calibrated=True)


PICTURES: dict[str, Kind] = {
    "US": _sonogram(1, cine=False),
    "US-COLOUR": _sonogram(3, cine=False),
    "US-CINE": _sonogram(1, cine=True),
    "US-COLOUR-CINE": _sonogram(3, cine=True),
    # PS3.3 A.5 Nuclear Medicine Image IOD: two detectors, one energy window
    "NM": Kind(
        "1.2.840.10008.5.1.4.1.1.20",
        "NM",
        16,
        False,
        {
            "ImageType": ["ORIGINAL", "PRIMARY", "WHOLE BODY", "EMISSION"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom gamma camera",
            "FrameIncrementPointer": [0x00540010, 0x00540020],
            "EnergyWindowVector": [1, 1],
            "NumberOfEnergyWindows": 1,
            "DetectorVector": [1, 2],
            "NumberOfDetectors": 2,
            "CountsAccumulated": "2400000",
            "WholeBodyTechnique": "1PS",
            "ScanVelocity": "2",
            "ScanLength": "2000",
            "ActualFrameDuration": "1020000",
            "AcquisitionTerminationCondition": "MANU",
            "EnergyWindowInformationSequence": [
                item(
                    EnergyWindowName="Tc99m",
                    EnergyWindowRangeSequence=[item(EnergyWindowLowerLimit="126.5", EnergyWindowUpperLimit="154.6")],
                )
            ],
            "RadiopharmaceuticalInformationSequence": [
                item(
                    Radiopharmaceutical="Medronate",
                    RadionuclideTotalDose="600",
                    RadionuclideCodeSequence=[code("72454003", "SCT", "^99m^Technetium")],
                    RadiopharmaceuticalCodeSequence=[code("66119008", "SCT", "Technetium Tc^99m^ medronate")],
                )
            ],
            "DetectorInformationSequence": [
                item(
                    CollimatorType="PARA", CollimatorGridName="LEHR", FieldOfViewShape="RECTANGLE",
                    ViewCodeSequence=[code(value, "SCT", meaning)],
                    ImagePositionPatient=["-256", "0", "1024"], ImageOrientationPatient=turned,
                )
                for value, meaning, turned in (
                    ("255549009", "Anterior", ["1", "0", "0", "0", "0", "-1"]),
                    ("255551008", "Posterior", ["-1", "0", "0", "0", "0", "-1"]),
                )
            ],
            "PatientOrientationCodeSequence": [
                item(
                    CodeValue="102538003", CodingSchemeDesignator="SCT", CodeMeaning="recumbent",
                    PatientOrientationModifierCodeSequence=[code("40199007", "SCT", "supine")],
                )
            ],
            "PatientGantryRelationshipCodeSequence": [code("102540008", "SCT", "headfirst")],
            "LossyImageCompression": "00",
        },
        in_space=False,
    ),
    # PS3.3 A.8.1 Secondary Capture Image IOD
    "OT": Kind("1.2.840.10008.5.1.4.1.1.7", "OT", 8, False, _CAPTURE, in_space=False),
    "OT-COLOUR": Kind("1.2.840.10008.5.1.4.1.1.7", "OT", 8, False, _CAPTURE, in_space=False, samples=3),
}  # fmt: skip
