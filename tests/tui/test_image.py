"""Looking at images in the terminal: slices, windows, zoom, the prior, tags, differences, and what is drawn."""

from __future__ import annotations

import base64
import os
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from simlab.tui import graphics
from simlab.tui.app import SimlabApp
from simlab.tui.graphics import KITTY, SIXEL, Graphics
from simlab.tui.picture import read
from simlab.tui.screens.image import ImageScreen
from simlab.tui.screens.tags import DifferenceScreen, TagsScreen
from simlab.tui.stack import Series, priors
from tests.tui import canned
from tests.tui.fake_door import FakeLab
from tests.tui.keys import into_workbench, screen, shows, until

SIZES = [(80, 24), (120, 40)]


async def into_image(pilot: Pilot[Any]) -> ImageScreen:
    """From the workbench to the first image of the first study of the patient with two of them."""
    await into_workbench(pilot)
    await pilot.press("2")
    await shows(pilot, "Núñez^Inés")
    for text in ("DX Hip", "AP pelvis", "image 1"):
        await pilot.press("down", "enter")
        await shows(pilot, text)
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ImageScreen), "the image screen")
    await shows(pilot, "Whitcombe, Harold")
    looking = pilot.app.screen
    assert isinstance(looking, ImageScreen)
    return looking


def asked(lab: FakeLab) -> dict[str, Any]:
    """The last picture that was asked for."""
    return [given for call, given in lab.calls if call == "GET /image"][-1]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_image_screen_looks_as_it_was_approved(make_app: Callable[..., SimlabApp], snap_compare: Any, size) -> None:
    """The picture in half-blocks with what is written over it."""

    async def go(pilot: Pilot[Any]) -> None:
        await into_image(pilot)
        pilot.app.clear_notifications()
        await pilot.pause()

    assert snap_compare(make_app(blocks=True), terminal_size=size, run_before=go)


async def test_arrows_walk_through_the_slices(app: SimlabApp, lab: FakeLab) -> None:
    """Down is the next image, End the last one; beyond it there is nothing."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_image(pilot)
        await shows(pilot, "1/3")
        await pilot.press("down")
        await shows(pilot, "2/3")
        await pilot.press("end", "down")
        await shows(pilot, "3/3")
        assert asked(lab)["sop_uid"].endswith(".1.3")


async def test_a_presentation_state_is_shown_at_its_image(app: SimlabApp, lab: FakeLab) -> None:
    """`s` goes to the image that the state is for and asks for it under the state; then as it was sent again."""
    async with app.run_test(size=(80, 24)) as pilot:
        looking = await into_image(pilot)
        await pilot.press("s")
        await pilot.pause()
        assert not asked(lab).get("state")
        state = f"{looking._stack.study['study_uid']}.8"
        looking._stack.states, looking._states = (state,), None
        await pilot.press("s")
        await shows(pilot, "state: FINDINGS")
        assert (asked(lab)["state"], asked(lab)["sop_uid"][-2:]) == (state, ".3")
        await pilot.press("up")
        await shows(pilot, "2/3")
        assert not asked(lab).get("state")
        await pilot.press("down", "s")
        await until(
            pilot, lambda: asked(lab)["sop_uid"].endswith(".3") and not asked(lab).get("state"), "as it was sent"
        )


async def test_left_and_right_go_through_the_series(app: SimlabApp) -> None:
    """Of three the last is before the first."""
    async with app.run_test(size=(80, 24)) as pilot:
        looking = await into_image(pilot)
        stack = looking._stack
        stack.series += [Series({"series_uid": uid}, list(stack.current.places)) for uid in ("b", "c")]
        await pilot.press("right")
        await shows(pilot, "series 2/3")
        await pilot.press("left", "left")
        await shows(pilot, "series 3/3")


async def test_windows_are_gone_through_and_set_by_hand(app: SimlabApp, lab: FakeLab) -> None:
    """`w` takes the next of the list, `]` makes it wider from there, `.` moves its centre by a tenth of the width."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_image(pilot)
        await pilot.press("w")
        await shows(pilot, "C -600 W 1500 lung")
        await pilot.press("right_square_bracket")
        await shows(pilot, "W 1875")
        await pilot.press("full_stop")
        await shows(pilot, "C -412.5 W 1875")


