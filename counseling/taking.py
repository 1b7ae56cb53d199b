"""What everybody does who takes a time for a student: look under the locks, make room, ask the rules, agree.

``booking`` takes a time anew, ``changing`` takes another for a booking, ``answering`` takes one that was offered.
Whoever calls these holds the slot (``slot_of``) before anything else, and ``standing`` before ``make_room`` and
``admit``, which count what it holds (``docs/locks.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Student
from counseling import notices, rules, sensitive, waiting
from counseling.models import Booking, Slot, Topic
from lifecycle.locks import Refused, contended, lock, lock_key

if TYPE_CHECKING:
    from accounts.models import User

State = Booking.State

TAKEN = gettext_lazy("방금 다른 분이 예약한 시간입니다. 다른 시간을 골라 주세요.")
LAPSED = gettext_lazy("시간을 맡아 둔 기한이 지났습니다. 시간을 다시 골라 주세요.")
CLOSED = gettext_lazy(
    "센터 사정으로 이 시간에 상담을 열지 못하게 되어 맡아 둔 자리를 거두었습니다. 죄송합니다. 다른 시간을 골라 주세요."
)
OFFERED = gettext_lazy("대기하시던 자리로 제안된 시간입니다. ‘내 대기’에서 제안에 답해 주세요.")


# Written by hand: the ORM takes longer to write it than PostgreSQL to answer it.
STANDING = """
    SELECT *
    FROM counseling_booking
    WHERE (slot_id = %(slot)s AND state = ANY(%(occupying)s))
       OR (student_id = %(student)s AND state = ANY(%(ahead)s) AND upper(period) > %(now)s)
       OR (booked_by_id = %(holder)s AND state = %(held)s)
       OR id = %(own)s
    ORDER BY id
    FOR NO KEY UPDATE
"""


class Taken(Refused):
    """This time cannot be had; another one may."""


class NotNow(Refused):
    """Another time would not help: enough bookings ahead, a deadline past, a state that forbids it."""


class NeedsConsent(NotNow):
    """The topic may touch health or feelings, and nobody agreed to that for this student (``sensitive``)."""


class OfferOver(Taken):
    """An unanswered offer keeps the time, and its deadline is past: the next in line comes before this person."""

    def __init__(self, offer_id: int) -> None:
        super().__init__(str(TAKEN))
        self.offer_id = offer_id


def after_the_queue(act: Callable[..., Booking]) -> Callable[..., Booking]:
    """Let the queue have what an unanswered offer kept; then try once more."""

    @wraps(act)
    def acting(*args: Any, **kwargs: Any) -> Booking:
        try:
            return act(*args, **kwargs)
        except OfferOver as over:
            with contended(str(TAKEN), Taken):
                waiting.lapse(over.offer_id)
            return act(*args, **kwargs)

    return acting


def slot_of(pk: int) -> Slot:
    """Hold the slot row until commit: the one lock that decides who gets it."""
    try:
        return lock(Slot.objects.select_related("counselor", "room__venue"), pk)
    except Slot.DoesNotExist:
        raise Taken(_("없어진 시간입니다. 다른 시간을 골라 주세요.")) from None


def gone(booking: Booking) -> str:
    """What to say of a hold that is no more: it ran out, or the centre took its time back (``absence``)."""
    stands = Slot.objects.filter(pk=booking.slot_id, published=True, withdrawn_at=None).exists()
    return str(LAPSED if stands else CLOSED)


def check(slot: Slot, topic: Topic, mode: str, now: datetime, *, by_staff: bool = False) -> None:
    """Refuse with the slot's own reason: what it is for, and whether the clock still allows it."""
    if refusal := slot.refusal(topic, mode, now=now, by_staff=by_staff):
        raise Taken(str(refusal.label))


def standing(
    slot: Slot, student: Student, now: datetime, *, holder: User | None = None, own: Booking | None = None
) -> list[Booking]:
    """Whatever may stand in the way, held until commit together with the student row.

    Bookings and holds of the slot, those of the student that are not over, every hold of ``holder``, and ``own``.
    """
    lock_key(Student, student.pk)
    asked = {
        "slot": slot.pk,
        "student": student.pk,
        "holder": holder and holder.pk,
        "own": own and own.pk,
        "now": now,
        "held": State.HELD.value,
        "ahead": [State.HELD.value, *(state.value for state in Booking.AGREED)],
        "occupying": [state.value for state in Booking.OCCUPYING],
    }
    return list(Booking.objects.raw(STANDING, asked))


def agreed(found: Iterable[Booking], slot: Slot, student: Student) -> Booking | None:
    """This very slot, if this very student has it already: a double click, the back button."""
    same = (b for b in found if b.slot_id == slot.pk and b.student_id == student.pk)
    return next((b for b in same if b.state in Booking.AGREED), None)


def meets(booking: Booking, slot: Slot, period: DateTimeTZRange) -> bool:
    """Whether ``booking`` is in this slot, or at the same time; intervals are half-open."""
    return booking.slot_id == slot.pk or (booking.starts_at < period.upper and period.lower < booking.ends_at)


def make_room(
    slot: Slot, period: DateTimeTZRange, others: Iterable[Booking], student: Student, now: datetime, *, by: User
) -> None:
    """Lapse what is over, give up what the same person holds, and refuse if anything else stands in the way.

    What an offer keeps is given up by its answer alone, and counts against no cap.

    Raises:
        OfferOver: the queue comes first.
        Taken: somebody else has the slot, or the student is somewhere else then.
    """
    for other in others:
        in_the_way = meets(other, slot, period)
        lapsed = other.has_lapsed(now)
        own = other.booked_by_id == by.pk or (other.slot_id, other.student_id) == (slot.pk, student.pk)
        if other.offer_id and other.state == State.HELD:
            if in_the_way and lapsed:
                raise OfferOver(other.offer_id)
            if in_the_way:
                raise Taken(str(OFFERED if other.student_id == student.pk else TAKEN))
        elif lapsed or (other.state == State.HELD and own):
            reason = "맡아 둔 시간이 지남" if lapsed else "다른 시간이나 다른 사람의 예약으로 바꿈"
            other.move(State.RELEASED, by=None if lapsed else by, reason=reason)
        elif other.slot_id == slot.pk:
            raise Taken(str(TAKEN))
        elif in_the_way:
            raise Taken(rules.elsewhere(student.name, other.starts_at))


def admit(
    slot: Slot,
    topic: Topic,
    student: Student,
    now: datetime,
    *,
    but: Booking | None = None,
    overridden: frozenset[str] = frozenset(),
) -> None:
    """Refuse with the engine's own sentence. Counts under the student's lock, which ``standing`` took."""
    verdict = rules.verdict(student.pk, topic, slot.starts_at, now=now, but=but, overridden=overridden)
    if not verdict.allowed:
        raise NotNow(verdict.sentence)


def need_consent(student: Student, topic: Topic) -> None:
    """Nothing sensitive is agreed to without the consent of its own."""
    if sensitive.is_missing(student, topic):
        raise NeedsConsent(sensitive.sentence(student, topic))


def agree(booking: Booking, now: datetime, *, by: User, reason: str = "") -> None:
    """Turn a hold into an agreed booking and tell everybody."""
    booking.move(State.BOOKED, by=by, reason=reason, booked_at=now, held_until=None)
    notices.booked(booking)
