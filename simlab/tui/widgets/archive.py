"""The archive as a tree of patients, studies, series and instances, with an image's preview and its tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Input, Static, Tree
from textual.widgets.tree import TreeNode

from simlab.tui import words
from simlab.tui.client import Door, Rows
from simlab.tui.console.archive import ARCHIVE
from simlab.tui.console.deeds import fits
from simlab.tui.told import WantsImage, heard
from simlab.tui.widgets.branches import Branches
from simlab.tui.widgets.menu import Menu
from simlab.tui.widgets.preview import Preview, read_picture
from simlab.tui.widgets.results import ResultsTable

PREVIEW_WIDTH = 128
"""Pixels asked for; the widget scales to its cells."""

_UNDER = {"root": "patients", "patients": "studies", "studies": "series", "series": "instances"}
_KEY = {"patients": "patient_id", "studies": "study_uid", "series": "series_uid", "instances": "sop_uid"}


@dataclass
class Stand:
    """What a node of the tree stands for."""

    level: str
    row: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        if self.level == "patients":
            return f"{self.row.get('patient_id')}|{self.row.get('issuer', '')}"
        return str(self.row.get(_KEY.get(self.level, ""), ""))


def label_of(stand: Stand) -> Text:
    """A node's line: who or what it is first, numbers after."""
    row = {name: words.full(value) for name, value in stand.row.items() if value is not None}
    count = words.size_note(int(row["instances"]), "image") if row.get("instances", "").isdigit() else ""
    if stand.level == "patients":
        merged = f" → {row['merged_into']}" if row.get("merged_into") else ""
        return Text.assemble((row.get("name", ""), "bold"), f"  {row.get('patient_id', '')}{merged}")
    if stand.level == "studies":
        hidden = " (quarantined)" if stand.row.get("quarantined") else ""
        return Text(f"{row.get('study_date', '')} {row.get('modalities', '')} {row.get('description', '')}{hidden}")
    if stand.level == "series":
        return Text(f"{row.get('number', '')} {row.get('modality', '')} {row.get('description', '')} ({count})")
    return Text(f"image {row.get('number') or words.short(row.get('sop_uid'), 20)}")


