"""Greys as the standard wants them: rescale, windows, LUTs, padding, MONOCHROME1, bits; and which part is shown."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from simlab.dicom import annotation, preview
from simlab.dicom.instance import Instance
from simlab.dicom.preview import Shown, View
from simlab.dicom.window import Window
from simlab.errors import BadInput
from simlab.sixel import sixels
from tests.dicom.made import made


def image(values: object, *, pieces: Dataset | None = None, **more: object) -> Instance:
    """An image of these stored values, 16 bits each."""
    stored = np.asarray(values)
    ds = made("2.25.1").dataset()
    ds.Rows, ds.Columns = stored.shape[-2:] if stored.ndim < 4 else stored.shape[-3:-1]
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    for element in pieces or ():
        ds[element.tag] = element
    ds.PixelData = stored.astype("<i2" if stored.dtype.kind == "i" and stored.min() < 0 else "<u2").tobytes()
    return Instance.from_dataset(ds)


def greys(instance: Instance, view: View | None = None, frame: int = 1) -> list[list[int]]:
    """The frame drawn pixel for pixel."""
    shown = preview.prepare(instance, frame)
    rows, columns = shown.values.shape[:2]
    picture = preview.draw(shown, view or View(columns, rows))
    return np.frombuffer(picture.rows, np.uint8).reshape(picture.height, picture.width).tolist()


def test_window_speaks_of_rescaled_values() -> None:
    """C 40 W 400 runs from -160 to 239 HU by the formula of C.11.2.1.2; values beyond are black and white."""
    instance = image([[0, 864], [1064, 4000]], RescaleSlope="1", RescaleIntercept="-1024", WindowCenter="40",
                     WindowWidth="400")  # fmt: skip
    middle = round(((40 - 39.5) / 399 + 0.5) * 255)
    assert greys(instance) == [[0, 0], [middle, 255]]


@pytest.mark.parametrize(
    ("function", "grey"), [("LINEAR", 85), ("LINEAR_EXACT", 64), ("SIGMOID", round(255 / (1 + np.e)))]
)
def test_voi_lut_functions_differ(function: str, grey: int) -> None:
    """A width of 4 about 2: what the value 1 becomes (C.11.2.1.2, C.11.2.1.3)."""
    instance = image([[1, 1], [1, 1]], WindowCenter="2", WindowWidth="4", VOILUTFunction=function)
    assert greys(instance)[0][0] == grey


def test_a_window_of_one_is_a_threshold() -> None:
    """Values up to c - 0.5 are black, above it white."""
    assert greys(image([[99, 100]], WindowCenter="100", WindowWidth="1")) == [[0, 255]]


def test_monochrome1_is_bright_where_it_is_low_and_inverting_turns_it_back() -> None:
    """The same values, the one way and the other."""
    instance = image([[0, 100]], PhotometricInterpretation="MONOCHROME1")
    assert greys(instance) == [[255, 0]]
    assert greys(instance, View(2, 1, inverse=True)) == [[0, 255]]


def test_without_a_window_the_full_range_is_shown() -> None:
    """The lowest value is black, the highest white."""
    assert greys(image([[-50, 0, 50]], PixelRepresentation=1)) == [[0, 128, 255]]


@pytest.mark.parametrize(("colours", "black"), [("MONOCHROME2", 0), ("MONOCHROME1", 0)])
def test_padding_is_black_and_widens_no_range(colours: str, black: int) -> None:
    """The padding of -2000 does not count as the lowest value, and is black however the greys run."""
    instance = image(
        [[-2000, 0, 100]], PixelRepresentation=1, PixelPaddingValue=-2000, PhotometricInterpretation=colours
    )
    row = greys(instance)[0]
    assert row[0] == black
    assert sorted(row[1:]) == [0, 255]


def test_bits_beside_the_stored_ones_do_not_count() -> None:
    """Twelve bits stored: an old overlay in the upper four is no brightness, and the sign is the twelfth bit."""
    assert greys(image([[0xF000, 0x0FFF]], BitsStored=12, HighBit=11)) == [[0, 255]]
    signed = image([[0x0FFF, 0x0001]], BitsStored=12, HighBit=11, PixelRepresentation=1)
    assert preview.prepare(signed).values.tolist() == [[-1.0, 1.0]]


def test_voi_lut_sequence_is_one_of_the_windows() -> None:
    """Its table says the grey of each value, from the first value mapped on."""
    item = Dataset()
    item.add_new(0x00283002, "US", [3, 10, 16])
    item.LUTExplanation = "STEEP"
    item.add_new(0x00283006, "US", [0, 65535, 32768])
    instance = image([[5, 10, 11, 12, 90]], VOILUTSequence=Sequence([item]))
    assert preview.prepare(instance).windows[0].name == "STEEP"
    assert greys(instance) == [[0, 0, 255, 128, 128]]


def test_modality_lut_comes_before_the_window() -> None:
    """A table in place of slope and intercept (C.11.1)."""
    item = Dataset()
    item.add_new(0x00283002, "US", [2, 0, 16])
    item.ModalityLUTType = "OD"
    item.add_new(0x00283006, "US", [500, 7])
    assert preview.prepare(image([[0, 1]], ModalityLUTSequence=Sequence([item]))).values.tolist() == [[500.0, 7.0]]


def test_each_frame_has_the_window_of_its_functional_groups() -> None:
    """Per frame where it stands there, shared otherwise (C.7.6.16)."""

    def group(**attributes: str) -> Dataset:
        inner, outer = Dataset(), Dataset()
        for keyword, value in attributes.items():
            setattr(inner, keyword, value)
        setattr(outer, "FrameVOILUTSequence" if "WindowWidth" in attributes else "PixelValueTransformationSequence",
                Sequence([inner]))  # fmt: skip
        return outer

    instance = image(
        [[[0, 10]], [[0, 10]]],
        NumberOfFrames=2,
        SharedFunctionalGroupsSequence=Sequence([group(RescaleSlope="10", RescaleIntercept="0")]),
        PerFrameFunctionalGroupsSequence=Sequence(
            [group(WindowCenter="50.5", WindowWidth="101"), group(WindowCenter="250", WindowWidth="1001")]
        ),
    )
    assert greys(instance, frame=1) == [[0, 255]]
    assert greys(instance, frame=2)[0][1] == round((100 - 249.5) / 1000 * 255 + 127.5)


def test_ct_has_the_windows_of_a_workstation() -> None:
    """After the file's own ones, and the full range last."""
    names = [one.name for one in preview.prepare(image([[0, 1]], WindowCenter="1", WindowWidth="2")).windows]
    assert names[0] == "as sent" and {"lung", "bone", "brain"} < set(names) and names[-1] == "full range"


