"""The queue under fire: one offer per wish and time, no answer twice, no deadlock; and the harm without the guards."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress

import pytest
from django.utils import timezone

from counseling import answering, doctor, joining, sweeping, waiting
from counseling import booking as bookings
from counseling.models import Booking, SlotOffer, Wish
from lifecycle.locks import Refused
from notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)

State = SlotOffer.State
FAMILIES = 6


@pytest.fixture
def families(make_student, make_parent):
    people = [make_parent(f"보호자{n}") for n in range(FAMILIES)]
    return [(make_student(f"학생{n}", person), person) for n, person in enumerate(people)]


@pytest.fixture
def wait(topic, monday_morning):
    def wait(family, **wanted):
        monday_morning.shift(60)
        return joining.join(Wish(student=family[0], topic=topic, modes=["visit"], **wanted), by=family[1])

    return wait


@pytest.fixture
def book(topic):
    return lambda slot, family: bookings.book(slot.pk, student=family[0], topic=topic, mode="visit", by=family[1])


def cancel(booking):
    return bookings.cancel(Booking.objects.get(pk=booking.pk), by=booking.booked_by, reason="일정이 생겼어요")


def test_a_freed_time_goes_to_the_queue_and_not_to_whoever_is_quick(at_once, slot, families, wait, book):
    booking = book(slot, families[0])
    wish = wait(families[1])

    at_once(lambda: cancel(booking), *[lambda n=n: book(slot, families[n]) for n in (2, 3, 4)])

    assert wish.offers.standing().get().slot == slot
    assert not Booking.objects.filter(state="booked").exists()
    assert doctor.check() == []


def test_two_freed_times_make_one_offer_to_the_first_in_line(at_once, make_slot, families, wait, book):
    taken = [book(make_slot(f"2026-11-25 {hour}:00"), families[n]) for n, hour in enumerate((14, 16))]
    first, second = wait(families[2]), wait(families[3])

    at_once(*[lambda booking=booking: cancel(booking) for booking in taken])

    assert (first.offers.standing().count(), second.offers.standing().count()) == (1, 1)
    assert doctor.check() == []


@pytest.fixture
def without_the_queue(monkeypatch):
    """Take the queue's lock away, and let two offerings look before either writes."""
    both, original = threading.Barrier(2, timeout=2), waiting.make

    def make(*args, **kwargs):
        with suppress(threading.BrokenBarrierError):
            both.wait()
        return original(*args, **kwargs)

    monkeypatch.setattr(waiting, "enter", waiting.settings)
    monkeypatch.setattr(waiting, "make", make)


@contextmanager
def no_constraint(name):
    from django.db import connection

    constraint = next(c for c in SlotOffer._meta.constraints if c.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(SlotOffer, constraint)
    yield
    Notice.objects.all().delete()
    Booking.objects.all().delete()
    SlotOffer.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(SlotOffer, constraint)


def test_without_the_lock_the_index_still_makes_one_offer_per_wish(
    at_once, make_slot, families, wait, book, without_the_queue
):
    taken = [book(make_slot(f"2026-11-25 {hour}:00"), families[n]) for n, hour in enumerate((14, 16))]
    wish = wait(families[2])

    at_once(*[lambda booking=booking: cancel(booking) for booking in taken])

    assert wish.offers.standing().count() == 1


def test_without_lock_and_index_one_family_is_offered_twice(
    at_once, make_slot, families, wait, book, without_the_queue
):
    """The control: if this fails, the tests above prove nothing."""
    taken = [book(make_slot(f"2026-11-25 {hour}:00"), families[n]) for n, hour in enumerate((14, 16))]
    wish = wait(families[2])

    with no_constraint("slotoffer_one_per_wish"):
        at_once(*[lambda booking=booking: cancel(booking) for booking in taken])
        assert wish.offers.standing().count() == 2


@pytest.fixture
def offered(slot, families, wait, book):
    """An offer to the second family; the third is next in line."""
    booking = book(slot, families[0])
    wish, following = wait(families[1]), wait(families[2])
    cancel(booking)
    return wish.offers.standing().get(), following


def test_two_clicks_on_accept_are_one_booking(at_once, offered, families):
    offer, _ = offered

    results = at_once(*[lambda: answering.accept(offer, by=families[1][1]) for _ in range(4)])

    assert {result.pk for result in results} == {offer.hold.pk}
    assert Booking.objects.filter(state="booked").count() == 1
    assert Notice.objects.filter(kind="counseling.booked", recipient=families[1][1]).count() == 1


def test_accept_and_decline_at_once_end_in_one_of_both(at_once, offered, families):
    offer, following = offered

    accepted, _ = at_once(
        lambda: answering.accept(offer, by=families[1][1]), lambda: answering.decline(offer, by=families[1][1])
    )

    offer.refresh_from_db()
    taken = isinstance(accepted, Booking)
    assert offer.state == (State.ACCEPTED if taken else State.DECLINED)
    assert following.offers.standing().count() == int(not taken)
    assert doctor.check() == []


def test_an_answer_after_the_deadline_the_sweep_and_a_newcomer_leave_the_time_to_the_next(
    at_once, offered, families, slot, book, monday_morning
):
    offer, following = offered
    monday_morning.shift(3 * 3600)

    accepted, _, new = at_once(
        lambda: answering.accept(offer, by=families[1][1]), sweeping.sweep, lambda: book(slot, families[3])
    )

    assert isinstance(accepted, answering.Gone)
    assert isinstance(new, bookings.Taken)
    assert following.offers.standing().get().slot == slot
    assert doctor.check() == []


def test_many_doing_everything_at_once_never_lock_each_other_out(at_once, make_slot, families, wait, book, topic):
    """Sixteen hands on four times: book, cancel, wait, answer, sweep. Every refusal is a sentence of ours."""
    slots = [make_slot(f"2026-11-{day} 14:00") for day in (25, 26)]
    for slot, family in zip(slots, families, strict=False):
        book(slot, family)
    strange: list[BaseException] = []

    def hands(number):
        student, person = families[number % FAMILIES]
        for turn in range(6):
            what = (number + turn) % 5
            try:
                if what == 0:
                    book(slots[turn % 2], (student, person))
                elif what == 1 and (mine := Booking.objects.filter(student=student, state="booked").first()):
                    bookings.cancel(mine, by=person, reason="일정", by_centre=True)
                elif what == 2:
                    joining.join(Wish(student=student, topic=topic, modes=["visit"]), by=person)
                elif what == 3 and (offer := SlotOffer.objects.of_family(person).open(timezone.now()).first()):
                    (answering.accept if turn % 2 else answering.decline)(offer, by=person)
                else:
                    sweeping.sweep()
            except Refused as refused:
                if type(refused.__cause__).__name__ == "OperationalError":
                    strange.append(refused.__cause__)
            except Exception as error:
                strange.append(error)

    at_once(*[lambda n=n: hands(n) for n in range(16)])

    assert strange == []
    assert doctor.check() == []
