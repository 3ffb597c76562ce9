"""`make nightly`: 100,000 damaged inputs, twenty kills and a day of 10,000 patients, with a seed that is printed."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from tests.nightly.day import day_stands
from tests.nightly.fuzz import conversations_stand, data_sets_stand
from tests.nightly.killing import IMAGES, kill_during_store, some_images
from tests.pacs.conftest import open_house


def main() -> int:
    """Run everything; the first failure ends it with the seed and number that find it again."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="damaged conversations and data sets, half each")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--patients", type=int, default=10_000, help="of the hospital's day")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed, the same inputs")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # pydicom's, about what we have damaged
    sys.stdout.write(f"seed {chosen.seed}\n")
    with tempfile.TemporaryDirectory(prefix="simlab-nightly-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _run(f"{chosen.inputs // 2} data sets", lambda: data_sets_stand(chosen.inputs // 2, chosen.seed))
        with open_house(folder) as house:
            half = chosen.inputs - chosen.inputs // 2
            _run(f"{half} conversations", lambda: conversations_stand(house, house.folder, half, chosen.seed))
        random = Random(chosen.seed)
        images = [some_images(folder / size, small=size == "small") for size in ("large", "small")]
        for number in range(chosen.kills):
            after = random.randrange(1, IMAGES)
            home = folder / f"kill-{number}"
            _run(f"kill after {after} images", partial(kill_during_store, home, images[number % 2], after))
        day = day_stands(folder, chosen.patients, chosen.seed)
        sys.stdout.write(f"day: {day}\n")
    return 0


def _run(what: str, work: Callable[[], None]) -> None:
    began = time.monotonic()
    work()
    sys.stdout.write(f"{what}: stood, {time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
