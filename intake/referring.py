"""A teacher asks the centre to see a student; the reason is for teacher, counsellor and family alone.

Rooms say for what one may be referred::

    referring.register("counseling", subjects_of_counseling)  # () -> list[Subject]

A teacher finds a student only by what a teacher knows anyway: name and birth date at the own school, or a
code that the family gave. Wrong guesses are counted by day.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Affiliation, School, Student, User
from intake import notices
from intake.models import Referral, ReferralCode
from lifecycle import access
from lifecycle.locks import Refused, contended, lock
from lifecycle.models import AccessLog, StaleState

if TYPE_CHECKING:
    from django.http import HttpRequest

VALID_DAYS = 90  # how long a referral lets its student come first
CODE_DAYS = 14
MOST_MISSES = 10  # a day; a teacher knows the pupils' names
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that look alike
# Neutral words: whoever reads the access log shall not learn who was referred.
LOOK, MISS = "학생 확인", "학생 확인(없음)"

State = Referral.State


@dataclass(frozen=True)
class Subject:
    """Something that takes referrals: a topic of counselling."""

    area: str
    pk: int
    label: str

    @property
    def key(self) -> str:
        return f"{self.area}:{self.pk}"


_areas: dict[str, Callable[[], list[Subject]]] = {}


def register(area: str, subjects: Callable[[], list[Subject]]) -> None:
    _areas[area] = subjects


def subjects() -> list[Subject]:
    """Everything that takes referrals now."""
    return [subject for found in _areas.values() for subject in found()]


def schools(user: User) -> models.QuerySet[School]:
    """Where this user teaches, as staff confirmed."""
    own = Affiliation.objects.current().filter(user=user, role=Affiliation.Role.TEACHER)
    return School.objects.filter(pk__in=own.values("school"))


def find(request: HttpRequest, *, name: str = "", birth_date: date | None = None, code: str = "") -> Student:
    """The one student who is meant, by code or by name and birth date at one's own school; written down either way.

    Raises:
        Refused: nobody is found by this, or too many wrong guesses today.
    """
    teacher = request.user
    with contended(_("잠시 뒤에 다시 시도해 주세요.")), transaction.atomic():
        lock(User.objects.only("pk"), teacher.pk)  # two guesses at once are two guesses
        day_ago = timezone.now() - timedelta(days=1)
        missed = AccessLog.objects.filter(by=teacher, what=MISS, at__gt=day_ago).count()
        student = None if missed >= MOST_MISSES else _found(teacher, name, birth_date, code)
        access.record(request, AccessLog.Act.VIEW, LOOK if student else MISS, subject=student)
    if missed >= MOST_MISSES:
        raise Refused(_("오늘은 더 찾을 수 없습니다. 내일 다시 하시거나 센터로 전화해 주세요."))
    if student is None:
        raise Refused(_("그런 학생을 찾지 못했습니다. 이름과 생년월일, 또는 가족이 알려 준 번호를 확인해 주세요."))
    return student


def _found(teacher: User, name: str, birth_date: date | None, code: str) -> Student | None:
    here, name = Student.objects.filter(left_at=None), unicodedata.normalize("NFC", name)
    if code:
        given = ReferralCode.objects.filter(code=code.replace("-", "").strip().upper(), valid_until__gt=timezone.now())
        return here.filter(pk__in=given.values("student")).first()
    pupils = here.filter(name=name, birth_date=birth_date, school__in=schools(teacher), status=Student.Status.ENROLLED)
    found = list(pupils[:2])
    return found[0] if len(found) == 1 else None  # two of one name and day: only the code tells them apart


def make_code(student: Student, *, by: User) -> ReferralCode:
    """A new code for a family to give away; the one before is no longer good."""
    code = "".join(secrets.choice(LETTERS) for _ in range(8))
    now = timezone.now()
    made = {"code": code, "made_by": by, "made_at": now, "valid_until": now + timedelta(days=CODE_DAYS)}
    return ReferralCode.objects.update_or_create(student=student, defaults=made)[0]


def refer(student: Student, subject: Subject, *, reason: str, teacher: User) -> Referral:
    """Refer a student whom ``find`` returned, and tell the family.

    Raises:
        Refused: not a teacher of any school, or this teacher referred the student for this already.
    """
    school = schools(teacher).first()
    if school is None:
        raise Refused(_("소속 학교가 확인된 교사만 의뢰할 수 있습니다."))
    with contended(_("이 학생을 같은 주제로 이미 의뢰하셨습니다.")), transaction.atomic():
        now = timezone.now()
        own = Referral.objects.filter(student=student, area=subject.area, subject=subject.pk, teacher=teacher)
        for row in own.filter(state=State.OPEN, valid_until__lte=now):
            row.move(State.DONE, by=None, reason="기한이 지남")
        referral = Referral.objects.create(
            student=student,
            area=subject.area,
            subject=subject.pk,
            what=subject.label,
            reason=reason,
            teacher=teacher,
            school=school,
            valid_until=now + timedelta(days=VALID_DAYS),
        )
        notices.referred(referral)
        return referral


def end(referral: Referral, to: str, *, by: User) -> Referral:
    """The family declines, the teacher withdraws, or the counsellor has done; a second click changes nothing."""
    try:
        with transaction.atomic():
            if referral.state == State.OPEN:
                referral.move(to, by=by)
    except StaleState:
        referral.refresh_from_db(fields=["state"])
    return referral
