"""Says to whoever applies for a programme which counselling stands at the same hours (``programs.clashes``)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Student
from counseling.models import Booking
from krds.dates import kperiod
from programs import clashes

if TYPE_CHECKING:
    from accounts.models import User


@clashes.register
def counselling_then(user: User, students: Sequence[Student], periods: Sequence[clashes.Period]) -> list[clashes.Clash]:
    """The children's own bookings; one query."""
    names = {student.pk: student.name for student in students}
    then = reduce(or_, (Q(period__overlap=period) for period in periods))
    rows = Booking.objects.filter(then, student__in=names, state__in=Booking.AGREED).order_by("period")
    return [
        clashes.Clash(
            booking.student_id,
            _("%(name)s님은 같은 시간에 상담 예약이 있습니다: %(when)s. 예약을 바꾸거나 다른 회차를 골라 주세요.")
            % {"name": names[booking.student_id], "when": kperiod(booking.starts_at, booking.ends_at)},
        )
        for booking in rows
    ]
