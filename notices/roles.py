"""What each role may do with notices."""

from __future__ import annotations

_READ = ["notices.view_notice", "notices.view_sandboxmessage"]
_RESEND = [*_READ, "notices.resend_notice"]
_WORDS = ["notices.view_wording", "notices.change_wording"]

ROLE_PERMISSIONS = {
    "상담사": _RESEND,
    "프로그램 담당": [*_RESEND, *_WORDS],
    "소식지 담당": [*_RESEND, *_WORDS],
    "팀장(승인)": [*_RESEND, *_WORDS],
    "감사(열람)": _READ,
}
