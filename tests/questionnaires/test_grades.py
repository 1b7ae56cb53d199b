"""A grade is a number on a scale, and scales are never mixed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from questionnaires.grades import Grade, MixedScales, mean


@pytest.mark.parametrize(("scale", "value"), [(9, "1"), (9, "9"), (9, "2.35"), (5, "1.8"), (5, "5.00")])
def test_a_grade_keeps_its_scale(scale, value):
    assert Grade.parse(Grade(scale, Decimal(value)).keep()) == Grade(scale, Decimal(value))


@pytest.mark.parametrize(
    ("scale", "value"), [(9, "0.99"), (9, "9.01"), (5, "5.01"), (5, "7"), (7, "3"), (9, "2.345"), (9, "NaN")]
)
def test_what_is_no_grade_of_the_scale_is_refused(scale, value):
    with pytest.raises(ValueError):
        Grade(scale, Decimal(value))


@pytest.mark.parametrize("kept", [None, 3, {"scale": 9}, {"scale": 9, "value": "two"}, {"scale": "9", "value": "2"}])
def test_rubbish_is_no_grade(kept):
    with pytest.raises(ValueError):
        Grade.parse(kept)


def test_the_mean_is_of_one_scale_half_up():
    grades = [Grade(9, Decimal(value)) for value in ("2.35", "2.34")]
    assert mean(grades) == Grade(9, Decimal("2.35"))  # 2.345, and Python's own rounding would say 2.34
    assert mean([]) is None


def test_two_scales_have_no_mean():
    with pytest.raises(MixedScales):
        mean([Grade(9, Decimal("2.35")), Grade(5, Decimal("1.80"))])


def test_a_grade_says_its_scale():
    assert str(Grade(9, Decimal("2.35"))) == "2.35등급 (9등급제)"
    assert str(Grade(5, Decimal("2.00"))) == "2등급 (5등급제)"
