"""DICOM by hand: choose a service, fill in its fields, run it, go on with a row of the answer."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from simlab.errors import SimlabError
from simlab.tui import words
from simlab.tui.client import Door
from simlab.tui.widgets.form import Form
from simlab.tui.widgets.menu import Menu
from simlab.tui.widgets.results import ResultsTable
from simlab.tui.widgets.services import BY_ID, SERVICES, arguments, columns, flat
from simlab.tui.widgets.strip import Tab, TabStrip

_NEXT_LEVEL = {"PATIENT": "STUDY", "STUDY": "SERIES", "SERIES": "IMAGE"}


class Query(Vertical):
    """A strip of services, the form of the chosen one, the outcome in a line, the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "Run", priority=True),
        *(Binding(service.key, f"choose('{service.id}')", service.name, show=False) for service in SERVICES),
    ]

    def __init__(self, door: Door, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._door = door
        self._kept: dict[str, dict[str, Any]] = {}
        self._last: dict[str, Any] = {}
        self._service = BY_ID["find"]

    def compose(self) -> ComposeResult:
        yield TabStrip([Tab(service.key, service.id, service.name) for service in SERVICES], id="services")
        with Vertical(id="query-form"):
            yield Form(self._service.fields)
        yield Static("Enter or Ctrl+R runs it.", classes="outcome", markup=False)
        yield ResultsTable("No answer yet.", id="query-results")

    def on_mount(self) -> None:
        self.query_one(TabStrip).active = self._service.id

    async def on_tab_strip_picked(self, event: TabStrip.Picked) -> None:
        event.stop()
        if event.enter:
            self.query_one(Form).focus_first()
        else:
            await self.choose(event.tab, {})

    async def action_choose(self, service: str) -> None:
        """Choose a service and go into its form."""
        await self.choose(service, {})
        self.query_one(Form).focus_first()

    async def choose(self, service: str, given: dict[str, Any]) -> None:
        """Show the form of `service`, filled in with what was there before and with `given`."""
        try:
            self._kept[self._service.id] = {row.field.name: row.text for row in self.query_one(Form).query("Row")}  # type: ignore[attr-defined]
        except SimlabError:
            self._kept.pop(self._service.id, None)
        self._service = BY_ID[service]
        self.query_one(TabStrip).active = service
        kept = {} if given else self._kept.get(service, {})
        defaults = {field.name: field.default for field in self._service.fields if field.default is not None}
        place = self.query_one("#query-form", Vertical)
        await place.remove_children()
        await place.mount(Form(self._service.fields, {**defaults, **kept, **given}))

    def start_writing(self) -> None:
        """Put the cursor into the form."""
        self.query_one(Form).focus_first()

    def on_form_submitted(self) -> None:
        self.action_run()

    @work(exclusive=True, group="query")
    async def action_run(self) -> None:
        """Carry the service out and show what came back."""
        said = self.query_one(".outcome", Static)
        service = self._service
        try:
            values = self.query_one(Form).values()
            said.update(f"… {service.name} at work")
            outcome = await self._door.act(service.action, arguments(service, values))
        except SimlabError as error:
            said.update(f"✗ {error}")
            return
        said.update(words.outcome(outcome))
        data = outcome.get("data") or {}
        self._last = values
        rows = data.get("rows")
        if rows is None:
            rows = data.get("replies") or ([data] if data else [])
        shown = [flat(row) for row in rows]
        results = self.query_one(ResultsTable)
        order = columns(service, str(values.get("level", "STUDY")), shown)
        results.show(shown, (*order, "-"), empty="No matches." if "rows" in data else "No rows.")
        if shown and service.id in ("find", "worklist"):
            results.table.focus()

    @work
    async def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        """Offer the next call with the row's UIDs."""
        row = event.row
        level = str(self._last.get("level", "STUDY"))
        uids = {
            name: row[name] for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID") if row.get(name)
        }
        if level == "PATIENT" and row.get("PatientID"):
            uids = {"PatientID": row["PatientID"]}
        if not uids:
            return
        below = _NEXT_LEVEL.get(level)
        choices = [("move", "Move this to a destination (C-MOVE)"), ("get", "Get this to the workstation (C-GET)")]
        if below:
            choices.insert(0, ("find", f"Find its {words.title(below).lower()} level"))
        chosen = await self.app.push_screen_wait(Menu("Go on with this row", choices))
        if chosen:
            await self.choose(chosen, {**uids, "level": below if chosen == "find" and below else level})
            self.query_one(Form).focus_first()
            if chosen == "find":
                self.action_run()
