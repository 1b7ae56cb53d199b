from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest

from accounts.models import User
from centre.models import Centre, OpeningHours, Venue


@pytest.fixture
def centre(db) -> Centre:
    return Centre.objects.create(name="가온센터", phone="02-000-0000")


@pytest.fixture
def venue(centre) -> Venue:
    return Venue.objects.create(name="새벽관", address="서울특별시 금천구 새벽로 1", first_day=date(2026, 1, 1))


@pytest.fixture
def open_on(venue) -> Callable[..., OpeningHours]:
    """Record the hours of one weekday (0 is Monday) of the venue, since 2026 began."""

    def record(weekday: int, opens: int, closes: int, **fields: object) -> OpeningHours:
        values = {"venue": venue, "first_day": date(2026, 1, 1), **fields}
        return OpeningHours.objects.create(weekday=weekday, opens=time(opens), closes=time(closes), **values)

    return record


@pytest.fixture
def boss(db) -> User:
    return User.objects.create_superuser("boss@example.com", name="관리자")
