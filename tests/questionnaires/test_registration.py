"""Registration numbers are found by date and century digit; what only looks like one is left alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires.inspector.registration import CENTURY, found

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        "030101-3123456",
        "0301013123456",
        "주민등록번호 030101 - 3123456 (세대주)",
        "030101 4123456",
        "030101–3123456",
        "０３０１０１－３１２３４５６",
        "030101ㅡ3123456",
        "030101-\n3123456",
        "0 3 0 1 0 1 - 3 1 2 3 4 5 6",
        "901231-1234567",
        "901231-2234567",
        "외국인등록번호 850615-5123456",
        "850615-6123456",
        "050615-7123456",
        "050615-8123456",
        "000229-3123456",
        "성명김하늘030101-3123456주소",
        "2026.11.23 030101-3123456",
        "03\u200b0101-3123456",
    ],
)
def test_a_number_is_found(text):
    assert found(text, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "030101-3******",
        "030101-*******",
        "030101-3",
        "2026-11-23",
        "20261123 1400",
        "010-1234-5678",
        "02-2627-1234",
        "01012345678 01087654321",
        "1234567890123",  # the month 56
        "9788912345678",
        "8801234567893",  # 2088 is to come
        "031301-3123456",  # the month 13
        "030230-3123456",  # 30 February
        "010229-3123456",  # no leap year
        "030101-9123456",  # the 19th century
        "030101-0123456",
        "261124-3123456",  # born tomorrow
        "10301013123456",  # 14 digits
        "0301013123456789",
        "030101-31234567",
        "계좌 123456-01-123456",
        "1 2 1 2 2 1 3 2 1 2 3 1 2",  # a row of grades
        "학번 20301 출석 190일 수상 3",
    ],
)
def test_what_is_none_is_left_alone(text):
    assert not found(text, TODAY)


def test_born_today_is_found_and_born_tomorrow_is_not():
    assert found("261123-3123456", TODAY)
    assert not found("261124-3123456", TODAY)


born = st.dates(date(1900, 1, 1), TODAY)
tail = st.text("0123456789", min_size=6, max_size=6)
between = st.sampled_from(["", "-", " ", " - ", "–", "\n"])
around = st.text(st.characters(blacklist_categories=["Nd", "Nl", "No", "Cs"]), max_size=20).map(
    lambda text: text.replace("-", "")
)


@given(born, st.booleans(), st.booleans(), between, tail, around, around)
def test_every_valid_number_is_found_wherever_it_stands(day, foreign, woman, gap, rest, before, after):
    digit = next(
        d
        for d, century in CENTURY.items()
        if century == day.year // 100 * 100 and (int(d) > 4) == foreign and (int(d) % 2 == 0) == woman
    )
    assert found(f"{before} {day:%y%m%d}{gap}{digit}{rest} {after}", TODAY)


@given(st.integers(0, 999_999), st.integers(0, 9), tail)
def test_a_date_that_no_calendar_has_is_never_found(first, digit, rest):
    head = f"{first:06}"
    valid = False
    if str(digit) in CENTURY:
        try:
            valid = date(CENTURY[str(digit)] + int(head[:2]), int(head[2:4]), int(head[4:])) <= TODAY
        except ValueError:
            valid = False
    assert found(f"{head}-{digit}{rest}", TODAY) == valid


@given(st.dates(TODAY + timedelta(days=1), date(2099, 12, 31)), tail)
def test_nobody_is_born_in_the_future(day, rest):
    assert not found(f"{day:%y%m%d}-3{rest}", TODAY)
