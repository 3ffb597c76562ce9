"""The terminal's tables of lists and deeds, against the actions and views that the lab really has."""

from __future__ import annotations

import inspect

import pytest

from simlab.lab.actions import ACTIONS
from simlab.lab.views import VIEWS
from simlab.tui.console.archive import ARCHIVE
from simlab.tui.console.deeds import Ask, Deed, Look, Offer, Read, Section, fits, taken
from simlab.tui.console.desk import DESK
from simlab.tui.console.systems import SYSTEMS
from simlab.tui.fields import SETTINGS
from simlab.tui.widgets.services import BY_ID

SECTIONS: list[Section] = [
    section for shelf in (*SYSTEMS, *DESK) for section in ((shelf,) if isinstance(shelf, Section) else shelf.sections)
]
OFFERS: list[tuple[str, Offer]] = [
    *((section.id, offer) for section in SECTIONS for offer in (*section.deeds, *filter(None, (section.new,)))),
    *((level, offer) for level, offers in ARCHIVE.items() for offer in offers),
]
CONSOLES = ("pacs", "ris", "epr", "modality", "viewer", "neighbour", "engine", "feed")


def parameters(view: str) -> set[str]:
    """The filters that a view takes."""
    return set(inspect.signature(VIEWS[view]).parameters) - {"tx"}


@pytest.mark.parametrize("name", [name for name in ACTIONS if name.split(".")[0] in CONSOLES])
def test_every_console_operation_is_reached_from_a_list_or_the_archive(name: str) -> None:
    """Whatever an administrator can do is offered somewhere on a row, or by `n`."""
    assert any(isinstance(offer, Deed) and offer.action == name for _, offer in OFFERS)


@pytest.mark.parametrize("name", [name for name in VIEWS if name.split(".")[0] in CONSOLES])
def test_every_console_view_is_seen(name: str) -> None:
    """In a list, on a row, or level by level in the archive."""
    tree = {"pacs.patients", "pacs.studies", "pacs.series", "pacs.instances"}
    looks = {offer.view for _, offer in OFFERS if isinstance(offer, Look)}
    assert name in tree | looks | {section.view for section in SECTIONS}


@pytest.mark.parametrize(("place", "offer"), OFFERS, ids=lambda one: one if isinstance(one, str) else one.label)
def test_an_offer_fills_in_what_its_action_or_view_takes(place: str, offer: Offer) -> None:
    """Each argument that a row gives is one of the action, the view or the service."""
    given = set(getattr(offer, "given", ())) | set(getattr(offer, "fixed", ()))
    match offer:
        case Deed():
            schema = ACTIONS[offer.action].model_json_schema()
            assert given <= set(schema["properties"]) | ({SETTINGS} if schema["additionalProperties"] else set())
        case Look():
            assert given <= parameters(offer.view)
        case Read():
            assert offer.column in ("message", "original", "ack")
        case Ask():
            assert given <= {field.name for field in BY_ID[offer.service].fields}


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.view], ids=lambda one: one.id)
def test_a_list_searches_with_filters_that_its_view_has(section: Section) -> None:
    """What the filter line names reaches the department."""
    assert section.view in VIEWS
    assert set(section.search) <= parameters(section.view)


def test_what_grows_with_every_message_is_asked_for_its_end() -> None:
    """A queue and what was taken in hold whole messages: a list asks for the last, and its view can be asked so."""
    asked = {section.view: section.most for section in SECTIONS if section.most}
    assert {"engine.queue", "engine.messages", "ris.outbox", "epr.outbox"} <= set(asked)
    assert all("limit" in parameters(view) for view in asked)


def test_ids_of_lists_differ() -> None:
    """One name, one list."""
    assert len({section.id for section in SECTIONS}) == len(SECTIONS)


def test_a_row_gives_settings_lists_and_columns() -> None:
    """`key=value` is a setting, `[column]` a list of one, and what the row lacks is left to the person."""
    row = {"key": "quota_kb", "value": 5, "series_uid": "1.2", "gone": None}
    given = {SETTINGS: "key=value", "series": "[series_uid]", "images": "[sop_uid]", "study": "gone"}
    assert taken(given, row) == {SETTINGS: {"quota_kb": 5}, "series": ["1.2"]}


def test_an_offer_is_made_where_its_column_is_filled_or_empty() -> None:
    """Release stands on what is quarantined, quarantine on what is not."""
    assert fits("quarantined", {"quarantined": True})
    assert not fits("!quarantined", {"quarantined": True})
    assert fits("", {})
