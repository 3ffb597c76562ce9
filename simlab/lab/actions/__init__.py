"""Every action by its name: the one vocabulary of the terminal, the command line, solutions and scripted colleagues."""

from simlab.lab.actions import (
    desk,
    dicom,
    engine,
    epr,
    fault,
    hl7,
    modality,
    pacs,
    pacs_repair,
    pacs_traffic,
    pacs_users,
    ris,
)
from simlab.lab.actions.action import Action, Outcome, Result

ACTIONS: dict[str, type[Action]] = {
    action.name: action
    for family in (dicom, hl7, pacs, pacs_repair, pacs_traffic, pacs_users, ris, epr, modality, engine, desk, fault)
    for action in family.ACTIONS
}

__all__ = ["ACTIONS", "Action", "Outcome", "Result"]
