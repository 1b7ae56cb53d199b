"""What is open when a student leaves, or when a guardian may see the student no more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import family, leaving
from accounts.models import School
from counseling import booking as bookings
from counseling import feeds, waiting
from counseling.models import Booking, CalendarFeed, SlotOffer, Wish
from intake import noshow, priorities
from intake.models import Appeal, Priority, Referral, ReferralCode, Strike
from lifecycle.models import Transition

pytestmark = pytest.mark.django_db

GONE = "학생이 이용을 마침"


def last(subject):
    return Transition.objects.of(subject).last()


def ended(subject, state):
    subject.refresh_from_db()
    step = last(subject)
    return (subject.state, step.to_state, step.by, step.reason) == (state, state, None, GONE)


def test_everything_open_ends_with_the_student_and_leaves_a_trail(student, parent, slot, topic, make_parent):
    now, teacher = timezone.now(), make_parent("이교사")
    hold = bookings.hold(slot.pk, student=student, topic=topic, mode="visit", by=parent)
    own = feeds.make(parent, CalendarFeed.Kind.FAMILY, student)[0]
    whole = feeds.make(parent, CalendarFeed.Kind.FAMILY)[0]
    referral = Referral.objects.create(
        student=student, area="counseling", subject=topic.pk, what=topic.name, reason="걱정", teacher=teacher,
        school=School.objects.create(office_code="B10", neis_code="1", name="별빛중학교", kind="middle"), valid_until=now + timedelta(days=9),
    )  # fmt: skip
    strike = Strike.objects.create(
        student=student, area="counseling", source=9, what="상담", missed_at=now, appeal_until=now + timedelta(days=9)
    )
    appeal = noshow.appeal(strike, by=parent, text="아팠습니다.")
    priority = priorities.give(
        student, first_day=date(2026, 11, 1), last_day=date(2026, 12, 1), reason="근거", by=teacher
    )
    ReferralCode.objects.create(student=student, code="ABCD", made_by=parent, valid_until=now)

    leaving.release(student, by=parent)

    assert ended(hold, Booking.State.RELEASED)
    assert ended(referral, Referral.State.DONE)
    assert ended(appeal, Appeal.State.CLOSED) and appeal.answered_at == now
    assert ended(own, CalendarFeed.State.REVOKED) and own.revoked_at == now
    whole.refresh_from_db()
    assert whole.state == CalendarFeed.State.ACTIVE  # the guardian is still here
    assert Priority.objects.get(pk=priority.pk).ended_at == now
    assert not ReferralCode.objects.exists()


def test_a_place_in_the_queue_ends_with_its_offer_even_where_nobody_was_asked(student, parent, slot, topic):
    until = timezone.now() + timedelta(days=9)
    wish = Wish.objects.create(student=student, topic=topic, modes=["visit"], asked_by=parent, until=until)
    offer = waiting.slot_freed(slot)
    assert offer is not None

    leaving.forget_students(type(student).objects.filter(pk=student.pk))  # as after a restore

    assert ended(wish, Wish.State.ENDED)
    assert ended(offer, SlotOffer.State.WITHDRAWN)
    assert ended(Booking.objects.get(), Booking.State.RELEASED)


def test_the_calendars_of_somebody_who_leaves_end(parent, student, make_student):
    feed = feeds.make(parent, CalendarFeed.Kind.FAMILY)[0]

    leaving.leave(parent)

    feed.refresh_from_db()
    assert feed.state == CalendarFeed.State.REVOKED and last(feed).reason == "탈퇴함"


def test_a_guardian_who_cares_no_more_loses_the_calendar_of_this_child_alone(
    parent, student, make_student, make_parent
):
    father, sibling = make_parent("김아빠"), make_student("김바다", parent)
    student.guardianships.create(guardian=father, relation="father", confirmed_at=timezone.now())
    mine, theirs = feeds.make(parent, "family", student)[0], feeds.make(father, "family", student)[0]
    other = feeds.make(parent, "family", sibling)[0]

    family.unlink(student.guardianships.get(guardian=parent), by=parent)

    states = dict(CalendarFeed.objects.values_list("pk", "state"))
    assert states == {mine.pk: "revoked", theirs.pk: "active", other.pk: "active"}
    assert last(mine).reason == "학생과의 연결이 끝남"


def test_a_handed_over_student_keeps_the_calendars_of_those_who_may_see_it(parent, student, make_parent, make_student):
    student.user = make_parent("김하늘")
    student.save(update_fields=["user"])
    stranger = make_parent("최남")
    own = feeds.make(parent, "family", student)[0]
    feed = CalendarFeed(owner=stranger, kind="family", student=student)  # left over from before
    feed.set_token("token")
    feed.save(force_insert=True)

    family.hand_over(student, by=student.user)

    assert CalendarFeed.objects.get(pk=own.pk).state == "active"
    assert CalendarFeed.objects.get(pk=feed.pk).state == "revoked"
