"""The keys of looking at images: slices, series, windows, zoom, the prior, tags and differences."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp
from textual.timer import Timer

from simlab.tui.screens.looking import Look, Looking
from simlab.tui.screens.tags import DifferenceScreen, TagsScreen

PAGE = 10
"""Slices of one Page key."""
CINE = 15.0
"""Frames a second."""
MOST_ZOOM = 32.0


class ImageScreen(Looking):
    """A study's images under the keys that workstations have."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "step(1)", "Slices", key_display="↑↓"),
        Binding("up,k", "step(-1)", "Back", show=False),
        Binding("pagedown", f"step({PAGE})", show=False),
        Binding("pageup", f"step(-{PAGE})", show=False),
        Binding("home", "step(-100000)", show=False),
        Binding("end", "step(100000)", show=False),
        Binding("right", "series(1)", show=False),
        Binding("left", "series(-1)", show=False),
        Binding("left_square_bracket", "width(0.8)", show=False),
        Binding("right_square_bracket", "width(1.25)", show=False),
        Binding("comma", "centre(-0.1)", show=False),
        Binding("full_stop", "centre(0.1)", show=False),
        Binding("w", "window(1)", "Window"),
        Binding("W", "window(-1)", show=False),
        Binding("plus,equals_sign", "zoom(1.25)", "Zoom", key_display="+-"),
        Binding("minus", "zoom(0.8)", show=False),
        Binding("0", "whole", show=False),
        Binding("shift+left,H", "pan(-1,0)", show=False),
        Binding("shift+right,L", "pan(1,0)", show=False),
        Binding("shift+up,K", "pan(0,-1)", show=False),
        Binding("shift+down,J", "pan(0,1)", show=False),
        Binding("i", "invert", "Invert"),
        Binding("p", "prior", "Prior"),
        Binding("s", "state", show=False),
        Binding("t", "tags", "Tags"),
        Binding("m", "mark", show=False),
        Binding("d", "difference", "Diff"),
        Binding("o", "written", show=False),
        Binding("b", "way", show=False),
        Binding("space", "cine", show=False),
        Binding("y", "copy", show=False),
        Binding("question_mark", "app.help", "Help"),
        Binding("escape,q", "close", "Back"),
    ]

    _marked = ""
    _cine: Timer | None = None

    def action_step(self, by: int) -> None:
        """To another slice or frame."""
        if self._stack is not None:
            last = len(self._stack.current.places) - 1
            self._position = min(max(self._position + by, 0), last)
            self.ask()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_step(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_step(-1)

    def action_series(self, by: int) -> None:
        """To another series of the study."""
        if self._stack is not None:
            self._stack.at = (self._stack.at + by) % len(self._stack.series)
            self._position = len(self._stack.current.places) // 2
            if self._prior is not None:
                self._prior.like(self._stack.current)
            self._look = Look()
            self.ask()

    def action_window(self, by: int) -> None:
        """Through the windows of the file and of the modality."""
        drawn = self._drawn
        if drawn is not None and drawn.windows:
            now = int(self._look.window) if "," not in self._look.window else -1
            self._change(window=str((now + by) % len(drawn.windows)))

    def _by_hand(self) -> tuple[float, float] | None:
        if "," in self._look.window:
            centre, width = self._look.window.split(",")
            return float(centre), float(width)
        if self._drawn is None or self._drawn.window is None:
            return None
        return self._drawn.window.centre, self._drawn.window.width

    def action_width(self, factor: float) -> None:
        """More contrast, or less."""
        if (now := self._by_hand()) is not None:
            self._change(window=f"{now[0]:.3f},{max(now[1] * factor, 0.01):.3f}")

    def action_centre(self, share: float) -> None:
        """Darker or brighter, by a share of the width."""
        if (now := self._by_hand()) is not None:
            self._change(window=f"{now[0] + share * now[1]:.3f},{now[1]:.3f}")

    def action_zoom(self, factor: float) -> None:
        """Larger or smaller."""
        self._change(zoom=min(max(self._look.zoom * factor, 1.0), MOST_ZOOM))

    def action_whole(self) -> None:
        """The whole image, as it was sent."""
        self._look = Look()
        self.ask()

    def action_pan(self, across: int, down: int) -> None:
        """Another part of a zoomed image."""
        drawn, step = self._drawn, 0.2 / self._look.zoom
        x, y = (drawn.x, drawn.y) if drawn and not self._asking else (self._look.x, self._look.y)
        self._change(x=min(max(x + across * step, 0), 1), y=min(max(y + down * step, 0), 1))

    def action_invert(self) -> None:
        """Black for white."""
        self._change(inverse=not self._look.inverse)

    def action_written(self) -> None:
        """All of what is written over the picture, who it is, nothing."""
        self.view.written = (self.view.written + 2) % 3

    def action_way(self) -> None:
        """Pixels where the terminal has them, half-blocks, letters."""
        self.view.clear()
        self.view.way = self._ways[(self._ways.index(self.view.way) + 1) % len(self._ways)]
        self.ask()

    def action_cine(self) -> None:
        """Run through the stack, and stop again."""
        if self._cine is not None:
            self._cine.stop()
            self._cine = None
        else:
            self._cine = self.set_interval(1 / CINE, self._next)

    def _next(self) -> None:
        if self._stack is not None and not self._asking:
            self._position = (self._position + 1) % len(self._stack.current.places)
            self.ask()

    def action_prior(self) -> None:
        """Beside the prior that is most like it; then beside the next; then alone again."""
        self.next_prior()

    def action_state(self) -> None:
        """As the study's next presentation state shows it; then as it was sent again."""
        self.next_state()

    def action_tags(self) -> None:
        """The elements of this image."""
        if self._now is not None:
            self.app.push_screen(TagsScreen(self._door, self._now.sop_uid))

    def action_mark(self) -> None:
        """Keep this image in mind, to compare another one with."""
        if self._now is not None:
            self._marked = self._now.sop_uid
            self.notify("Marked: `d` at another image says how it differs.", timeout=3)

    def action_difference(self) -> None:
        """How this image differs from the marked one, else from the prior's, else from the one before."""
        if self._now is None or self._stack is None:
            return
        here = self._now.sop_uid
        other = self._marked if self._marked != here else ""
        if not other and self._prior is not None:
            _number, stack, position, _room = self._wanted()[1]
            other = stack.current.places[position].sop_uid
        if not other:
            near = [one.sop_uid for one in self._stack.current.places[: self._position] if one.sop_uid != here]
            other = near[-1] if near else ""
        if other:
            self.app.push_screen(DifferenceScreen(self._door, other, here))
        else:
            self.notify("Mark another image first: `m`.", timeout=3)

    def action_copy(self) -> None:
        """Copy the image's UID."""
        if self._now is not None:
            self.app.copy_to_clipboard(self._now.sop_uid)
            self.notify(self._now.sop_uid, title="Copied", timeout=2, markup=False)

    def action_close(self) -> None:
        """Back to where one came from."""
        self.view.clear()
        self.dismiss()
