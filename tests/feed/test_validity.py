"""Every message of every pathway, in every version and profile, parses, goes back to its bytes, and is valid."""

from collections import Counter

import hl7
import pytest

from simlab.feed import library
from simlab.feed.dialect import PROFILES, VERSIONS, Dialect
from simlab.hl7 import dictionary, profile, validator
from simlab.hl7.message import parse
from tests.feed.feeding import Keeper, fed

# hl7apy's 2.3.1 requires a DRG in A38; the standard (HL7 v2.3.1 ch. 3.2.38) has it optional.
KNOWN = {("2.3.1", "A38", "structure.missing", "DRG")}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("version", VERSIONS)
def test_no_message_has_an_error_or_a_warning(version, name):
    """By the dictionaries of its version and by its profile, blood results by that of radiology too."""
    told = profile.load(name)
    findings: Counter[tuple[str, ...]] = Counter()
    sent = fed(*library.names(), seed=3, count=60, keeper=Keeper(Dialect(version, name))).sent
    for data in sent:
        message = parse(data)
        assert message.encode() == data
        for found in validator.validate(message, [told]):
            if found.severity != "note":
                findings[version, message.get("MSH-9.2"), found.rule, str(found.path)] += 1
    assert not set(findings) - KNOWN


@pytest.mark.parametrize("version", VERSIONS)
def test_the_structure_is_the_one_that_the_version_has(version):
    """MSH-9.3 as the version's dictionary says; 2.3 has none."""
    for message in fed(*library.names(), seed=3, count=60, keeper=Keeper(Dialect(version))).messages:
        kind, event, structure = (message.get(f"MSH-9.{n}") for n in (1, 2, 3))
        assert message.get("MSH-12") == version
        if version == "2.3":
            assert structure == ""
        elif structure:
            assert structure == dictionary.structure_of(kind, event, version)


def test_another_parser_reads_the_same():
    """python-hl7 finds the same segments and names."""
    for data in fed(*library.names(), seed=8, count=20).sent:
        ours, theirs = parse(data), hl7.parse(data.decode())
        assert [segment.name for segment in ours.segments] == [str(segment[0][0]) for segment in theirs]
        assert str(theirs.segment("PID")[5]) == ours.get("PID-5")


def test_a_character_that_a_set_lacks_is_told():
    """Latin-1 holds all that the feed says."""
    sent = fed(*library.names(), seed=8, count=20, keeper=Keeper(Dialect(character_set="8859/1"))).sent
    assert all(data.decode("latin-1").isascii() for data in sent)
    assert parse(sent[0]).get("MSH-18") == "8859/1"
