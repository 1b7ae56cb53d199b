"""Recounts what the guards promise, from the rows themselves: for the night, and for whoever doubts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter

from django.contrib.contenttypes.models import ContentType
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Student
from accounts.schoolyear import school_year
from centre.models import RoomUse
from counseling import waiting_doctor as queue
from counseling.missed import AREA
from counseling.models import Booking, Slot, Topic
from intake.models import Strike
from intake.rules import DEFAULT, Rules, Scope, Year
from lifecycle import retention
from lifecycle.models import Transition

ORPHANED_AFTER = timedelta(days=1)


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    standing = [*_overlaps(), *_crowded_slots(), *_strays(), *_rooms(), *_orphan_holds()]
    return [*standing, *_over_the_caps(), *_strikes(), *queue.check()]


def _live() -> QuerySet[Booking]:
    return Booking.objects.filter(state__in=Booking.OCCUPYING)


def _overlaps() -> Iterator[str]:
    """Two slots of one counsellor, or two bookings of one student, at the same time; ``centre.doctor`` has the rooms."""
    standing = Slot.objects.standing()
    for pk in _together(standing, standing, "counselor"):
        yield f"상담 시간 {pk}: 같은 상담사의 다른 시간과 겹칩니다."
    for pk in _together(_live(), _live(), "student"):
        yield f"예약 {pk}: 같은 학생의 다른 예약과 시간이 겹칩니다."


def _together(rows: QuerySet, others: QuerySet, whose: str) -> list[int]:
    """Keys of ``rows`` that share ``whose`` and some time with another of ``others``."""
    clash = others.filter(**{whose: OuterRef(whose)}, period__overlap=OuterRef("period")).exclude(pk=OuterRef("pk"))
    return list(rows.filter(Exists(clash)).order_by("pk").values_list("pk", flat=True))


def _crowded_slots() -> Iterator[str]:
    crowded = _live().values("slot").annotate(number=Count("pk")).filter(number__gt=1).order_by("slot")
    for row in crowded:
        yield f"상담 시간 {row['slot']}: 예약이 {row['number']}건입니다."


def _strays() -> Iterator[str]:
    """Bookings that lie outside the slot they are in: somebody moved the slot under them."""
    strays = _live().exclude(slot__period__contains=F("period"))
    for pk in strays.values_list("pk", flat=True):
        yield f"예약 {pk}: 상담 시간표의 시간과 어긋납니다."


def _rooms() -> Iterator[str]:
    """Slots whose room use says something else: a trigger was off."""
    uses = RoomUse.objects.filter(owner_kind=Slot._meta.label_lower)
    same = uses.filter(owner_id=OuterRef("pk"), room=OuterRef("room"), period=OuterRef("period"))
    for pk in Slot.objects.standing().filter(~Exists(same), room__isnull=False).values_list("pk", flat=True):
        yield f"상담 시간 {pk}: 방 사용표에 없습니다."
    idle = Slot.objects.filter(Q(room=None) | Q(withdrawn_at__isnull=False), pk__in=uses.values("owner_id"))
    for pk in idle.values_list("pk", flat=True):
        yield f"상담 시간 {pk}: 쓰지 않는 방이 방 사용표에 남아 있습니다."


def _orphan_holds() -> Iterator[str]:
    """Holds that are long over. They harm nobody, for whoever comes next lapses them; many mean that nobody comes."""
    old = timezone.now() - ORPHANED_AFTER
    number = Booking.objects.filter(state=Booking.State.HELD, held_until__lt=old).count()
    if number:
        yield f"맡아 둔 기한이 하루 넘게 지난 예약이 {number}건 있습니다."


def _over_the_caps() -> Iterator[str]:
    """Students who have more than any of their topics allows.

    What staff booked for callers may be an exception, so it is not counted here.
    """
    rules = {topic.pk: topic.rules.frozen() if topic.rules else DEFAULT for topic in _topics()}
    own = Booking.objects.filter(on_behalf=False, topic__at_fair=False).order_by("student")
    ahead = own.filter(state__in=Booking.AGREED, period__endswith__gt=timezone.now())
    for student, group in groupby(ahead.values_list("student", "topic"), key=itemgetter(0)):
        topics = [topic for _, topic in group]
        apart = [topic for topic in set(topics) if rules[topic].open_scope == Scope.ONE]
        most = [rules[topic].open_most for topic in set(topics)]
        if any(_above(topics.count(topic), [rules[topic].open_most]) for topic in apart) or _above(len(topics), most):
            yield f"학생 {student}: 앞으로의 예약이 {len(topics)}건으로 한도를 넘습니다."
    capped = [topic for topic, rule in rules.items() if rule.year_kind != Year.NONE]
    counted = own.filter(topic__in=capped, state__in=Booking.OCCUPYING - {Booking.State.HELD}).select_related("student")
    for (student, topic, year), number in _per_year(counted, rules):
        yield f"학생 {student}: 주제 {topic}의 {year}년(학년도) 상담이 {number}건으로 한도를 넘습니다."
    across = [topic for topic in capped if rules[topic].year_scope == Scope.ALL]
    for (student, year), number in _per_year_in_all(counted.filter(topic__in=across), rules):
        yield f"학생 {student}: 여러 주제를 합한 {year}년(학년도) 상담이 {number}건으로 한도를 넘습니다."


def _topics() -> QuerySet[Topic]:
    return Topic.objects.select_related("rules")


def _above(number: int, caps: list[int | None]) -> bool:
    """Whether a number breaks the widest of several caps; ``None`` is no cap."""
    return None not in caps and number > max(cap for cap in caps if cap is not None)


def _per_year(bookings: Iterable[Booking], rules: dict[int, Rules]) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Student, topic and year with more bookings of this topic alone than its rules allow."""
    numbers: Counter[tuple[int, int, int]] = Counter()
    for booking in bookings:
        rule, day, student = rules[booking.topic_id], timezone.localdate(booking.starts_at), booking.student
        grade = _grade(student, day)
        key = (student.pk, booking.topic_id, rule.year_of(day))
        numbers[key] += 1
        if _above(numbers[key], [rule.year_most(grade)]):
            yield key, numbers[key]


