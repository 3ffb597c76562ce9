"""The EPR's settings: what is refused, and in which words."""

import pytest

from simlab.department.epr.settings import DEFAULTS
from tests.epr.hospital import Hospital

REFUSED = [
    ("order_message", "FOO", ("ORM, OMI", "default it is ORM")),
    ("destination_port", "abc", ("whole number from 0 to 65535", "default it is 0")),
    ("destination_port", "70000", ("whole number from 0 to 65535",)),
    ("destination_tls", "perhaps", ("false, true",)),
    ("order_response", "Z", ("(empty), E, R, D, F, N", "default it is (empty)")),
    ("character_set", "KLINGON", ("table 0211", "8859/1", "UNICODE UTF-8")),
    ("version", "3.0", ("2.3.1", "2.5.1")),
    ("application", "", ("Write some text", "default it is EPR")),
]


@pytest.mark.parametrize(("key", "value", "says"), REFUSED)
def test_a_value_that_does_not_fit_is_refused_with_what_would(
    hospital: Hospital, key: str, value: str, says: tuple[str, ...]
) -> None:
    """The remedy names the words or the numbers that the setting takes, and what it usually is."""
    refusal = hospital.refused("epr.configure", **{key: value})
    assert key in refusal and repr(value) in refusal
    assert [words for words in says if words not in refusal] == []


@pytest.mark.parametrize("key", DEFAULTS)
def test_what_a_setting_usually_is_fits(hospital: Hospital, key: str) -> None:
    """Every default can be written back as the remedy names it."""
    in_force = {row["key"]: row["value"] for row in hospital.rows("epr.settings")}
    hospital.do("epr.configure", **{key: DEFAULTS[key]})
    hospital.do("epr.configure", **{key: in_force[key]})
