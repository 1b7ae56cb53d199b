from __future__ import annotations

from programs.models.applications import Application, Participant, RunOffer
from programs.models.attendance import Mark
from programs.models.camps import CampRoom, Kept, Mentor, Stay, Team
from programs.models.catalogue import Program
from programs.models.draws import Draw, DrawEntry, DrawFile
from programs.models.forms import Accepted
from programs.models.groups import Group
from programs.models.handovers import HandOver, RosterAnswer, RosterShare
from programs.models.invitations import RunInvitation
from programs.models.materials import Material
from programs.models.partners import Agreement, AgreementFile, ContactPerson, Stand
from programs.models.reviews import Criterion, Decision, Review, Score
from programs.models.runs import Run
from programs.models.sessions import Session
from programs.models.status import Status
from programs.models.visits import Visit, VisitTime
from programs.models.words import ProgramWords

__all__ = [
    "Accepted",
    "Agreement",
    "AgreementFile",
    "Application",
    "CampRoom",
    "ContactPerson",
    "Criterion",
    "Decision",
    "Draw",
    "DrawEntry",
    "DrawFile",
    "Group",
    "HandOver",
    "Kept",
    "Mark",
    "Material",
    "Mentor",
    "Participant",
    "Program",
    "ProgramWords",
    "Review",
    "RosterAnswer",
    "RosterShare",
    "Run",
    "RunInvitation",
    "RunOffer",
    "Score",
    "Session",
    "Stand",
    "Status",
    "Stay",
    "Team",
    "Visit",
    "VisitTime",
]
