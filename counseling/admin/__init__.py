from __future__ import annotations

from counseling.admin.agreeing import RearrangementAdmin
from counseling.admin.bookings import BookingAdmin
from counseling.admin.fairs import BoothAdmin, FairAdmin
from counseling.admin.offer import CounselorAdmin, TopicAdmin
from counseling.admin.records import BreakGlassAdmin
from counseling.admin.referrals import ReferralAdmin
from counseling.admin.slots import SlotAdmin
from counseling.admin.waiting import QueueAdmin, SlotOfferAdmin, WishAdmin
from counseling.admin.working import LeaveAdmin, WeeklyPatternAdmin

__all__ = [
    "BookingAdmin",
    "BoothAdmin",
    "BreakGlassAdmin",
    "CounselorAdmin",
    "FairAdmin",
    "LeaveAdmin",
    "QueueAdmin",
    "RearrangementAdmin",
    "ReferralAdmin",
    "SlotAdmin",
    "SlotOfferAdmin",
    "TopicAdmin",
    "WeeklyPatternAdmin",
    "WishAdmin",
]
