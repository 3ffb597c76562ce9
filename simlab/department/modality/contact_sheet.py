"""Pictures of a sample study: one image as a viewer shows it, and a row of them that stands for the whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from PIL import Image
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from simlab.department.modality.drawing import drawn
from simlab.department.modality.recipe import Recipe
from simlab.dicom import preview, transcode
from simlab.dicom.instance import Instance

Key = tuple[int, int]
_TILES = 4
_GAP = 4


def shown(instance: Instance, frame: int = 1) -> Image.Image:
    """One frame of an instance, in colour or by its window; raises NoPreview for what has no pixels."""
    header = instance.dataset()
    frames = int(header.get("NumberOfFrames") or 1)
    if instance.pixels is not None and not 1 <= frame <= frames:
        raise preview.NoPreview(f"there is no frame {frame}", remedy=f"The instance has {frames}.")
    if header.get("SamplesPerPixel", 1) == 3:
        return Image.fromarray(_decoded(instance, frame))
    if "SharedFunctionalGroupsSequence" in header:
        window = header.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence[0]
        low = float(window.WindowCenter) - float(window.WindowWidth) / 2
        grey = (_decoded(instance, frame).astype(np.float32) - low) / float(window.WindowWidth) * 255
        return Image.fromarray(np.clip(grey, 0, 255).astype("u1"))
    width, height, rows = preview.grey(instance, 4096, frame)
    return Image.frombytes("L", (width, height), rows)


def _decoded(instance: Instance, frame: int) -> Any:
    ds = transcode.dataset_with_pixels(instance)
    pixels, _properties = get_decoder(UID(instance.transfer_syntax)).as_array(ds, index=frame - 1)
    return pixels


def telling(recipe: Recipe) -> frozenset[Key]:
    """Series and number of the images to be shown: what documents point at, and what a finding changes most."""
    most: dict[int, tuple[int, int]] = {}
    if recipe.findings:
        healthy = drawn(recipe.model_copy(update={"findings": ()}))
        for found, without in zip(drawn(recipe), healthy, strict=True):
            one, other = (np.frombuffer(picture.pixels, np.uint8) for picture in (found, without))
            apart = int((one != other).sum()) if len(one) == len(other) else 1
            most[found.series] = max(most.get(found.series, (0, 0)), (apart, found.number))
    pointed = {one.of: one.image for one in recipe.documents if one.of}
    return frozenset(({series: number for series, (apart, number) in most.items() if apart} | pointed).items())


def chosen(instances: Sequence[Instance], keys: Collection[Key] = ()) -> list[tuple[Instance, int]]:
    """Up to four pictures that stand for a study: the middles of its series, frames of a run, slices of a stack.

    `keys` are series and number of images that must be among them.
    """
    series: dict[str, list[Instance]] = {}
    for instance in instances:
        if instance.pixels is not None:
            series.setdefault(instance.header().series_uid, []).append(instance)
    stacks = list(series.values())[:_TILES]
    if not stacks:
        return []
    each = max(_TILES // len(stacks), 1)
    return [picture for stack in stacks for picture in _spread(stack, each, keys)]


def _spread(stack: list[Instance], count: int, keys: Collection[Key]) -> list[tuple[Instance, int]]:
    frames = int(stack[0].dataset().get("NumberOfFrames") or 1)
    places = [(stack[0], frame + 1) for frame in range(frames)] if frames > 1 else [(one, 1) for one in stack]
    count = min(count, len(places))
    picked = [round(len(places) * (number + 0.5) / count - 0.5) for number in range(count)]
    for at, (one, _frame) in enumerate(places):
        if frames == 1 and (one.header().series_number, one.header().instance_number) in keys and at not in picked:
            _apart, nearest = min((abs(place - at), number) for number, place in enumerate(picked))
            picked[nearest] = at
    return [places[at] for at in picked]


def sheet(
    instances: Sequence[Instance], height: int = 200, keys: Collection[Key] = (), across: int = _TILES
) -> Image.Image:
    """The chosen pictures, so many pixels high each, `across` of them side by side."""
    tiles = [shown(instance, frame) for instance, frame in chosen(instances, keys)]
    tiles = [tile.resize((max(round(tile.width * height / tile.height), 1), height), Image.Resampling.LANCZOS)
             for tile in tiles]  # fmt: skip
    mode = "RGB" if any(tile.mode == "RGB" for tile in tiles) else "L"
    rows = [tiles[first : first + across] for first in range(0, len(tiles), across)]
    widths = [sum(tile.width + _GAP for tile in row) - _GAP for row in rows]
    whole = Image.new(mode, (max(widths, default=1), max(len(rows) * (height + _GAP) - _GAP, 1)))
    for number, row in enumerate(rows):
        left = 0
        for tile in row:
            whole.paste(tile.convert(mode), (left, number * (height + _GAP)))
            left += tile.width + _GAP
    return whole


def blocks(picture: Image.Image, width: int) -> str:
    """A picture in half-blocks of 24-bit colour for a terminal, `width` letters wide."""
    height = max(2, round(picture.height * width / picture.width) // 2 * 2)
    small = np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))
    lines = []
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        cells = [f"{_ink(38, a)}{_ink(48, b)}▀" for a, b in zip(upper, lower, strict=True)]
        lines.append("".join(cells) + "\x1b[0m")
    return "\n".join(lines)


def _ink(what: int, colour: Any) -> str:
    """The escape sequence for a letter's own (38) or ground (48) colour."""
    red, green, blue = (int(part) for part in colour)
    return f"\x1b[{what};2;{red};{green};{blue}m"
