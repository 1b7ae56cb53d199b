"""What each staff role may do in counselling, and no more than it needs."""

from __future__ import annotations

_DESK = [
    "counseling.view_topic",
    "counseling.view_counselor",
    "counseling.view_slot",
    "counseling.add_slot",
    "counseling.change_slot",
    "counseling.delete_slot",
    *(f"counseling.{act}_{what}" for act in ("view", "add", "change", "delete") for what in ("weeklypattern", "leave")),
    *(f"counseling.{act}_patternbreak" for act in ("view", "add", "change", "delete")),
    "counseling.view_booking",
    "counseling.change_booking",
    "counseling.book_for_caller",
    "counseling.view_wish",
    "counseling.change_wish",
    "counseling.view_slotoffer",
    "counseling.view_rearrangement",
    "counseling.change_rearrangement",
]
_FAIRS = [
    *(f"counseling.{act}_fair" for act in ("view", "add", "change")),
    *(f"counseling.{act}_booth" for act in ("view", "add", "change", "delete")),
    *(f"counseling.{act}_boothbreak" for act in ("view", "add", "change", "delete")),
    "counseling.staff_fair",
]
_SEES_FAIRS = ["counseling.view_fair", "counseling.view_booth", "counseling.view_boothbreak"]
_WATCH = ["counseling.view_record_openings", "counseling.view_breakglass"]

ROLE_PERMISSIONS = {
    # One's own times and bookings; other counsellors' only as free or taken.
    "상담사": [*_DESK, "counseling.break_glass", *_SEES_FAIRS, "counseling.staff_fair"],
    "프로그램 담당": _FAIRS,
    "팀장(승인)": [
        *_DESK,
        *_FAIRS,
        "counseling.view_every_booking",
        "counseling.view_figures",
        "counseling.supervise_records",
        *_WATCH,
        "counseling.add_topic",
        "counseling.change_topic",
        "counseling.add_counselor",
        "counseling.change_counselor",
        "intake.view_queue",
        "intake.change_queue",
    ],
    # Who opened which record, and nothing of what it says.
    "개인정보 담당": _WATCH,
    "감사(열람)": [
        *_SEES_FAIRS,
        "counseling.view_weeklypattern",
        "counseling.view_patternbreak",
        "counseling.view_leave",
        *_WATCH,
        "counseling.view_topic",
        "counseling.view_counselor",
        "counseling.view_slot",
        "counseling.view_booking",
        "counseling.view_every_booking",
        "counseling.view_figures",
        "counseling.view_wish",
        "counseling.view_slotoffer",
        "counseling.view_rearrangement",
        "intake.view_queue",
    ],
}