class Archive(Vertical):
    """Opens level by level; Enter on an image looks at it, `t` shows its tags, `x` what can be done with the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "tags", "Tags"),
        Binding("i", "look", "Image"),
        Binding("x", "menu", "Do…"),
        Binding("y", "copy", "Copy"),
        Binding("b", "blocks", "Blocks/letters", show=False),
        Binding("slash", "filter", "Filter", show=False),
    ]

    def __init__(self, door: Door, *, blocks: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self._door = door
        self._blocks = blocks
        self._stale = True
        self._shown = ""
        self._wait: Timer | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="archive-halves"):
            with Vertical(id="archive-left"):
                yield Input(placeholder="/ filter by name or number", compact=True, id="archive-filter")
                tree = Branches[Stand]("PACS", Stand("root"), id="archive-tree")
                tree.show_root = False
                tree.guide_depth = 2
                yield tree
            with ContentSwitcher(initial="archive-preview", id="archive-right"):
                yield Preview(id="archive-preview")
                yield ResultsTable("Choose an image to see its tags.", lead="value", id="archive-tags")
        yield Static("", classes="detail", markup=False, id="archive-detail")

    @property
    def levels(self) -> Tree[Stand]:
        return self.query_one("#archive-tree", Tree)

    def on_mount(self) -> None:
        self.query_one(Preview).blocks = self._blocks

    def refresh_view(self, *, force: bool = False) -> None:
        """Fetch again what is open; cheap when nothing has changed since."""
        if force or self._stale:
            self._stale = False
            self.load(self.levels.root)

    def take(self, events: list[dict[str, Any]]) -> None:
        """Note that the archive may have changed."""
        if any(event.get("system") == "PACS" for event in events):
            self._stale = True

    @work(group="archive-load")
    async def load(self, node: TreeNode[Stand]) -> None:
        """Bring a node's children in line with the archive, and those of every open node beneath it."""
        await self._load(node)

    async def _load(self, node: TreeNode[Stand]) -> None:
        stand = node.data
        if stand is None or stand.level not in _UNDER:
            return
        level = _UNDER[stand.level]
        rows = await heard(self, self._rows(stand, level))
        if rows is None:
            return
        if level == "patients":
            wanted = self.query_one("#archive-filter", Input).value.casefold()
            rows = [row for row in rows if wanted in " ".join(map(words.full, row.values())).casefold()]
            empty = "No patient fits the filter." if wanted else "The archive is empty."
            self.query_one("#archive-detail", Static).update("" if rows else empty)
        there = {child.data.key: child for child in node.children if child.data}
        stands = [Stand(level, row) for row in rows]
        keys = [stand.key for stand in stands]
        for key, child in there.items():
            if key not in keys:
                child.remove()
        for at, one in enumerate(stands):
            known = there.get(one.key)
            if known is None:
                node.add(label_of(one), one, before=min(at, len(node.children)), allow_expand=level in _UNDER)
            else:
                known.data = one
                known.set_label(label_of(one))
        for child in node.children:
            if child.is_expanded:
                await self._load(child)

    async def _rows(self, stand: Stand, level: str) -> Rows:
        row = stand.row
        if level == "studies":
            rows = await self._door.view("pacs.studies", patient_id=row.get("patient_id"))
            issuer = row.get("issuer")
            return [one for one in rows if issuer is None or one.get("issuer", issuer) == issuer]
        if level == "series":
            return await self._door.view("pacs.series", study_uid=row.get("study_uid"))
        if level == "instances":
            return await self._door.view(
                "pacs.instances", study_uid=row.get("study_uid"), series_uid=row.get("series_uid")
            )
        return await self._door.view("pacs.patients")

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Stand]) -> None:
        event.stop()
        self.load(event.node)

    def on_tree_node_selected(self, event: Tree.NodeSelected[Stand]) -> None:
        event.stop()
        if event.node.data is not None and event.node.data.level == "instances":
            self.action_look()

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Stand]) -> None:
        event.stop()
        stand = event.node.data
        if stand is None or stand.level == "root":
            return
        own = _KEY[stand.level]
        names = [own, *(name for name in stand.row if name != own)]
        facts = "  ".join(
            f"{words.title(name)}: {words.full(stand.row[name])}"
            for name in names
            if stand.row.get(name) not in (None, "")
        )
        self.query_one("#archive-detail", Static).update(facts)
        if self._wait is not None:
            self._wait.stop()
        # A short rest before fetching: holding the arrow key must not ask for every image on the way.
        self._wait = self.set_timer(0.15, lambda: self.picture(stand))

    @work(exclusive=True, group="archive-picture")
    async def picture(self, stand: Stand) -> None:
        """Show the picture and tags of an image, or of the middle image of a series."""
        row = stand.row
        if stand.level == "series":
            rows = await heard(self, self._rows(stand, "instances")) or []
            row = rows[len(rows) // 2] if rows else {}
        uid = str(row.get("sop_uid") or "")
        if stand.level not in ("series", "instances") or not uid or uid == self._shown:
            return
        self._shown = uid
        preview = self.query_one(Preview)
        try:
            told = await self._door.get("/preview", sop_uid=uid, width=PREVIEW_WIDTH)
        except Exception as error:
            told, preview.words = None, f"No picture: {error}"
        preview.picture = read_picture(told)
        header = await heard(self, self._door.get("/header", sop_uid=uid))
        rows = [
            {**one, "name": "  " * int(one.get("depth") or 0) + str(one.get("name", ""))}
            for one in (header or {}).get("rows", [])
        ]
        self.query_one("#archive-tags", ResultsTable).show(rows, ("tag", "name", "value", "vr", "-"))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(0.2, lambda: self.refresh_view(force=True))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.levels.focus()

    def action_filter(self) -> None:
        """Go to the filter."""
        self.query_one("#archive-filter").focus()

    def action_tags(self) -> None:
        """Change between the picture and its tags."""
        right = self.query_one("#archive-right", ContentSwitcher)
        tags = right.current == "archive-preview"
        right.current = "archive-tags" if tags else "archive-preview"
        self.set_class(tags, "-tags")
        (self.query_one("#archive-tags", ResultsTable).table if tags else self.levels).focus()

    def action_look(self) -> None:
        """Look at the image, or at the images of the series or study."""
        node = self.levels.cursor_node
        row = node.data.row if node is not None and node.data is not None else {}
        if row.get("study_uid"):
            uids = (str(row.get(name) or "") for name in ("study_uid", "series_uid", "sop_uid"))
            self.post_message(WantsImage(*uids))
        else:
            self.notify("Open the patient and choose a study, a series or an image.", timeout=3)

    def action_blocks(self) -> None:
        """Change between half-blocks and letters."""
        preview = self.query_one(Preview)
        preview.blocks = not preview.blocks

    def action_copy(self) -> None:
        """Copy the number or UID of the line."""
        node = self.levels.cursor_node
        if node is not None and node.data is not None:
            text = str(node.data.row.get(_KEY.get(node.data.level, ""), ""))
            self.app.copy_to_clipboard(text)
            self.notify(text, title="Copied", timeout=2, markup=False)

    @work
    async def action_menu(self) -> None:
        """Offer what can be done with the line."""
        node = self.levels.cursor_node
        if node is None or node.data is None:
            return
        row = node.data.row
        offers = [offer for offer in ARCHIVE.get(node.data.level, ()) if fits(offer.when, row)]
        choices = [(str(number), offer.label) for number, offer in enumerate(offers)]
        chosen = await self.app.push_screen_wait(Menu(label_of(node.data).plain.strip(), choices))
        if chosen:
            self.post_message(offers[int(chosen)].wants(row))
