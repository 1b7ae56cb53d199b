"""What this room lets each role do; ``accounts.roles`` applies it."""

from __future__ import annotations

_DIMENSIONS = ("project", "account", "fiscalyear", "line")
_READ = [
    *(f"budget.view_{name}" for name in _DIMENSIONS),
    "budget.view_entry",
    "budget.view_money",
    "budget.view_proposal",
    "budget.view_publishedsource",
    "budget.view_publishedfigure",
    "budget.view_conflict",
]

ROLE_PERMISSIONS = {
    "예산 담당": [
        *_READ,
        *(f"budget.{act}_{name}" for act in ("add", "change") for name in _DIMENSIONS),
        "budget.add_entry",
        "budget.change_conflict",
    ],
    "팀장(승인)": [*_READ, "budget.approve_fiscalyear"],
    "감사(열람)": _READ,
}
