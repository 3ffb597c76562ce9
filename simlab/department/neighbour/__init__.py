"""The neighbour: the PACS of another hospital, with patients, numbers and people of its own."""

from simlab.department.neighbour.neighbour import Neighbour
from simlab.department.neighbour.schema import SCHEMA
from simlab.department.neighbour.settings import NeighbourStage
from simlab.department.neighbour.views import VIEWS

__all__ = ["SCHEMA", "VIEWS", "Neighbour", "NeighbourStage"]
