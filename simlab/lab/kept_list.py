"""Completes the worklist that a mobile has kept with what only the RIS knows: UIDs, steps, rooms."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from simlab.department import ris
from simlab.department.modality import SCANNERS, ModalityStage


def completed(tx: sqlite3.Connection, scanner: str, section: ModalityStage) -> ModalityStage:
    """The section with what its kept list left empty; the RIS is staged already."""
    if section.kept_list is None:
        return section
    rows = [_completed(tx, scanner, row) for row in section.kept_list.rows]
    return section.model_copy(update={"kept_list": section.kept_list.model_copy(update={"rows": rows})})


def _completed(tx: sqlite3.Connection, scanner: str, row: dict[str, str]) -> dict[str, str]:
    exam = next(iter(ris.VIEWS["exams"](tx, row["exam"])), {})
    step = next(iter(ris.VIEWS["steps"](tx, accession=row["accession"])), {})
    start = step.get("start")
    due = datetime.fromisoformat(start) if start else None
    known: dict[str, Any] = {
        "station_ae": step.get("station_ae") or exam.get("station_ae") or scanner,
        "modality": step.get("modality") or exam.get("modality") or SCANNERS.get(scanner, ""),
        "date": due.strftime("%Y%m%d") if due else "",
        "time": due.strftime("%H%M%S") if due else "",
        "physician": step.get("physician"),
        "description": step.get("description") or exam.get("description"),
        "step_id": step.get("step_id"),
        "procedure_id": step.get("procedure_id"),
        "procedure": exam.get("description"),
        "study_uid": step.get("study_uid"),
        "exam": step.get("exam"),
    }
    return {name: value or str(known.get(name) or "") for name, value in row.items()}
