"""Families, staff and the clock do what they like, in any order; what the centre promises holds after each step.

``HOLDS_EXAMPLES=500`` looks longer than the normal run. The controls take one guard away and must see the harm.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from counseling import missed, notices, planning, taking, timetable, waiting, waiting_notices
from counseling.models import Booking, Slot, SlotOffer
from intake import admission
from intake.models.waiting import PlaceQuerySet
from lifecycle.models import Lifecycle
from tests.counseling.holding.doings import Staff
from tests.counseling.holding.promises import Promises
from tests.counseling.holding.queueing import Waiting

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("HOLDS_EXAMPLES", "12"))
LOOK = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    derandomize="HOLDS_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def monday_morning():
    """The machine moves the clock itself."""


class Centre(Waiting, Staff, Promises):
    def wait_for(self, stretch):
        super().wait_for(stretch)
        self.nothing_lapsed_stands()
        self.everybody_who_can_be_is_served()


def test_everything_holds(strikes_always_known):
    run_state_machine_as_test(Centre, settings=LOOK)


# --- Controls: each takes one guard away, and the machine must see the harm -------------------
def _move_without_trail(self, to, *, by, reason="", **fields):
    type(self)._base_manager.filter(pk=self.pk, state=self.state).update(state=to, **fields)
    for name, value in {"state": to, **fields}.items():
        setattr(self, name, value)


def _no_room_is_made(*args, **kwargs):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP INDEX IF EXISTS booking_one_per_slot")
        cursor.execute("ALTER TABLE counseling_booking DROP CONSTRAINT IF EXISTS booking_student_in_one_place")


def _make_without_keeping(*args, make=waiting.make, **kwargs):
    offer = make(*args, **kwargs)
    Booking.objects.filter(offer=offer).delete()
    return offer


def _last_come_first_served(self):
    return self.order_by("priority", "-joined_at", "-pk")


def _as_if_unbooked(self, *args, begin=planning._Planner.__init__, **kwargs):
    begin(self, *args, **kwargs)
    for slot in self.slots:
        slot.is_taken = False


HARM = {
    "caps": ([(taking, "admit", lambda *args, **kwargs: None)], ["hold"], "too many|한도를 넘습니다"),
    "strikes": (
        [(missed, "follow", lambda booking, before, by: None)],
        ["nobody_comes", "later"],
        "불참 기록이 없습니다",
    ),
    "room is made": (
        [(taking, "make_room", _no_room_is_made)],
        ["hold", "book_for_a_caller", "move"],
        "sold twice|two places|겹칩니다|예약이",
    ),
    "words": ([(notices, "booked", lambda booking: None)], ["hold"], "nobody was told of booking"),
    "trail": ([(Lifecycle, "move", _move_without_trail)], ["hold", "cancel"], "left no trail"),
    "list": (
        [(Slot, "refusal", lambda self, topic, mode, *, now, by_staff=False: None)],
        ["hide_or_show", "later"],
        "disagree",
    ),
}


def _only(doings):
    """The machine without any other doings, so that a control need not look for long."""
    rules = [name for name in dir(Centre) if hasattr(getattr(Centre, name), RULE_MARKER)]
    assert set(doings) <= set(rules)
    return type("Centre", (Centre,), {name: None for name in rules if name not in doings})


@pytest.mark.parametrize("guard", HARM)
def test_without_a_guard_the_harm_is_seen(guard, monkeypatch, strikes_always_known):
    patches, doings, harm = HARM[guard]
    for patch in patches:
        monkeypatch.setattr(*patch)
    look = settings(LOOK, max_examples=60, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)

    with pytest.raises(AssertionError, match=harm):
        run_state_machine_as_test(_only(doings), settings=look)


# --- Harms that need more steps than chance finds in a minute: these are walked --------------------
@pytest.fixture
def centre(strikes_always_known):
    centre = Centre()
    yield centre
    centre.look_closely = lambda: None  # the harm has been seen
    centre.teardown()


def test_without_the_pause_it_is_seen_that_somebody_was_let_in(centre, monkeypatch):
    every_time = range(Slot.objects.count())
    centre.nobody_comes(0)
    centre.nobody_comes(0)
    centre.hold(0, every_time, 0, 0, sure=False)

    monkeypatch.setattr(admission, "paused_until", lambda rules, strikes, now: None)
    with pytest.raises(AssertionError, match="is paused and was let in"):
        centre.hold(0, every_time, 0, 0, sure=False)


def test_without_the_look_at_bookings_it_is_seen_that_publishing_took_a_time_away(centre, monkeypatch):
    centre.publish(0, None)
    planned = Slot.objects.filter(planned=True).order_by("pk").last()
    centre.hold(0, [list(Slot.objects.order_by("pk")).index(planned)], 0, 0, sure=True)
    assert planned.bookings.filter(state=Booking.State.BOOKED).exists()
    centre.publish(0, 14)
    centre.nothing_overlaps()

    monkeypatch.setattr(planning._Planner, "__init__", _as_if_unbooked)
    monkeypatch.setattr(timetable, "_lock_unbooked", lambda slots: None)
    centre.publish(0, 14)
    with pytest.raises(AssertionError, match="was taken from its booking"):
        centre.nothing_overlaps()


@pytest.fixture
def line(centre):
    """Both counsellors are booked at one hour, and the second and third child wait for it, in this order."""
    one, other = list(Slot.objects.order_by("pk"))[:2]
    assert one.period == other.period and one.counselor != other.counselor
    centre.hold(0, [0], 0, 0, sure=True)
    centre.hold(3, [1], 0, 0, sure=True)
    centre.the_order_is_kept()
    assert Booking.objects.filter(state=Booking.State.BOOKED, slot__in=[one, other]).count() == 2
    return centre


def promises(centre):
    centre.what_is_offered_is_kept()
    centre.the_order_is_kept()
    centre.everybody_who_can_be_is_served()
    centre.nothing_lapsed_stands()
    centre.whoever_waits_is_told()


def test_a_time_given_back_is_offered_and_lapses_as_promised(line):
    line.wait_for_what_is_given_back(0, [1, 2], 0)
    promises(line)
    first = SlotOffer.objects.standing().get()
    assert first.wish.student == line.students[1]
    line.later(180)
    promises(line)
    assert SlotOffer.objects.standing().get().wish.student == line.students[2]


LINE = {
    "order": (PlaceQuerySet, "in_line", _last_come_first_served, "which came earlier"),
    "who waits": (waiting, "slot_freed", lambda slot: None, "was left waiting"),
    "what is offered": (waiting, "make", _make_without_keeping, "keeps no time"),
    "words of an offer": (waiting_notices, "offered", lambda offer: None, "nobody was told of offer"),
    "words to who waits": (waiting_notices, "joined", lambda wish: None, "nobody was told of wish"),
}


@pytest.mark.parametrize("guard", LINE)
def test_without_a_guard_of_the_line_the_harm_is_seen(guard, line, monkeypatch):
    *patch, harm = LINE[guard]
    monkeypatch.setattr(*patch)

    line.wait_for_what_is_given_back(0, [1, 2], 0)
    with pytest.raises(AssertionError, match=harm):
        promises(line)


def test_without_the_clock_it_is_seen_that_an_offer_outlives_its_deadline(line, monkeypatch):
    line.wait_for_what_is_given_back(0, [1, 2], 0)
    line.look_closely = lambda: None  # the doctor sees it, too

    monkeypatch.setattr(waiting, "lapse", lambda pk: False)
    with pytest.raises(AssertionError, match="outlived its deadline"):
        line.later(180)


def test_without_the_look_at_the_clock_it_is_seen_that_an_answer_came_late(line, monkeypatch):
    line.wait_for_what_is_given_back(0, [1, 2], 0)
    line.traveller.shift(timedelta(hours=3))

    monkeypatch.setattr(SlotOffer, "has_lapsed", lambda self, now: False)
    with pytest.raises(AssertionError, match="was accepted after its deadline"):
        line.answer(0, True)
