"""A scene made concrete: what each system holds when the trainee walks in."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from simlab.department.desk import DeskStage
from simlab.department.engine import EngineStage
from simlab.department.epr import EprStage
from simlab.department.modality import ModalityStage
from simlab.department.neighbour import NeighbourStage
from simlab.department.pacs import PacsStage
from simlab.department.ris import RisStage
from simlab.department.viewer import ViewerStage
from simlab.faults import Fault
from simlab.lab.discs import DiscStage
from simlab.lab.feed import FeedStage


class Staging(BaseModel):
    """One section a system; a viewer or modality that is not named starts empty with its defaults."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    name: str = "empty"
    clock: datetime | None = None
    speed: float = 1.0
    pacs: PacsStage = PacsStage()
    ris: RisStage = RisStage()
    epr: EprStage = EprStage()
    engine: EngineStage = EngineStage()
    viewers: dict[str, ViewerStage] = {}
    modalities: dict[str, ModalityStage] = {}
    discs: list[DiscStage] = []
    neighbour: NeighbourStage = NeighbourStage()
    desk: DeskStage = DeskStage()
    faults: list[Fault] = []
    feed: FeedStage | None = None
