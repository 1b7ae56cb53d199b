"""Waiting for a time: families and staff, the clock, and what is promised to whoever waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from counseling import answering, joining, sweeping, waiting
from counseling import booking as bookings
from counseling.models import Booking, Slot, SlotOffer, Wish
from intake import waiting as queues
from notices.models import Notice
from tests.counseling.holding.doings import CHILD, TOPIC, WHO, Families, may_be_refused
from tests.counseling.holding.world import LEAD, ONE_OF_MANY, OPEN_MOST, YEAR_MOST, State, World, year_of

CLOSED = SlotOffer.State


class Waiting(Families):
    """What those do who wait, and the staff who help them."""

    def wish_for(self, student: object, slot: Slot, topic: int, **more: object) -> Wish:
        starts, ends = timezone.localtime(slot.starts_at), timezone.localtime(slot.ends_at)
        wish = Wish(student=student, topic=self.topics[topic], modes=["visit", "phone"], **more)
        wish.first_day = wish.last_day = starts.date()
        wish.not_before, wish.not_after = starts.time(), ends.time()
        return wish

    @rule(child=CHILD, slot=ONE_OF_MANY, topic=TOPIC, who=WHO, narrow=st.booleans())
    def wait(self, child: int, slot: int, topic: int, who: int, narrow: bool) -> None:
        """For one time, or for any; whoever may have one now is told so."""
        student, slot = self.students[child], self.slot_of(slot)
        wish = Wish(student=student, topic=self.topics[topic], modes=["visit"])
        if narrow:
            wish = self.wish_for(student, slot, topic, counselor=slot.counselor)
        with may_be_refused():
            joining.join(wish, by=self.guardian(student, who))

    @rule(number=ONE_OF_MANY, others=st.lists(CHILD, min_size=1, max_size=3, unique=True), topic=TOPIC)
    def wait_for_what_is_given_back(self, number: int, others: list[int], topic: int) -> None:
        """Some wait for a time that somebody has, one after the other; then it is given back."""
        if booked := self.booking(number, State.BOOKED):
            for child in others:
                student = self.students[child]
                with may_be_refused():
                    joining.join(self.wish_for(student, booked.slot, topic), by=self.guardian(student, number))
            with may_be_refused():
                bookings.cancel(booked, by=self.staff, reason="일정", by_centre=True)

    @rule(number=ONE_OF_MANY)
    def wait_for_an_earlier_time(self, number: int) -> None:
        if own := self.booking(number, State.BOOKED):
            wish = Wish(student=own.student, topic=own.topic, modes=["visit", "phone"], booking=own)
            with may_be_refused():
                joining.join(wish, by=self.guardian(own.student, number))

    @rule(number=ONE_OF_MANY, yes=st.booleans())
    def answer(self, number: int, yes: bool) -> None:
        offer, now = self.one_of(list(SlotOffer.objects.standing().order_by("pk")), number), timezone.now()
        if offer is None:
            return
        with may_be_refused():
            (answering.accept if yes else answering.decline)(offer, by=offer.wish.asked_by)
            assert not yes or now < offer.deadline, f"offer {offer.pk} was accepted after its deadline"
            if yes and not offer.wish.earlier:
                self.let_in(offer.wish.student_id)

    @rule(number=ONE_OF_MANY, out=st.sampled_from(["withdraw", "remove", "put_back"]))
    def leave_or_come_back(self, number: int, out: str) -> None:
        if wish := self.one_of(list(Wish.objects.order_by("pk")), number):
            with may_be_refused():
                if out == "withdraw":
                    joining.withdraw(wish, by=wish.asked_by)
                else:
                    getattr(joining, out)(wish, by=self.staff, reason="전화로 확인")

    @rule(number=ONE_OF_MANY, slot=ONE_OF_MANY)
    def offer_by_hand(self, number: int, slot: int) -> None:
        if wish := self.one_of(list(Wish.objects.filter(state=Wish.State.WAITING).order_by("pk")), number):
            with may_be_refused():
                answering.offer_by_hand(wish, self.slot_of(slot).pk, by=self.staff, reason="사정이 급함")

    @rule(minutes=st.sampled_from([1, 9, 10, 11, 60, 180, 600, 1_440]))
    def later(self, minutes: int) -> None:
        self.wait_for(timedelta(minutes=minutes))

    def wait_for(self, stretch: timedelta) -> None:
        self.traveller.shift(stretch)
        sweeping.sweep()
        self.look_closely()


@dataclass(frozen=True)
class Had:
    """What stood in the database at one moment: bookings of everybody, and who had an offer."""

    bookings: tuple[Booking, ...]
    asked: frozenset[int]

    @classmethod
    def now(cls) -> Had:
        standing = SlotOffer.objects.standing().values_list("wish_id", flat=True)
        return cls(tuple(Booking.objects.exclude(state=State.RELEASED)), frozenset(standing))

    def could_take(self, wish: Wish, slot: Slot, now: datetime) -> bool:
        """Whether ``wish`` could have had ``slot``, by the promises alone and not by the code that offers."""
        live = [b for b in self.bookings if b.student_id == wish.student_id and b.state in Booking.OCCUPYING]
        live = [b for b in live if b.state != State.HELD or b.offer_id or b.held_until > now]
        session, agreed = slot.session(wish.topic), [b for b in live if not b.offer_id or b.state != State.HELD]
        latest = slot.starts_at - LEAD
        if wish.earlier:
            own = next((b for b in agreed if b.pk == wish.booking_id and b.state == State.BOOKED), None)
            if own is None:
                return False
            latest, agreed = min(latest, own.cancel_until), [b for b in agreed if b is not own]
        ahead = [b for b in agreed if b.state in {State.HELD, *Booking.AGREED} and b.ends_at > now]
        this_year = [b for b in agreed if year_of(b.starts_at) == year_of(slot.starts_at)]
        return (
            wish.pk not in self.asked
            and not any(b.starts_at < session.upper and session.lower < b.ends_at for b in live)
            and (wish.earlier or len(ahead) < OPEN_MOST)
            and len(this_year) < YEAR_MOST
            and (wish.earlier or not any(b.topic_id == wish.topic_id and b.state in Booking.AGREED for b in ahead))
            and queues.window(waiting.settings(), now, latest) is not None
        )


class Line(World):
    """What the queue promises."""

    def __init__(self) -> None:
        super().__init__()
        self.had, self.seen = Had.now(), 0

    @invariant()
    def what_is_offered_is_kept(self) -> None:
        """An open offer occupies its time for the one who waits, and the family was told of it, by day."""
        for offer in SlotOffer.objects.standing().select_related("wish"):
            holds = Booking.objects.filter(offer=offer)
            kept = [(hold.state, hold.slot_id, hold.student_id, hold.held_until) for hold in holds]
            wanted = [(State.HELD, offer.slot_id, offer.wish.student_id, offer.deadline)]
            assert kept == wanted, f"offer {offer.pk} keeps no time"
            assert offer.wish.state == Wish.State.WAITING, f"offer {offer.pk} is to nobody"
        said = set(Notice.objects.filter(kind="counseling.offered").values_list("key", flat=True))
        for offer in SlotOffer.objects.exclude(announced_at=None):
            assert f"offer/{offer.pk}/offered" in said, f"nobody was told of offer {offer.pk}"
            assert 8 <= timezone.localtime(offer.announced_at).hour < 21, "an offer at night"

    @invariant()
    def the_order_is_kept(self) -> None:
        """Nobody is offered a time before somebody who came earlier, whom it fits and who could take it.

        Could: before this step as well as after it. Who had an offer meanwhile, or said no to this time, is not asked.
        """
        now, had = timezone.now(), Had.now()
        fresh = SlotOffer.objects.filter(pk__gt=self.seen).for_page().order_by("pk")
        for offer in fresh:
            self.seen = offer.pk
            if offer.by_hand:
                continue
            for wish in Wish.objects.waiting(now).exclude(pk=offer.wish_id).for_page():
                if (
                    _place(wish) < _place(offer.wish)
                    and wish.fits(offer.slot)
                    and not SlotOffer.objects.filter(wish=wish, slot=offer.slot).exists()
                    and self.had.could_take(wish, offer.slot, now)
                    and had.could_take(wish, offer.slot, now)
                ):
                    raise AssertionError(f"wish {offer.wish_id} was asked before wish {wish.pk}, which came earlier")
        self.had = had

    def everybody_who_can_be_is_served(self) -> None:
        """When the sweep has run, no free time is left that somebody waits for and could take."""
        now, had = timezone.now(), Had.now()
        free = list(Slot.objects.free(topic=self.topics[0]))
        for wish in Wish.objects.waiting(now).for_page():
            refused = set(wish.offers.values_list("slot_id", flat=True))
            for slot in free:
                if slot.pk not in refused and wish.fits(slot) and had.could_take(wish, slot, now):
                    assert self._is_paused(wish), f"wish {wish.pk} was left waiting for free slot {slot.pk}"

    def _is_paused(self, wish: Wish) -> bool:
        return not waiting.may_book(wish, timezone.now(), timezone.now()).allowed

    def nothing_lapsed_stands(self) -> None:
        now = timezone.now()
        assert not SlotOffer.objects.lapsed(now).exists(), "an offer outlived its deadline"
        hidden = SlotOffer.objects.standing().filter(slot__published=False)
        assert not hidden.exists(), "a hidden time is still offered"

    @invariant()
    def whoever_waits_is_told(self) -> None:
        """Joined, ended, lapsed, taken back: each has its message."""
        said = set(Notice.objects.values_list("kind", "key"))
        for wish in Wish.objects.all():
            turns = list(wish.trail())
            assert ("counseling.waiting_joined", f"wish/{wish.pk}/joined/0") in said, (
                f"nobody was told of wish {wish.pk}"
            )
            for number, step in enumerate(turns, start=1):
                if step.to_state in {Wish.State.LEFT, Wish.State.ENDED, Wish.State.REMOVED}:
                    word = ("counseling.waiting_ended", f"wish/{wish.pk}/ended/{number}")
                    assert word in said, f"nobody was told that wish {wish.pk} ended"
        lapsed = SlotOffer.objects.filter(state=CLOSED.LAPSED).exclude(announced_at=None)
        for pk in lapsed.values_list("pk", flat=True):
            assert ("counseling.offer_lapsed", f"offer/{pk}/lapsed") in said, f"nobody was told that offer {pk} lapsed"


def _place(wish: Wish) -> tuple[int, datetime, int]:
    return -wish.priority, wish.joined_at, wish.pk