def test_a_window_set_by_hand_is_used() -> None:
    """By centre and width."""
    assert greys(image([[0, 10, 20]], Modality="MR"), View(3, 1, window=Window(10, 11))) == [[0, 140, 255]]


def test_thin_lines_stay_when_a_picture_is_made_small() -> None:
    """A white line one pixel wide is grey in a tenth of the size, and not left out."""
    values = np.zeros((100, 100), int)
    values[:, 33] = 1000
    small = greys(image(values), View(10, 10))
    assert small[0][3] == pytest.approx(26, abs=1) and small[0][2] == 0


def test_zoom_shows_the_part_that_is_asked_for() -> None:
    """Four times larger about the lower right corner there is that corner only."""
    values = np.zeros((8, 8), int)
    values[5:, 5:] = 100
    shown = preview.prepare(image(values))
    picture = preview.draw(shown, View(16, 16, zoom=4, x=1, y=1))
    assert set(picture.rows) == {255} and picture.view.x == pytest.approx(0.875)


@pytest.mark.parametrize(
    ("spacing", "aspect", "size"), [([1, 1], 1.0, (40, 40)), ([2, 1], 1.0, (20, 40)), ([1, 1], 2.0, (40, 20))]
)
def test_proportions_follow_the_pixels_of_image_and_screen(
    spacing: list[int], aspect: float, size: tuple[int, int]
) -> None:
    """Pixels twice as high as wide make a picture twice as high; on a screen of such pixels half as high."""
    shown = preview.prepare(image(np.zeros((10, 10), int), PixelSpacing=spacing))
    picture = preview.draw(shown, View(40, 40, aspect=aspect))
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize("side", [0, 5000])
def test_no_picture_of_no_size_or_of_any_size(side: int) -> None:
    """What a client asks is not believed."""
    with pytest.raises(BadInput):
        preview.draw(preview.prepare(made("2.25.1")), View(side, 10))


