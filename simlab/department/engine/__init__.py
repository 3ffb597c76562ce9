"""The interface engine: takes messages in, queues them by route, and delivers them in order."""

from simlab.department.engine.engine import Engine
from simlab.department.engine.stage import EngineStage, QueueItem, Route
from simlab.department.engine.views import VIEWS

__all__ = ["VIEWS", "Engine", "EngineStage", "QueueItem", "Route"]
