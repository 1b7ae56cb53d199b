"""The invented centre lives by its own rules."""

from __future__ import annotations

import pytest

from counseling import doctor
from intake.models import Appeal, Referral

pytestmark = pytest.mark.django_db


def test_the_doctor_finds_nothing_in_the_demo(town):
    assert doctor.check() == []


def test_there_is_something_to_answer_and_something_to_read(town):
    assert Appeal.objects.waiting().count() == 1
    assert Referral.objects.get().student.user.email.startswith("student@")
