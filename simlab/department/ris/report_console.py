"""The radiologists' console: reports written, made final, corrected, withdrawn, and sent where the RIS is set to."""

from __future__ import annotations

from sqlite3 import Connection

from simlab.department.ris import reports
from simlab.department.ris.console import Console, Row


class ReportConsole(Console):
    """Reports of orders, by accession number."""

    def report(self, accession: str, text: str, *, status: str = reports.FINAL, author: str = "") -> Row:
        """Write a report: P preliminary or F final. ORU^R01 tells of it."""
        return self._write("report", accession, status, text, author)

    def correct_report(self, accession: str, text: str, *, author: str = "", reason: str = "") -> Row:
        """Replace what a final report says (C)."""
        return self._write("correct_report", accession, reports.CORRECTED, text, author, reason)

    def withdraw_report(self, accession: str, reason: str, *, wrong_patient: bool = False) -> Row:
        """Take a report back: X, or W where it was posted to the wrong patient (OBX-11; OBR-25 stays)."""
        status = reports.WITHDRAWN if wrong_patient else reports.CANCELLED
        return self._write("withdraw_report", accession, status, "", "", reason)

    def _write(self, what: str, accession: str, status: str, text: str, author: str, reason: str = "") -> Row:
        def write(tx: Connection) -> Row:
            before = reports.current(tx, accession)
            at = self._clock.now().isoformat(timespec="seconds")
            report = reports.write(tx, accession, status, text, author, at, reason)
            if status == reports.WITHDRAWN and before is not None:
                self._telling.report(tx, before, status)
            else:
                self._telling.report(tx, report, status)
            return dict(report)

        return self._console(what, write, lambda row: f"report of {accession}: {status}, version {row['version']}")
