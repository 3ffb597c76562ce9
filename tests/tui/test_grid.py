"""The table that draws only what is seen: its cursor, its widths, and what twenty thousand rows cost."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from simlab.tui.widgets.grid import MEASURED
from simlab.tui.widgets.results import ResultsTable
from tests.tui.keys import screen, until

COLUMNS = ("time", "type", "text", "-")


class Alone(App[None]):
    """A table and nothing else."""

    CSS_PATH = None
    CSS = ".results Grid { height: 1fr; } .detail { height: 1; }"

    def __init__(self, *, follows: bool = False) -> None:
        super().__init__()
        self._follows = follows
        self.chosen: list[dict[str, Any]] = []

    def compose(self) -> ComposeResult:
        yield ResultsTable(follows=self._follows)

    def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        self.chosen.append(event.row)


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    """The newest first, each with a text that is longer than there is room for."""
    return [
        {"time": f"{number:05}", "type": "ADT^A01", "text": f"message {number} " + "x" * 70, "event": number}
        for number in range(first + count, first, -1)
    ]


async def filled(pilot: Pilot[None], given: list[dict[str, Any]]) -> ResultsTable:
    table = pilot.app.query_one(ResultsTable)
    table.show(given, COLUMNS)
    table.table.focus()
    await pilot.pause()
    return table


async def test_the_cursor_stays_on_its_row_when_newer_ones_come_above() -> None:
    """And at its height on the screen: what is read is not pushed away."""
    app = Alone(follows=True)
    async with app.run_test(size=(60, 12)) as pilot:
        given = rows(100)
        table = await filled(pilot, given)
        await pilot.press(*["down"] * 30)
        before = [line[:56] for line in screen(pilot).splitlines()[:-1]]
        table.show([*rows(7, 100), *given], COLUMNS)
        await pilot.pause()
        assert table.current is given[30] and table.table.row == 37
        assert [line[:56] for line in screen(pilot).splitlines()[:-1]] == before


async def test_on_the_first_row_the_cursor_stays_with_the_newest() -> None:
    """In a list that follows; in another one it stays on its row there too."""
    for follows, event in ((True, 103), (False, 100)):
        app = Alone(follows=follows)
        async with app.run_test(size=(60, 12)) as pilot:
            given = rows(100)
            table = await filled(pilot, given)
            table.show([*rows(3, 100), *given], COLUMNS)
            assert table.current is not None and table.current["event"] == event


async def test_a_row_that_was_fetched_again_is_known_by_its_number() -> None:
    """A queue's head goes out while the cursor stands on the third: it still stands on that one."""
    async with (app := Alone()).run_test(size=(60, 12)) as pilot:
        table = await filled(pilot, [{"id": number, "state": "queued"} for number in range(1, 9)])
        await pilot.press("down", "down")
        table.show([{"id": number, "state": "queued", "age": 2} for number in range(2, 9)], COLUMNS[:0])
        assert app.query_one(ResultsTable).current == {"id": 3, "state": "queued", "age": 2} or table.table.row == 0
        table.show([{"id": number, "state": "queued", "age": 3} for number in range(2, 9)])
        await pilot.press("ctrl+home", "down")
        table.show([{"id": number, "state": "sending", "age": 4} for number in range(3, 9)])
        assert table.current is not None and table.current["id"] == 3


async def test_the_last_column_takes_what_is_left_and_says_that_it_is_cut() -> None:
    """Nothing has to be scrolled sideways for it."""
    async with Alone().run_test(size=(60, 12)) as pilot:
        table = await filled(pilot, rows(3))
        assert table.table.max_scroll_x == 0
        assert screen(pilot).splitlines()[1].rstrip().endswith("…")


async def test_keys_go_to_the_ends_and_by_pages() -> None:
    """G is the last row, g the first, Page a screenful, Enter chooses."""
    async with (app := Alone()).run_test(size=(60, 12)) as pilot:
        table = await filled(pilot, rows(100))
        for key, row in (("G", 99), ("up", 98), ("g", 0), ("pagedown", 10), ("end", 10)):
            await pilot.press(key)
            assert table.table.row == row
        assert table.table.column == 2
        await pilot.press("enter")
        await until(pilot, lambda: [row["event"] for row in app.chosen] == [90], "the row chosen")


async def test_a_click_moves_and_a_second_one_chooses() -> None:
    """The mouse does what the keys do."""
    async with (app := Alone()).run_test(size=(60, 12)) as pilot:
        table = await filled(pilot, rows(100))
        await pilot.click("Grid", offset=(9, 4))
        assert (table.table.row, table.table.column) == (3, 1)
        await pilot.click("Grid", offset=(9, 4))
        await until(pilot, lambda: len(app.chosen) == 1, "the row chosen")


async def test_twenty_thousand_rows_scroll_as_ten_do() -> None:
    """Whatever the key, no more cells are looked at than the screen has; what comes in costs no more either."""
    async with Alone(follows=True).run_test(size=(120, 40)) as pilot:
        given = rows(20_000)
        table = await filled(pilot, given)
        grid, looked = table.table, 0
        shortened = grid._shortened

        def counted(name: str, value: Any) -> str:
            nonlocal looked
            looked += 1
            return shortened(name, value)

        grid._shortened = counted
        for key in ("down", "pagedown", "G", "up", "pageup", "g"):
            looked = 0
            await pilot.press(key)
            assert 0 < looked <= 4 * 40 * 3, key
        looked = 0
        table.show([*rows(50, 20_000), *given], COLUMNS)
        assert looked <= MEASURED * 3


async def test_what_came_over_the_wire_does_not_steer_the_terminal() -> None:
    """Escape sequences in a message are seen as signs, in the cell and beneath; the copy has them as they came."""
    name = "A\x1b]0;title\x07\x9b31m"
    app = Alone()
    async with app.run_test(size=(60, 8)) as pilot:
        app.query_one(ResultsTable).show([{"name": name}], ("name", "-"))
        await until(pilot, lambda: "name: A" in screen(pilot), "the line beneath")
        drawn = screen(pilot)
        assert drawn.count("A␛]0;title␇�31m") == 2
        assert not {"\x1b", "\x07", "\x9b"} & set(drawn)
        assert app.query_one(ResultsTable).cell == name
