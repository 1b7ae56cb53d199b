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
    "budget.view_extract",
    "budget.view_reconciliation",
    "budget.view_grantcall",
    "budget.view_grantapplication",
    "budget.view_release",
]

ROLE_PERMISSIONS = {
    "예산 담당": [
        *_READ,
        *(f"budget.{act}_{name}" for act in ("add", "change") for name in _DIMENSIONS),
        "budget.add_entry",
        "budget.change_conflict",
        *(f"budget.{act}_grantcall" for act in ("add", "change", "delete")),
        "budget.add_extract",
        "budget.change_grantapplication",
        "budget.review_grants",
        "budget.release_paper",
    ],
    "팀장(승인)": [
        *_READ,
        "budget.approve_fiscalyear",
        "budget.approve_grants",
        "budget.approve_reconciliation",
        "budget.review_grants",
    ],
    "프로그램 담당": ["budget.review_grants"],
    "상담사": ["budget.review_grants"],
    "감사(열람)": _READ,
}
