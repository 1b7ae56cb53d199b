"""What else a family has at the hour it is about to choose: said before booking, by the hour itself.

Another counselling of the same student is refused by ``booking``; the rest is said and left to the family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.models import Student
from counseling.models import Booking, Mode
from krds.dates import kperiod
from programs import engagements

if TYPE_CHECKING:
    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

    from accounts.models import User


@dataclass(frozen=True)
class Clash:
    """One thing at the same hour. ``forbids`` says whether booking would be refused for it."""

    student: int
    sentence: str
    forbids: bool = False


def of(
    students: Sequence[Student], period: DateTimeTZRange, *, user: User, leaving: Booking | None = None
) -> list[Clash]:
    """What stands at ``period`` for these students of ``user``'s, in three queries at most.

    ``leaving`` is the booking that would move away, and does not count. Another child of the same
    guardian is told of only where somebody has to come along: a 대면 counselling at the same hour.
    """
    family = {student.pk: student for student in Student.objects.of_family(user)}
    there = Booking.objects.filter(student__in=family, period__overlap=period).select_related("topic")
    agreed = list(there.filter(state__in=Booking.AGREED).exclude(pk=leaving and leaving.pk).order_by("pk"))
    found = [_session(session) for session in engagements.of(students, period.lower, period.upper)]
    said: set[int] = set()  # of a brother or sister it is said once, whoever else may be chosen
    for student in students:
        for booking in agreed:
            if booking.student_id == student.pk:
                found.append(_own(student, booking))
            elif booking.mode == Mode.VISIT and booking.pk not in said:
                said.add(booking.pk)
                found.append(_siblings(student, family[booking.student_id], booking))
    return found


def _session(session: engagements.Engagement) -> Clash:
    sentence = _("같은 시간에 참여하는 프로그램이 있습니다: %(title)s, %(when)s") % {
        "title": session.title,
        "when": kperiod(session.starts_at, session.ends_at),
    }
    return Clash(session.student_id, sentence)


def _own(student: Student, booking: Booking) -> Clash:
    sentence = _("%(name)s님은 같은 시간에 다른 상담 예약이 있습니다: %(when)s") % {
        "name": student.name,
        "when": kperiod(booking.starts_at, booking.ends_at),
    }
    return Clash(student.pk, sentence, forbids=True)


def _siblings(student: Student, other: Student, booking: Booking) -> Clash:
    sentence = _("같은 시간에 %(name)s님의 대면 상담이 있습니다: %(when)s. 함께 오실 수 있는지 확인해 주세요.") % {
        "name": other.name,
        "when": kperiod(booking.starts_at, booking.ends_at),
    }
    return Clash(student.pk, sentence)
