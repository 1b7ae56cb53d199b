from __future__ import annotations

_READ = ["surveys.view_survey", "surveys.view_results"]
_WORK = [
    *_READ,
    "surveys.add_survey",
    "surveys.change_survey",
    "surveys.add_question",
    "surveys.change_question",
    "surveys.delete_question",
    "surveys.view_question",
    "surveys.view_comment",
    "surveys.change_comment",
]

ROLE_PERMISSIONS = {
    "상담사": _READ,
    "프로그램 담당": _WORK,
    "팀장(승인)": _WORK,
    "감사(열람)": _READ,
}
