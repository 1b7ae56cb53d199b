"""What each staff role may do with the rules, the no-shows."""

from __future__ import annotations

_RULES = ["intake.view_ruleset"]
_NOSHOWS = ["intake.view_strike"]

ROLE_PERMISSIONS = {
    "상담사": [*_RULES, *_NOSHOWS],
    "프로그램 담당": _RULES,
    "팀장(승인)": [
        *_RULES,
        *_NOSHOWS,
        "intake.add_ruleset",
        "intake.change_ruleset",
        "intake.add_stage",
        "intake.change_stage",
        "intake.delete_stage",
        "intake.view_stage",
        "intake.add_yearcap",
        "intake.change_yearcap",
        "intake.delete_yearcap",
        "intake.view_yearcap",
        "intake.forgive_strike",
    ],
    "개인정보 담당": _RULES,
    "감사(열람)": [*_RULES, *_NOSHOWS],
}
