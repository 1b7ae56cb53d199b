from __future__ import annotations

from intake.admin.noshow import AppealAdmin, StrikeAdmin
from intake.admin.rulesets import RuleSetAdmin

__all__ = ["AppealAdmin", "RuleSetAdmin", "StrikeAdmin"]
