"""Presentation states applied: window, polarity, turn, area, shutters and marks as the standard says (PS3.4 N.2)."""

from __future__ import annotations

import time

import numpy as np
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from simlab.dicom import annotation, presentation, presenting, preview
from simlab.dicom.instance import Instance
from simlab.dicom.preview import View
from simlab.errors import BadInput
from tests.dicom.test_preview import image

UID = "2.25.1"
RAMP = [[0, 10, 20], [30, 40, 50]]


def item(**values: object) -> Dataset:
    """An item of a sequence."""
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, Sequence(value) if isinstance(value, list) and isinstance(value[0], Dataset) else value)
    return made


def reference(uid: str = UID, frames: list[int] | None = None) -> Dataset:
    """An image that something is for."""
    made = item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=uid)
    if frames:
        made.ReferencedFrameNumber = frames
    return made


def state(uid: str = UID, **values: object) -> Instance:
    """A presentation state of an image, all in the window 0 to 50 unless `values` say otherwise."""
    series = item(SeriesInstanceUID="2.25.9", ReferencedImageSequence=[reference(uid)])
    ds = item(
        SOPClassUID=presentation.GREY, SOPInstanceUID="2.25.77", StudyInstanceUID="2.25.2", SeriesInstanceUID="2.25.78",
        Modality="PR", ContentLabel="FINDINGS", ReferencedSeriesSequence=[series], PresentationLUTShape="IDENTITY",
    )  # fmt: skip
    window = item(WindowCenter="25", WindowWidth="50", VOILUTFunction="LINEAR_EXACT")
    values = {"SoftcopyVOILUTSequence": [window], **values}
    ds.update(item(**{keyword: value for keyword, value in values.items() if value is not None}))
    return Instance.from_dataset(ds)


def shown(values: object, given: Instance, **more: object) -> np.ndarray:
    """The whole picture, a pixel for each value."""
    ready = presenting.prepare(image(values, **more), presentation.read(given))
    rows, columns = ready.values.shape[:2]
    picture = preview.draw(ready, View(columns, rows))
    return np.frombuffer(picture.rows, np.uint8).reshape(picture.height, picture.width)


def levels(picture: np.ndarray) -> list[list[int]]:
    """Greys as the values of the window 0 to 50 that they stand for."""
    return [[round(int(grey) * 50 / 255) for grey in row] for row in picture]


def test_its_window_is_the_first_and_the_images_own_comes_after() -> None:
    """Named so that one sees whose it is."""
    ready = presenting.prepare(image(RAMP, WindowCenter="400", WindowWidth="9"), presentation.read(state()))
    assert [(window.centre, window.name) for window in ready.windows[:2]] == [(25, "as presented"), (400, "as sent")]
    assert levels(shown(RAMP, state(), WindowCenter="400", WindowWidth="9")) == RAMP


def test_a_window_for_another_image_does_not_hold() -> None:
    """Then all values are shown, from the lowest to the highest."""
    other = item(WindowCenter="9000", WindowWidth="1", ReferencedImageSequence=[reference("2.25.5")])
    assert levels(shown(RAMP, state(SoftcopyVOILUTSequence=[other]))) == RAMP


def test_its_rescale_takes_the_place_of_the_images() -> None:
    """The window speaks of what the state's modality LUT gives (C.11.1)."""
    given = state(RescaleSlope="1", RescaleIntercept="0", RescaleType="US")
    assert levels(shown(RAMP, given, RescaleSlope="1", RescaleIntercept="-1024")) == RAMP


@pytest.mark.parametrize(("shape", "inverse"), [("IDENTITY", False), ("INVERSE", True)])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_black_and_white_are_the_states_to_say(shape: str, inverse: bool, photometric: str) -> None:
    """Whatever the photometric interpretation of the image is (PS3.4 N.2.1)."""
    first = levels(shown(RAMP, state(PresentationLUTShape=shape), PhotometricInterpretation=photometric))[0]
    assert first == ([50, 40, 30] if inverse else [0, 10, 20])


@pytest.mark.parametrize(
    ("turn", "flip", "expected"),
    [
        (0, "N", RAMP),
        (90, "N", [[30, 0], [40, 10], [50, 20]]),
        (180, "N", [[50, 40, 30], [20, 10, 0]]),
        (270, "N", [[20, 50], [10, 40], [0, 30]]),
        (0, "Y", [[20, 10, 0], [50, 40, 30]]),
        (90, "Y", [[0, 30], [10, 40], [20, 50]]),
    ],
)
def test_it_turns_clockwise_and_then_flips(turn: int, flip: str, expected: list[list[int]]) -> None:
    """In this order (C.10.6)."""
    assert levels(shown(RAMP, state(ImageRotation=turn, ImageHorizontalFlip=flip))) == expected


