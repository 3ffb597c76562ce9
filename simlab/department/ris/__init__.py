"""The radiology information system: patients, orders with attendance, the modalities' worklist."""

from simlab.department.ris.ris import Ris
from simlab.department.ris.stage import RisExam, RisIdentifier, RisOrder, RisPatient, RisPeer, RisStage
from simlab.department.ris.views import VIEWS

__all__ = ["VIEWS", "Ris", "RisExam", "RisIdentifier", "RisOrder", "RisPatient", "RisPeer", "RisStage"]
