"""Who may come in: rules as data, strikes and appeals, priorities and referrals."""

from __future__ import annotations

from intake.models.noshow import Appeal, Strike
from intake.models.referrals import Priority, Referral, ReferralCode
from intake.models.rulesets import RuleSet, Stage, YearCap

__all__ = ["Appeal", "Priority", "Referral", "ReferralCode", "RuleSet", "Stage", "Strike", "YearCap"]
