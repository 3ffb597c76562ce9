"""How two instances differ: element by element, and in their pixels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from simlab.dicom import pixels, tags, transcode
from simlab.dicom.instance import Instance
from simlab.dicom.scan import PIXEL_TAGS, Malformed
from simlab.dicom.tags import Path, Tag

NOTHING = "(not there)"
_LONGEST = 1 << 16
_SYNTAX: Path = (0x00020010,)

Row = dict[str, Any]


def difference(one: Instance, other: Instance, without: Collection[str] = ()) -> list[Row]:
    """A row ``{tag, place, name, vr, before, after, private}`` for each element that differs; none when nothing does.

    `without` names elements, by keyword or as (gggg,eeee), that are not compared. An item that only one of them has is
    one row. Pixel data is compared as pictures, so that a compressed and a plain one of the same pixels are the same.
    Raises Malformed.
    """
    before, after = _by_path(one), _by_path(other)
    left_out = {name.casefold() for name in without}
    found: list[Row] = []
    missing: list[Path] = []
    for path in sorted({*before, *after}):
        if any(path[: len(whole)] == whole for whole in missing):
            continue
        mine, theirs = before.get(path), after.get(path)
        tag = mine or theirs
        assert tag is not None
        if left_out & {tag.keyword.casefold(), tags.written(tag.number).casefold()}:
            missing.append(path)
            continue
        if path[0] in PIXEL_TAGS and len(path) == 1 and mine and theirs:
            found += _pixels(tag, one, other)
        elif mine is None or theirs is None:
            missing.append(path)
            found.append(_row(tag, _said(mine), _said(theirs)))
        elif (mine.value, mine.vr) != (theirs.value, theirs.vr):
            found.append(
                _row(tag, mine.value, theirs.value, f"{mine.vr} → {theirs.vr}" if mine.vr != theirs.vr else "")
            )
    return found


def _by_path(instance: Instance) -> dict[Path, Tag]:
    syntax = instance.transfer_syntax
    coded = Tag(_SYNTAX, "UI", "Transfer Syntax UID", f"{syntax} ({transcode.name(syntax)})", 0, "TransferSyntaxUID")
    return {_SYNTAX: coded, **{tag.path: tag for tag in tags.tags(instance, _LONGEST)}}


def _said(tag: Tag | None) -> str:
    return NOTHING if tag is None else tag.value or ("(an item)" if not tag.vr else "(empty)")


def _row(tag: Tag, before: str, after: str, vr: str = "") -> Row:
    return {"tag": tags.written(tag.number), "place": tag.place, "name": tag.name, "vr": vr or tag.vr, "before": before,
            "after": after, "private": tag.private}  # fmt: skip


def _pixels(tag: Tag, one: Instance, other: Instance) -> list[Row]:
    mine, theirs = bytes(one.pixels or b""), bytes(other.pixels or b"")
    if mine == theirs and one.transfer_syntax == other.transfer_syntax:
        return []
    sizes = f"{len(mine)} bytes", f"{len(theirs)} bytes"
    try:
        count = pixels.frames(one.dataset())
        if count != pixels.frames(other.dataset()):
            return [_row(tag, *sizes)]
        changed, most, all_of_them = 0, 0.0, 0
        for number in range(1, count + 1):
            first, second = pixels.frame(one, number).stored, pixels.frame(other, number).stored
            if first.shape != second.shape:
                return [_row(tag, *(" × ".join(map(str, each.shape)) for each in (first, second)))]
            apart = np.abs(first.astype(np.float64) - second.astype(np.float64))
            changed += int(np.count_nonzero(apart))
            most = max(most, float(apart.max()))
            all_of_them += apart.size
    except (pixels.NoPreview, Malformed):
        return [_row(tag, *sizes)]
    if not changed:
        return []
    return [_row(tag, sizes[0], f"{sizes[1]}; {changed} of {all_of_them} values differ, by {most:g} at most")]
