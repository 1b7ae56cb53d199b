from __future__ import annotations

_READ = ["programs.view_program", "programs.view_run"]
_PARTS = [
    f"programs.{act}_{part}" for part in ("session", "group", "material") for act in ("view", "add", "change", "delete")
]  # of a run: its sessions and its groups; of a programme: its hand-outs
_WRITE = [
    *_READ,
    "programs.add_program",
    "programs.change_program",
    "programs.add_run",
    "programs.change_run",
    *_PARTS,
]
_ATTENDANCE = ["programs.view_mark", "programs.mark_attendance", "programs.issue_certificate"]

_INVITATIONS = [f"programs.{act}_runinvitation" for act in ("view", "add", "change")]

_PARTNERS = [
    "programs.view_agreement",
    "programs.add_agreement",
    "programs.change_agreement",
    "programs.view_contactperson",
    "programs.add_contactperson",
    "programs.change_contactperson",
    "programs.view_rostershare",
    "programs.add_rostershare",
    "programs.change_rostershare",
    "programs.view_handover",
    "programs.view_visit",
    "programs.change_visit",
]

_APPLICATIONS = ["programs.view_application", "programs.change_application", "programs.add_application"]
_CAMPS = ["programs.view_stay", "programs.change_stay", "programs.open_contacts"]
_DRAWS = ["programs.view_draw", "programs.hold_draw"]

_REVIEWS = ["programs.view_review", "programs.score_application", "programs.announce_review"]

ROLE_PERMISSIONS = {
    "상담사": _READ,
    "프로그램 담당": [
        *_WRITE,
        *_ATTENDANCE,
        *_APPLICATIONS,
        *_PARTNERS,
        *_DRAWS,
        *_INVITATIONS,
        *_REVIEWS,
        *_CAMPS,
        "programs.delete_program",
        "programs.delete_run",
    ],
    "예산 담당": _READ,
    "소식지 담당": _READ,
    "팀장(승인)": [
        *_WRITE,
        *_ATTENDANCE,
        *_DRAWS,
        "programs.view_application",
        "programs.change_application",
        "programs.view_runinvitation",
        *_REVIEWS,
        "programs.view_agreement",
        "programs.view_rostershare",
        "programs.view_handover",
        "programs.view_visit",
        "programs.view_stay",
    ],
    "개인정보 담당": ["programs.view_rostershare", "programs.change_rostershare", "programs.view_handover"],
    "감사(열람)": [
        *_READ,
        "programs.view_mark",
        "programs.view_draw",
        "programs.view_application",
        "programs.view_runinvitation",
        "programs.view_review",
        "programs.view_agreement",
        "programs.view_rostershare",
        "programs.view_handover",
    ],
}
