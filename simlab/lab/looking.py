"""What is seen of archived images: pictures as they are asked for, their tags, how two of them differ."""

from __future__ import annotations

import base64
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from simlab.dicom import annotation, presentation, presenting, preview, tags
from simlab.dicom.difference import difference
from simlab.dicom.instance import Instance
from simlab.dicom.preview import Picture, Shown, View
from simlab.dicom.window import Window, is_inverse
from simlab.errors import BadInput
from simlab.sixel import sixels

KEPT_BYTES = 96 * 1024 * 1024
"""Of decoded frames: about a hundred CT slices."""
SIXELS, ROWS = "sixel", "rows"

Key = tuple[str, int, int, int, int]


class Looking:
    """Decodes each frame once as long as it is looked at. `load` gives an instance under its identity now."""

    def __init__(self, load: Callable[[str], Instance]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Shown] = OrderedDict()
        self._size = 0

    def shown(self, sop_uid: str, frame: int, state: str = "") -> Shown:
        """A frame ready to be drawn, under the presentation state of UID `state` if one is named.

        Raises NotFound, NoPreview, Malformed, BadInput when that is no presentation state or not for this frame.
        """
        instance = self._load(sop_uid)
        said = self._load(state) if state else None
        # The bytes are the key, not the UID alone: identities are corrected, and objects replaced.
        key = (sop_uid, frame, zlib.adler32(instance.head), zlib.adler32(instance.pixels or b""),
               zlib.adler32(said.head) if said else 0)  # fmt: skip
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        if said is None:
            found = preview.prepare(instance, frame)
        else:
            found = presenting.prepare(instance, presentation.read(said), frame)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._size += found.size
            while self._size > KEPT_BYTES and len(self._kept) > 1:
                _key, oldest = self._kept.popitem(last=False)
                self._size -= oldest.size
        return found

    def picture(self, sop_uid: str, frame: int, view: View, form: str = ROWS, state: str = "") -> dict[str, Any]:
        """A frame as `view` wants it, with what is written over it, under a presentation `state` if one is named.

        `form` says how pixels are given: `rows` of 8-bit samples in base64, or the escape sequence of a `sixel`
        terminal. Raises NotFound, BadInput.
        """
        if form not in (ROWS, SIXELS):
            raise BadInput(f"pictures do not come as {form!r}", place="form", remedy=f"Say {ROWS} or {SIXELS}.")
        shown = self.shown(sop_uid, frame, state)
        picture = preview.draw(shown, view)
        if form == SIXELS:
            drawn = sixels(picture.width, picture.height, picture.samples, picture.rows)
        else:
            drawn = base64.b64encode(picture.rows).decode()
        return {"width": picture.width, "height": picture.height, "samples": picture.samples, form: drawn,
                **_told(shown, picture)}  # fmt: skip

    def presentation(self, sop_uid: str) -> dict[str, Any]:
        """What a presentation state is called, and the UIDs of the images that it is for; raises BadInput."""
        state = presentation.read(self._load(sop_uid))
        return {"label": state.label, "images": state.images()}

    def difference(self, one: str, other: str) -> dict[str, Any]:
        """How two instances differ, a row an element."""
        return {"rows": difference(self._load(one), self._load(other))}

    def tags(self, sop_uid: str, wanted: str = "", private: str = "") -> dict[str, Any]:
        """The elements of an instance, a row each: those that have all words of `wanted`, or only private ones."""
        only = str(private).lower() in ("1", "true", "yes")
        return {"rows": tags.filtered(tags.rows(self._load(sop_uid)), str(wanted), private=only)}


def _told(shown: Shown, picture: Picture) -> dict[str, Any]:
    facts, frame = shown.facts, shown.frame
    height, width = shown.values.shape[:2]
    return {
        "columns": width,
        "lines": height,
        "frame": frame.number,
        "frames": frame.frames,
        "zoom": round(picture.view.zoom, 4),
        "x": round(picture.view.x, 5),
        "y": round(picture.view.y, 5),
        "window": picture.window.as_json() if picture.window else None,
        "windows": [window.as_json() for window in shown.windows],
        "inverse": is_inverse(facts) != picture.view.inverse,
        "corners": annotation.corners(facts, frame.number, frame.frames),
        "edges": annotation.edges(facts, frame.number),
    }


def view_of(
    width: int, height: int, zoom: float, x: float, y: float, window: str, inverse: bool, aspect: float
) -> View:
    """A view from what a client says; `window` is a number in the list of windows, or ``centre,width``."""
    chosen: int | Window
    try:
        if "," in window:
            centre, wide = (float(part) for part in window.split(","))
            chosen = Window(centre, wide, "by hand")
        else:
            chosen = int(window or 0)
    except (ValueError, OverflowError):
        raise BadInput(
            f"{window[:40]!r} is no window", place="window", remedy="Say its number, or centre,width."
        ) from None
    if isinstance(chosen, Window) and not (abs(chosen.centre) < 1e9 and 0 < chosen.width < 1e9):
        raise BadInput(f"{window[:40]!r} is no window", place="window", remedy="The width is above 0.")
    if not 0.1 <= aspect <= 10:
        raise BadInput("pixels are not so long or so flat", place="aspect", remedy="Say 0.1 to 10.")
    return View(width, height, zoom, x, y, chosen, inverse, aspect)
