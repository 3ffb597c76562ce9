"""Draws docs/screen.svg from the running terminal on a real lab: `python -m tests.picture docs/screen.svg`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from simlab.cli.process import process
from simlab.tui.app import SimlabApp
from simlab.tui.client import Door

KEYS = ("2", *("down", "down", "down", "enter", "down", "enter", "down", "enter", "down"))


async def draw(door: Door) -> str:
    """The workbench with a picture from the archive, as SVG."""
    app = SimlabApp(door, blocks=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(1.5)
        await pilot.press("enter")
        for key in KEYS:
            await pilot.pause(0.7)
            await pilot.press(key)
        await pilot.pause(2)
        return app.export_screenshot(title="SimLab")


def main(target: Path) -> None:
    """Open a lab with one exercise begun, draw the screen, and write it."""
    with tempfile.TemporaryDirectory() as home, process(Path(home), ports="auto") as lab:
        lab.tutor.start("find-without-number", 1)
        target.write_text(asyncio.run(draw(Door(lab.door.url, lab.door.token))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
