"""The queue for times: whoever waits longest for what has become free is offered it before anybody else sees it.

An offer keeps its slot as a booking in state HELD (``Booking.offer``), so the constraints that keep bookings
apart keep offers apart, too. Rows are taken in the order of ``docs/locks.md``: slot, student, bookings by key,
the queue last, and the queue before anything is written that another transaction might wait for. The queue's
lock makes one offering at a time; whether a student is free is found by looking, and the exclusion stands behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Student
from counseling import rules, waiting_notices
from counseling.models import Booking, Refusal, Slot, SlotOffer, Topic, Wish
from intake import waiting as queues
from intake.admission import Verdict
from intake.models import Queue
from krds.dates import kdatetime
from lifecycle.locks import Refused, lock

if TYPE_CHECKING:
    from accounts.models import User

QUEUE = ("counseling", "상담 시간 대기")

# Staff are told of the first who was passed over for one of these: a telephone call may still help.
NO_CONTACT = "알릴 연락처가 없음"
TOO_SHORT = "답할 시간이 모자람"

Closed = SlotOffer.State

# Written by hand: every booking asks it, and the ORM takes longer to write it than PostgreSQL to answer it.
_WANTED = "SELECT EXISTS (SELECT FROM counseling_wish WHERE student_id = %s AND topic_id = %s AND state = %s)"


def settings() -> Queue:
    """How long an offer stands, and how long one waits."""
    return queues.queue(*QUEUE)


def enter() -> Queue:
    """Take the queue's lock: the last one of a transaction, before it writes a booking."""
    return queues.enter(*QUEUE)


# --- A time has become free ------------------------------------------------------------------
def slot_freed(slot: Slot) -> SlotOffer | None:
    """Offer ``slot`` to the first in line whom it fits and who may book it; ``None`` when there is nobody.

    Call it in the transaction that frees the slot or opens it, after the change. It costs one query while
    nobody waits for what the slot's counsellor does.
    """
    now = timezone.now()
    if not is_waited_for(slot):
        return None
    queue = enter()
    if queue.paused or not _lapse_holds(Booking.objects.filter(slot=slot), now):
        return None
    wishes = line_for(slot, now).in_line().for_page().select_related("booking")
    tried: dict[str, str] = {}
    while True:
        fitting = (wish for wish in wishes if str(wish.pk) not in tried and wish.fits(slot))
        wish, passed = queues.first(fitting, lambda wish: why_not(wish, slot, queue, now))
        tried |= passed
        if wish is None:
            return None
        if offer := make(wish, slot, queue, now, passed=dict(tried)):
            return offer
        tried[str(wish.pk)] = "같은 시각에 다른 예약을 하는 중"


def slots_opened(slots: Iterable[Slot]) -> int:
    """Offer what was just published, the earliest first; return how many times were offered."""
    slots = sorted(slots, key=lambda slot: (slot.starts_at, slot.pk))
    if not slots or not Wish.objects.waiting(timezone.now()).exists():
        return 0
    return sum(slot_freed(slot) is not None for slot in slots)


def is_waited_for(slot: Slot) -> bool:
    """Whether ``slot_freed`` would look for somebody: then take the queue's lock before writing bookings."""
    now = timezone.now()
    can_be_had = slot.published and slot.counselor.active and slot.starts_at > now
    return can_be_had and line_for(slot, now).exists()


def line_for(slot: Slot, now: datetime) -> QuerySet[Wish]:
    """The wishes that may be asked about ``slot`` at all: its counsellor's topics, no open offer, not refused before."""
    offers = SlotOffer.objects.filter(wish=OuterRef("pk"))
    asked = offers.filter(Q(state=Closed.OPEN) | Q(slot=slot, state__in=[Closed.DECLINED, Closed.LAPSED]))
    topics = Topic.objects.filter(active=True, counselors=slot.counselor_id)
    waiting = Wish.objects.waiting(now).filter(topic__in=topics, student__left_at=None)
    return waiting.filter(~Exists(asked))