def _per_year_in_all(bookings: Iterable[Booking], rules: dict[int, Rules]) -> Iterator[tuple[tuple[int, int], int]]:
    """Student and year with more bookings of several topics together than the widest rule of these allows.

    Only topics whose rules count all are looked at: what else a student had would have made them refuse sooner.
    """
    found: dict[tuple[int, str, int], list[tuple[int, int | None]]] = defaultdict(list)
    for booking in bookings:
        rule, day = rules[booking.topic_id], timezone.localdate(booking.starts_at)
        most = rule.year_most(_grade(booking.student, day))
        found[booking.student_id, rule.year_kind, rule.year_of(day)].append((booking.topic_id, most))
    for (student, _kind, year), had in found.items():
        several = len({topic for topic, _most in had}) > 1  # of one alone ``_per_year`` speaks
        if several and _above(len(had), [most for _topic, most in had]):
            yield (student, year), len(had)


def _grade(student: Student, day: date) -> int | None:
    return student.grade + school_year(day) - student.grade_year if student.status == "enrolled" else None


def _strikes() -> Iterator[str]:
    """A no-show without its strike, and a strike whose booking is no no-show.

    Either may be destroyed before the other, each when two people agreed to its own plan. What was marked before
    this database knew strikes never got one, and nobody is given one afterwards.
    """
    standing = Strike.objects.filter(area=AREA).exclude(state=Strike.State.WITHDRAWN)
    kept_since = retention.kind("intake.strike").period.before(timezone.now())
    missed = Booking.objects.filter(
        state=Booking.State.NO_SHOW, period__startswith__gte=kept_since, topic__at_fair=False
    )
    marked = Transition.objects.filter(
        subject_type=ContentType.objects.get_for_model(Booking), to_state=Booking.State.NO_SHOW, at__gte=strikes_began()
    )
    missed = missed.filter(pk__in=marked.values("subject_id"))
    for pk in missed.exclude(pk__in=standing.values("source")).order_by("pk").values_list("pk", flat=True):
        yield f"예약 {pk}: 불참인데 불참 기록이 없습니다."
    others = Booking.objects.exclude(state=Booking.State.NO_SHOW)
    for pk in standing.filter(source__in=others.values("pk")).order_by("pk").values_list("source", flat=True):
        yield f"예약 {pk}: 불참이 아닌데 불참 기록이 있습니다."


def strikes_began() -> datetime:
    """Since when this database writes no-shows down: the moment at which their table was made."""
    made = MigrationRecorder.Migration.objects.filter(app="intake", name="0001_rules_and_strikes").first()
    return made.applied if made else datetime.min.replace(tzinfo=UTC)
