"""The hospital's electronic patient record: who is who, and the messages that say so."""

from simlab.department.epr.epr import Epr
from simlab.department.epr.stage import EprAddress, EprIdentifier, EprOrder, EprPatient, EprStage, EprVisit
from simlab.department.epr.views import VIEWS

__all__ = ["VIEWS", "Epr", "EprAddress", "EprIdentifier", "EprOrder", "EprPatient", "EprStage", "EprVisit"]
