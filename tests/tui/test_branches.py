"""The archive's tree under the arrow keys."""

from textual.app import App, ComposeResult

from simlab.tui.widgets.branches import Branches


class Shown(App[None]):
    """One patient with one study."""

    def compose(self) -> ComposeResult:
        tree = Branches[str]("PACS", "root")
        tree.show_root = False
        tree.root.add("patient", "patient").add_leaf("study", "study")
        yield tree


async def test_right_opens_and_left_closes() -> None:
    """Right opens the patient, then goes to the study; left goes back, then closes."""
    app = Shown()
    async with app.run_test() as pilot:
        tree = app.query_one(Branches)
        tree.focus()
        seen = []
        for key in ("down", "right", "right", "left", "left", "left"):
            await pilot.press(key)
            node = tree.cursor_node
            seen.append((node.data if node else None, tree.root.children[0].is_expanded))
    assert seen[-5:] == [
        ("patient", True),
        ("study", True),
        ("patient", True),
        ("patient", False),
        ("patient", False),
    ]
