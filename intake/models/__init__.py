"""Who may come in and in what order: rules as data, strikes and appeals, priorities and referrals, queues."""

from __future__ import annotations

from intake.models.noshow import Appeal, Strike
from intake.models.referrals import Priority, Referral, ReferralCode
from intake.models.rulesets import RuleSet, Stage, YearCap
from intake.models.waiting import Offer, Place, Queue

__all__ = [
    "Appeal",
    "Offer",
    "Place",
    "Priority",
    "Queue",
    "Referral",
    "ReferralCode",
    "RuleSet",
    "Stage",
    "Strike",
    "YearCap",
]
