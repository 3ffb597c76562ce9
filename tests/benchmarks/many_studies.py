"""Queries into an archive of 100,000 studies: by patient ID, accession number and date."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from simlab.clock import Clock
from simlab.department.pacs import Pacs, archive
from simlab.dicom import client, contexts, statuses
from simlab.dicom.association import Association
from simlab.dicom.dimse import SERVICES
from simlab.dicom.instance import Instance
from simlab.dicom.values import as_dataset, encode_dataset
from simlab.provenance import SCENE, acting
from simlab.store import Store
from tests.benchmarks import beside, objects, peers

DAYS = 2000
"""The studies are spread over so many days: a date finds fifty of 100,000."""
SHOWN = ("StudyInstanceUID", "PatientID", "PatientName", "StudyDate", "StudyTime", "AccessionNumber")


def rows(folder: Path, count: int, times: int) -> Iterator[beside.Row]:
    """Milliseconds from request to final response on an open association, medians, the archives by turns."""
    first = objects.write(folder / "first", iter([objects.instance(0, study=0, day=0)]))
    fill = {"SimLab": _fill_simlab, "Orthanc": _fill_orthanc}
    with ExitStack() as stack:
        archives = []
        for name in (name for name in fill if name in peers.present()):
            place = folder / f"many-{name}"
            with peers.PEERS[name](place, nodelay=True) as opened:
                beside.store(opened, first)
            fill[name](place, count)
            archives.append(stack.enter_context(peers.PEERS[name](place, nodelay=True)))
        associations = {
            opened.name: stack.enter_context(
                client.associate(
                    client.Peer(opened.title, peers.HOST, opened.port),
                    "ADMIN",
                    contexts.supported([contexts.STUDY_FIND]),
                )
            )
            for opened in archives
        }
        for what, keyword in (("patient ID", "PatientID"), ("accession", "AccessionNumber"), ("date", "StudyDate")):
            found: dict[str, list[float]] = {name: [] for name in associations}
            for number in range(times):
                study = (number * 7919) % count
                value = {"PatientID": f"P{study:07}", "AccessionNumber": f"A{study:07}"}.get(
                    keyword, objects.date(study % DAYS)
                )
                counts = set()
                for name, association in associations.items():
                    began = time.perf_counter()
                    counts.add(ask(association, {keyword: value}))
                    found[name].append((time.perf_counter() - began) * 1000)
                if len(counts) != 1 or 0 in counts:
                    raise RuntimeError(f"{keyword}={value}: the archives found {counts}")
            medians = {name: statistics.median(values) for name, values in found.items()}
            yield beside.Row(f"C-FIND by {what} in {count:,} studies", "ms", medians, 1.5, 30.0)


def ask(association: Association, keys: dict[str, str]) -> int:
    """How many studies one C-FIND on an open association brings."""
    context = next(iter(association.contexts.values()))
    shown = {"QueryRetrieveLevel": "STUDY", **dict.fromkeys(SHOWN, ""), **keys}
    message_id = association.next_id()
    association.send(
        context.id,
        {
            "AffectedSOPClassUID": context.abstract_syntax,
            "CommandField": SERVICES["C-FIND"],
            "MessageID": message_id,
            "Priority": 0,
        },
        encode_dataset(as_dataset(shown), context.transfer_syntax),
    )
    found = 0
    while (answer := association.receive(60)) is not None:
        if answer.number("Status") not in (statuses.PENDING, statuses.PENDING_WARNING):
            if answer.number("Status"):
                raise RuntimeError(f"C-FIND ended in {answer.number('Status'):04X} {answer.text('ErrorComment')}")
            return found
        found += 1
    raise RuntimeError("the association was released in the middle of a C-FIND")


def _fill_simlab(place: Path, count: int) -> None:
    """By the archive's own filing, without the wire; it is the index that is measured here."""
    store = Store(place / "lab.sqlite3", Clock())
    store.install(Pacs.SCHEMA)
    now = datetime.now()
    with acting(SCENE), store.write() as tx:
        for number in range(1, count):
            made = objects.instance(number, study=number, day=number % DAYS)
            archive.file(tx, Instance(made.transfer_syntax, made.head, made.pixels), None, "BENCH", now)
    store.close()


def _fill_orthanc(place: Path, count: int) -> None:
    """By cloning the rows of the study that it has stored itself: over the wire it would take minutes."""
    day = f"n % {DAYS}"
    date = f"printf('%04d%02d%02d', 2000 + {day} / 336, {day} / 28 % 12 + 1, {day} % 28 + 1)"
    value = f"""CASE value WHEN 'P0000000' THEN printf('P%07d', n) WHEN 'A0000000' THEN printf('A%07d', n)
        WHEN '2.25.7800000000' THEN printf('2.25.78%08d', n) WHEN '2.25.7900000000' THEN printf('2.25.79%08d', n)
        WHEN '2.25.7700000000' THEN printf('2.25.77%08d', n) WHEN '{objects.date(0)}' THEN {date} ELSE value END"""
    with sqlite3.connect(place / "db" / "index") as db:
        db.execute("CREATE TEMP TABLE clone (n INTEGER PRIMARY KEY)")
        db.executemany("INSERT INTO clone VALUES (?)", ((number,) for number in range(1, count)))
        names = "substr(publicId, 1, 35) || '-' || printf('%08x', n)"
        for table, columns in (
            ("Resources", f"internalId + 4 * n, resourceType, {names}, parentId + 4 * n"),
            ("MainDicomTags", f"id + 4 * n, tagGroup, tagElement, {value}"),
            ("DicomIdentifiers", f"id + 4 * n, tagGroup, tagElement, {value}"),
            ("Metadata", "id + 4 * n, type, value"),
            ("AttachedFiles", "id + 4 * n, fileType, uuid, compressedSize, uncompressedSize, compressionType, "
             "uncompressedMD5, compressedMD5"),
        ):  # fmt: skip
            db.execute(f"INSERT INTO {table} SELECT {columns} FROM {table} CROSS JOIN clone")
    db.close()
