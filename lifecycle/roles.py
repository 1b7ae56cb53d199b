"""What this room lets each role do; ``accounts.roles`` applies it."""

from __future__ import annotations

ROLE_PERMISSIONS = {
    "상담사": ["lifecycle.unmask_personal_data"],
    "프로그램 담당": ["lifecycle.unmask_personal_data", "lifecycle.export_personal_data", "lifecycle.view_approval"],
    "예산 담당": ["lifecycle.view_approval"],
    "소식지 담당": ["lifecycle.view_approval"],
    "팀장(승인)": [
        "lifecycle.view_approval",
        "lifecycle.view_destructionplan",
        "lifecycle.approve_destructionplan",
        "lifecycle.view_destructionrecord",
        "lifecycle.view_work",
    ],
    "개인정보 담당": [
        "lifecycle.unmask_personal_data",
        "lifecycle.export_personal_data",
        "lifecycle.view_accesslog",
        "lifecycle.view_transition",
        "lifecycle.view_destructionplan",
        "lifecycle.add_destructionplan",
        "lifecycle.approve_destructionplan",
        "lifecycle.view_destructionrecord",
    ],
    "감사(열람)": [
        "lifecycle.view_approval",
        "lifecycle.view_accesslog",
        "lifecycle.view_transition",
        "lifecycle.view_destructionplan",
        "lifecycle.view_destructionrecord",
        "lifecycle.view_work",
    ],
}
