"""What families and staff do with bookings and times, in any order. Each refusal is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from counseling import booking as bookings
from counseling import changing, timetable, waiting
from counseling.models import Booking, Slot, WeeklyPattern
from counseling.models.slots import midnight
from intake import noshow
from intake.models import Appeal, Strike
from lifecycle.locks import Refused
from tests.counseling.holding.world import ONE_OF_MANY, PAUSE_AT, State, World, year_of

CHILD, TOPIC, WHO = st.integers(0, 3), st.integers(0, 1), st.integers(0, 1)
A_PAUSE = timedelta(days=28)  # February's month; the machine's clock never comes to its end


@contextmanager
def may_be_refused() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        assert str(refused), f"{type(refused).__name__} says nothing"


class Families(World):
    def let_in(self, student: int) -> None:
        """Call it when somebody has just been let in: nobody is who has missed too often."""
        strikes = list(Strike.objects.counting().filter(student=student).order_by("missed_at"))
        paused = len(strikes) >= PAUSE_AT and timezone.now() < strikes[-1].recorded_at + A_PAUSE
        assert not paused, f"student {student} is paused and was let in"

    @rule(child=CHILD, slots=st.lists(ONE_OF_MANY, min_size=1, max_size=4), topic=TOPIC, who=WHO, sure=st.booleans())
    def hold(self, child: int, slots: list[int], topic: int, who: int, sure: bool) -> None:
        """One time after the other; whoever is sure confirms each."""
        student = self.students[child]
        by = self.guardian(student, who)
        for slot in map(self.slot_of, slots):
            known = Booking.objects.filter(student=student, slot=slot, state__in=Booking.OCCUPYING).exists()
            with may_be_refused():
                held = bookings.hold(slot.pk, student=student, topic=self.topics[topic], mode="visit", by=by)
                if not known:
                    self.let_in(student.pk)
                if sure and held.state == State.HELD:
                    bookings.confirm(Booking.objects.get(pk=held.pk), by=by)

    @rule(number=ONE_OF_MANY, keep=st.booleans())
    def decide(self, number: int, keep: bool) -> None:
        if held := self.booking(number, State.HELD):
            with may_be_refused():
                (bookings.confirm if keep else bookings.release)(held, by=held.booked_by)

    @rule(number=ONE_OF_MANY, by_centre=st.booleans())
    def cancel(self, number: int, by_centre: bool) -> None:
        if booked := self.booking(number, State.BOOKED):
            by = self.staff if by_centre else booked.booked_by
            with may_be_refused():
                bookings.cancel(booked, by=by, reason="일정", by_centre=by_centre)

    @rule(number=ONE_OF_MANY, slot=ONE_OF_MANY, by_centre=st.booleans())
    def move(self, number: int, slot: int, by_centre: bool) -> None:
        if booked := self.booking(number, State.BOOKED):
            target = self.slot_of(slot)
            by = self.staff if by_centre else booked.booked_by
            with may_be_refused():
                changing.move(booked, target.pk, by=by, by_centre=by_centre, reason="사정" if by_centre else "")
                if by_centre and year_of(target.starts_at) != year_of(booked.starts_at):
                    self.excused.add(booked.student_id)


class Staff(World):
    @rule(child=CHILD, slot=ONE_OF_MANY, topic=TOPIC)
    def book_for_a_caller(self, child: int, slot: int, topic: int) -> None:
        with may_be_refused():
            bookings.book(
                self.slot_of(slot).pk,
                student=self.students[child],
                topic=self.topics[topic],
                mode="phone",
                by=self.staff,
                on_behalf=True,
            )

    @rule(number=ONE_OF_MANY, to=st.sampled_from(sorted(Booking.MARKS)))
    def mark(self, number: int, to: str) -> None:
        if met := self.booking(number, *Booking.MARKS):
            with may_be_refused():
                bookings.mark(met, State(to), by=self.staff)

    @rule(child=CHILD)
    def nobody_comes(self, child: int) -> None:
        """To the student's next counselling, or to one that a caller takes now."""
        student = self.students[child]
        ahead = Booking.objects.upcoming().filter(student=student, state=State.BOOKED).order_by("period")
        booked = ahead.first()
        if booked is None:
            free = Slot.objects.free(topic=self.topics[0]).first()
            if free is None:
                return
            with may_be_refused():
                known = {"student": student, "topic": self.topics[0], "mode": "visit"}
                booked = bookings.book(free.pk, by=self.staff, on_behalf=True, **known)
        if booked is not None:
            self.wait_for(booked.starts_at + timedelta(minutes=1) - timezone.now())
            with may_be_refused():
                bookings.mark(booked, State.NO_SHOW, by=self.staff)

    def wait_for(self, stretch: timedelta) -> None:
        """The clock (``queueing``)."""

    @rule(number=ONE_OF_MANY, act=st.sampled_from(["explain", "forgive", "accept", "reject"]))
    def talk_about_a_no_show(self, number: int, act: str) -> None:
        strike = self.one_of(list(Strike.objects.order_by("pk")), number)
        if strike is None:
            return
        appeal = Appeal.objects.filter(strike=strike).first()
        with may_be_refused():
            if act == "explain":
                noshow.appeal(strike, by=self.guardian(strike.student, number), text="버스가 늦었습니다.")
            elif act == "forgive":
                noshow.forgive(strike, by=self.staff, reason="확인함")
            elif appeal:
                noshow.answer(appeal, accept=act == "accept", words="확인했습니다.", by=self.staff)

    @rule(number=ONE_OF_MANY, child=CHILD, counselor=st.none() | st.integers(0, 1))
    def give_on(self, number: int, child: int, counselor: int | None) -> None:
        """To a sibling, or to another counsellor."""
        if booked := self.booking(number, State.BOOKED):
            with may_be_refused():
                if counselor is None:
                    changing.swap(booked, self.students[child], by=self.staff)
                else:
                    changing.reassign(booked, self.counselors[counselor], by=self.staff, reason="병가")

    # --- Times -------------------------------------------------------------------------------
    @rule(counselor=st.integers(0, 1), days=st.integers(1, 5), hour=st.integers(13, 15), told=st.booleans())
    def offer_another_time(self, counselor: int, days: int, hour: int, told: bool) -> None:
        """By hand; the queue hears of it now or from the next sweep."""
        day, its = timezone.localdate() + timedelta(days=days), self.counselors[counselor]
        begins = midnight(day) + timedelta(hours=hour)
        if not Slot.objects.filter(counselor=its, period__startswith=begins).exists():
            slot = self.open_time(its, day, hour)
            if told:
                waiting.slots_opened([slot])

    @rule(slot=ONE_OF_MANY)
    def hide_or_show(self, slot: int) -> None:
        chosen = self.slot_of(slot)
        Slot.objects.filter(pk=chosen.pk).update(published=not chosen.published)

    @rule(counselor=st.integers(0, 1), ends=st.none() | st.integers(14, 16))
    def publish(self, counselor: int, ends: int | None) -> None:
        """A week of the timetable, also a changed one: times that nobody has booked go, those that somebody has stay."""
        its, first = self.counselors[counselor], timezone.localdate()
        if ends:
            WeeklyPattern.objects.filter(counselor=its).update(ends=time(ends, 30 if ends < 16 else 0))
        with may_be_refused():
            timetable.publish([its], first, first + timedelta(days=7))
