"""How long sample studies take to be drawn and encoded, nothing of them kept from before."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from simlab.department.modality import recipes, render
from simlab.department.modality.drawing import forget
from simlab.department.modality.sampling import person
from tests.benchmarks.measure import Measure, median


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """A CT of 200 slices of 512 by 512, an ultrasound of two images, and both once more for another person."""
    times = 3 if quick else 7
    for what, name, most, again in (
        ("CT of 200 slices rendered", "ct-chest-thin", 2.0, 0.1),
        ("ultrasound of two images rendered", "us-aorta", 0.2, 0.05),
    ):
        began = time.process_time()
        value = median(partial(_anew, name), times)
        own = (time.process_time() - began) / times
        yield Measure(what, value, "s", most=most, note=f"{own:.2f} s of processor time")
        yield Measure(f"{what}, drawn before", median(partial(_rendered, name), times), "s", most=again)
    slowest = max(recipes.names(), key=lambda name: median(partial(_anew, name), 1))
    yield Measure("the slowest recipe rendered", median(partial(_anew, slowest), 1), "s", note=slowest)


def _anew(name: str) -> None:
    forget()
    _rendered(name)


def _rendered(name: str) -> None:
    recipe = recipes.named(name)
    render(recipe, person(recipe), 1)
