"""Who may come in: rules as data, and who did not come."""

from __future__ import annotations

from intake.models.noshow import Strike
from intake.models.rulesets import RuleSet, Stage, YearCap

__all__ = ["RuleSet", "Stage", "Strike", "YearCap"]
