"""What each role may do with the centre's own data. Every member of staff may read it."""

from __future__ import annotations

_READ = [
    "centre.view_centre",
    "centre.view_venue",
    "centre.view_room",
    "centre.view_roomuse",
    "centre.view_openinghours",
    "centre.view_holiday",
    "centre.view_closure",
    "centre.view_policytext",
]
_ROOMS = ["centre.add_roomuse", "centre.delete_roomuse"]
_DAYS = [
    "centre.add_closure",
    "centre.change_closure",
    "centre.delete_closure",
    "centre.add_holiday",
    "centre.change_holiday",
    "centre.delete_holiday",
]
_PLACE = [
    "centre.change_centre",
    "centre.add_venue",
    "centre.change_venue",
    "centre.add_room",
    "centre.change_room",
    "centre.add_openinghours",
    "centre.change_openinghours",
    "centre.delete_openinghours",
]
_DRAFT = ["centre.add_policytext", "centre.change_policytext", "centre.delete_policytext"]

ROLE_PERMISSIONS = {
    "상담사": [*_READ, *_ROOMS],
    "프로그램 담당": [*_READ, *_DAYS, *_ROOMS],
    "예산 담당": _READ,
    "소식지 담당": [*_READ, *_DAYS],
    "팀장(승인)": [*_READ, *_DAYS, *_ROOMS, *_PLACE, *_DRAFT, "centre.publish_policytext"],
    "개인정보 담당": [*_READ, *_DRAFT, "centre.publish_policytext"],
    "감사(열람)": _READ,
}
