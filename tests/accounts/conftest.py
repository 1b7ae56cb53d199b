"""People, and the post room as the recipients see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import count

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from accounts.models import ConsentText, Guardianship, Neighbourhood, Student, User
from notices.models import Notice

_numbers = count(1)


@pytest.fixture(autouse=True)
def people_room(db):
    """Rows that migrations write and a transactional test may have emptied; limits start afresh."""
    cache.clear()
    for kind in ConsentText.Kind:
        defaults = {"title": kind.label, "body": "문안", "valid_from": timezone.now()}
        ConsentText.objects.get_or_create(kind=kind, version=1, defaults=defaults)
    Neighbourhood.objects.get_or_create(name="가산동", defaults={"in_district": True, "position": 1})


def phone_number() -> str:
    return f"0100000{next(_numbers):04d}"


@pytest.fixture
def person() -> Callable[..., User]:
    """An adult with a proved phone; ``person(birth_date=…)`` for anybody else."""

    def person(**fields) -> User:
        fields.setdefault("name", "김보호")
        fields.setdefault("birth_date", date(1985, 5, 5))
        if not fields.get("email"):
            fields.setdefault("phone", phone_number())
            fields.setdefault("phone_verified_at", timezone.now())
        return User.objects.create_user(password="금천의 봄 2026", **fields)

    return person


@pytest.fixture
def pupil() -> Callable[..., Student]:
    """A student of 중1 and their guardians: ``pupil(mother, father)``."""

    def pupil(*guardians: User, **fields) -> Student:
        values = {"name": "김하늘", "birth_date": date(2013, 3, 2), "grade": 7} | fields
        student = Student.objects.create(**values)
        for guardian in guardians:
            Guardianship.objects.create(
                guardian=guardian, student=student, relation="mother", confirmed_at=timezone.now()
            )
        return student

    return pupil


def told(address: str, kind: str = "") -> list[str]:
    """What was written to an address, secrets included, oldest first."""
    notices = Notice.objects.filter(address=address).order_by("pk")
    if kind:
        notices = notices.filter(kind=f"accounts.{kind}")
    return [notice.spoken_body() for notice in notices]


def code_for(address: str) -> str:
    """The last code sent to an address."""
    return re.search(r"\d{6}", told(address, "code")[-1]).group()


def path_for(address: str, kind: str) -> str:
    """The path of the last secret link sent to an address."""
    return re.search(re.escape(settings.SITE_URL) + r"(/\S+)", told(address, kind)[-1]).group(1)
