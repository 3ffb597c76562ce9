"""What each kind of object has beyond patient and study: DICOM attributes as tables, slices here, the rest beside."""

from __future__ import annotations

from simlab.department.modality.attributes_pictures import PICTURES
from simlab.department.modality.attributes_radiographs import RADIOGRAPHS
from simlab.department.modality.kind import Kind, code, item

_SLICES: dict[str, Kind] = {
    # PS3.3 A.3 CT Image IOD
    "CT": Kind(
        "1.2.840.10008.5.1.4.1.1.2",
        "CT",
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
        "MR",
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
    # PS3.3 A.38 Enhanced CT Image IOD; what its frames say is in functional_groups
    "CT-ENHANCED": Kind(
        "1.2.840.10008.5.1.4.1.1.2.1",
        "CT",
        16,
        True,
        {
            "ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom CT",
            "DeviceSerialNumber": "1",
            "SoftwareVersions": "1",
            "PatientPosition": "HFS",
            "PositionReferenceIndicator": "",
            "InstanceNumber": "1",
            "PixelPresentation": "MONOCHROME",
            "VolumetricProperties": "VOLUME",
            "VolumeBasedCalculationTechnique": "NONE",
            "ContentQualification": "PRODUCT",
            "BurnedInAnnotation": "NO",
            "LossyImageCompression": "00",
            "PresentationLUTShape": "IDENTITY",
            "AcquisitionContextSequence": [],
        },
        enhanced=True,
        windowed=False,
    ),
    # PS3.3 A.21 Positron Emission Tomography Image IOD
    "PT": Kind(
        "1.2.840.10008.5.1.4.1.1.128",
        "PT",
        16,
        False,
        {
            "ImageType": ["ORIGINAL", "PRIMARY"],
            "Manufacturer": "SimLab",
            "ManufacturerModelName": "Phantom PET",
            "SeriesType": ["WHOLE BODY", "IMAGE"],
            "Units": "BQML",
            "CountsSource": "EMISSION",
            "CollimatorType": "NONE",
            "CorrectedImage": ["DECY", "ATTN", "SCAT", "NORM", "RAN"],
            "DecayCorrection": "ADMIN",
            "DecayFactor": "1.36",
            "AttenuationCorrectionMethod": "CT",
            "ScatterCorrectionMethod": "Model-based",
            "RandomsCorrectionMethod": "DLYD",
            "ReconstructionMethod": "OSEM",
            "FrameReferenceTime": "0",
            "ActualFrameDuration": "120000",
            "RescaleIntercept": "0",
            "RescaleSlope": "10",
            "RadiopharmaceuticalInformationSequence": [
                item(
                    Radiopharmaceutical="Fluorodeoxyglucose",
                    RadionuclideTotalDose="320000000",
                    RadionuclideHalfLife="6586.2",
                    RadionuclidePositronFraction="0.967",
                    RadionuclideCodeSequence=[code("77004003", "SCT", "^18^Fluorine")],
                    RadiopharmaceuticalCodeSequence=[code("35321007", "SCT", "Fluorodeoxyglucose F^18^")],
                )
            ],
            "PatientOrientationCodeSequence": [
                item(
                    CodeValue="102538003",
                    CodingSchemeDesignator="SCT",
                    CodeMeaning="recumbent",
                    PatientOrientationModifierCodeSequence=[code("40199007", "SCT", "supine")],
                )
            ],
            "PatientGantryRelationshipCodeSequence": [code("102540008", "SCT", "headfirst")],
        },
    ),
}

KINDS: dict[str, Kind] = {**_SLICES, **RADIOGRAPHS, **PICTURES}
