"""All that counselling says to people. Text messages say 상담 only: a lock screen is no place for its topic."""

from __future__ import annotations

from counseling.notices.booking import booked, cancelled, cancelled_in_absence, reminder
from counseling.notices.changing import BEFORE, changed, rearranged, rearranged_line, swapped, video_link
from counseling.notices.records import glass_broken, record_shared
from counseling.notices.said import SAMPLE

__all__ = [
    "BEFORE",
    "SAMPLE",
    "booked",
    "cancelled",
    "cancelled_in_absence",
    "changed",
    "glass_broken",
    "rearranged",
    "rearranged_line",
    "record_shared",
    "reminder",
    "swapped",
    "video_link",
]
