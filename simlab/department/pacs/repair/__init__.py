"""Repair of identity at the archive: merge, move, split, correct, reconcile, reject, and back again."""

from simlab.department.pacs.repair.patients import CannotMerge, Done, PatientUnknown, find_number
from simlab.department.pacs.repair.repairs import Repairs

__all__ = ["CannotMerge", "Done", "PatientUnknown", "Repairs", "find_number"]
