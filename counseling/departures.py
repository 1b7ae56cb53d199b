"""Whoever still has a counselling ahead cancels it before leaving; asked by ``accounts.leaving``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import leaving
from accounts.models import Student
from counseling.models import Booking, Wish

if TYPE_CHECKING:
    from accounts.models import User


@leaving.register
def bookings_ahead(user: User | None, students: Sequence[Student]) -> list[leaving.Blocker]:
    ahead = Booking.objects.upcoming().filter(student__in=students).count()
    if not ahead:
        return []
    sentence = _("다가오는 상담 예약 %(number)d건을 먼저 취소해 주세요.") % {"number": ahead}
    return [leaving.Blocker(sentence, reverse("counseling:bookings"))]


@leaving.register
def wishes_waiting(user: User | None, students: Sequence[Student]) -> list[leaving.Blocker]:
    waiting = Wish.objects.filter(student__in=students, state=Wish.State.WAITING).count()
    if not waiting:
        return []
    sentence = _("상담 대기 %(number)d건을 먼저 취소해 주세요.") % {"number": waiting}
    return [leaving.Blocker(sentence, reverse("counseling:waiting"))]
