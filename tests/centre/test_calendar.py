from __future__ import annotations

from datetime import date, time

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from centre import calendar
from centre.calendar import Calendar, Now
from centre.models import Closure, Holiday, OpeningHours, Venue

TUESDAY = date(2026, 11, 24)
WEDNESDAY = date(2026, 11, 25)


def closed(first: date, last: date, reason: str = "시설 점검", **fields: object) -> Closure:
    return Closure.objects.create(first_day=first, last_day=last, reason=reason, **fields)


@pytest.mark.django_db
def test_a_centre_without_recorded_hours_is_closed_on_holidays_and_closures_only():
    Holiday.objects.create(day=WEDNESDAY, name="임시공휴일")

    assert calendar.is_open(TUESDAY)
    assert calendar.closed_reason(WEDNESDAY) == "임시공휴일"


def test_a_weekday_without_hours_is_the_regular_day_off(open_on):
    open_on(1, 10, 19)

    assert calendar.closed_reason(TUESDAY) is None
    assert calendar.closed_reason(WEDNESDAY) == "정기 휴관일"


def test_a_holiday_on_which_the_centre_opens_after_all_is_an_open_day(open_on):
    open_on(1, 10, 19)
    Holiday.objects.create(day=TUESDAY, name="재량 공휴일", observed=False)

    assert calendar.is_open(TUESDAY)


@pytest.mark.parametrize(("day", "open_"), [(23, True), (24, False), (25, False), (26, True)])
@pytest.mark.django_db
def test_a_closure_includes_its_first_and_its_last_day(day, open_):
    closed(TUESDAY, WEDNESDAY)

    assert calendar.is_open(date(2026, 11, day)) is open_


def test_a_closure_of_some_hours_is_cut_out_of_the_day(open_on, venue):
    open_on(1, 10, 19)
    closed(TUESDAY, TUESDAY, from_time=time(13), until_time=time(15))

    known = Calendar.load(TUESDAY, TUESDAY)

    assert known.is_open(TUESDAY)
    assert known.hours_on(TUESDAY) == [(time(10), time(13)), (time(15), time(19))]


def test_a_day_whose_hours_a_closure_swallows_is_closed_for_its_reason(open_on):
    open_on(1, 10, 12)
    closed(TUESDAY, TUESDAY, "직원 교육", from_time=time(9), until_time=time(12))

    assert calendar.closed_reason(TUESDAY) == "직원 교육"


def test_one_venue_may_close_while_the_other_stays_open(open_on, venue):
    open_on(1, 10, 19)
    other = Venue.objects.create(name="별빛관", address="금천구", first_day=date(2026, 1, 1))
    open_on(1, 9, 12, venue=other)
    closed(TUESDAY, TUESDAY, venue=venue)

    assert calendar.closed_reason(TUESDAY, venue.pk) == "시설 점검"
    assert calendar.is_open(TUESDAY, other.pk)
    assert calendar.is_open(TUESDAY)
    assert Calendar.load(TUESDAY, TUESDAY).hours_on(TUESDAY) == [(time(9), time(12))]


def test_hours_of_a_venue_that_has_closed_down_no_longer_count(open_on, venue):
    open_on(1, 10, 19)
    Venue.objects.filter(pk=venue.pk).update(last_day=date(2026, 11, 23))

    assert Calendar.load(TUESDAY, TUESDAY).hours_on(TUESDAY) == []


def test_new_hours_hold_from_their_first_day(open_on):
    open_on(1, 10, 18, last_day=TUESDAY)
    open_on(1, 10, 20, first_day=WEDNESDAY)
    known = Calendar.load(TUESDAY, date(2026, 12, 1))

    assert known.hours_on(TUESDAY) == [(time(10), time(18))]
    assert known.hours_on(date(2026, 12, 1)) == [(time(10), time(20))]


def test_open_days_count_both_ends_of_the_period(open_on):
    open_on(1, 10, 19)

    assert calendar.open_days(TUESDAY, date(2026, 12, 1)) == [TUESDAY, date(2026, 12, 1)]


def test_a_calendar_asks_twice_however_long_it_is(open_on, django_assert_num_queries):
    open_on(1, 10, 19)
    closed(TUESDAY, TUESDAY)

    with django_assert_num_queries(2):
        known = Calendar.load(TUESDAY, date(2027, 11, 24))
        known.open_days()
        known.days_off()


def test_days_off_leave_out_a_holiday_on_a_day_that_is_closed_anyway(open_on):
    open_on(1, 10, 19)
    Holiday.objects.create(day=TUESDAY, name="쉬는 화요일")
    Holiday.objects.create(day=WEDNESDAY, name="쉬는 수요일")
    closed(date(2026, 11, 20), date(2026, 11, 27), "대청소")

    off = Calendar.load(TUESDAY, date(2026, 11, 30)).days_off()

    assert [one.reason for one in off] == ["대청소", "쉬는 화요일"]


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-11-24 09:59:59+09:00", (None, time(10))),
        ("2026-11-24 10:00:00+09:00", (time(12), time(13))),
        ("2026-11-24 11:59:59+09:00", (time(12), time(13))),
        ("2026-11-24 12:00:00+09:00", (None, time(13))),
        ("2026-11-24 18:59:59+09:00", (time(19), None)),
        ("2026-11-24 19:00:00+09:00", (None, None)),
    ],
)
def test_the_door_opens_and_shuts_on_the_second(open_on, moment, state):
    open_on(1, 10, 12)
    open_on(1, 13, 19)

    with time_machine.travel(moment, tick=False):
        now = Now.of(Calendar.load(TUESDAY, TUESDAY), timezone.now())

    assert (now.open_until, now.opens_at) == state


def test_hours_of_one_weekday_must_not_overlap(open_on, venue):
    open_on(1, 10, 12)
    touching = OpeningHours(venue=venue, weekday=1, opens=time(12), closes=time(14), first_day=TUESDAY)
    clashing = OpeningHours(venue=venue, weekday=1, opens=time(11), closes=time(14), first_day=TUESDAY)

    touching.full_clean()
    with pytest.raises(ValidationError, match="이미 등록한 운영시간과 겹칩니다"):
        clashing.full_clean()


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_day": date(2026, 11, 23)},
        {"last_day": None},
        {"from_time": time(10)},
        {"until_time": time(10)},
        {"from_time": time(10), "until_time": time(10)},
    ],
)
@pytest.mark.django_db
def test_a_closure_must_make_sense(wrong):
    values = {"first_day": TUESDAY, "last_day": TUESDAY, "reason": "점검", **wrong}

    with pytest.raises(ValidationError):
        Closure(**values).full_clean()
