from __future__ import annotations

from centre.admin.place import (
    CentreAdmin,
    ClosureAdmin,
    HolidayAdmin,
    OpeningHoursAdmin,
    PolicyTextAdmin,
    RoomAdmin,
    VenueAdmin,
)
from centre.admin.rooms import RoomUseAdmin

__all__ = [
    "CentreAdmin",
    "ClosureAdmin",
    "HolidayAdmin",
    "OpeningHoursAdmin",
    "PolicyTextAdmin",
    "RoomAdmin",
    "RoomUseAdmin",
    "VenueAdmin",
]