def _lapse_holds(bookings: QuerySet[Booking], now: datetime) -> bool:
    """Lapse families' holds that are over, unless somebody is just using one; whether nothing is left of ``bookings``."""
    standing = bookings.filter(state__in=Booking.OCCUPYING)
    over = standing.filter(state=Booking.State.HELD, held_until__lte=now, offer=None)
    for hold in over.select_for_update(no_key=True, skip_locked=True, of=("self",)):
        hold.move(Booking.State.RELEASED, by=None, reason="맡아 둔 시간이 지남")
    return not standing.exists()


def why_not(wish: Wish, slot: Slot, queue: Queue, now: datetime, *, by_staff: bool = False) -> str:
    """Why ``slot`` cannot be offered to ``wish``, in staff's words; empty when it can.

    The questions are those of booking: the slot's own rules, the student's other bookings, the caps.
    """
    reason = next(_obstacles(wish, slot, queue, now, by_staff=by_staff), "")
    return _trouble(wish, slot, reason) if reason in {NO_CONTACT, TOO_SHORT} else reason


def _obstacles(wish: Wish, slot: Slot, queue: Queue, now: datetime, *, by_staff: bool) -> Iterator[str]:
    """What stands in the way, the cheapest question first."""
    mode = wish.mode_in(slot)
    if mode is None:
        yield "방식이 맞지 않음"
    elif refusal := slot.refusal(wish.topic, mode, now=now, by_staff=by_staff):
        yield TOO_SHORT if refusal == Refusal.TOO_LATE else str(refusal.label)
    if not _lapse_holds(Booking.objects.filter(student=wish.student_id, period__overlap=slot.session(wish.topic)), now):
        yield "같은 시각에 다른 예약이 있음"
    if wish.earlier and not (wish.booking and wish.booking.can_be_cancelled):
        yield "지금 예약을 옮길 수 없음"
    if not wish.earlier and Booking.objects.upcoming().filter(student=wish.student_id, topic=wish.topic_id).exists():
        yield "이 주제로 이미 예약함"
    verdict = may_book(wish, slot.starts_at, now, by_staff=by_staff)
    if not verdict.allowed:
        yield verdict.sentence
    if not wish.student.people_to_tell():
        yield NO_CONTACT
    if window(wish, slot, queue, now, by_staff=by_staff) is None:
        yield TOO_SHORT


def may_book(wish: Wish, starts: datetime, now: datetime, *, by_staff: bool = False) -> Verdict:
    """What the rules of the topic say of the student at a time; a booking that is to be moved was let in already."""
    overridden = (rules.KEPT_ON_MOVE if wish.earlier else frozenset()) | (
        rules.FREE_FOR_STAFF if by_staff else frozenset()
    )
    return rules.verdict(wish.student_id, wish.topic, starts, now=now, but=wish.booking, overridden=overridden)


def window(wish: Wish, slot: Slot, queue: Queue, now: datetime, *, by_staff: bool = False) -> queues.Window | None:
    """From when until when the family may answer: never past the moment until which it could book or move."""
    latest = slot.starts_at if by_staff else slot.starts_at - timedelta(hours=wish.topic.lead_hours)
    if wish.earlier and wish.booking:
        latest = min(latest, wish.booking.cancel_until)
    return queues.window(queue, now, latest)


def _trouble(wish: Wish, slot: Slot, reason: str) -> str:
    """Remember for staff what the family could not be offered."""
    trouble = f"{reason}: {kdatetime(slot.starts_at)} {slot.counselor}"[:200]
    if wish.trouble != trouble:
        wish.trouble = trouble
        wish.save(update_fields=["trouble"])
    return reason


# --- Offers ----------------------------------------------------------------------------------
def make(
    wish: Wish,
    slot: Slot,
    queue: Queue,
    now: datetime,
    *,
    passed: dict[str, str],
    by: User | None = None,
    reason: str = "",
) -> SlotOffer | None:
    """Keep ``slot`` for ``wish`` and tell the family, at night in the morning. ``None``: the student has just
    been booked elsewhere at that time. With ``by`` staff offer it by hand.
    """
    answer = window(wish, slot, queue, now, by_staff=by is not None)
    mode = wish.mode_in(slot)
    if answer is None or mode is None:
        return None
    offer = SlotOffer(
        wish=wish,
        slot=slot,
        mode=mode,
        made_at=now,
        deadline=answer.deadline,
        passed=passed,
        by_hand=by is not None,
        reason=reason,
    )
    try:
        with transaction.atomic():
            offer.save(force_insert=True)
            Booking(
                slot=slot,
                student=wish.student,
                topic=wish.topic,
                mode=mode,
                period=slot.session(wish.topic),
                state=Booking.State.HELD,
                held_until=answer.deadline,
                booked_by=wish.asked_by,
                offer=offer,
            ).save(force_insert=True)
    except IntegrityError:
        return None
    if wish.trouble:
        wish.trouble = ""
        wish.save(update_fields=["trouble"])
    if answer.begins <= now:
        announce(offer, now)
    return offer


