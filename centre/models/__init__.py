from __future__ import annotations

from centre.models.days import Closure, Holiday, OpeningHours, Weekday
from centre.models.places import Centre, Room, Venue
from centre.models.policies import PolicyText
from centre.models.uses import RoomUse

__all__ = [
    "Centre",
    "Closure",
    "Holiday",
    "OpeningHours",
    "PolicyText",
    "Room",
    "RoomUse",
    "Venue",
    "Weekday",
]
