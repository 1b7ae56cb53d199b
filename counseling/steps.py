"""What counselling has to say on 나의 페이지: a booking left half done, what lies ahead, what took place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import overview
from accounts.models import User, family_keys
from accounts.overview import Asked, Entry, Group, Step, Urgency
from counseling import questionnaires, rules, waiting
from counseling.models import Booking, Proposal, Rearrangement, Record
from intake.steps import counting
from krds.dates import kdate, kdatetime, kperiod, ktime

State = Booking.State
PAST_SHOWN = 3  # of each child; the list of bookings has them all
Who = Sequence  # a student's key and name
SOON = timedelta(days=3)  # a form that is still missing then is pressing

# Written by hand: everybody who is logged in passes the front door. What is kept until a deadline, the first to be over,
# one's own holds and the family's offers alike (an offer keeps its time as a hold); without one the next counselling.
_FRONT = """
    SELECT booking.id, booking.state, booking.offer_id, booking.held_until, lower(booking.period),
           student.id, student.name, topic.name
    FROM counseling_booking booking
    JOIN accounts_student student ON student.id = booking.student_id
    JOIN counseling_topic topic ON topic.id = booking.topic_id
    WHERE booking.student_id IN ({family}) AND upper(booking.period) > %s
      AND (booking.state = ANY(%s) OR (
          booking.state = 'held' AND booking.held_until > %s AND (booking.offer_id IS NOT NULL OR booking.booked_by_id = %s)
      ))
    ORDER BY booking.state <> 'held', COALESCE(booking.held_until, lower(booking.period)), booking.id
    LIMIT 1
"""


@overview.front
def what_is_next(user: User, now: datetime) -> Step | None:
    """The hold or offer that is over first, else the next counselling; in one statement."""
    family = family_keys(user)
    asked = [*family.params, now, [state.value for state in Booking.AGREED], now, user.pk]
    with connection.cursor() as cursor:
        cursor.execute(_FRONT.format(family=family.sql), asked)
        found = cursor.fetchone()
    if found is None:
        return None
    pk, state, offer, held_until, starts, *who, topic = found
    if state != State.HELD:
        return _coming(now, starts, who, reverse("counseling:booking", args=[pk]))
    if offer:
        return _offered(offer, held_until, starts, who, topic)
    return _held(pk, held_until, starts, who)


@overview.steps
def next_counselling(asked: Asked) -> Iterable[Step]:
    """A hold that is running out, and each child's next counselling."""
    told: set[int] = set()
    for booking in _live(asked):
        who = booking.student_id, asked.names[booking.student_id]
        if booking.state == State.HELD:
            yield _held(booking.pk, booking.held_until, booking.starts_at, who)
        elif booking.student_id not in told:
            told.add(booking.student_id)
            yield _coming(asked.now, booking.starts_at, who, booking.get_absolute_url(), booking.place)


def _held(pk: int, until: datetime, starts: datetime, who: Who) -> Step:
    return Step(
        sentence=_("%(name)s님의 %(when)s 상담 예약을 마치지 않았습니다. %(until)s까지 맡아 둡니다.")
        % {"name": who[1], "when": kdatetime(starts), "until": ktime(until)},
        url=reverse("counseling:review", args=[pk]),
        action=_("이어서 예약하기"),
        urgency=Urgency.NOW,
        until=until,
        student=who[0],
    )


def _coming(now: datetime, starts: datetime, who: Who, url: str, place: str = "") -> Step:
    days = (timezone.localdate(starts) - timezone.localdate(now)).days
    sentence = _("%(name)s님의 상담이 %(when)s에 있습니다. %(place)s")
    return Step(
        sentence=(sentence % {"name": who[1], "when": kdatetime(starts), "place": place}).rstrip(),
        url=url,
        action=_("예약 보기"),
        urgency=Urgency.SOON if days <= 1 else Urgency.LATER,
        until=starts,
        happens=True,
        student=who[0],
    )


@overview.steps
def forms_to_fill(asked: Asked) -> Iterable[Step]:
    """Forms that the family may send until the counselling begins."""
    agreed = [booking for booking in _live(asked) if booking.state != State.HELD]
    for paper in questionnaires.papers(agreed, asked.user).values():
        if paper.waits:
            yield Step(
                sentence=_("%(name)s님의 %(when)s 상담에 앞서 사전 질문지를 보내 주세요.")
                % {"name": asked.names[paper.booking.student_id], "when": kdatetime(paper.booking.starts_at)},
                url=paper.url,
                action=paper.action,
                urgency=Urgency.SOON if paper.closes_at - asked.now <= SOON else Urgency.LATER,
                until=paper.closes_at,
                student=paper.booking.student_id,
            )


@overview.entries
def counselling(asked: Asked) -> Iterable[Entry]:
    for booking in _live(asked):
        if booking.state != State.HELD:
            yield Entry(
                student=booking.student_id,
                group=Group.AHEAD,
                at=booking.starts_at,
                title=kperiod(booking.starts_at, booking.ends_at),
                url=booking.get_absolute_url(),
                text=f"{booking.topic.name} · {booking.get_mode_display()} · {booking.place}",
                badge=str(State(booking.state).label),
                kind="primary" if booking.state == State.BOOKED else "success",
                countdown=True,
            )
    past = list(_past(asked))
    shared = set(Record.objects.shared_with(asked.user).filter(booking__in=past).values_list("booking", flat=True))
    for booking in past:
        is_shared = booking.pk in shared
        yield Entry(
            student=booking.student_id,
            group=Group.PAST,
            at=booking.starts_at,
            title=kperiod(booking.starts_at, booking.ends_at),
            url=reverse("counseling:record", args=[booking.pk]) if is_shared else booking.get_absolute_url(),
            text=f"{booking.topic.name} · {booking.slot.counselor.name}"
            + (f" · {_('결과 보기')}" if is_shared else ""),
            badge=str(State(booking.state).label) if booking.state not in Booking.AGREED else _("지난 상담"),
            kind={State.DONE: "success", State.NO_SHOW: "warning"}.get(State(booking.state), ""),
        )