def announce(offer: SlotOffer, now: datetime) -> None:
    offer.announced_at = now
    offer.save(update_fields=["announced_at"])
    waiting_notices.offered(offer)


def take(offer_id: int, now: datetime) -> tuple[SlotOffer, Booking | None, Queue]:
    """The offer with its hold as they are now, held until commit with all that an answer may touch.

    Slots (the offered one, and that of the booking to be moved), the student, bookings, the queue.

    Raises:
        SlotOffer.DoesNotExist: there is no such offer.
        Refused: the booking was moved at this very moment.
    """
    seen = SlotOffer.objects.select_related("wish__booking").get(pk=offer_id)
    own = seen.wish.booking
    slots = {seen.slot_id, *([own.slot_id] if own else [])}
    for pk in sorted(slots):
        lock(Slot.objects.only("pk"), pk)
    take_bookings(seen.wish.student_id, [seen.slot_id], now)
    queue = enter()
    offer = SlotOffer.objects.for_page().select_related("wish__asked_by").get(pk=offer_id)
    if offer.wish.booking and offer.wish.booking.slot_id not in slots:
        raise Refused(_("방금 예약이 바뀌었습니다. 다시 시도해 주세요."))
    hold = Booking.objects.for_page().filter(offer=offer, state=Booking.State.HELD).first()
    return offer, hold, queue


def take_bookings(student_id: int, slots: Sequence[int], now: datetime) -> None:
    """Hold the student, then whatever it has ahead and whatever occupies the slots, by key."""
    lock(Student.objects.only("pk"), student_id)
    theirs = Q(student=student_id, state__in=[Booking.State.HELD, *Booking.AGREED], period__endswith__gt=now)
    rows = Booking.objects.filter(theirs | Q(slot__in=slots, state__in=Booking.OCCUPYING)).order_by("pk")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def close(
    offer: SlotOffer, hold: Booking | None, to: SlotOffer.State, queue: Queue, *, by: User | None, reason: str
) -> None:
    """End an open offer without a booking, and offer the time to the next in line.

    What the family declined or let pass counts against its place; what it was never told of does not.
    """
    offer.move(to, by=by, reason=reason)
    if hold is not None:
        hold.move(Booking.State.RELEASED, by=by, reason=f"자리 제안: {reason}"[:200])
    if to in {Closed.DECLINED, Closed.LAPSED} and offer.announced_at:
        _pass(offer.wish, queue, by=by)
        if to == Closed.LAPSED:
            waiting_notices.lapsed(offer, queue)
    slot_freed(offer.slot)


def lapse(offer_id: int) -> bool:
    """Close an offer whose deadline is past and offer its time to the next; whether there was anything to do."""
    with transaction.atomic():
        now = timezone.now()
        offer, hold, queue = take(offer_id, now)
        if not offer.has_lapsed(now):
            return False
        close(offer, hold, Closed.LAPSED, queue, by=None, reason="답할 기한이 지남")
        return True


def _pass(wish: Wish, queue: Queue, *, by: User | None) -> None:
    wish.passes += 1
    wish.save(update_fields=["passes"])
    if wish.state == Wish.State.WAITING and wish.passes >= queue.passes:
        end(wish, _("제안을 %(number)d번 받지 않으셔서 대기를 마쳤습니다.") % {"number": wish.passes}, by=by)


def end(wish: Wish, reason: str, *, by: User | None, to: Wish.State = Wish.State.ENDED) -> None:
    """Take ``wish`` out of the queue and say why."""
    wish.move(to, by=by, reason=reason[:500])
    waiting_notices.ended(wish, reason)


