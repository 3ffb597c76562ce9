"""The modalities: scanners that make studies from recipes and send them to the PACS."""

from simlab.department.modality.modality import Modality
from simlab.department.modality.recipe import Recipe
from simlab.department.modality.rendering import StudyFacts, render
from simlab.department.modality.schema import SCHEMA
from simlab.department.modality.settings import ModalitySettings
from simlab.department.modality.stage import ModalityStage
from simlab.department.modality.views import VIEWS
from simlab.department.modality.works import SCANNERS

__all__ = [
    "SCANNERS",
    "SCHEMA",
    "VIEWS",
    "Modality",
    "ModalitySettings",
    "ModalityStage",
    "Recipe",
    "StudyFacts",
    "render",
]