async def test_zoom_pan_invert_and_back(app: SimlabApp, lab: FakeLab) -> None:
    """What is asked of the lab follows the keys, and 0 is as it was sent."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_image(pilot)
        await pilot.press("plus", "plus", "i")
        await shows(pilot, "zoom 1.6", "inverse")
        await pilot.press("L")
        await until(pilot, lambda: float(asked(lab)["x"]) > 0.5, "a part further right")
        await pilot.press("0")
        await until(pilot, lambda: asked(lab)["zoom"] == "1.0" and asked(lab)["inverse"] == "0", "as it was sent")


async def test_overtaken_pictures_are_never_asked_for(app: SimlabApp, lab: FakeLab) -> None:
    """Thirty keys while a picture is on its way ask for the last of them only."""
    async with app.run_test(size=(80, 24)) as pilot:
        looking = await into_image(pilot)
        before = sum(call == "GET /image" for call, _ in lab.calls)
        for by in (1, -1) * 15:
            looking.action_step(by)
        looking.action_step(2)
        await shows(pilot, "3/3")
        assert sum(call == "GET /image" for call, _ in lab.calls) - before <= 2


async def test_prior_stands_beside_and_goes_along(app: SimlabApp, lab: FakeLab) -> None:
    """`p` shows another study of the patient at the same place of its stack, and takes it away at the end."""
    async with app.run_test(size=(120, 40)) as pilot:
        looking = await into_image(pilot)
        await pilot.press("end", "p")
        await shows(pilot, "PRIOR  3/3")
        uids = {given["sop_uid"] for call, given in lab.calls[-2:] if call == "GET /image"}
        assert len(uids) == 2 and all(uid.endswith(".1.3") for uid in uids)
        for _ in range(len(canned.STUDIES)):
            await pilot.press("p")
            await pilot.pause(0.1)
            if len(looking.view.panes) == 1:
                break
        await until(pilot, lambda: len(looking.view.panes) == 1, "alone again")


async def test_tags_are_searched(app: SimlabApp) -> None:
    """`/` leaves the elements that fit."""
    async with app.run_test(size=(120, 40)) as pilot:
        await into_image(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TagsScreen), "the tags")
        await shows(pilot, "Tags: 6 elements", "Accession Number")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input), "the search")
        await pilot.press(*"patient id")
        await shows(pilot, "Tags: 1 element", "RXX4410082")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, ImageScreen), "the image again")


async def test_marked_image_is_compared_with_another(app: SimlabApp) -> None:
    """`m`, another image, `d`: what differs, the marked one first."""
    async with app.run_test(size=(120, 40)) as pilot:
        looking = await into_image(pilot)
        await pilot.press("m", "down", "d")
        await until(pilot, lambda: isinstance(app.screen, DifferenceScreen), "the difference")
        await shows(pilot, "Difference: 1 element", "Patient ID")
        here = looking._now.sop_uid
        text = screen(pilot)
        assert text.index(here.removesuffix("2") + "1") < text.index(here)


async def test_what_is_written_over_the_picture_is_lessened(app: SimlabApp) -> None:
    """Name and side stay at first; then nothing does."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_image(pilot)
        await shows(pilot, "2026-03-01", "RIGHT")
        await pilot.press("o")
        await until(pilot, lambda: "2026-03-01" not in screen(pilot) and "RIGHT" in screen(pilot), "less")
        await pilot.press("o")
        await until(pilot, lambda: "Whitcombe, Harold" not in screen(pilot), "nothing")


async def test_without_colour_pictures_are_letters(
    make_app: Callable[..., SimlabApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR neither half-blocks nor the terminal's graphics are used."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(blocks=None, graphics=Graphics(SIXEL))
    async with app.run_test(size=(80, 24)) as pilot:
        await into_image(pilot)
        assert "▀" not in screen(pilot) and "##%%" in screen(pilot) and "\x1bP" not in screen(pilot)


@pytest.mark.parametrize(("way", "begins"), [(SIXEL, "\x1bPq"), (KITTY, "\x1b_Ga=T")])
async def test_pixels_are_drawn_where_the_terminal_can(
    make_app: Callable[..., SimlabApp], lab: FakeLab, way: str, begins: str
) -> None:
    """The picture comes in the terminal's own pixels, at its place, and letters leave that place alone."""
    app = make_app(blocks=True, graphics=Graphics(way, (10, 20)))
    async with app.run_test(size=(80, 24)) as pilot:
        await into_image(pilot)
        text = screen(pilot)
        assert begins in text and "▀" not in text
        assert (asked(lab)["width"], asked(lab)["height"]) == ("800", "440")
        # 440 pixels are 44 letters, in the middle of 80, under the title.
        assert "\x1b[2;19H" + begins in text
        assert "\x1b[44C" in text
        await pilot.press("b")
        await until(pilot, lambda: "▀" in screen(pilot) and begins not in screen(pilot), "half-blocks")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"", Graphics()),
        (b"\x1b[?1;2c", Graphics()),
        (b"\x1b[?64;1;2;44c", Graphics()),
        (b"\x1b[6;18;9t\x1b[?62;4;22c", Graphics(SIXEL, (9, 18))),
        (b"\x1b_Gi=7041;OK\x1b\\\x1b[6;20;10t\x1b[?62c", Graphics(KITTY, (10, 20))),
        (b"\x1b_Gi=7041;ENOTSUPPORTED\x1b\\\x1b[6;0;0t\x1b[?62;4c", Graphics(SIXEL)),
    ],
)
def test_terminals_answer_what_they_can_draw(answer: bytes, found: Graphics) -> None:
    """Sixel is attribute 4 of the device attributes; a kitty terminal says OK to a picture of one pixel."""
    assert graphics.read_answer(answer) == found


