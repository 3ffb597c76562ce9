"""Every kind of sample study through a PACS and back: nothing refused, no pixel changed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from simlab.department.modality import recipes, render
from simlab.department.modality.sampling import person
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.dicom.storing import store
from tests.modality.test_documents import decoded
from tests.pacs.conftest import House, open_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One PACS for all."""
    folder: Path = tmp_path_factory.mktemp("pacs")
    with open_house(folder) as opened:
        yield opened


def ends(instances: list[Instance]) -> list[Instance]:
    """The first and last of each series, and every document."""
    series: dict[str, list[Instance]] = {}
    for instance in instances:
        series.setdefault(instance.header().series_uid, []).append(instance)
    return [one for stack in series.values() for one in {id(each): each for each in (stack[0], stack[-1])}.values()]


@pytest.mark.parametrize("name", recipes.names())
def test_a_study_comes_back_as_it_was_sent(name: str, house: House) -> None:
    """Each class in its transfer syntax is taken, found and given back: byte for byte, or of the same pixels."""
    recipe = recipes.named(name)
    sent = ends(render(recipe, person(recipe), sum(name.encode())))
    answers = store(house.peer, "CT1", sent)
    assert [answer.status for answer in answers] == ["0000"] * len(sent)
    study = sent[0].header().study_uid
    back: dict[str, Instance] = {}
    wanted = sorted({instance.header().sop_class_uid for instance in sent})

    def keep(instance: Instance) -> None:
        back[instance.header().sop_instance_uid] = instance

    client.get(house.peer, "CT1", "study", "STUDY", {"StudyInstanceUID": study}, keep, storage_classes=wanted)
    for instance in sent:
        returned = back[instance.header().sop_instance_uid]
        if returned.transfer_syntax == instance.transfer_syntax:
            assert returned.head == instance.head
            assert bytes(returned.pixels or b"") == bytes(instance.pixels or b"")
        else:
            assert np.array_equal(decoded(returned), decoded(instance))
