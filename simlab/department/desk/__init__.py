"""The trainee's desk: what arrives there, what is answered, written and asked from it."""

from simlab.department.desk.desk import CarryOut, Desk
from simlab.department.desk.stage import Colleague, DeskStage, Mail, Rule
from simlab.department.desk.views import VIEWS

__all__ = ["VIEWS", "CarryOut", "Colleague", "Desk", "DeskStage", "Mail", "Rule"]
