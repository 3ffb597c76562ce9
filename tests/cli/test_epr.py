"""`simlab epr` and `simlab ris`: what each command asks the lab for, in arguments that the action takes."""

import shlex

import pytest

from simlab.lab.actions import ACTIONS
from tests.cli.conftest import outcome

COMMANDS = [
    ("epr register --name 'DOE^JO' --birth-date 19800101", "epr.register"),
    ("epr register 17 --person-only --trace-status NSTS01", "epr.register"),
    ("epr admit 17 --location W1", "epr.admit"),
    ("epr admit --book --name 'DOE^JO'", "epr.preadmit"),
    ("epr update 17 --sex F", "epr.update"),
    ("epr transfer 17 W2", "epr.transfer"),
    ("epr discharge 17", "epr.discharge"),
    ("epr change-class 17 I --location W3", "epr.change_class"),
    ("epr cancel 17 transfer", "epr.cancel"),
    ("epr delete-visit V1", "epr.delete_visit"),
    ("epr merge 17 18 --event A34", "epr.merge"),
    ("epr unmerge 17", "epr.unmerge"),
    ("epr link 17 18", "epr.link"),
    ("epr unlink 17 18", "epr.unlink"),
    ("epr move-identifier 9990000018 17 18", "epr.move_identifier"),
    ("epr renumber 17 19", "epr.renumber"),
    ("epr order 17 CSKUH --start 2026-03-02T09:30 --step Plain --step Contrast", "epr.order"),
    ("epr order 17 CSKUH", "epr.order"),
    ("epr change-order P1 --priority S", "epr.change_order"),
    ("epr cancel-order P1 better", "epr.cancel_order"),
    ("epr discontinue-order P1", "epr.discontinue_order"),
    ("epr hold-order P1 --release", "epr.hold_order"),
    ("ris report A1 'All well' --preliminary", "ris.report"),
    ("ris correct-report A1 'Not so well'", "ris.correct_report"),
    ("ris withdraw-report A1 wrong --wrong-patient", "ris.withdraw_report"),
    ("ris perform A1", "ris.perform"),
    ("ris cancel A1 better", "ris.cancel_order"),
    ("ris cancel A1 unwell --begun", "ris.discontinue"),
    ("ris hold A1", "ris.hold_order"),
    ("ris hold A1 --release", "ris.release_order"),
    ("ris unmerge 17 --order A1 --order A2", "ris.unmerge_patients"),
    ("ris order 17 CSKUH --when 2026-03-02T09:30 --reason fall", "ris.create_order"),
    ("ris order 17 CSKUH --accession A9", "ris.create_order"),
    ("ris reschedule A1 --station CT2", "ris.reschedule"),
    ("ris merge 17 18", "ris.merge_patients"),
    ("ris map-exam CSKUH CT2", "ris.map_exam"),
    ("ris set-peer CT9 11199 --host 127.0.0.9", "ris.set_peer"),
    ("ris remove-peer CT9", "ris.remove_peer"),
    ("ris downtime A1 'Done on paper'", "ris.log_downtime"),
]


@pytest.mark.parametrize(("command", "name"), COMMANDS, ids=[command for command, _name in COMMANDS])
def test_a_command_is_one_action_that_takes_what_was_typed(simlab, lab, command, name):
    """One action, whose own model accepts the arguments; every word of the command is among them."""
    lab.answers["POST /act"] = outcome(summary="as you wish")
    ran = simlab(*shlex.split(command))
    assert (ran.code, ran.out) == (0, "as you wish\n")
    ((asked, args),) = lab.acted()
    assert asked == name
    ACTIONS[name].model_validate(args)
    typed = [word for word in shlex.split(command)[2:] if not word.startswith("-")]
    assert [word for word in typed if word not in str(args)] == []


@pytest.mark.parametrize(
    ("command", "view", "row", "shows"),
    [
        ("epr patients", "epr.patients", {"patient_id": "17", "name": "DOE^JO"}, "DOE^JO"),
        ("epr history", "epr.history", {"number": "17", "event": "merged"}, "merged"),
        ("epr visits 17", "epr.visits", {"number": "V1", "location": "W1"}, "W1"),
        ("epr orders", "epr.orders", {"placer": "P1", "state": "held"}, "held"),
        ("epr results", "epr.results", {"accession": "A1", "current": True, "text": "All well"}, "All well"),
        ("epr results", "epr.results", {"accession": "A1", "current": False, "text": "Old"}, "No report."),
        ("epr results --all", "epr.results", {"accession": "A1", "current": False, "text": "Old"}, "Old"),
        ("epr appointments", "epr.appointments", {"filler": "A1", "place": "CT1"}, "CT1"),
        ("epr settings", "epr.settings", {"key": "version", "value": "2.4"}, "2.4"),
        ("epr outbox", "epr.outbox", {"id": 3, "control_id": "EPR7", "error": "no answer"}, "no answer"),
        ("ris steps --accession A1", "ris.steps", {"accession": "A1", "step_id": "SPS1"}, "SPS1"),
        ("ris patients 17", "ris.patients", {"patient_id": "17", "merged_into": "18"}, "18"),
        ("ris exams", "ris.exams", {"code": "CSKUH", "station_ae": "CT2"}, "CT2"),
        ("ris peers", "ris.peers", {"title": "CT1", "services": ["mpps"]}, "mpps"),
        ("ris downtime", "ris.downtime", {"accession": "A1", "text": "on paper"}, "on paper"),
        ("ris settings", "ris.settings", {"key": "order_version", "value": "2.4"}, "2.4"),
        ("ris outbox", "ris.outbox", {"id": 3, "control_id": "RIS7", "error": "no answer"}, "no answer"),
        ("ris reports", "ris.reports", {"accession": "A1", "status": "F"}, "F"),
    ],
)
def test_a_list_shows_what_the_lab_has(simlab, lab, command, view, row, shows):
    """Each list is one view, printed as a table."""
    lab.answers[f"GET /view/{view}"] = {"rows": [row]}
    ran = simlab(*shlex.split(command))
    assert ran.code == 0 and shows in ran.out


def test_an_option_with_nothing_in_it_empties_a_fact(simlab, lab):
    """What is not given is left alone, what is given as nothing is emptied."""
    lab.answers["POST /act"] = outcome()
    simlab("epr", "update", "17", "--address", "")
    assert lab.acted() == [("epr.update", {"patient": "17", "facts": {"address": ""}})]


@pytest.mark.parametrize("system", ["epr", "ris"])
def test_an_outbox_shows_whose_a_message_is_and_from_when(simlab, lab, system):
    """The list answers which update is hers; --patient asks for hers alone."""
    row = {"id": 3, "type": "ADT^A08", "queued": "2026-03-02T09:30:00.000", "patient_ids": ["17"],
           "patient_name": "DOE^JO", "control_id": "C7", "state": "delivered"}  # fmt: skip
    lab.answers[f"GET /view/{system}.outbox"] = {"rows": [row]}
    ran = simlab(system, "outbox", "--patient", "17", "--state", "delivered")
    assert all(word in ran.out for word in ("2026-03-02T09:30", "17", "DOE^JO"))
    assert lab.asked[-1][1] == {"patient_id": "17", "state": "delivered", "limit": "1001"}


@pytest.mark.parametrize("system", ["epr", "ris"])
def test_a_state_that_no_message_has_is_refused(simlab, lab, system):
    """A misspelt state would else look like an empty outbox."""
    ran = simlab(system, "outbox", "--state", "failed")
    assert ran.code == 2
    assert all(state in ran.err for state in ("queued", "sending", "delivered", "error"))
    assert lab.asked == []