def test_terminal_is_asked_and_nothing_of_its_answer_is_left() -> None:
    """A terminal that draws sixels is known by its answer, which no screen gets to read as keys."""
    if not hasattr(os, "openpty"):
        pytest.skip("no pseudo-terminals here")
    import select
    import termios
    import threading
    import tty

    controlling, terminal = os.openpty()
    tty.setraw(terminal)

    def answer() -> None:
        seen = b""
        while not seen.endswith(b"\x1b[c"):
            seen += os.read(controlling, 1024)
        os.write(controlling, b"\x1b[6;16;8t\x1b[?62;4c")

    thread = threading.Thread(target=answer)
    thread.start()
    before = termios.tcgetattr(terminal)
    found = graphics.read_answer(graphics._exchange(terminal, terminal))
    thread.join()
    assert found == Graphics(SIXEL, (8, 16))
    assert termios.tcgetattr(terminal) == before
    assert not select.select([terminal], [], [], 0)[0]
    os.close(controlling)
    os.close(terminal)


async def test_a_kitty_terminal_is_told_which_pictures_go(
    make_app: Callable[..., SimlabApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prior's when it is taken away, both when a dialog lies over them, and both when one leaves."""
    app = make_app(blocks=True, graphics=Graphics(KITTY, (10, 20)))
    async with app.run_test(size=(120, 40)) as pilot:
        looking = await into_image(pilot)
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)

        def gone(*places: int) -> bool:
            return graphics.kitty_gone(places) in "".join(written)

        await pilot.press("p")
        await until(pilot, lambda: len(looking.view.panes) == 2, "the prior")
        assert not gone(1)
        for _ in range(len(canned.STUDIES)):
            await pilot.press("p")
            await pilot.pause(0.1)
            if len(looking.view.panes) == 1:
                break
        await until(pilot, lambda: gone(1) and not gone(0, 1), "the prior's picture gone, and that one only")
        await pilot.press("t")
        await until(pilot, lambda: gone(0, 1), "nothing over the tags")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ImageScreen), "the image again")
        written.clear()
        await pilot.press("q")
        await until(pilot, lambda: gone(0, 1), "nothing left")


def test_kitty_gets_red_green_and_blue_in_parts() -> None:
    """The parts put together are the pixels, and only the last of them says that it is the last."""
    rows = os.urandom(100 * 50)
    sequence = graphics.kitty(100, 50, 1, rows, 1)
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sequence)
    assert [keys.endswith("m=0") for keys, _ in parts] == [False] * (len(parts) - 1) + [True]
    # Of what says nothing new the protocol allows m and q only; q keeps the terminal's answers out of the keys.
    assert {keys for keys, _ in parts[1:-1]} == {"q=2,m=1"} and all(len(part) <= 4096 for _, part in parts)
    pixels = zlib.decompress(base64.b64decode("".join(part for _, part in parts)))
    assert pixels == b"".join(bytes([grey] * 3) for grey in rows)


@pytest.mark.parametrize("told", [{}, {"width": 4, "height": 4, "samples": 1, "rows": "AA=="}, {"width": "x"}])
def test_an_answer_that_does_not_fit_is_no_picture(told: dict[str, Any]) -> None:
    """Whatever the door says, drawing never fails."""
    assert read(told, "blocks") is None


def test_priors_are_earlier_alike_and_the_latest_first() -> None:
    """Of another issuer's patient there are none."""
    now = {"study_uid": "1", "study_date": "20260301", "modalities": ["DX"], "description": "Hip", "issuer": "A"}
    rows = [
        now,
        {**now, "study_uid": "later", "study_date": "20260401"},
        {**now, "study_uid": "old", "study_date": "20200101"},
        {**now, "study_uid": "newer", "study_date": "20250101"},
        {**now, "study_uid": "other", "study_date": "20260201", "modalities": ["CT"], "description": "Head"},
        {**now, "study_uid": "stranger", "issuer": "B"},
    ]
    assert priors(rows, now) == ["newer", "old", "other", "later"]
