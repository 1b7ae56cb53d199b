"""Changing an agreed booking: another time, another counsellor, a sibling in its place.

A moved booking stays itself: its number, trail, answers and record go with it. Its rows are taken in the
order of ``docs/locks.md``: old and new slot by key, the student, then bookings by key. The old time is
free again in the same transaction, and one message tells the old and the new.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Guardianship, Student
from counseling import notices, papers, rules, taking, waiting
from counseling.models import Booking, BookingChange, Slot, Topic
from counseling.taking import TAKEN, NotNow, Taken
from krds.dates import kdatetime
from lifecycle.locks import contended, lock, lock_key

if TYPE_CHECKING:
    from accounts.models import User
    from counseling.models import Counselor

State = Booking.State


def refusal(booking: Booking, now: datetime) -> str:
    """Why the family cannot change ``booking`` by itself now; empty when it can. The one home of this rule.

    Until the moment that the topic's rules name (that moment excluded), and as often as they say.
    """
    if booking.state != State.BOOKED:
        return _("예약이 확정된 상담만 바꿀 수 있습니다.")
    if now >= booking.change_until:
        until = kdatetime(booking.change_until)
        return _("인터넷 변경 기한(%(until)s)이 지났습니다. 센터로 전화해 주세요.") % {"until": until}
    most = booking.topic.deadlines.changes_most
    if most is not None and booking.changes.filter(by_centre=False).count() >= most:
        return _("한 예약은 인터넷으로 %(most)d번까지 바꿀 수 있습니다. 센터로 전화해 주세요.") % {"most": most}
    return ""


def left(booking: Booking) -> int | None:
    """How often the family may still change ``booking`` by itself, deadlines aside; ``None``: as often as it likes."""
    most = booking.topic.deadlines.changes_most
    return None if most is None else max(0, most - booking.changes.filter(by_centre=False).count())


@taking.after_the_queue
def move(
    booking: Booking,
    slot_id: int,
    *,
    by: User,
    reason: str = "",
    by_centre: bool = False,
    mode: str | None = None,
    topic: Topic | None = None,
    tell_family: bool = True,
    sequence: int | None = None,
) -> Booking:
    """Take ``booking`` to another slot, or to another mode or topic in its own; tell everybody once.

    Asked twice, it changes nothing the second time. With ``by_centre`` staff change it for a family: after
    the deadlines, as often as needed, with a ``reason`` that the family reads. Without ``tell_family`` the
    caller says it, because it has more to say (``absence``). With ``sequence`` only the booking that the page
    showed is moved: whoever presses at the same time in another tab is told.

    Raises:
        Taken: the slot cannot be had, or the student is somewhere else then.
        NotNow: the booking cannot be changed (any more), or somebody changed it at this very moment.
    """
    with contended(str(TAKEN), Taken), transaction.atomic():
        seen = Booking.objects.select_related("student").get(pk=booking.pk)
        slots = {pk: taking.slot_of(pk) for pk in sorted({seen.slot_id, slot_id})}
        now, slot = timezone.now(), slots[slot_id]
        others = [other for other in taking.standing(slot, seen.student, now, own=seen) if other.pk != seen.pk]
        current = Booking.objects.for_page().get(pk=seen.pk)
        if current.slot_id not in slots:
            raise NotNow(_("방금 다른 곳에서 바뀐 예약입니다. 새 시간을 확인해 주세요."))
        topic, mode = topic or current.topic, mode or current.mode
        if (current.slot_id, current.topic_id, current.mode) == (slot_id, topic.pk, mode):
            return current
        if sequence not in {None, current.sequence}:
            raise NotNow(_("방금 다른 곳에서 바뀐 예약입니다. 새 시간을 확인해 주세요."))
        _may_change(current, now, by_centre=by_centre, reason=reason)
        taking.check(slot, topic, mode, now, by_staff=by_centre)
        period = slot.session(topic)
        in_the_way = [other for other in others if taking.meets(other, slot, period)]  # what else is held stays held
        taking.make_room(slot, period, in_the_way, current.student, now, by=by)
        if not by_centre:
            taking.admit(slot, topic, current.student, now, but=current, overridden=rules.KEPT_ON_MOVE)
        if topic.pk != current.topic_id:
            taking.need_consent(current.student, topic)
        old = slots[current.slot_id]
        wishes = waiting.reserve(current.student_id, topic.pk) if topic.pk != current.topic_id else []
        if old.pk != slot.pk and waiting.is_waited_for(old):
            waiting.enter()
        change = _write(current, slot, topic=topic, mode=mode, by=by, by_centre=by_centre, reason=reason, now=now)
        notices.changed(current, change, to_family=tell_family)
        waiting.booked(wishes, by=by)
        if old.pk != slot.pk:
            waiting.slot_freed(old)
        return current


def swap(booking: Booking, student: Student, *, by: User, reason: str = "") -> Booking:
    """Give the place of ``booking`` to a brother or sister; staff only. Returns the new booking.

    Answers and notes are about one person, so they stay with the booking that is given up, and the other
    student gets a booking of their own in the same slot: whoever waits for a free time does not come between.

    Raises:
        Taken: the other student is somewhere else then.
        NotNow: the place cannot be given on, or the rules do not let the other student in and no reason is given.
    """
    with contended(str(TAKEN), Taken), transaction.atomic():
        slot = taking.slot_of(Booking.objects.get(pk=booking.pk).slot_id)
        for pk in sorted({booking.student_id, student.pk}):
            lock_key(Student, pk)
        now = timezone.now()
        others = taking.standing(slot, student, now)
        old = lock(Booking.objects.for_page(), booking.pk)
        if old.student_id == student.pk:
            return old
        if old.state != State.BOOKED or old.slot_id != slot.pk or old.is_over:
            raise NotNow("예약이 확정된 상담에서만 학생을 바꿀 수 있습니다.")
        if not reason and not are_family(old.student, student):
            raise NotNow("보호자가 같은 학생이 아닙니다. 바꾸는 사유를 적어 주세요.")
        why = reason or "형제자매가 대신 상담"
        old.move(State.CANCELLED, by=by, reason=f"다른 학생으로 바꿈: {why}"[:500], sequence=old.sequence + 1)
        papers.void(old, by=by, reason="다른 학생으로 바꿈")
        rest = [other for other in others if other.pk != old.pk]
        taking.make_room(slot, old.period, rest, student, now, by=by)
        if not reason:
            taking.admit(slot, old.topic, student, now, overridden=rules.FREE_FOR_STAFF)
        waiting.cancelled(old, by=by)
        taking.need_consent(student, old.topic)
        wishes = waiting.reserve(student.pk, old.topic_id)
        new = _in_place_of(old, student, now=now, by=by)
        waiting.booked(wishes, by=by)
        _note(old, new, by=by, by_centre=True, reason=why, former=old, now=now)
        notices.swapped(old, new, reason=why)
        return new


def reassign(booking: Booking, counselor: Counselor, *, by: User, reason: str) -> Booking:
    """The same time with another counsellor, in a slot of theirs that is free and begins at the same moment.

    Raises:
        Taken: this counsellor has no such slot, or somebody was quicker.
        NotNow: as ``move``.
    """
    now = timezone.now()
    same_time = Slot.objects.filter(counselor=counselor, period__startswith=booking.starts_at, published=True)
    if (slot := same_time.untaken(now).first()) is None:
        raise Taken(f"{counselor}에게 이 시각의 빈 시간이 없습니다. 다른 상담사나 다른 시간을 골라 주세요.")
    return move(booking, slot.pk, by=by, by_centre=True, reason=reason)


def are_family(one: Student, other: Student) -> bool:
    """Whether somebody cares for both now."""
    guardians = Guardianship.objects.current().filter(student=one).values("guardian")
    return Guardianship.objects.current().filter(student=other, guardian__in=guardians).exists()


def siblings(student: Student) -> list[Student]:
    """Students who share a guardian with ``student``, by name."""
    guardians = Guardianship.objects.current().filter(student=student).values("guardian")
    others = Guardianship.objects.current().filter(guardian__in=guardians).values("student")
    return list(
        Student.objects.filter(pk__in=others, left_at__isnull=True).exclude(pk=student.pk).order_by("name", "pk")
    )


def _may_change(booking: Booking, now: datetime, *, by_centre: bool, reason: str) -> None:
    if by_centre and not reason:
        raise NotNow("바꾸는 사유를 적어 주세요. 가족이 함께 읽습니다.")
    if by_centre and booking.state != State.BOOKED:
        raise NotNow("예약이 확정된 상담만 바꿀 수 있습니다.")
    if not by_centre and (sentence := refusal(booking, now)):
        raise NotNow(sentence)


def _write(
    booking: Booking, slot: Slot, *, topic: Topic, mode: str, by: User, by_centre: bool, reason: str, now: datetime
) -> BookingChange:
    before = Booking(slot=booking.slot, period=booking.period, topic=booking.topic, mode=booking.mode)
    if booking.slot.counselor_id != slot.counselor_id:
        booking.video_url = ""  # it was the room of somebody else
    booking.slot, booking.period, booking.topic, booking.mode = slot, slot.session(topic), topic, mode
    booking.sequence += 1
    booking.reminded_at = None
    booking.save(update_fields=["slot", "period", "topic", "mode", "video_url", "sequence", "reminded_at"])
    change = _note(before, booking, by=by, by_centre=by_centre, reason=reason, now=now)
    papers.void(booking, by=by, reason="예약 변경")
    return change


def _in_place_of(old: Booking, student: Student, *, now: datetime, by: User) -> Booking:
    new = Booking(
        slot=old.slot,
        student=student,
        topic=old.topic,
        mode=old.mode,
        period=old.period,
        state=State.HELD,
        held_until=now,
        booked_by=by,
        on_behalf=True,
    )
    new.save(force_insert=True)
    new.move(State.BOOKED, by=by, booked_at=now, held_until=None)
    return new


def _note(
    old: Booking,
    new: Booking,
    *,
    by: User,
    by_centre: bool,
    reason: str,
    now: datetime,
    former: Booking | None = None,
) -> BookingChange:
    return BookingChange.objects.create(
        booking=new,
        former=former,
        at=now,
        by=by,
        by_centre=by_centre,
        reason=reason,
        old_period=old.period,
        new_period=new.period,
        old_counselor=old.slot.counselor,
        new_counselor=new.slot.counselor,
        old_topic=old.topic,
        new_topic=new.topic,
        old_mode=old.mode,
        new_mode=new.mode,
    )
