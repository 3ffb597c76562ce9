"""What a scene says happened at the archive before it begins: images that came, merges, orders told, reports, audit."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from simlab import provenance
from simlab.blobs import Blobs
from simlab.department.pacs import archive, audit, orders
from simlab.department.pacs.repair import Repairs
from simlab.department.pacs.repair.removing import quarantine
from simlab.department.pacs.stage import PacsStage
from simlab.dicom.instance import Instance

SOURCE = "SCENE"
"""Where staged images came from, in place of an AE title."""


def play(tx: sqlite3.Connection, section: PacsStage, repairs: Repairs, blobs: Blobs, now: datetime) -> None:
    """File the images in the order of the merges: what was made after a merge came after it."""

    def file(instances: list[Instance]) -> None:
        for instance in instances:
            pixels = None if instance.pixels is None else blobs.put(instance.pixels)
            archive.file(tx, instance, pixels, SOURCE, now)

    coming = list(section.instances)
    for merge in sorted(section.merges, key=lambda merge: merge.at):
        until = merge.at.strftime("%Y%m%d%H%M%S")
        file([instance for instance in coming if _made(instance) < until])
        coming = [instance for instance in coming if _made(instance) >= until]
        # What a scene does leaves no record; a merge must, for it is taken apart by its record.
        with provenance.acting(provenance.SYSTEM):
            repairs.merge_patients(
                merge.retire, merge.issuer, merge.survive, merge.issuer, waived=True, at=merge.at.replace(tzinfo=None)
            )
    file(coming)
    for accession, facts in section.orders.items():
        orders.note(tx, accession, {"status": "scheduled", **facts})
    for study_uid, status in section.reported.items():
        orders.mark_reported(tx, study_uid, status)
    for study_uid in section.quarantined:
        quarantine(tx, study_uid, release=False, reason="")
    for entry in section.audit:
        audit.write(
            tx,
            entry.at,
            entry.event,
            audit.READ,
            entry.summary,
            patients=[entry.patient_id] if entry.patient_id else [],
            studies=[entry.study_uid] if entry.study_uid else [],
            user=entry.user,
            ae=entry.ae,
        )


def _made(instance: Instance) -> str:
    header = instance.header()
    return f"{header.study_date}{header.study_time[:6]}"
