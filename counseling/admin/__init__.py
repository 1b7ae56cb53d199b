from __future__ import annotations

from counseling.admin.bookings import BookingAdmin
from counseling.admin.offer import CounselorAdmin, TopicAdmin
from counseling.admin.slots import SlotAdmin

__all__ = ["BookingAdmin", "CounselorAdmin", "SlotAdmin", "TopicAdmin"]
