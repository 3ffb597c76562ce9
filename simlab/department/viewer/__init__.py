"""The viewers: places that images are sent to."""

from simlab.department.viewer.schema import SCHEMA
from simlab.department.viewer.settings import ViewerStage
from simlab.department.viewer.viewer import Viewer
from simlab.department.viewer.views import VIEWS

__all__ = ["SCHEMA", "VIEWS", "Viewer", "ViewerStage"]
