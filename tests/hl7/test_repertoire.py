"""What each system's HL7 door acts on, and how it refuses anything else: AR, its place, its code of table 0357."""

import contextlib
import pathlib
import re

import pytest

from simlab.blobs import Blobs
from simlab.department.epr import Epr
from simlab.department.epr import inbox as epr
from simlab.department.pacs import Pacs
from simlab.department.pacs import inbox as pacs
from simlab.department.ris import Ris, registering
from simlab.department.ris import inbox as ris
from simlab.hl7.link import send
from simlab.hl7.message import parse
from tests.hl7.inbox import message

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "mllp.md"
TAKEN = {"RIS": ris.TAKES, "PACS": pacs.TAKES, "EPR": epr.TAKES}


@contextlib.contextmanager
def door(system, ground, folder):
    """The HL7 port of a real system."""
    if system == "RIS":
        opened = Ris(*ground.parts)
        port = opened.open("127.0.0.1", 0)["RIS_HL7"].port
    elif system == "EPR":
        opened = Epr(*ground.parts)
        port = opened.open("127.0.0.1", 0)
    else:
        archive = Pacs(ground.store, ground.journal, ground.clock, ground.faults, Blobs(folder))
        opened = pacs.PacsInbox(archive, *ground.parts)
        port = opened.open("127.0.0.1", 0)
    try:
        yield port
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("system", "kind", "place", "code"),
    [
        ("PACS", "SIU^S12^SIU_S12", "MSH^1^9^1^1", "200"),
        ("PACS", "DFT^P03^DFT_P03", "MSH^1^9^1^1", "200"),
        ("PACS", "ADT^A02^ADT_A02", "MSH^1^9^1^2", "201"),
        ("PACS", "ORM^O02^ORM_O02", "MSH^1^9^1^2", "201"),
        ("PACS", "ORU^R32^ORU_R32", "MSH^1^9^1^2", "201"),
        ("RIS", "ORU^R01^ORU_R01", "MSH^1^9^1^1", "200"),
        ("RIS", "ADT^A60^ADT_A60", "MSH^1^9^1^2", "201"),
        ("RIS", "OMI^O19^OMI_O23", "MSH^1^9^1^2", "201"),
        ("EPR", "ADT^A08^ADT_A01", "MSH^1^9^1^1", "200"),
        ("EPR", "OMI^O23^OMI_O23", "MSH^1^9^1^1", "200"),
        ("EPR", "SIU^S26^SIU_S12", "MSH^1^9^1^2", "201"),
        ("EPR", "ORU^R32^ORU_R32", "MSH^1^9^1^2", "201"),
    ],
)
def test_a_family_or_event_that_a_system_never_takes_is_refused_with_ar(ground, tmp_path, system, kind, place, code):
    """AR, 200 for the family and 201 for the event, with a remedy that lists what it takes; nothing changes."""
    with door(system, ground, tmp_path) as port:
        before = ground.store.digest(systems=[system.lower()])
        told = parse(send("127.0.0.1", port, message("A", kind, rest="PID|1||1^^^RXX01^MR\r")))
        assert [told.get(at) for at in ("MSA-1", "ERR-2", "ERR-3.1")] == ["AR", place, code]
        taken = TAKEN[system].events
        family = kind[:3]
        for name in taken.get(family, ()):
            assert name in told.get("ERR-8")
        assert ground.store.digest(systems=[system.lower()]) == before
        if family not in taken:
            assert all(name in told.get("MSA-3") for name in taken)


@pytest.mark.parametrize("system", TAKEN)
def test_what_is_not_taken_is_not_accepted_in_enhanced_mode_either(ground, tmp_path, system):
    """CR, not CA: the accept acknowledgement says that MSH-9 is not taken here (HL7 v2.5.1 ch. 2.9.3.1)."""
    with door(system, ground, tmp_path) as port:
        told = parse(send("127.0.0.1", port, message("A", "DFT^P03^DFT_P03", asks="AL|AL")))
        assert (told.get("MSA-1"), told.get("ERR-3.1")) == ("CR", "200")


@pytest.mark.parametrize("system", TAKEN)
def test_every_event_of_a_repertoire_is_acted_on(ground, tmp_path, system):
    """Whatever stands in the table is not refused for its type: it is done, or refused for its content (AE)."""
    with door(system, ground, tmp_path) as port:
        for family, events in TAKEN[system].events.items():
            for event in events:
                told = parse(send("127.0.0.1", port, message(f"{family}{event}", f"{family}^{event}")))
                assert told.get("MSA-1") in ("AA", "AE") and told.get("ERR-3.1") != "207", (family, event, told.data)


def test_an_event_that_msh_9_lacks_is_that_of_evn_1_or_the_only_one(ground, tmp_path):
    """Old senders write ORM or ADT alone."""
    with door("RIS", ground, tmp_path) as port:
        head, _, rest = message("A", "ADT", version="2.2").partition(b"EVN|")
        old = head + b"EVN|A28" + rest + b"PID|||77^^^RXX01^MR\r"
        assert parse(send("127.0.0.1", port, old)).get("MSA-1") == "AA"
        told = parse(send("127.0.0.1", port, message("B", "ORM", version="2.2", rest="PID|||77^^^RXX01^MR\r")))
        assert (told.get("MSA-1"), "ORC" in told.get("MSA-3")) == ("AE", True)


def test_the_pacs_takes_whatever_the_ris_passes_on():
    """Movements within a visit are not passed on; everything else is, and finds its door open."""
    passed = [event for event in registering.EVENTS if event not in registering.MOVEMENTS]
    assert set(passed) <= set(pacs.TAKES.events["ADT"])


def test_the_page_lists_what_each_system_takes():
    """docs/mllp.md has the systems' own tables."""
    rows = re.findall(r"^\| `(\w+)_HL7` \| (\w+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    written = {(system, family): events.strip() for system, family, events in rows}
    assert written == {
        (system, family): ", ".join(events)
        for system, taken in TAKEN.items()
        for family, events in taken.events.items()
    }
