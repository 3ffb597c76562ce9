"""The RIS's own hand on its patients, for what no message can say."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from simlab.department.ris import identity, patients
from simlab.department.ris.console import Console, Row


class PatientConsole(Console):
    """Merges made and unmade here alone: nothing is sent."""

    def merge_patients(
        self, retire_id: str, survive_id: str, *, retire_issuer: str | None = None, survive_issuer: str | None = None
    ) -> Row:
        """Retire one number into another, in the RIS alone: nothing is sent."""

        def merge(tx: Connection) -> Row:
            retire = self._number(tx, retire_id, retire_issuer)
            return patients.merge(tx, retire, self._number(tx, survive_id, survive_issuer))

        return self._console("merge_patients", merge, lambda row: f"{retire_id} merged into {survive_id}")

    def unmerge_patients(self, number: str, *, issuer: str | None = None, orders: Sequence[str] = ()) -> Row:
        """Take a wrong merge apart: what the number brought goes back, and those later `orders` that are named.

        HL7 has no message for this; EPR and PACS are set right by hand too.
        """

        def unmerge(tx: Connection) -> Row:
            return identity.unmerge(tx, self._number(tx, number, issuer), list(orders))

        return self._console(
            "unmerge_patients",
            unmerge,
            lambda row: f"merge of {number} into {row['was_merged_into']} undone, {len(row['orders'])} orders back",
        )