# --- The family books, or gives up what it wanted to move -------------------------------------
def is_wanted(student_id: int, topic_id: int) -> bool:
    """Whether this student waits for this topic: then a booking of it takes the queue's lock first."""
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, [student_id, topic_id, Wish.State.WAITING.value])
        return cursor.fetchone()[0]


def reserve(student_id: int, topic_id: int) -> list[Wish]:
    """The wishes that a booking will answer, under the queue's lock; call it before the booking is written."""
    if not is_wanted(student_id, topic_id):
        return []
    enter()
    wishes = Wish.objects.filter(student=student_id, topic=topic_id, state=Wish.State.WAITING, earlier=False)
    return list(wishes.for_page())


def booked(wishes: Iterable[Wish], *, by: User) -> None:
    """These families found a time by themselves: they leave the queue, and what was offered goes to the next."""
    for wish in wishes:
        leave(wish, _("이 주제로 상담을 예약하셔서 대기를 마쳤습니다."), by=by)


def cancelled(booking: Booking, *, by: User) -> None:
    """Whoever waited for an earlier time than ``booking`` waits no more. Called under the locks of a cancellation."""
    wishes = Wish.objects.filter(booking=booking, state=Wish.State.WAITING)
    if wishes.exists():
        enter()
        for wish in wishes.for_page():
            leave(wish, _("예약을 취소하셔서 더 빠른 시간 대기도 마쳤습니다."), by=by)


def leave(wish: Wish, reason: str, *, by: User | None, to: Wish.State = Wish.State.ENDED) -> None:
    """End ``wish`` with whatever is offered to it. The student's bookings and the queue are held by the caller."""
    end(wish, reason, by=by, to=to)
    offer = wish.offers.standing().for_page().first()
    if offer:
        offer.wish = wish
        hold = Booking.objects.filter(offer=offer, state=Booking.State.HELD).first()
        close(offer, hold, Closed.WITHDRAWN, settings(), by=by, reason=reason)


# --- What staff should know before they close a topic, or a mode of it ------------------------
@dataclass(frozen=True)
class Left:
    """What a change of a topic would leave behind: who waits in vain, offers to be taken back, bookings that stay."""

    wishes: int
    offers: int
    bookings: int

    @property
    def sentence(self) -> str:
        """In staff's words; empty when nobody is concerned."""
        if not (self.wishes or self.offers):
            return ""
        return (
            f"기다리는 학생 {self.wishes}명, 답을 기다리는 자리 제안 {self.offers}건이 있습니다. 저장하면 제안은 거두고 가족에게 "
            f"알리며, 기다리는 학생에게는 새로 제안하지 않습니다. 다가오는 예약 {self.bookings}건은 그대로입니다."
        )


def left_by(topic: Topic, *, modes: Iterable[str], now: datetime) -> Left:
    """What would be left if ``topic`` (saved as it was) were offered in ``modes`` only; none of them: not at all."""
    modes = list(modes)
    in_vain = Wish.objects.waiting(now).filter(topic=topic).exclude(modes__overlap=modes)
    offers = SlotOffer.objects.standing().filter(wish__topic=topic).exclude(mode__in=modes)
    ahead = Booking.objects.upcoming().filter(topic=topic).exclude(mode__in=modes)
    return Left(in_vain.count(), offers.count(), ahead.count())


# --- What a family sees ----------------------------------------------------------------------
@dataclass(frozen=True)
class Standing:
    """One wish of a family with its place in the line (from 1, among those waiting for the same topic)."""

    wish: Wish
    position: int
    offer: SlotOffer | None  # still to be answered; one made at night is seen before it is announced


def standing_of(user: User) -> list[Standing]:
    """What the family of ``user`` waits for: open offers first, the nearest deadline first. Two queries."""
    now = timezone.now()
    wishes = Wish.objects.of_family(user).waiting(now).for_page().with_position(now).order_by("joined_at", "pk")
    open_offers = SlotOffer.objects.open(now).for_page()
    wishes = wishes.prefetch_related(Prefetch("offers", open_offers, to_attr="open_offers"))
    found = [Standing(wish, wish.position, wish.open_offers[0] if wish.open_offers else None) for wish in wishes]
    return sorted(found, key=lambda one: (one.offer is None, one.offer.deadline if one.offer else one.wish.joined_at))