def test_colour_stays_colour_and_keeps_no_other_frames() -> None:
    """Red is red; of a clip only the frame is held."""
    ds = made("2.25.1").dataset()
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration, ds.NumberOfFrames = 3, "RGB", 0, 2
    ds.Rows = ds.Columns = 2
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
    ds.PixelData = bytes([0, 0, 255] * 4 + [255, 0, 0] * 4)
    shown: Shown = preview.prepare(Instance.from_dataset(ds), 2)
    picture = preview.draw(shown, View(2, 2))
    assert picture.samples == 3 and picture.rows == bytes([255, 0, 0] * 4) and picture.window is None
    assert shown.values.base is None and shown.size == 12


def test_orientation_is_told_at_the_edges() -> None:
    """Axial: right at the left hand, anterior above; coronal: head above; radiographs say it themselves."""
    axial, coronal, film = Dataset(), Dataset(), Dataset()
    axial.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    coronal.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    film.PatientOrientation = ["L", "F"]
    assert annotation.edges(axial) == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert annotation.edges(coronal) == {"left": "R", "right": "L", "top": "H", "bottom": "F"}
    assert annotation.edges(film) == {"left": "R", "right": "L", "top": "H", "bottom": "F"}
    assert annotation.edges(Dataset()) == {}


def test_corners_say_whose_image_it_is_and_which_side() -> None:
    """Name, number, date, side and view as a workstation writes them."""
    ds = made("2.25.1", patient_name="Whitcombe^Harold", StudyDate="20260301", StudyTime="0915", Laterality="R",
              ViewPosition="AP", BodyPartExamined="KNEE").dataset()  # fmt: skip
    corners = annotation.corners(ds, 1, 1)
    assert corners["top_left"][:2] == ["Whitcombe, Harold", "PID001"]
    assert corners["top_right"] == ["2026-03-01 09:15"]
    assert corners["bottom_right"] == ["RIGHT", "KNEE AP"]


def test_sixels_draw_every_pixel_in_its_grey() -> None:
    """Read back by the rules of the format: bands of six rows, a colour at a time, runs counted."""
    width, height = 37, 20
    rows = bytes((x * 7 + y * 13) % 256 for y in range(height) for x in range(width))
    drawn = _read_sixels(sixels(width, height, 1, rows), width, height)
    assert max(abs(drawn[at] - grey) for at, grey in enumerate(rows)) <= 4


def _read_sixels(text: str, width: int, height: int) -> list[int]:
    body = text.removeprefix(f'\x1bP0;1q"1;1;{width};{height}').removesuffix("\x1b\\")
    found, palette = [-1] * (width * height), {}
    x = y = at = ink = 0
    while at < len(body):
        letter = body[at]
        at += 1
        count = 1
        if letter in "#!":
            start = at
            while at < len(body) and body[at] in "0123456789;":
                at += 1
            parts = [int(part) for part in body[start:at].split(";")]
            if letter == "#":
                ink = parts[0]
                if len(parts) == 5:
                    palette[ink] = round(parts[2] * 2.55)
                continue
            count, letter = parts[0], body[at]
            at += 1
        if letter in "$-":
            x, y = 0, y + 6 * (letter == "-")
            continue
        for _ in range(count):
            for bit in range(6):
                if ord(letter) - 63 >> bit & 1:
                    found[(y + bit) * width + x] = palette[ink]
            x += 1
    return found
