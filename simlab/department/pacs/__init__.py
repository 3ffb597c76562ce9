"""The archive of the department."""

from simlab.department.pacs.pacs import Pacs
from simlab.department.pacs.stage import PacsPatient, PacsPeer, PacsStage
from simlab.department.pacs.views import VIEWS

__all__ = ["VIEWS", "Pacs", "PacsPatient", "PacsPeer", "PacsStage"]
