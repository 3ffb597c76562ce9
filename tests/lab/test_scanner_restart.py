"""A whole lab is stopped while a patient lies on a scanner's table, and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from simlab.department.modality.diary import Diary
from simlab.department.modality.outbox import Outbox
from simlab.lab.home import Home
from simlab.lab.lab import running
from simlab.training.scene import load_scene
from tests.lab.test_workflow import do
from tests.modality.conftest import until

SCENE = """
use: [_lib/small-hospital]
settings: {CT1: {mpps: true, commit: true, free_after_commit: true}}
"""
QUILL = "RXX10000025"


class Killed(BaseException):
    """What nothing catches, as a kill -9 is."""


def test_the_step_that_was_begun_is_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begun at the RIS and not one image made: the next process examines the patient in that very step, to the end."""

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with running(Home(tmp_path / "home")) as lab:
        lab.stage(load_scene(SCENE, lab))
        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "add", killed)
            patch.setattr(Diary, "_strike", lambda *_: None)
            with pytest.raises(Killed):
                lab.modalities["CT1"].scan(QUILL)
        (begun,) = lab.look("modality.steps", system="CT1")
        assert (begun["status"], begun["images"]) == ("IN PROGRESS", 0)
        assert QUILL not in {row["accession"] for row in do(lab, "modality.worklist", modality="CT1")["rows"]}
    with running(Home(tmp_path / "home")) as lab:
        do(lab, "modality.configure", modality="CT1", radiographer="on time", poll_seconds=0.05)
        until(lambda: lab.look("ris.orders", accession=QUILL)[0]["state"] == "performed", 20)
        until(lambda: not lab.look("modality.held", system="CT1"), 20)
        (ended,) = lab.look("modality.steps", system="CT1")
        assert (ended["mpps_uid"], ended["status"]) == (begun["mpps_uid"], "COMPLETED")
        (study,) = lab.look("pacs.studies", study_uid=ended["study_uid"])
        assert study["instances"] > 0
        assert {row["event"] for row in lab.look("modality.commitments", system="CT1")} == {1}
