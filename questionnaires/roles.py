"""What each staff role may do with forms. Whose answers somebody may open, the case decides."""

from __future__ import annotations

_READ = ["questionnaires.view_questionnaire", "questionnaires.view_response", "questionnaires.view_attachment"]
_WORK = [*_READ, "questionnaires.change_response", "questionnaires.check_attachment"]

ROLE_PERMISSIONS = {
    "상담사": _WORK,
    "팀장(승인)": [*_WORK, "questionnaires.add_questionnaire", "questionnaires.change_questionnaire"],
    "프로그램 담당": [
        *_WORK,  # of applications: answers of counselling are none of theirs, as its case says
        "questionnaires.add_questionnaire",
        "questionnaires.change_questionnaire",
    ],
    "감사(열람)": ["questionnaires.view_questionnaire"],
}
