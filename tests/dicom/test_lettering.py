"""What looks like words in the pixels is found where it is, and the grain of a picture is not taken for words."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from simlab.department.modality import recipes, render
from simlab.department.modality.phantoms import Pen
from simlab.department.modality.quirks import with_elements
from simlab.dicom import deidentify, lettering, residue, transcode
from simlab.dicom.instance import Instance
from tests.dicom.test_deidentify import FACTS
from tests.dicom.test_preview import image as picture

WORDLESS = [name for name in recipes.names() if name.startswith(("ct-abdomen", "ct-head", "mr-", "dx-", "pt-", "nm-"))]


def image(words: str = "", *, size: int = 2, ink: float = 1.0, ground: float = 0.2, noise: float = 0.08) -> np.ndarray:
    """A noisy picture with words at 40,60, in parts of the range."""
    pen = Pen(480, 240, 0, 0)
    pen.text(40 / pen.unit - 480 / 240, 60 / pen.unit - 1, words, 1, size=size)
    grain = np.random.default_rng(1).normal(ground, noise, (240, 480)).clip(0.02, 0.98)
    return (np.where(pen.image > 0, ink, grain) * 4095).astype(np.uint16)


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize(("ink", "ground"), [(1.0, 0.2), (0.9, 0.3), (0.0, 0.75)])
def test_a_line_of_words_is_found_where_it_is(size: int, ink: float, ground: float) -> None:
    """Of three sizes, white, light grey or black; the region covers the words and little more."""
    ((left, top, width, height),) = lettering.lines(image("NUNEZ 4100068", size=size, ink=ink, ground=ground))
    assert abs(left - 40) <= size and abs(top - 60) <= 1 and height == 7 * size
    assert abs(width - (13 * 6 - 1) * size) <= size


@pytest.mark.parametrize("noise", [0.02, 0.08, 0.3])
def test_grain_is_no_writing(noise: float) -> None:
    """Nor is a black picture."""
    assert lettering.lines(image(noise=noise)) == []
    assert lettering.lines(np.zeros((64, 64), np.uint8)) == []


def test_the_ticks_of_a_scale_are_no_writing() -> None:
    """Shapes that are all alike."""
    grid = image()
    for column in range(20, 300, 12):
        grid[100:108, column : column + 2] = 4095
    assert lettering.lines(grid) == []


@pytest.mark.parametrize("name", WORDLESS)
def test_pictures_without_words_are_not_suspected(name: str) -> None:
    """Bones, vessels, noise and side markers of the sample studies."""
    for one in render(name, FACTS, 1)[::5]:
        assert lettering.suspected(one) == ()


@pytest.mark.parametrize("syntax", ["", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2"])
def test_a_burned_in_name_is_told_of_whatever_the_header_says(syntax: str) -> None:
    """An image that claims to bear no words, plain or compressed: the copy is not said to be without the person."""
    lying = Dataset()
    lying.BurnedInAnnotation = "NO"
    original = with_elements(render("us-burned-in", FACTS, 1)[0], lying)
    original = transcode.convert(original, syntax) if syntax else original
    (copy,) = deidentify.copies([original], secret="s").instances
    told = [found for found in residue.left(copy, residue.known([original])) if found.what == residue.WORDS]
    assert any("looks like text at" in one.value for one in told)
    assert copy.dataset().PatientIdentityRemoved == "NO"


def test_wiped_words_are_gone_and_words_elsewhere_are_told_of() -> None:
    """The box over every region is enough; a box beside them leaves Burned In Annotation YES."""
    original = render("us-burned-in", FACTS, 1)[0]
    boxes = [(one.left - 4, one.top - 4, one.width + 8, one.height + 8) for one in lettering.found(original)]
    (clean,) = deidentify.copies([original], secret="s", blank=boxes).instances
    assert lettering.suspected(clean) == ()
    assert (clean.dataset().BurnedInAnnotation, clean.dataset().PatientIdentityRemoved) == ("NO", "YES")
    (missed,) = deidentify.copies([original], secret="s", blank=[(300, 300, 10, 10)]).instances
    assert (missed.dataset().BurnedInAnnotation, missed.dataset().PatientIdentityRemoved) == ("YES", "NO")


def test_words_that_somebody_has_looked_at_do_not_stand_in_the_way() -> None:
    """A scale beside the wiped name: the copy counts as clean when that is said."""
    original = render("us-burned-in", FACTS, 1)[0]
    name = [(0, 0, 300, 40)]
    (copy,) = deidentify.copies([original], secret="s", blank=name, words_seen=True).instances
    assert (copy.dataset().BurnedInAnnotation, copy.dataset().PatientIdentityRemoved) == ("NO", "YES")


def test_a_picture_that_cannot_be_looked_at_is_told_of() -> None:
    """Fewer pixels than rows and columns say."""
    original = render("us-burned-in", FACTS, 1)[0]
    short = replace(original, pixels=bytes(original.pixels or b"")[:1000])
    (told,) = lettering.suspected(short)
    assert "cannot be looked at" in str(told)
    assert lettering.suspected(Instance(original.transfer_syntax, original.before_pixels)) == ()


def test_a_film_full_of_what_looks_like_words_is_told_of_in_a_moment() -> None:
    """Two hundred regions say as much as the seven thousand that are there."""
    frames = np.zeros((8, 1920, 512), np.uint8)
    for number, frame in enumerate(frames):
        for top in range(240 * number, 240 * number + 234, 6):
            for left in range(0, 482, 23):
                for letter, width in enumerate((1, 2, 1, 1)):
                    frame[top : top + 5, left + 3 * letter : left + 3 * letter + width] = 255
    ds = picture([[0]]).dataset()
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames.shape
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.add(DataElement(0x7FE00010, "OB", frames.tobytes()))
    begun = time.process_time()
    assert len(lettering.found(Instance.from_dataset(ds))) == lettering.REGIONS
    assert time.process_time() - begun < 4
