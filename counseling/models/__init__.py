"""What is talked about, who with, when, and who comes."""

from __future__ import annotations

from counseling.models.bookings import Booking, family_of
from counseling.models.changes import BookingChange
from counseling.models.fairs import Booth, BoothBreak, Fair
from counseling.models.feeds import CalendarFeed
from counseling.models.people import Counselor, Mode, Topic
from counseling.models.rearranging import Rearrangement
from counseling.models.records import ActionTick, BreakGlass, GuardianAccess, Proposal, Record, RecordVersion
from counseling.models.slots import Refusal, Slot
from counseling.models.waiting import DayPart, SlotOffer, Wish
from counseling.models.working import Leave, PatternBreak, WeeklyPattern

__all__ = [
    "ActionTick",
    "Booking",
    "BookingChange",
    "Booth",
    "BoothBreak",
    "BreakGlass",
    "CalendarFeed",
    "Counselor",
    "DayPart",
    "Fair",
    "GuardianAccess",
    "Leave",
    "Mode",
    "PatternBreak",
    "Proposal",
    "Rearrangement",
    "Record",
    "RecordVersion",
    "Refusal",
    "Slot",
    "SlotOffer",
    "Topic",
    "WeeklyPattern",
    "Wish",
    "family_of",
]
