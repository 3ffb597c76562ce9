"""Functional groups of enhanced multi-frame images: what all frames share, and where each one lies (PS3.3 C.7.6.16)."""

from __future__ import annotations

from typing import Any

from simlab.department.modality.attributes import KINDS
from simlab.department.modality.drawing import corner
from simlab.department.modality.encoding import decimal, derived_uid
from simlab.department.modality.kind import ORIENTATIONS, code, item
from simlab.department.modality.recipe import Recipe, Series


def attributes(recipe: Recipe, series: Series, moment: str) -> dict[str, Any]:
    """The shared and per-frame functional groups of an enhanced CT, and its dimensions; `moment` is a DT."""
    kind = KINDS[recipe.kind_of(series)]
    turned, _normal = ORIENTATIONS[series.orientation]
    frame_type = list(kind.constant["ImageType"])
    thickness = decimal(abs(series.gap_mm))
    shared = item(
        CTImageFrameTypeSequence=[item(
            FrameType=frame_type, PixelPresentation="MONOCHROME", VolumetricProperties="VOLUME",
            VolumeBasedCalculationTechnique="NONE")],
        PixelMeasuresSequence=[item(PixelSpacing=[decimal(series.spacing_mm)] * 2, SliceThickness=thickness)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[str(part) for part in turned])],
        FrameAnatomySequence=[item(FrameLaterality="U", AnatomicRegionSequence=[
            code(*(recipe.region or ("816094009", "SCT", "Chest")))])],
        FrameVOILUTSequence=[item(
            WindowCenter=decimal(series.window.center), WindowWidth=decimal(series.window.width))],
        PixelValueTransformationSequence=[item(RescaleIntercept="0", RescaleSlope="1", RescaleType="HU")],
        CTAcquisitionTypeSequence=[item(AcquisitionType="SPIRAL", ConstantVolumeFlag="NO", FluoroscopyFlag="NO")],
        CTAcquisitionDetailsSequence=[item(
            RotationDirection="CW", RevolutionTime=0.5, SingleCollimationWidth=0.6, TotalCollimationWidth=38.4,
            TableHeight=150.0, GantryDetectorTilt=0.0, DataCollectionDiameter=500.0)],
        CTTableDynamicsSequence=[item(TableSpeed=46.0, TableFeedPerRotation=23.0, SpiralPitchFactor=0.6)],
        CTGeometrySequence=[item(DistanceSourceToDetector=1085.0, DistanceSourceToDataCollectionCenter=595.0)],
        CTReconstructionSequence=[item(
            ReconstructionAlgorithm="FILTER_BACK_PROJ", ConvolutionKernel="B30F", ConvolutionKernelGroup="SOFT_TISSUE",
            ReconstructionDiameter=series.size[0] * series.spacing_mm, ReconstructionAngle=360.0, ImageFilter="NONE",
            ReconstructionPixelSpacing=[series.spacing_mm] * 2)],
        IrradiationEventIdentificationSequence=[item(
            IrradiationEventUID=derived_uid(recipe.name, series.number, moment, "event"))],
        CTExposureSequence=[item(
            ExposureTimeInms=500.0, XRayTubeCurrentInmA=180.0, ExposureInmAs=90.0, ExposureModulationType="NONE",
            CTDIvol=6.1, CTDIPhantomTypeCodeSequence=[code("113691", "DCM", "IEC Body Dosimetry Phantom")])],
        CTXRayDetailsSequence=[item(KVP="120", FocalSpots=[1.2], FilterType="FLAT", FilterMaterial="ALUMINUM")],
    )  # fmt: skip
    places = [series.start_mm + number * series.gap_mm for number in range(series.frames)]
    frames = [
        item(
            FrameContentSequence=[item(
                FrameAcquisitionNumber=1, FrameReferenceDateTime=moment, FrameAcquisitionDateTime=moment,
                FrameAcquisitionDuration=500.0, StackID="1", InStackPositionNumber=number + 1,
                DimensionIndexValues=[1, number + 1])],
            PlanePositionSequence=[item(ImagePositionPatient=corner(series, place))],
            CTPositionSequence=[item(
                TablePosition=abs(place - series.start_mm), ReconstructionTargetCenterPatient=[0.0, 0.0, place],
                DataCollectionCenterPatient=[0.0, 0.0, place])],
        )
        for number, place in enumerate(places)
    ]  # fmt: skip
    organization = "2.25.68541073290853415687341198432957121103"
    dimension = [
        item(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=0x00209111,
             DimensionDescriptionLabel=label)
        for pointer, label in ((0x00209056, "Stack ID"), (0x00209057, "In-Stack Position Number"))
    ]  # fmt: skip
    return {
        "AcquisitionDateTime": moment,
        "AcquisitionDuration": 4800.0,
        "SharedFunctionalGroupsSequence": [shared],
        "PerFrameFunctionalGroupsSequence": frames,
        "DimensionOrganizationSequence": [item(DimensionOrganizationUID=organization)],
        "DimensionIndexSequence": dimension,
    }
