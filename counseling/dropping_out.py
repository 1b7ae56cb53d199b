"""A booth that does not come, or has to leave in the middle of its day: its times close, and each family is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils import timezone

from counseling import absence
from counseling.fairs import BUSY
from counseling.models import Booking, Booth
from lifecycle.locks import Refused, contended, lock
from programs.models import Run

if TYPE_CHECKING:
    from accounts.models import User


def hit(booth: Booth) -> QuerySet[Booking]:
    """Talks that are agreed, not over, and whose visitor does not stand at the booth already."""
    ahead = Booking.objects.filter(topic__booth=booth, state=Booking.State.BOOKED, period__endswith__gt=timezone.now())
    return ahead.select_related("student").order_by("period", "pk")


def drop_out(booth: Booth, *, by: User, reason: str) -> absence.Outcome:
    """Take the booth out of the fair from now on, as a sudden absence of its officer (``absence.settle``).

    First nobody can book there any more, then what is booked is cancelled, one family after the other. Who has
    arrived is left to those who stand in front of it. Done again it helps whoever was left over.

    Args:
        reason: what the families read.

    Raises:
        Refused: the booth has no times yet, or somebody changes the fair just now.
    """
    if booth.counselor is None:
        raise Refused("아직 시간을 만들지 않은 부스입니다. 부스의 ‘참가’를 꺼 주세요.")
    with contended(BUSY, Refused), transaction.atomic():
        lock(Run.objects, booth.fair.run_id)
        Booth.objects.filter(pk=booth.pk).update(active=False)  # so that no times are made anew
    officer, now = [booth.counselor], timezone.now()
    last = booth.counselor.slots.standing().order_by("-period").first()
    if last is None or last.ends_at <= now:
        return absence.Outcome()
    period = DateTimeTZRange(now, last.ends_at, "[)")
    closed = absence.settle(officer, period, {}, by=by, reason=reason)
    decisions = dict.fromkeys(hit(booth).values_list("pk", flat=True), absence.CANCEL)
    done = absence.settle(officer, period, decisions, by=by, reason=reason)
    done.withdrawn += closed.withdrawn
    return done
