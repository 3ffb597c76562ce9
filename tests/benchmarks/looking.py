"""How long a person waits for an image in the terminal, and how fast a stack scrolls, on a lab with its door."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from simlab.cli.process import Process, process
from simlab.department.modality import recipes
from simlab.department.modality.sampling import sample
from simlab.dicom import storing
from simlab.dicom.requestor import Peer
from simlab.tui.app import SimlabApp
from simlab.tui.client import Door
from simlab.tui.graphics import SIXEL, Graphics
from simlab.tui.screens.image import ImageScreen
from simlab.tui.told import WantsImage
from tests.benchmarks.measure import Measure
from tests.tui.keys import until

RECIPE = "ct-chest-thin"
"""200 slices of 512 by 512."""
SIZE = (120, 40)


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """From the key to the picture, and pictures a second while a key is held: in half-blocks, and as sixels."""
    steps = 60 if quick else 200
    with process(folder / "looking", ports="auto", scene="empty") as lab:
        study = _store(lab)
        for what, graphics in (("half-blocks", Graphics()), ("sixels", Graphics(SIXEL))):
            opened, slices, rate = asyncio.run(_looked(lab, study, graphics, steps))
            most, least = (0.1, 15.0) if what == "half-blocks" else (None, None)
            yield Measure(f"image screen opened, {what}", opened, "s", note="study fetched, one CT slice of 512 × 512")
            yield Measure(f"a CT slice of 512 × 512 appears, {what}", slices, "s", most=most)
            yield Measure(f"scrolling {steps} slices, {what}", rate, "/s", least=least, note="each one shown")


def _store(lab: Process) -> str:
    instances = sample(recipes.named(RECIPE))
    pacs = lab.lab.endpoints["PACS"]
    replies = storing.store(Peer("PACS", pacs.host, pacs.port), "ADMIN", instances)
    assert all(reply.status == "0000" for reply in replies)
    return instances[0].header().study_uid


async def _looked(lab: Process, study: str, graphics: Graphics, steps: int) -> tuple[float, float, float]:
    app = SimlabApp(Door(lab.door.url, lab.door.token), blocks=True, graphics=graphics)
    async with app.run_test(size=SIZE) as pilot:
        began = time.perf_counter()
        app.post_message(WantsImage(study))
        await until(pilot, lambda: isinstance(app.screen, ImageScreen) and app.screen.shown > 0, "a picture")
        opened = time.perf_counter() - began
        looking = app.screen
        assert isinstance(looking, ImageScreen)
        looking.action_step(-1000)
        await _quiet(looking)
        took = []
        for _ in range(10):  # each for the first time: decoded, windowed, drawn
            took.append(await _step(looking))
        began = time.perf_counter()
        for _ in range(steps - 10):
            await _step(looking)
        return opened, sorted(took)[len(took) // 2], (steps - 10) / (time.perf_counter() - began)


async def _step(looking: ImageScreen) -> float:
    began, before = time.perf_counter(), looking.shown
    looking.action_step(1)
    while looking.shown == before:
        await asyncio.sleep(0.001)
    _draw(looking)
    return time.perf_counter() - began


async def _quiet(looking: ImageScreen) -> None:
    before = -1
    while looking.shown != before:
        before = looking.shown
        await asyncio.sleep(0.3)


def _draw(looking: ImageScreen) -> str:
    """What goes to the terminal; a test's driver takes it and throws it away."""
    return "".join(strip.render(looking.app.console) for strip in looking._compositor.render_strips())
