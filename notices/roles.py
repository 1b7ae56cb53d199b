"""What each role may do with notices."""

from __future__ import annotations

_READ = ["notices.view_notice", "notices.view_sandboxmessage"]
_RESEND = [*_READ, "notices.resend_notice"]
_MAILED = ["notices.view_mailing", "notices.view_addressee"]
_MAIL = [*_MAILED, "notices.send_mailing"]
_WORDS = ["notices.view_wording", "notices.change_wording"]

ROLE_PERMISSIONS = {
    "상담사": _RESEND,
    "프로그램 담당": [*_RESEND, *_WORDS, *_MAIL],
    "소식지 담당": [*_RESEND, *_WORDS, *_MAIL],
    "팀장(승인)": [*_RESEND, *_WORDS, *_MAIL],
    "감사(열람)": [*_READ, *_MAILED],
}
