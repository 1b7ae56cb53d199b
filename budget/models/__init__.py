from __future__ import annotations

from budget.models.entries import CURRENT, LEGS, Carry, Entry, MonthSum, Proposal, Stage
from budget.models.plan import Account, FiscalYear, Line, Project, Source
from budget.models.published import Conflict, PublishedFigure, PublishedSource

__all__ = [
    "CURRENT",
    "LEGS",
    "Account",
    "Carry",
    "Conflict",
    "Entry",
    "FiscalYear",
    "Line",
    "MonthSum",
    "Project",
    "Proposal",
    "PublishedFigure",
    "PublishedSource",
    "Source",
    "Stage",
]
