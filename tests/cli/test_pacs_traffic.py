"""`simlab pacs` for rules, transfers and room: what each command asks the lab for."""

import pytest

from tests.cli.conftest import outcome


@pytest.mark.parametrize(
    ("command", "name", "args"),
    [
        (
            "forward 1.2.3 THEATRE --priority high",
            "pacs.forward",
            {"study": "1.2.3", "destination": "THEATRE", "series": "", "priority": "high"},
        ),
        ("hold THEATRE", "pacs.hold_transfers", {"destination": "THEATRE"}),
        ("hold 7", "pacs.hold_transfers", {"transfer": 7}),
        ("release 7", "pacs.release_transfers", {"transfer": 7}),
        ("retry 7", "pacs.retry_transfer", {"transfer": 7}),
        ("cancel 7", "pacs.cancel_transfer", {"transfer": 7}),
        (
            "add-rule ct --to THEATRE --match modality=CT --match modality=MR",
            "pacs.add_rule",
            {"rule": "ct", "destinations": ["THEATRE"], "match": {"modality": ["CT", "MR"]}, "priority": "medium"},
        ),
        (
            "add-rule p --to CLINIC --prefetch 05:00 --same modality",
            "pacs.add_rule",
            {"rule": "p", "destinations": ["CLINIC"], "match": {}, "priority": "medium", "kind": "prefetch",
             "on": "05:00", "last": 3, "years": 5, "same": ["modality"]},
        ),
        ("remove-rule ct", "pacs.remove_rule", {"rule": "ct"}),
        ("archive 1.2.3 --shelve", "pacs.archive_study", {"study": "1.2.3", "shelve": True}),
        ("recall 1.2.3", "pacs.recall_study", {"study": "1.2.3"}),
        ("free-space --preview", "pacs.free_space", {"to": None, "preview": True}),
        (
            "set-retention eight --keep-days 2920 --until-age 25",
            "pacs.set_retention",
            {"rule": "eight", "modalities": [], "status": "any", "keep_days": 2920, "until_age": 25, "remove": False},
        ),
    ],
)  # fmt: skip
def test_a_command_is_one_action(simlab, lab, command, name, args):
    """Each command does one action with what was typed, and prints its sentence."""
    lab.answers["POST /act"] = outcome(summary="as you wish")
    ran = simlab("pacs", *command.split())
    assert (ran.code, ran.out) == (0, "as you wish\n")
    assert lab.acted() == [(name, args)]


def test_a_condition_that_is_none_is_refused(simlab, lab):
    """`--match CT` names the option and how to write it."""
    ran = simlab("pacs", "add-rule", "ct", "--to", "THEATRE", "--match", "CT")
    assert ran.code == 1 and "modality=CT" in ran.err and lab.acted() == []


def test_transfers_show_why_a_destination_waits(simlab, lab):
    """The lane's error stands where the transfer has none of its own."""
    row = {"id": 7, "destination": "THEATRE", "state": "waiting", "lane_held": False, "priority": "medium", "sent": 0,
           "failed": 0, "instances": 3, "how": "route", "rule": "ct", "attempts": 0, "error": "",
           "lane_error": "refused the TCP connection", "accession": "A1", "study_uid": "1.2.3"}  # fmt: skip
    lab.answers["GET /view/pacs.transfers"] = {"rows": [row]}
    assert "refused the TCP connection" in simlab("pacs", "transfers").out


@pytest.mark.parametrize("view", ["rules", "space", "places", "retention"])
def test_a_table_without_rows_is_no_error(simlab, lab, view):
    """An empty archive is said in words."""
    lab.answers[f"GET /view/pacs.{view}"] = {"rows": []}
    ran = simlab("pacs", view)
    assert ran.code == 0 and ran.out.strip()
