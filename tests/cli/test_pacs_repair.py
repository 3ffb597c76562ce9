"""`simlab pacs` for repair of identity: what each command asks the lab for."""

import pytest

from tests.cli.conftest import outcome


@pytest.mark.parametrize(
    ("command", "name", "args"),
    [
        ("unmerge 77 --study 1.2", "pacs.unmerge_patients", {"patient": "77", "studies": ["1.2"]}),
        ("move-study 1.2 77 --preview", "pacs.move_study", {"study": "1.2", "patient": "77", "preview": True}),
        ("split 1.2 --series 1.2.3 --patient 77", "pacs.split_study", {"series": ["1.2.3"], "patient": "77"}),
        ("reconcile 1.2 ACC1 --adopt-uid", "pacs.reconcile", {"accession": "ACC1", "adopt_uid": True}),
        (
            "correct series 1.2.3 Laterality=R BodyPartExamined=KNEE",
            "pacs.correct",
            {"level": "series", "uid": "1.2.3", "values": {"Laterality": "R", "BodyPartExamined": "KNEE"}},
        ),
        ("quarantine 1.2 --reason whose?", "pacs.quarantine", {"study": "1.2", "release": False, "reason": "whose?"}),
        ("reject 1.2 113001 --instance 1.2.3.4", "pacs.reject", {"code": "113001", "instances": ["1.2.3.4"]}),
        ("delete-study 1.2 expired", "pacs.delete_study", {"study": "1.2", "reason": "expired"}),
        ("undo 3", "pacs.undo", {"repair": 3}),
        ("approve 3 --decline", "pacs.approve", {"request": 3, "decline": True}),
        ("mark-reported 1.2 W", "pacs.mark_reported", {"study": "1.2", "status": "W"}),
        ("note-order ACC1 patient=077", "pacs.note_order", {"accession": "ACC1", "patient": "077"}),
        ("settle-duplicate 3 --admit", "pacs.settle_duplicate", {"duplicate": 3, "admit": True}),
    ],
)
def test_a_command_is_one_action(simlab, lab, command, name, args):
    """Each command does one action with what was typed, and prints its sentence."""
    lab.answers["POST /act"] = outcome(summary="as you wish")
    ran = simlab("pacs", *command.split())
    assert (ran.code, ran.out) == (0, "as you wish\n")
    ((acted, given),) = lab.acted()
    assert (acted, args.items() <= given.items()) == (name, True), given


@pytest.mark.parametrize(
    "view", ["unmatched", "duplicates", "repairs", "requests", "rejections", "sent", "audit", "orders"]
)
def test_a_list_that_is_empty_says_so(simlab, lab, view):
    """Each list reads its view, and an empty one is a sentence rather than nothing."""
    lab.answers[f"GET /view/pacs.{view}"] = (200, {"rows": []})
    ran = simlab("pacs", view)
    assert (ran.code, ran.out.endswith(".\n")) == (0, True)
