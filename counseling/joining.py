"""Taking a place in the queue for a time, and giving it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Student
from counseling import rules, waiting, waiting_notices
from counseling.models import Booking, Slot, Wish, family_of
from counseling.models.slots import midnight
from intake.admission import Occasion, Verdict, judge
from lifecycle.locks import Refused, contended, lock
from lifecycle.models import Transition

if TYPE_CHECKING:
    from accounts.models import User

FIRST = 9  # before whom a priority or a referral lets in first: the centre took the time back
MOST_LOOKED_AT = 200  # free times that are held against a wish before it is taken

AGAIN = _("잠시 뒤에 다시 시도해 주세요.")


class CannotWait(Refused):
    """There is no place in the queue for this."""


class Suits(CannotWait):
    """Nobody has to wait: ``slots`` are free and fit the wish."""

    def __init__(self, slots: list[Slot]) -> None:
        super().__init__(_("바라는 조건에 맞는 시간이 지금 비어 있습니다. 기다리지 않고 바로 예약하실 수 있습니다."))
        self.slots = slots


def join(wish: Wish, *, by: User) -> Wish:
    """Put an unsaved ``wish`` at the end of the line; asked twice, it is the same place with the last words.

    The place is kept until the wish's last day, at most the queue's ``weeks``, and for an earlier time at
    most until the booking that is to be moved.

    Raises:
        Suits: a free time fits already.
        CannotWait: the student is nobody's business of ``by``, may not book this topic, has booked it already,
            or has nothing to move.
    """
    with contended(str(AGAIN), CannotWait), transaction.atomic():
        lock(Student.objects.only("pk"), wish.student_id)
        now = timezone.now()
        if wish.booking is not None:  # it may have been cancelled or moved since the page was drawn
            wish.booking = Booking.objects.for_page().get(pk=wish.booking.pk)
        if not family_of(by).filter(pk=wish.student_id).exists():
            raise CannotWait(_("대기할 학생을 다시 골라 주세요."))
        _may_wait(wish, now)
        queue = waiting.enter()
        if slots := fitting(wish, now):
            raise Suits(slots)
        wish.until = _until(wish, now, timedelta(weeks=queue.weeks))
        if wish.until <= now:
            raise CannotWait(_("기다릴 수 있는 날이 지났습니다. 날짜를 다시 골라 주세요."))
        standing = Wish.objects.filter(student=wish.student_id, topic=wish.topic_id, state=Wish.State.WAITING).first()
        if standing and standing.until <= now:
            waiting.end(standing, _("기다리는 기간이 끝났습니다."), by=None)
            standing = None
        if standing:
            return _reword(standing, wish)
        wish.asked_by, wish.joined_at, wish.priority = by, now, _priority(wish, now)
        wish.save(force_insert=True)
        waiting_notices.joined(wish)
        return wish


WORDS = ("modes", "weekdays", "parts", "not_before", "not_after", "first_day", "last_day", "counselor", "until")


def _reword(standing: Wish, wish: Wish) -> Wish:
    """What is waited for may change; the place in the line stays."""
    if standing.booking_id != wish.booking_id:
        raise CannotWait(_("이 주제의 대기가 이미 있습니다. ‘내 대기’에서 먼저 취소해 주세요."))
    for name in WORDS:
        setattr(standing, name, getattr(wish, name))
    standing.save(update_fields=WORDS)
    return standing


def _priority(wish: Wish, now: datetime) -> int:
    """1 for whom staff gave a priority or a teacher referred, else 0; nobody else is told why."""
    _, person = rules.facts(wish.student_id, wish.topic, now=now)
    return int(person.priority or wish.topic_id in person.referred)


def _may_wait(wish: Wish, now: datetime) -> None:
    wish.earlier = wish.booking is not None
    if not wish.topic.active:
        raise CannotWait(_("지금은 예약을 받지 않는 주제입니다."))
    if wish.booking is None:
        if Booking.objects.upcoming().filter(student=wish.student_id, topic=wish.topic_id).exists():
            raise CannotWait(
                _(
                    "이 주제로 다가오는 예약이 있습니다. 더 빠른 시간을 기다리시려면 그 예약에서 ‘더 빠른 시간 기다리기’를 눌러 주세요."
                )
            )
        verdict = _may_book_at_all(wish, now)
        if not verdict.allowed:
            raise CannotWait(verdict.sentence)
        return
    own = wish.booking
    if (own.student_id, own.topic_id) != (wish.student_id, wish.topic_id) or not own.can_be_cancelled:
        raise CannotWait(_("이 예약은 다른 시간으로 옮길 수 없습니다. 센터로 전화해 주세요."))


def _may_book_at_all(wish: Wish, now: datetime) -> Verdict:
    """What the rules say today, whatever the time may be; when a day opens does not matter yet."""
    its, person = rules.facts(wish.student_id, wish.topic, now=now)
    return judge(its, person, Occasion(timezone.localdate(now), wish.topic_id), now=now)


def _until(wish: Wish, now: datetime, longest: timedelta) -> datetime:
    ends = [now + longest]
    if wish.last_day and wish.last_day < timezone.localdate(ends[0]):  # the calendar itself ends with 9999
        ends.append(midnight(wish.last_day + timedelta(days=1)))
    if wish.booking:
        ends.append(wish.booking.starts_at)
    return min(ends)


def fitting(wish: Wish, now: datetime, most: int = 3) -> list[Slot]:
    """Free times that the student could book at once and that fit ``wish``, the earliest first."""
    free = Slot.objects.free(topic=wish.topic).select_related("counselor")[:MOST_LOOKED_AT]
    found = [slot for slot in free if wish.fits(slot)]
    taken = list(
        Booking.objects.occupying(now)
        .filter(student=wish.student_id, period__endswith__gt=now)
        .values_list("period", flat=True)
    )
    sessions = [(slot, slot.session(wish.topic)) for slot in found]
    return [
        slot
        for slot, session in sessions
        if not any(period.lower < session.upper and session.lower < period.upper for period in taken)
    ][:most]


def stand_first(booking: Booking, *, by: User, reason: str) -> Wish | None:
    """Whoever lost a time through the centre waits before all others; the caller says so with what it has to say.

    Somebody who waits for this topic already goes to the front. ``None`` where there is nothing to wait for: the
    topic is closed or a fair's, or another counselling on it lies ahead. The caller holds the rows of the student and the booking.
    """
    queue, now = waiting.enter(), timezone.now()
    student, topic = booking.student_id, booking.topic
    if not topic.active or topic.at_fair or Booking.objects.upcoming().filter(student=student, topic=topic).exists():
        return None
    wish = Wish.objects.filter(student=student, topic=topic, state=Wish.State.WAITING).first()
    if wish and wish.until <= now:
        waiting.end(wish, _("기다리는 기간이 끝났습니다."), by=None)
        wish = None
    before = wish.state if wish else ""
    if wish is None:
        until = now + timedelta(weeks=queue.weeks)
        wish = Wish(student_id=student, topic=topic, modes=[booking.mode], asked_by=by, joined_at=now, until=until)
    wish.priority = FIRST
    wish.save()
    Transition.objects.create(subject=wish, from_state=before, to_state=wish.state, by=by, reason=reason)
    return wish


def withdraw(wish: Wish, *, by: User) -> Wish:
    """Give the place back; what is offered goes to the next in line. A second click changes nothing."""
    return _out(wish, Wish.State.LEFT, _("대기를 취소하셨습니다."), by=by)


def remove(wish: Wish, *, by: User, reason: str) -> Wish:
    """Staff take a wish out of the queue; the family reads why."""
    return _out(wish, Wish.State.REMOVED, reason, by=by)


def _out(wish: Wish, to: Wish.State, reason: str, *, by: User) -> Wish:
    with contended(str(AGAIN), CannotWait), transaction.atomic():
        waiting.take_bookings(wish.student_id, [], timezone.now())
        waiting.enter()
        wish = Wish.objects.for_page().get(pk=wish.pk)
        if wish.state == Wish.State.WAITING:
            waiting.leave(wish, reason, by=by, to=to)
        return wish


def put_back(wish: Wish, *, by: User, reason: str) -> Wish:
    """Staff put a wish back where it stood in the line: it went by mistake.

    Raises:
        CannotWait: it was served, or the student waits for this topic anew.
    """
    with contended(str(AGAIN), CannotWait), transaction.atomic():
        lock(Student.objects.only("pk"), wish.student_id)
        queue, now = waiting.enter(), timezone.now()
        wish = Wish.objects.for_page().get(pk=wish.pk)
        if wish.state == Wish.State.WAITING:
            return wish
        if Wish.State.WAITING not in wish.MOVES[wish.state]:
            raise CannotWait("자리를 받은 대기는 되돌릴 수 없습니다.")
        if wish.earlier and wish.booking is None:
            raise CannotWait("옮길 예약이 없어 되돌릴 수 없습니다.")
        if waiting.is_wanted(wish.student_id, wish.topic_id):
            raise CannotWait("이 학생은 이 주제를 이미 다시 기다리고 있습니다.")
        _may_wait(wish, now)
        until = max(_until(wish, now, timedelta(weeks=queue.weeks)), wish.until)
        wish.move(Wish.State.WAITING, by=by, reason=reason, until=until, passes=0)
        waiting_notices.joined(wish)
        return wish
