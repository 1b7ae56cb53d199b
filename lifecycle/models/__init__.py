from __future__ import annotations

from lifecycle.models.access import AccessLog
from lifecycle.models.approval import Approval
from lifecycle.models.destruction import DestructionPlan, DestructionRecord
from lifecycle.models.states import IllegalMove, Lifecycle, OfQuerySet, StaleState, Transition
from lifecycle.models.work import Work

__all__ = [
    "AccessLog",
    "Approval",
    "DestructionPlan",
    "DestructionRecord",
    "IllegalMove",
    "Lifecycle",
    "OfQuerySet",
    "StaleState",
    "Transition",
    "Work",
]
