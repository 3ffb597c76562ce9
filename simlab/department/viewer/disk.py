"""A viewer's disk: whether there is room on it, and how room is made."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from simlab import journal as kinds
from simlab.department.viewer import settings
from simlab.errors import NotFound
from simlab.journal import Journal
from simlab.store import Store


class Disk:
    """The images of one viewer as things that take room; `folder` is where it also keeps them as files."""

    def __init__(self, name: str, store: Store, journal: Journal, folder: Path | None) -> None:
        self._name = name
        self._store = store
        self._journal = journal
        self._folder = folder

    def room_for(self, sop_uid: str, study_uid: str) -> bool:
        """Whether an instance fits; where the settings say so, the oldest studies but its own go until it does."""
        quota = self._quota()
        if not quota:
            return True
        with self._store.write() as tx:
            if tx.execute(
                "SELECT 1 FROM viewer_instance WHERE system=? AND sop_uid=?", (self._name, sop_uid)
            ).fetchone():
                return True
            held = int(tx.execute("SELECT count(*) FROM viewer_instance WHERE system=?", (self._name,)).fetchone()[0])
            if held < quota:
                return True
            if not settings.setting(tx, self._name, "purge_oldest"):
                return False
            for study in self._oldest(tx):
                if study != study_uid:
                    held -= self._delete(tx, study)
                    self._journal.record(
                        kinds.CONSOLE,
                        self._name,
                        f"full: study {study} deleted",
                        {"method": "purge", "study_uid": study},
                    )
                if held < quota:
                    return True
            return False

    def purge(self, study_uid: str = "", keep: int = 0) -> dict[str, Any]:
        """Delete a study, or without one the oldest studies until at most `keep` images are left; NotFound."""
        with self._store.write() as tx:
            studies = [study_uid] if study_uid else self._oldest(tx)
            held = int(tx.execute("SELECT count(*) FROM viewer_instance WHERE system=?", (self._name,)).fetchone()[0])
            gone: dict[str, int] = {}
            for study in studies:
                if study_uid or held > keep:
                    gone[study] = self._delete(tx, study)
                    held -= gone[study]
            if study_uid and not gone[study_uid]:
                raise NotFound(
                    f"{self._name} holds no study {study_uid}", place=self._name, remedy="Look what it holds."
                )
            summary = f"{sum(gone.values())} images of {len(gone)} studies deleted, {held} left"
            self._journal.record(kinds.CONSOLE, self._name, f"purge: {summary}", {"method": "purge", "studies": gone})
        return {"summary": summary, "deleted": sum(gone.values()), "studies": list(gone), "left": held}

    def _oldest(self, tx: sqlite3.Connection) -> list[str]:
        rows = tx.execute(
            "SELECT study_uid FROM viewer_instance WHERE system=? GROUP BY study_uid "
            "ORDER BY max(received), min(rowid)",
            (self._name,),
        )
        return [str(row[0]) for row in rows]

    def _delete(self, tx: sqlite3.Connection, study_uid: str) -> int:
        chosen = (self._name, study_uid)
        files = [
            row[0]
            for row in tx.execute(
                "SELECT file FROM viewer_instance WHERE system=? AND study_uid=? AND file<>''", chosen
            )
        ]
        if self._folder is not None:
            folder = self._folder
            for file in files:
                self._store.after_commit(partial((folder / file).unlink, missing_ok=True))
        return tx.execute("DELETE FROM viewer_instance WHERE system=? AND study_uid=?", chosen).rowcount

    def _quota(self) -> int:
        with self._store.read() as tx:
            return int(settings.setting(tx, self._name, "quota_images"))
