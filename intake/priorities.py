"""Giving a student a place in the first stage, for a time, without anybody else learning of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.models import Student
from intake.models import Priority
from lifecycle.locks import Refused, contended, lock

if TYPE_CHECKING:
    from accounts.models import User

LONGEST = 366  # days; a priority is looked at again every year


def give(student: Student, *, first_day: date, last_day: date, reason: str, by: User) -> Priority:
    """From ``first_day`` through ``last_day`` (KST days, both included) this student comes with the invited.

    Raises:
        Refused: the days are over, too long, or overlap another priority of this student.
    """
    if last_day < timezone.localdate() or last_day < first_day:
        raise Refused("마지막 날은 오늘과 시작일보다 앞설 수 없습니다.")
    if (last_day - first_day).days > LONGEST:
        raise Refused("한 번에 1년까지 줄 수 있습니다. 해마다 다시 확인해 주세요.")
    with contended("잠시 뒤에 다시 시도해 주세요."), transaction.atomic():
        lock(Student.objects.only("pk"), student.pk)
        others = Priority.objects.filter(student=student, ended_at=None, first_day__lte=last_day)
        if others.filter(last_day__gte=first_day).exists():
            raise Refused("그 기간에 이미 우선 지원이 있습니다. 먼저 끝내거나 기간을 바꿔 주세요.")
        return Priority.objects.create(
            student=student, first_day=first_day, last_day=last_day, reason=reason, given_by=by
        )


def end(priority: Priority, *, by: User) -> bool:
    """End it now; ``False`` when it was ended before."""
    now = timezone.now()
    return bool(Priority.objects.filter(pk=priority.pk, ended_at=None).update(ended_at=now, ended_by=by))
