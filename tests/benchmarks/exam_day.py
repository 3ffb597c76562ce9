"""How long a whole day of examinations takes that nobody attends."""

from collections.abc import Iterator
from pathlib import Path

from simlab.lab.home import Home
from simlab.lab.lab import running
from tests.benchmarks.measure import Measure
from tests.modality.exam_day import stage, until_nothing_is_left

_PATIENTS = 40


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Forty patients at six scanners, from worklist to commitment, until nothing is left over."""
    with running(Home(folder / "exam-day")) as lab:
        stage(lab, _PATIENTS, radiographer="at once")
        took = until_nothing_is_left(lab, 300)
        note = f"{len(lab.look('pacs.instances'))} images in {len(lab.look('pacs.studies'))} studies"
    yield Measure("40 examinations at six scanners, worklist to commitment", took, "s", most=60, note=note)
