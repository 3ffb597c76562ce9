"""The action `hl7.validate` judges a message as the command and the terminal do."""

import pytest

from simlab.errors import BadInput
from simlab.lab.actions import ACTIONS
from tests.hl7.messages import ADMISSION


def _judged(data: bytes, **given):
    action = ACTIONS["hl7.validate"].model_validate({"message": data.decode().replace("\r", "\n"), **given})
    return action.perform(None)


def test_a_right_message_has_no_rows():
    """No findings, and the counts are zero."""
    done = _judged(ADMISSION, profiles=["ihe-rad"])
    assert (done.summary, done.data["rows"]) == ("0 errors, 0 warnings, 0 notes", [])


def test_every_finding_is_a_row():
    """By HL7 and by the profile named; a profile's file is not read for the asking."""
    done = _judged(ADMISSION.replace(b"19700101", b"19700230").replace(b"9990001235", b"9990001236"), profiles=["uk"])
    assert [row["rule"] for row in done.data["rows"]] == ["uk.nhs-number", "type.date"]
    assert done.data["error"] == 2
    with pytest.raises(BadInput, match="no profile"):
        _judged(ADMISSION, profiles=["/etc/passwd.yaml"])
