"""The console's sections while a screen is taken down."""

from __future__ import annotations

from simlab.tui.app import SimlabApp
from simlab.tui.widgets.sections import Sections
from tests.tui.keys import into_workbench


async def test_a_load_that_finds_the_screen_taken_down_shows_nothing(app: SimlabApp) -> None:
    """Its table is gone, and that is no error: the terminal leaves in peace."""
    async with app.run_test(size=(80, 24)) as pilot:
        await into_workbench(pilot)
        sections = pilot.app.screen.query_one("#systems", Sections)
        await sections.remove_children()
        await sections.load().wait()
