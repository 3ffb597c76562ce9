"""A day of examinations at six scanners, whose radiographers nobody tells what to do."""

from __future__ import annotations

import time
from typing import Any

import yaml

from simlab.department.modality import SCANNERS
from simlab.lab.lab import Lab
from simlab.training.scene import load_scene

EXAMS = {"CT1": "CSKUH", "CT2": "CABDOC", "MR1": "MKNER", "US1": "UAORT", "DX1": "XCHES", "MG1": "XMAMB"}
LIFE = {"mpps": True, "commit": True, "store_as_it_goes": True, "free_after_commit": True, "poll_seconds": 0.2}


def day(patients: int, **settings: Any) -> str:
    """The YAML of a scene with so many arrived patients, in turn at each scanner; `settings` are the scanners'."""
    scanners = list(EXAMS)
    people, orders = [], []
    for number in range(patients):
        scanner = scanners[number % len(scanners)]
        people.append({
            "id": f"p{number}", "name": f"DAY^PATIENT{chr(65 + number // 26)}{chr(65 + number % 26)}", "sex": "F",
            "birth_date": f"19{40 + number % 50}0203", "mrn": f"77{number:05}",
        })  # fmt: skip
        orders.append({
            "accession": f"RXX2{number:07}", "patient": f"p{number}", "exam": EXAMS[scanner], "state": "arrived",
            "start": f"{7 + number % 3:02}:{(7 * number) % 60:02}",
        })  # fmt: skip
    scene = {
        "use": ["_lib/empty"], "clock": "2026-03-02T12:00", "patients": people, "orders": orders,
        "settings": {name: {**LIFE, **settings} for name in SCANNERS},
    }  # fmt: skip
    return yaml.safe_dump(scene, sort_keys=False)


def stage(lab: Lab, patients: int, **settings: Any) -> None:
    """Put such a day into a lab."""
    lab.stage(load_scene(day(patients, **settings), lab))


def left_over(lab: Lab) -> list[str]:
    """What the day has not come to an end with: orders, steps, images not committed to, copies and queues."""
    orders = [
        f"order {row['accession']} {row['state']}" for row in lab.look("ris.orders") if row["state"] != "performed"
    ]
    steps = [f"step {row['mpps_uid']}" for row in lab.look("ris.mpps") if row["status"] != "COMPLETED"]
    asked = [f"commitment {row['transaction_uid']}" for row in lab.look("modality.commitments") if row["event"] != 1]
    held = [f"{row['system']} holds {row['sop_uid']}" for row in lab.look("modality.held")]
    return [*orders, *steps, *asked, *held, *(f"queued {row['sop_uid']}" for row in lab.look("modality.queue"))]


def until_nothing_is_left(lab: Lab, seconds: float) -> float:
    """Wait for the end of the day; gives how long it took."""
    begun = time.monotonic()
    while left := left_over(lab):
        assert time.monotonic() - begun < seconds, left[:10]
        time.sleep(0.1)
    return time.monotonic() - begun
