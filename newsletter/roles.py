from __future__ import annotations

_READ = ["newsletter.view_post"]
_WRITE = [*_READ, "newsletter.add_post", "newsletter.change_post"]

ROLE_PERMISSIONS = {
    "상담사": _WRITE,  # counsellors write the admissions news
    "프로그램 담당": _WRITE,
    "소식지 담당": [*_WRITE, "newsletter.delete_post"],
    "팀장(승인)": _WRITE,
    "감사(열람)": _READ,
}
