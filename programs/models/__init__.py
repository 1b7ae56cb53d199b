from __future__ import annotations

from programs.models.applications import Application, Participant, RunOffer
from programs.models.catalogue import Program
from programs.models.runs import Group, Run, Session
from programs.models.status import Status

__all__ = ["Application", "Group", "Participant", "Program", "Run", "RunOffer", "Session", "Status"]
