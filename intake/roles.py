"""What each staff role may do with the rules, the no-shows and who comes first.

Nobody is given anything about referrals: they are for the teacher, the counsellors of the topic and the family.
"""

from __future__ import annotations

_RULES = ["intake.view_ruleset"]

ROLE_PERMISSIONS = {
    "상담사": [*_RULES, "intake.view_strike"],
    "프로그램 담당": _RULES,
    "팀장(승인)": [
        *_RULES,
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
        "intake.view_strike",
        "intake.forgive_strike",
        "intake.view_appeal",
        "intake.answer_appeal",
        "intake.give_priority",
    ],
    "개인정보 담당": [*_RULES, "intake.give_priority"],
    "감사(열람)": [*_RULES, "intake.view_strike"],
}