@pytest.mark.parametrize(
    ("turn", "flip", "edges"),
    [(0, "N", "RLAP"), (90, "N", "PARL"), (180, "N", "LRPA"), (270, "N", "APLR"), (0, "Y", "LRAP"), (90, "Y", "APRL")],
)
@pytest.mark.parametrize("said", [{"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}, {"PatientOrientation": ["L", "P"]}])
def test_the_letters_at_the_edges_turn_with_it(turn: int, flip: str, edges: str, said: dict[str, object]) -> None:
    """Left, right, top and bottom of an axial slice, by its direction cosines or its letters."""
    ready = presenting.prepare(
        image(RAMP, **said), presentation.read(state(ImageRotation=turn, ImageHorizontalFlip=flip))
    )
    found = annotation.edges(ready.facts)
    assert "".join(found[edge] for edge in ("left", "right", "top", "bottom")) == edges


def area(first: list[int], last: list[int], **more: object) -> dict[str, object]:
    """A displayed area."""
    return {"DisplayedAreaSelectionSequence": [
        item(DisplayedAreaTopLeftHandCorner=first, DisplayedAreaBottomRightHandCorner=last, **more)
    ]}  # fmt: skip


def test_only_the_displayed_area_is_shown() -> None:
    """Columns and rows are counted from 1 (C.10.4), and named before the turn."""
    assert levels(shown(RAMP, state(**area([2, 1], [3, 2])))) == [[10, 20], [40, 50]]
    turned = state(ImageRotation=180, **area([3, 2], [2, 1]))
    assert levels(shown(RAMP, turned)) == [[50, 40], [20, 10]]


def test_an_area_beyond_the_image_is_black_there() -> None:
    """It may reach beyond, and damaged ones are cut to what memory has."""
    assert levels(shown([[30]], state(**area([0, 1], [2, 1])))) == [[0, 30, 0]]
    huge = presenting.prepare(image(RAMP), presentation.read(state(**area([-900000, -5], [900000, 7]))))
    assert huge.values.shape[1] <= 9


def test_the_shape_of_a_pixel_is_the_states_to_say() -> None:
    """As tall as two are wide; turned, half as tall."""
    for turn, aspect in ((0, 2.0), (90, 0.5)):
        given = state(ImageRotation=turn, **area([1, 1], [3, 2], PresentationPixelAspectRatio=[2, 1]))
        assert presenting.prepare(image(RAMP), presentation.read(given)).aspect == pytest.approx(aspect)


SQUARE = np.full((9, 9), 50)


@pytest.mark.parametrize(
    ("shutter", "seen"),
    [
        ({"ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 2, "ShutterRightVerticalEdge": 6,
          "ShutterUpperHorizontalEdge": 3, "ShutterLowerHorizontalEdge": 9}, (3, 5)),
        ({"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [5, 5], "RadiusOfCircularShutter": 2}, (5, 5)),
        ({"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [3, 3, 3, 7, 7, 7, 7, 3]}, (5, 5)),
    ],
)  # fmt: skip
def test_shutters_leave_open_what_they_say(shutter: dict[str, object], seen: tuple[int, int]) -> None:
    """Columns and rows that are not hidden; the grey of the rest is half."""
    picture = shown(SQUARE, state(**shutter, ShutterPresentationValue=32768))
    spots = np.argwhere(picture == 255)
    assert tuple(np.ptp(spots, axis=0) + 1)[::-1] == seen
    assert set(np.unique(picture)) == {128, 255}


def marked(**values: object) -> dict[str, object]:
    """One annotation on the layer A."""
    return {"GraphicAnnotationSequence": [item(GraphicLayer="A", **values)]}


def line(kind: str, data: list[float], units: str = "PIXEL", filled: str = "N") -> dict[str, object]:
    """One mark."""
    mark = item(GraphicAnnotationUnits=units, GraphicType=kind, GraphicData=data, GraphicFilled=filled)
    return marked(GraphicObjectSequence=[mark])


DARK = np.zeros((64, 64), int)
CIRCLE = [40.0, 20.0, 50.0, 20.0]


def spot(picture: np.ndarray) -> tuple[float, float]:
    """The middle of what is bright: column, row."""
    places = np.argwhere(picture > 200)
    return float(places[:, 1].mean()), float(places[:, 0].mean())


@pytest.mark.parametrize(("turn", "flip", "middle"), [(0, "N", (40, 20)), (90, "N", (44, 40)), (0, "Y", (24, 20)),
                                                      (90, "Y", (20, 40))])  # fmt: skip
def test_marks_turn_with_the_image(turn: int, flip: str, middle: tuple[float, float]) -> None:
    """A circle about a pixel stays about it."""
    picture = shown(DARK, state(ImageRotation=turn, ImageHorizontalFlip=flip, **line("CIRCLE", CIRCLE)))
    assert spot(picture) == pytest.approx(middle, abs=1.5)


@pytest.mark.parametrize(
    ("kind", "data", "middle"),
    [
        ("CIRCLE", CIRCLE, (40, 20)),
        ("ELLIPSE", [10, 30, 50, 30, 30, 20, 30, 40], (30, 30)),
        ("POLYLINE", [10, 10, 30, 10, 30, 50], (26, 22)),
        ("POINT", [12, 44], (12, 44)),
        ("INTERPOLATED", [10, 32, 32, 32, 54, 32], (32, 32)),
    ],
)
def test_each_kind_of_mark_is_where_it_says(kind: str, data: list[float], middle: tuple[float, float]) -> None:
    """By the middle of what became bright."""
    assert spot(shown(DARK, state(**line(kind, data)))) == pytest.approx(middle, abs=4)


def test_marks_in_shares_of_the_display_do_not_turn() -> None:
    """DISPLAY units belong to what is shown, however it is turned."""
    picture = shown(DARK, state(ImageRotation=90, **line("CIRCLE", [0.25, 0.75, 0.35, 0.75], units="DISPLAY")))
    assert spot(picture) == pytest.approx((16, 48), abs=1.5)


def test_words_stand_at_their_place() -> None:
    """In their box, or beside the point that they tell of."""
    text = item(UnformattedTextValue="nodule", BoundingBoxAnnotationUnits="PIXEL",
                BoundingBoxTopLeftHandCorner=[4, 40], BoundingBoxBottomRightHandCorner=[60, 60])  # fmt: skip
    places = np.argwhere(shown(DARK, state(**marked(TextObjectSequence=[text]))) > 200)
    assert places.min() >= 3 and places[:, 0].min() >= 38


def test_marks_zoom_with_the_picture() -> None:
    """At twice the size, about the middle of the mark, it is twice as wide."""
    ready = presenting.prepare(image(DARK), presentation.read(state(**line("CIRCLE", CIRCLE))))
    wide = []
    for zoom in (1.0, 2.0):
        picture = preview.draw(ready, View(64, 64, zoom=zoom, x=40 / 64, y=20 / 64))
        places = np.argwhere(np.frombuffer(picture.rows, np.uint8).reshape(64, 64) > 200)
        wide.append(np.ptp(places[:, 1]))
    assert wide[1] == pytest.approx(2 * wide[0], abs=2)


def test_it_holds_for_its_frames_alone() -> None:
    """A referenced frame number leaves the others out."""
    given = state()
    ds = given.dataset()
    ds.ReferencedSeriesSequence[0].ReferencedImageSequence = Sequence([reference(frames=[2])])
    said = presentation.read(Instance.from_dataset(ds))
    assert (said.concerns(UID, 1), said.concerns(UID, 2)) == (False, True)


def test_for_another_image_it_is_refused() -> None:
    """With the image that it is for."""
    with pytest.raises(BadInput, match="not for this image") as caught:
        presenting.prepare(image(RAMP), presentation.read(state("2.25.404")))
    assert "2.25.404" in (caught.value.remedy or "")


def test_an_image_is_no_presentation_state() -> None:
    """And is said so."""
    with pytest.raises(BadInput, match="no presentation state"):
        presentation.read(image(RAMP))


@pytest.mark.parametrize(
    "damage",
    [
        {"ImageRotation": None, "DisplayedAreaSelectionSequence": [Dataset()]},
        {"SoftcopyVOILUTSequence": [Dataset()]},
        {"ShutterShape": "CIRCULAR", "RadiusOfCircularShutter": 3},
        line("CIRCLE", [1.0]),
        line("ELLIPSE", [1.0, 2.0, 3.0, 4.0]),
        line("POLYLINE", [float("inf"), float("nan")]),
        marked(TextObjectSequence=[item(UnformattedTextValue="x")]),
    ],
)
def test_damage_hides_nothing_of_the_image(damage: dict[str, object]) -> None:
    """What cannot be read is left out."""
    assert levels(shown(RAMP, state(**damage))) == RAMP


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("SoftcopyVOILUTSequence", "LO", "abc"),
        ("DisplayedAreaSelectionSequence", "OB", b"\1\2"),
        ("GraphicAnnotationSequence", "FD", 1.5),
        ("GraphicLayerSequence", "US", [1, 2]),
        ("ShutterShape", "US", 7),
        ("ShutterPresentationValue", "FD", float("inf")),
    ],
)
def test_a_value_of_another_type_is_left_out(keyword: str, vr: str, value: object) -> None:
    """Explicit VR lets a sequence be called a text; the image is shown all the same."""
    ds = state(SoftcopyVOILUTSequence=None).dataset()
    ds.add(DataElement(Tag(tag_for_keyword(keyword) or 0), vr, value))
    assert levels(shown(RAMP, Instance.from_dataset(ds))) == RAMP


@pytest.mark.parametrize("damage", ["abc", 1.5])
def test_a_state_that_names_its_images_as_text_is_for_none(damage: object) -> None:
    """And is refused as one for another image is."""
    ds = state().dataset()
    ds.add(DataElement(Tag("ReferencedSeriesSequence"), "LO" if isinstance(damage, str) else "FD", damage))
    with pytest.raises(BadInput, match="not for this image"):
        shown(RAMP, Instance.from_dataset(ds))


def test_what_nobody_could_read_costs_no_more_than_a_moment() -> None:
    """Hundreds of full texts, filled curves through thousands of points, thousands of circles."""
    random = np.random.default_rng(1)
    curve = item(GraphicAnnotationUnits="PIXEL", GraphicType="INTERPOLATED", GraphicFilled="Y",
                 GraphicData=random.uniform(0, 99, 8192).tolist())  # fmt: skip
    circle = item(GraphicAnnotationUnits="PIXEL", GraphicType="CIRCLE", GraphicFilled="Y",
                  GraphicData=[50.0, 50.0, 99.0, 50.0])  # fmt: skip
    text = item(UnformattedTextValue="W" * 1024, AnchorPointAnnotationUnits="PIXEL", AnchorPoint=[2.0, 80.0])
    for marks in (
        {"GraphicObjectSequence": [curve] * 5},
        {"GraphicObjectSequence": [circle] * 10_000},
        {"TextObjectSequence": [text] * 200},
    ):
        ready = presenting.prepare(image(np.zeros((100, 100), int)), presentation.read(state(**marked(**marks))))
        begun = time.process_time()
        preview.draw(ready, View(1024, 1024))
        assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "data", [[-1e6, -1e6, 1e6, 1e6, 1e6, -1e6, -1e6, 5.0], [0.0, 32.0, 1e6, 32.0], [1e6, 1e6, 2e5, 2e5]]
)
def test_lines_from_far_away_cost_no_more_than_what_is_seen_of_them(data: list[float]) -> None:
    """Drawn to their ends in a picture that is zoomed they would take seconds."""
    begun = time.process_time()
    ready = presenting.prepare(image(DARK), presentation.read(state(**line("POLYLINE", data))))
    picture = preview.draw(ready, View(512, 512, zoom=32))
    assert time.process_time() - begun < 0.5
    seen = np.frombuffer(picture.rows, np.uint8).reshape(512, 512) > 200
    assert seen.any() == (data[0] != 1e6)


def test_marks_without_end_are_cut_off() -> None:
    """A state of many thousand points is drawn as far as it takes a moment."""
    marks = [item(GraphicAnnotationUnits="PIXEL", GraphicType="POLYLINE", GraphicData=[1.0, 2.0] * 3000)] * 50
    found = presentation.read(state(**marked(GraphicObjectSequence=marks))).lines(UID, 1)
    assert 10_000 < sum(len(one.points) for one in found) < 30_000


def test_words_that_would_leave_the_picture_are_moved_into_it() -> None:
    """Beside an anchor at the right edge they stand to its left, whole."""
    wide = []
    for column in (2.0, 150.0):
        text = item(UnformattedTextValue="nodule", AnchorPointAnnotationUnits="PIXEL", AnchorPoint=[column, 80.0],
                    AnchorPointVisibility="N")  # fmt: skip
        picture = shown(np.zeros((160, 160), int), state(**marked(TextObjectSequence=[text])))
        wide.append(np.ptp(np.argwhere(picture > 100)[:, 1]))
    assert wide[1] == pytest.approx(wide[0], abs=2)
