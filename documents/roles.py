"""What each role may do with the register of papers. Who may open a paper itself is each kind's own rule."""

from __future__ import annotations

_READ = ["documents.view_issueddocument"]

ROLE_PERMISSIONS = {
    "상담사": _READ,
    "프로그램 담당": _READ,
    "예산 담당": _READ,
    "팀장(승인)": [*_READ, "documents.withdraw_document"],
    "개인정보 담당": _READ,
    "감사(열람)": _READ,
}