@overview.steps
def offers(asked: Asked) -> Iterable[Step]:
    """A time that is kept for a child until its deadline, and then goes to the next in line."""
    for standing in _standing(asked):
        if standing.offer:
            wish, offer = standing.wish, standing.offer
            who = wish.student_id, wish.student.name
            yield _offered(offer.pk, offer.deadline, offer.slot.starts_at, who, wish.topic.name)


def _offered(pk: int, deadline: datetime, starts: datetime, who: Who, topic: str) -> Step:
    return Step(
        sentence=_("%(name)s님이 기다리던 %(topic)s 자리가 났습니다: %(when)s. 기한까지 답해 주세요.")
        % {"name": who[1], "topic": topic, "when": kdatetime(starts)},
        url=reverse("counseling:offer", args=[pk]),
        action=_("답하기"),
        urgency=Urgency.NOW,
        until=deadline,
        student=who[0],
    )


@overview.steps
def moved_times(asked: Asked) -> Iterable[Step]:
    """A time to which the centre moved a counselling, as long as the family may say whether it is fine."""
    for question in Rearrangement.objects.open(asked.now).filter(booking__student__in=asked.students).for_page():
        booking = question.booking
        yield Step(
            sentence=_("%(name)s님의 상담을 %(when)s로 옮겼습니다. 괜찮으신지 기한까지 답해 주세요.")
            % {"name": booking.student.name, "when": kdatetime(booking.starts_at)},
            url=question.get_absolute_url(),
            action=_("답하기"),
            urgency=Urgency.NOW,
            until=question.deadline,
            student=booking.student_id,
        )


@overview.steps
def pauses(asked: Asked) -> Iterable[Step]:
    """Who cannot book for a while because of no-shows, and until when; asked only where there are any."""
    if not counting(asked):
        return
    for student, until, topics in rules.offered(asked.user).pauses(asked.now):
        known = {"name": student.name, "day": kdate(until - timedelta(days=1)), "topics": ", ".join(topics)}
        yield Step(
            sentence=_("%(name)s님은 불참이 거듭되어 %(day)s까지 새로 예약할 수 없습니다: %(topics)s") % known
            if topics
            else _("%(name)s님은 불참이 거듭되어 %(day)s까지 상담을 새로 예약할 수 없습니다.") % known,
            url=reverse("intake:strikes"),
            action=_("불참 기록 보기"),
            student=student.pk,
        )


@overview.steps
def proposals(asked: Asked) -> Iterable[Step]:
    """The next counselling that a counsellor proposed and nobody has booked yet."""
    proposed = Proposal.objects.open_for(asked.user).filter(record__booking__student__in=asked.students)
    for proposal in proposed:
        student = proposal.record.booking.student
        yield Step(
            sentence=_("%(name)s님의 다음 상담을 %(day)s 무렵에 권합니다: %(topic)s")
            % {"name": student.name, "day": kdate(proposal.on), "topic": proposal.topic.name},
            url=proposal.get_absolute_url(),
            action=_("시간 고르기"),
            student=student.pk,
        )


@overview.entries
def places_in_line(asked: Asked) -> Iterable[Entry]:
    for standing in _standing(asked):
        wish = standing.wish
        kind = _("%(topic)s 더 빠른 시간") if wish.booking_id else "%(topic)s"
        yield Entry(
            student=wish.student_id,
            group=Group.WAITING,
            at=wish.joined_at,
            title=_("%(what)s 대기 %(number)d번째")
            % {"what": kind % {"topic": wish.topic.name}, "number": standing.position},
            url=wish.get_absolute_url(),
            text=_("%(until)s까지 기다립니다.") % {"until": kdatetime(wish.until)},
            badge=_("답을 기다림") if standing.offer else str(wish.State(wish.state).label),
            kind="warning" if standing.offer else "information",
        )


def _standing(asked: Asked) -> list[waiting.Standing]:
    return asked.once("counseling.standing", lambda: waiting.standing_of(asked.user) if asked.students else [])


def _live(asked: Asked) -> list[Booking]:
    """What is agreed and not over, and one's own running holds, the next first; one query for page and steps."""
    agreed = Q(state__in=Booking.AGREED)
    held = Q(state=State.HELD, held_until__gt=asked.now, booked_by=asked.user, offer=None)
    mine = Booking.objects.filter(agreed | held, student__in=asked.students, period__endswith__gt=asked.now)
    return asked.once("counseling.live", lambda: list(mine.for_page().order_by("period__startswith", "pk")))


def _past(asked: Asked) -> Iterable[Booking]:
    """The latest few of each child, in one query."""
    latest = Window(RowNumber(), partition_by=F("student_id"), order_by=[F("period").desc(), F("pk").desc()])
    mine = Booking.objects.filter(student__in=asked.students).past().order_by()
    return mine.annotate(place_in_line=latest).filter(place_in_line__lte=PAST_SHOWN).for_page()
