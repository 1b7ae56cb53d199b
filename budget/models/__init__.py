from __future__ import annotations

from budget.models.calls import GrantCall, GrantCriterion, GrantPaper, GrantQuestion, GrantReviewer
from budget.models.entries import CURRENT, LEGS, Carry, Entry, MonthSum, Proposal, Stage
from budget.models.extracts import Extract, ExtractRow, ExtractShape, Reconciliation
from budget.models.grants import (
    GrantApplication,
    GrantAward,
    GrantDecision,
    GrantFile,
    GrantLine,
    GrantPayment,
    GrantReading,
    GrantReport,
    GrantScore,
)
from budget.models.plan import Account, FiscalYear, Line, Project, Source
from budget.models.published import Conflict, PublishedFigure, PublishedSource
from budget.models.release import Release

__all__ = [
    "CURRENT",
    "LEGS",
    "Account",
    "Carry",
    "Conflict",
    "Entry",
    "Extract",
    "ExtractRow",
    "ExtractShape",
    "FiscalYear",
    "GrantApplication",
    "GrantAward",
    "GrantCall",
    "GrantCriterion",
    "GrantDecision",
    "GrantFile",
    "GrantLine",
    "GrantPaper",
    "GrantPayment",
    "GrantQuestion",
    "GrantReading",
    "GrantReport",
    "GrantReviewer",
    "GrantScore",
    "Line",
    "MonthSum",
    "Project",
    "Proposal",
    "PublishedFigure",
    "PublishedSource",
    "Reconciliation",
    "Release",
    "Source",
    "Stage",
]
