"""Whom a DICOM command asks: the same options at every one of them, and what the action is given."""

import pytest

from tests.cli.conftest import outcome

SAID = ("--host", "10.0.0.9", "--port", "104", "--title", "ARCHIVE", "--calling", "ME", "--tls", "--user", "ann")
MEANT = {"host": "10.0.0.9", "port": 104, "title": "ARCHIVE", "calling": "ME", "tls": True, "user": "ann"}
COMMANDS = {
    "echo": ("echo",),
    "find": ("find", "--patient-id", "1"),
    "move": ("move", "THEATRE", "--study-uid", "2.25.1"),
    "get": ("get", "--study-uid", "2.25.1"),
    "store": ("store", "--study-uid", "2.25.1"),
    "worklist": ("worklist", "--date", "all"),
    "commit": ("commit", "2.25.1"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_told_whom_to_ask(simlab, lab, name):
    """What is said reaches the action; what is not said is left to it, but for the peer and who calls."""
    lab.answers["POST /act"] = outcome(rows=[])
    peer = "RIS" if name == "worklist" else "PACS"
    for said, meant in ((SAID, {"to": peer, **MEANT}), ((), {"to": peer, "calling": "ADMIN"})):
        lab.asked.clear()
        assert simlab("dicom", *COMMANDS[name], *said).code == 0
        [(action, arguments)] = lab.acted()
        assert action == f"dicom.{name}"
        assert {key: value for key, value in arguments.items() if key in {"to", "passcode", *MEANT}} == meant


@pytest.mark.parametrize("name", ["find", "move", "get", "worklist"])
def test_options_of_extended_negotiation_are_asked_for(simlab, lab, name):
    """`--option`, once for each."""
    lab.answers["POST /act"] = outcome(rows=[])
    simlab("dicom", *COMMANDS[name], "--option", "fuzzy", "--option", "timezone")
    assert lab.acted()[0][1]["options"] == ["fuzzy", "timezone"]
