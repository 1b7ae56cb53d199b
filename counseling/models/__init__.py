"""What is talked about, who with, when, and who comes."""

from __future__ import annotations

from counseling.models.bookings import Booking, family_of
from counseling.models.changes import BookingChange
from counseling.models.feeds import CalendarFeed
from counseling.models.people import Counselor, Mode, Topic
from counseling.models.slots import Refusal, Slot

__all__ = ["Booking", "BookingChange", "CalendarFeed", "Counselor", "Mode", "Refusal", "Slot", "Topic", "family_of"]
