"""Every action by its name: the one vocabulary of the terminal, the command line, solutions and scripted colleagues."""

from simlab.lab.actions import (
    desk,
    dicom,
    engine,
    epr,
    fault,
    feed,
    hl7,
    media,
    modality,
    neighbour,
    pacs,
    pacs_repair,
    pacs_traffic,
    pacs_users,
    ris,
    viewer,
)
from simlab.lab.actions.action import Action, Outcome, Result

_PACS = (pacs, pacs_repair, pacs_traffic, pacs_users)
_FAMILIES = (dicom, media, hl7, *_PACS, ris, epr, modality, viewer, neighbour, engine, desk, fault, feed)

ACTIONS: dict[str, type[Action]] = {action.name: action for family in _FAMILIES for action in family.ACTIONS}

__all__ = ["ACTIONS", "Action", "Outcome", "Result"]
