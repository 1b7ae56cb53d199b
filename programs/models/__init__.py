from __future__ import annotations

from programs.models.applications import Application, Participant, RunOffer
from programs.models.catalogue import Program
from programs.models.forms import Accepted
from programs.models.invitations import RunInvitation
from programs.models.runs import Group, Run, Session
from programs.models.status import Status

__all__ = [
    "Accepted",
    "Application",
    "Group",
    "Participant",
    "Program",
    "Run",
    "RunInvitation",
    "RunOffer",
    "Session",
    "Status",
]
