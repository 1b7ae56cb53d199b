"""Taking a time, keeping it, giving it back: the only way in for families, staff and programs alike.

Guards, in the order in which rows are taken (``docs/locks.md``): the slot row, the student row, then bookings
by key, then the queue of those who wait. The slot's lock makes one winner; the student's makes the cap hold.
Behind them stand a partial unique index (one live booking per slot) and an exclusion (a student is in one place).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Student
from counseling import missed, notices, papers, rules, sensitive, taking, waiting
from counseling.models import Booking, Slot, Topic
from counseling.taking import OFFERED, TAKEN, NotNow, Taken
from krds.dates import kdatetime
from lifecycle.locks import contended, lock, lock_key
from lifecycle.models import StaleState, Transition

if TYPE_CHECKING:
    from accounts.models import User

State = Booking.State

# By one person. Booking and cancelling in turns would spend the month's text messages in an hour.
MOST_CANCELLED_A_DAY = 10


@taking.after_the_queue
def hold(slot_id: int, *, student: Student, topic: Topic, mode: str, by: User, question: str = "") -> Booking:
    """Keep a slot for ``COUNSELING_HOLD_MINUTES`` while a family checks what it entered.

    Asked again for the same slot and student it is the same hold, with what was entered last; a slot
    that the student has already is returned as the booking it is. Any other hold of the same person
    is given up: one person decides on one time.

    Raises:
        Taken: the slot cannot be had, or the student is somewhere else then.
        NotNow: the topic's rules do not let this student in; the sentence says why and from when.
    """
    with contended(str(TAKEN), Taken), transaction.atomic():
        slot, now = taking.slot_of(slot_id), timezone.now()
        standing = taking.standing(slot, student, now, holder=by)
        if agreed := taking.agreed(standing, slot, student):
            return agreed
        taking.check(slot, topic, mode, now)
        mine = next((b for b in standing if b.slot_id == slot.pk and b.booked_by_id == by.pk and not b.offer_id), None)
        if mine and mine.student_id != student.pk:
            mine = None  # a sibling after all
        taking.make_room(slot, slot.session(topic), [b for b in standing if b is not mine], student, now, by=by)
        taking.admit(slot, topic, student, now, but=mine)
        entered = {
            "topic": topic,
            "mode": mode,
            "period": slot.session(topic),
            "question": question,
            "held_until": now + timedelta(minutes=settings.COUNSELING_HOLD_MINUTES),
        }
        if mine is None:
            mine = Booking(slot=slot, student=student, state=State.HELD, booked_by=by, **entered)
            mine.save(force_insert=True)
            return mine
        for name, value in entered.items():
            setattr(mine, name, value)
        mine.save(update_fields=list(entered))
        return mine


@taking.after_the_queue
def confirm(booking: Booking, *, by: User) -> Booking:
    """Turn a hold into a booking and tell everybody. A second click changes nothing and says nothing.

    A hold keeps its slot by itself, so the move of its own row is guard enough. One that is over still
    counts as long as nobody took its place; that is found out under the slot's lock. Whoever waits for
    this topic leaves the queue with it, which takes all locks.

    Raises:
        Taken: the hold is gone.
        NotNow: as ``hold``, when the hold is over.
        NeedsConsent: the topic asks for a consent that nobody gave; the hold stays.
    """
    try:
        with contended(str(TAKEN), Taken), transaction.atomic():
            now, wishes = timezone.now(), []
            if booking.offer_id and booking.state == State.HELD:
                raise Taken(str(OFFERED))
            lapsed = booking.has_lapsed(now)
            if booking.state == State.HELD:
                taking.need_consent(booking.student, booking.topic)
            if lapsed or waiting.is_wanted(booking.student_id, booking.topic_id):
                slot = taking.slot_of(booking.slot_id)
                others = [b for b in taking.standing(slot, booking.student, now) if b.pk != booking.pk]
                if lapsed:
                    taking.check(slot, booking.topic, booking.mode, now)
                    taking.make_room(slot, booking.period, others, booking.student, now, by=by)
                    taking.admit(slot, booking.topic, booking.student, now, but=booking)
                wishes = waiting.reserve(booking.student_id, booking.topic_id)
            if booking.state == State.HELD:
                taking.agree(booking, now, by=by)
                waiting.booked(wishes, by=by)
    except StaleState:
        booking.refresh_from_db(fields=["state"])
    if booking.state != State.BOOKED:
        raise Taken(taking.gone(booking))
    return booking


@taking.after_the_queue
def book(
    slot_id: int,
    *,
    student: Student,
    topic: Topic,
    mode: str,
    by: User,
    question: str = "",
    on_behalf: bool = False,
    exception: str = "",
    consent: str = "",
    consent_by: str = "",
) -> Booking:
    """Book in one step. With ``on_behalf`` staff book for a caller, also after the families' deadline.

    Staff need no reason to book before a day opens; with ``exception``, a reason that stays in the trail,
    no rule about the person stands in the way. ``consent`` is how staff were given the consent that a
    sensitive topic asks for (``sensitive.Taken``), ``consent_by`` who gave it. Asked twice, it is the same booking.

    Raises:
        Taken: the slot cannot be had, or the student is somewhere else then.
        NeedsConsent: the topic asks for a consent that nobody gave; no exception stands in for it.
        NotNow: the topic's rules do not let this student in; the sentence says why and from when.
    """
    with contended(str(TAKEN), Taken), transaction.atomic():
        slot, now = taking.slot_of(slot_id), timezone.now()
        standing = taking.standing(slot, student, now)
        if agreed := taking.agreed(standing, slot, student):
            return agreed
        taking.check(slot, topic, mode, now, by_staff=on_behalf)
        taking.make_room(slot, slot.session(topic), standing, student, now, by=by)
        if not (on_behalf and exception):
            taking.admit(slot, topic, student, now, overridden=rules.FREE_FOR_STAFF if on_behalf else frozenset())
        if on_behalf and consent:
            sensitive.taken_down(student, topic, consent, who=consent_by, by=by)
        taking.need_consent(student, topic)
        wishes = waiting.reserve(student.pk, topic.pk)
        booking = Booking(
            slot=slot,
            student=student,
            topic=topic,
            mode=mode,
            period=slot.session(topic),
            question=question,
            state=State.HELD,
            held_until=now,
            booked_by=by,
            on_behalf=on_behalf,
        )
        booking.save(force_insert=True)
        taking.agree(booking, now, by=by, reason=f"규칙 예외: {exception}" if exception else "")
        waiting.booked(wishes, by=by)
        return booking


def release(booking: Booking, *, by: User) -> None:
    """Give a hold back before its time is over. Giving back what is gone already is no mistake."""
    with contended(str(TAKEN), Taken), transaction.atomic():
        slot = taking.slot_of(booking.slot_id)
        taking.standing(slot, booking.student, timezone.now())
        held = lock(Booking.objects, booking.pk)
        if held.state == State.HELD and held.offer_id is None:
            held.move(State.RELEASED, by=by, reason="다른 시간을 고르려고 돌려줌")
            waiting.slot_freed(slot)


def cancel(
    booking: Booking, *, by: User | None, reason: str, by_centre: bool = False, tell_family: bool = True
) -> Booking:
    """Give up an agreed time and tell everybody. A second click changes nothing and says nothing.

    Without ``tell_family`` the caller says it, because it has more to say (``absence``).

    Raises:
        NotNow: the deadline for families is past, the counselling is not ahead any more, or this person
            cancelled too much today.
    """
    with contended(str(_("잠시 뒤에 다시 시도해 주세요.")), NotNow), transaction.atomic():
        slot, booking = _with_its_slot(booking)
        if booking.state == State.CANCELLED:
            return booking
        if booking.state != State.BOOKED:
            raise NotNow(_("예약이 확정된 상담만 취소할 수 있습니다."))
        if not by_centre and _cancelled_lately(by) >= MOST_CANCELLED_A_DAY:
            raise NotNow(_("오늘은 인터넷으로 더 취소할 수 없습니다. 센터로 전화해 주세요."))
        if not by_centre and timezone.now() >= booking.cancel_until:
            until = kdatetime(booking.cancel_until)
            raise NotNow(_("인터넷 취소 기한(%(until)s)이 지났습니다. 센터로 전화해 주세요.") % {"until": until})
        booking.move(State.CANCELLED, by=by, reason=reason, sequence=booking.sequence + 1)
        papers.void(booking, by=by, reason="예약 취소")
        notices.cancelled(booking, by_centre=by_centre, reason=reason, to_family=tell_family)
        waiting.cancelled(booking, by=by)
        waiting.slot_freed(slot)
        return booking


def _with_its_slot(booking: Booking) -> tuple[Slot, Booking]:
    """A booking with the slot it is in and its student's others, held until commit in the order of the law.

    It may be moved while its slot is waited for; then that slot is let go, and the new one taken.
    """
    for _attempt in range(3):
        before = transaction.savepoint()
        slot = taking.slot_of(Booking.objects.values_list("slot", flat=True).get(pk=booking.pk))
        taking.standing(slot, booking.student, timezone.now())
        current = lock(Booking.objects.for_page(), booking.pk)
        if current.slot_id == slot.pk:
            return slot, current
        transaction.savepoint_rollback(before)
    raise NotNow(_("방금 다른 시간으로 바뀐 예약입니다. 새 시간을 확인해 주세요."))


def _cancelled_lately(by: User) -> int:
    """How many bookings this person cancelled in the last 24 hours."""
    lately = Transition.objects.filter(by=by, to_state=State.CANCELLED, at__gt=timezone.now() - timedelta(days=1))
    return lately.filter(subject_type=ContentType.objects.get_for_model(Booking)).count()


def mark(booking: Booking, to: Booking.State, *, by: User) -> Booking:
    """Write down what happened: the student arrived, the counselling took place, nobody came.

    Raises:
        NotNow: it has not begun, or this cannot follow what was written down before.
    """
    with contended("잠시 뒤에 다시 시도해 주세요.", NotNow), transaction.atomic():
        lock_key(Student, booking.student_id)  # a no-show is counted, and a student comes before a booking
        student, booking = booking.student_id, lock(Booking.objects.for_page(), booking.pk)
        if booking.student_id != student:
            raise NotNow("방금 예약한 학생이 바뀌었습니다. 다시 확인해 주세요.")
        if booking.state == to:
            return booking
        if to not in booking.MOVES[booking.state] or to not in Booking.MARKS:
            raise NotNow(f"‘{booking.get_state_display()}’ 상태에서는 ‘{State(to).label}’(으)로 바꿀 수 없습니다.")
        now = timezone.now()
        if to in {State.DONE, State.NO_SHOW} and now < booking.starts_at:
            raise NotNow("상담 시작 시각이 지난 뒤에 처리할 수 있습니다.")
        if to == State.ARRIVED and timezone.localdate(booking.starts_at) != timezone.localdate(now):
            raise NotNow("도착은 상담 당일에만 처리할 수 있습니다.")
        before = booking.state
        booking.move(to, by=by)
        if to == State.NO_SHOW:
            papers.void(booking, by=by, reason="상담에 오지 않음")
        missed.follow(booking, before, by=by)
        return booking
