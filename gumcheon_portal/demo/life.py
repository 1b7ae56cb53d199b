"""Three months behind and two ahead in the invented centre: places, slots, bookings, programme dates, news."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, time, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts import consents
from accounts.models import Consent, Guardianship, Student, User
from centre.calendar import Calendar
from centre.models import Centre, OpeningHours, Room, Venue
from counseling import booking, changing, feeds
from counseling import timetable as publishing
from counseling.missed import AREA
from counseling.models import Booking, CalendarFeed, Counselor, Leave, Mode, PatternBreak, Slot, Topic, WeeklyPattern
from counseling.models.slots import midnight
from gumcheon_portal.demo.families import Town
from intake.models import Strike
from intake.rules import DEFAULT
from lifecycle.models import Transition
from newsletter.models import Post
from programs.models import Program, Run

DAYS_BACK = 92
DAYS_AHEAD = 61
DAY = timedelta(days=1)
SESSION = timedelta(minutes=50)
MODES = ([Mode.VISIT], [Mode.VISIT, Mode.PHONE], [Mode.VISIT, Mode.VIDEO, Mode.PHONE])
CANCEL_REASONS = ("학교 행사와 겹쳐요", "몸이 아파요", "다른 날로 다시 예약할게요")

State = Booking.State


def place() -> list[Room]:
    """The invented address, its hours (Monday to Saturday) and one room for each counsellor."""
    venue = Venue.objects.create(
        name="체험용 센터",
        address="서울특별시 금천구 별빛로 1 (체험용 주소)",
        postcode="08500",
        floor="2층",
        directions="- 별빛역 2번 출구에서 걸어서 5분\n- 마을버스 금천00번, ‘별빛센터’ 정류장에서 내려 걸어서 2분",
        access="승강기와 장애인 화장실이 있고, 상담실은 휠체어로 들어올 수 있습니다.",
        parking="건물 지하에 2시간까지 무료로 세울 수 있습니다.",
        first_day=timezone.localdate() - timedelta(days=365),
    )
    Centre.objects.filter(phone="").update(
        phone="02-000-0000", email="centre@demo.example", hours_text="평일 10:00~20:00, 토 10:00~17:00"
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(
            venue=venue, weekday=day, opens=time(10), closes=time(17 if day == 5 else 20), first_day=venue.first_day
        )
        for day in range(6)
    )
    return Room.objects.bulk_create(
        Room(venue=venue, name=f"상담실 {n}", floor="2층", capacity=4, first_day=venue.first_day) for n in range(1, 7)
    )


def timetable(rng: random.Random, town: Town, rooms: list[Room]) -> list[Slot]:
    """Counsellors with weekly patterns: what is ahead is published from them, what is behind follows them."""
    topics = list(Topic.objects.order_by("position"))
    today = timezone.localdate()
    begins = today - timedelta(days=DAYS_BACK)
    counselors = []
    for n, user in enumerate(town.counselors):
        counselor = Counselor.objects.create(
            user=user,
            name=f"{user.name} 상담사",
            introduction="학생의 이야기를 먼저 듣고, 할 수 있는 일을 함께 찾습니다.",
            video_url=f"https://video.example/room-{n + 1}",
        )
        counselor.topics.set([topic for i, topic in enumerate(topics) if (i + n) % 3 != 2])
        counselors.append(counselor)
        WeeklyPattern.objects.bulk_create(
            WeeklyPattern(
                counselor=counselor,
                weekday=weekday,
                starts=time(10 if weekday == 5 else 14),
                ends=time(16 if weekday == 5 else 19),
                minutes=50,
                pause=10,
                modes=MODES[(n + weekday) % len(MODES)],
                room=rooms[n],
                first_day=begins,
            )
            for weekday in range(6)
            if (weekday + n) % 2
        )
    PatternBreak.objects.bulk_create(
        PatternBreak(pattern=pattern, starts=time(12), ends=time(13))
        for pattern in WeeklyPattern.objects.filter(weekday=5)
    )
    _away(counselors[-1])
    publishing.publish(counselors, today, today + timedelta(days=DAYS_AHEAD))
    Slot.objects.bulk_create(_behind(begins, today), batch_size=1000)
    return list(Slot.objects.select_related("counselor").order_by("period", "pk"))


def _away(counselor: Counselor) -> None:
    """One day of leave next week."""
    monday = timezone.localdate() + timedelta(days=7 - timezone.localdate().weekday())
    Leave.objects.create(
        counselor=counselor, kind=Leave.Kind.TRIP, period=DateTimeTZRange(midnight(monday), midnight(monday + DAY))
    )


def _behind(first: date, today: date) -> list[Slot]:
    """What the patterns would have published before today; publishing itself never looks back."""
    days = Calendar.load(first, today).open_days()
    known = set(Slot.objects.values_list("counselor_id", "period"))
    patterns = WeeklyPattern.objects.select_related("counselor").prefetch_related("breaks", "counselor__topics")
    return [
        Slot(counselor=pattern.counselor, period=period, modes=pattern.modes, room_id=pattern.room_id, planned=True)
        for pattern in patterns
        for day in days
        for period in pattern.on(day)
        if (pattern.counselor_id, period) not in known
    ]


def history(rng: random.Random, town: Town, slots: list[Slot]) -> None:
    """Bookings of the past and the coming weeks, each with its trail. No family was told: these are only shown."""
    now = timezone.now()
    topics = {
        counselor.pk: [topic for topic in counselor.topics.all() if topic.minutes <= SESSION.seconds // 60]
        for counselor in Counselor.objects.prefetch_related("topics")
    }
    guardian = {link.student_id: link.guardian for link in _first_guardians()}
    busy: set[tuple[int, datetime]] = set()
    ahead: Counter[int] = Counter()
    rows: list[tuple[Booking, list[tuple[str, str, datetime, User | None, str]]]] = []
    for slot in slots:
        over = slot.ends_at <= now
        if rng.random() > (0.7 if over else 0.35) or not topics[slot.counselor_id]:
            continue
        student = rng.choice(town.students[2:])
        if (student.pk, slot.starts_at) in busy or (not over and ahead[student.pk] >= DEFAULT.open_most):
            continue
        busy.add((student.pk, slot.starts_at))
        ahead[student.pk] += not over
        topic = rng.choice(topics[slot.counselor_id])
        rows.append(_booking(rng, slot, student=student, family=guardian[student.pk], topic=topic, now=now))
    bookings = Booking.objects.bulk_create([row for row, _ in rows], batch_size=1000)
    missed(bookings)
    _consented(bookings, topics)
    kind = ContentType.objects.get_for_model(Booking)
    Transition.objects.bulk_create(
        [
            Transition(
                at=at, subject_type=kind, subject_id=row.pk, from_state=before, to_state=after, by=by, reason=reason
            )
            for row, (_, moves) in zip(bookings, rows, strict=True)
            for before, after, at, by, reason in moves
        ],
        batch_size=1000,
    )


def _consented(bookings: list[Booking], topics: dict[int, list[Topic]]) -> None:
    """Whoever books a counselling about feelings agreed to it before: the first time, on the page that booked."""
    sensitive = {topic.pk for some in topics.values() for topic in some if topic.sensitive}
    first: dict[int, Booking] = {}
    for row in sorted(bookings, key=lambda row: row.booked_at):
        if row.topic_id in sensitive:
            first.setdefault(row.student_id, row)
    words = consents.text(consents.Kind.SENSITIVE)
    Consent.objects.bulk_create(
        Consent(at=row.booked_at, text=words, student_id=pk, given=True, by=row.booked_by) for pk, row in first.items()
    )


def missed(bookings: list[Booking]) -> None:
    """The strikes of those who did not come. Nobody was told: these are only shown."""
    Strike.objects.bulk_create(
        Strike(
            student_id=row.student_id,
            area=AREA,
            source=row.pk,
            what="상담",
            missed_at=row.starts_at,
            recorded_at=row.ends_at,
            appeal_until=row.ends_at + timedelta(days=14),
        )
        for row in bookings
        if row.state == State.NO_SHOW
    )


def _first_guardians() -> models.QuerySet[Guardianship]:
    return Guardianship.objects.current().order_by("student_id", "pk").distinct("student_id").select_related("guardian")


def _booking(
    rng: random.Random, slot: Slot, *, student: Student, family: User, topic: Topic, now: datetime
) -> tuple[Booking, list[tuple[str, str, datetime, User | None, str]]]:
    booked_at = min(slot.starts_at - timedelta(days=rng.randint(2, 14)), now - timedelta(hours=rng.randint(1, 40)))
    moves: list[tuple[str, str, datetime, User | None, str]] = [(State.HELD, State.BOOKED, booked_at, family, "")]
    state = State.BOOKED
    staff = slot.counselor.user
    if rng.random() < 0.08:
        state = State.CANCELLED
        moves.append((State.BOOKED, state, booked_at + timedelta(hours=1), family, rng.choice(CANCEL_REASONS)))
    elif slot.ends_at <= now:
        state = State.NO_SHOW if rng.random() < 0.06 else State.DONE
        moves.append((State.BOOKED, state, slot.ends_at, staff, ""))
    return (
        Booking(
            slot=slot,
            student=student,
            topic=topic,
            mode=next((mode for mode in slot.modes if mode in topic.modes), slot.modes[0]),
            period=slot.session(topic),
            question=rng.choice(("", "과목 선택이 고민이에요.", "생활기록부를 어떻게 채우면 좋을지 여쭤보고 싶어요.")),
            state=state,
            created_at=booked_at,
            booked_at=booked_at,
            reminded_at=slot.starts_at - timedelta(days=1) if slot.starts_at <= now else None,
            booked_by=family,
            sequence=int(state == State.CANCELLED),
        ),
        moves,
    )


def one_real_booking(town: Town) -> None:
    """The demo parent's own booking, made as any parent makes it: the family and the counsellor are told."""
    topic = Topic.objects.open().first()
    child = town.students[0]
    if topic and (slot := Slot.objects.free(topic=topic).filter(counselor__user=town.people["counselor"]).first()):
        mode = next(mode for mode in slot.modes if mode in topic.modes)
        booking.book(
            slot.pk,
            student=child,
            topic=topic,
            mode=mode,
            by=town.people["parent"],
            question="과목 선택이 고민이에요.",
        )


def family_history(town: Town) -> None:
    """The demo parent's younger child: counselled once, and booked again at a time that the parent moved since."""
    child, parent, staff = town.students[1], town.people["parent"], town.people["counselor"]
    now = timezone.now()
    past = Slot.objects.filter(counselor__user=staff, period__endswith__lt=now, bookings=None)
    if (slot := past.order_by("-period").first()) and (topic := slot.counselor.topics.open().first()):
        begun = slot.starts_at - timedelta(days=5)
        done = Booking.objects.create(
            slot=slot,
            student=child,
            topic=topic,
            mode=next((mode for mode in slot.modes if mode in topic.modes), slot.modes[0]),
            period=slot.session(topic),
            state=State.DONE,
            created_at=begun,
            booked_at=begun,
            reminded_at=slot.starts_at - timedelta(days=1),
            booked_by=parent,
        )
        kind = ContentType.objects.get_for_model(Booking)
        for before, after, at, by in (
            (State.HELD, State.BOOKED, begun, parent),
            (State.BOOKED, State.DONE, slot.ends_at, staff),
        ):
            Transition.objects.create(
                at=at, subject_type=kind, subject_id=done.pk, from_state=before, to_state=after, by=by
            )
    topic = Topic.objects.open().first()
    free = (
        [slot for slot in Slot.objects.free(topic=topic) if slot.starts_at > now + timedelta(days=4)] if topic else []
    )
    if len(free) > 1:
        asked = {"student": child, "topic": topic, "by": parent}
        mode = next(mode for mode in free[0].modes if mode in topic.modes)
        agreed = booking.book(free[0].pk, mode=mode, **asked)
        later = next((slot for slot in free[1:] if mode in slot.modes and slot.period != free[0].period), None)
        if later:
            changing.move(agreed, later.pk, by=parent)


def calendars(town: Town) -> None:
    """The demo parent and counsellor let their phones read their calendars."""
    feeds.make(town.people["parent"], CalendarFeed.Kind.FAMILY)
    feeds.make(town.people["counselor"], CalendarFeed.Kind.COUNSELOR)


def programme(town: Town) -> None:
    """Dates for some of the plan's programmes: over, open, coming, and one without application."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    dates = ((-20, "지난 회차"), (12, "1회"), (30, "2회"), (45, "3회"))
    for n, program in enumerate(Program.objects.published().order_by("position", "pk")[:9]):
        for days, title in dates[n % 2 :: 2]:
            starts = (now + timedelta(days=days + n)).replace(hour=10 + n % 8)
            run = Run.objects.create(
                program=program,
                title=f"{timezone.localdate(starts).year}년 {title}",
                starts_at=starts,
                ends_at=starts + timedelta(hours=2),
                place="체험용 센터 강의실",
                capacity=20 + 5 * n,
                opens_at=None if n == 4 else starts - timedelta(days=25),
                closes_at=None if n == 4 else starts - timedelta(days=2),
                published_at=now - timedelta(days=60),
            )
            run.sessions.create(starts_at=run.starts_at, ends_at=run.ends_at)


def news(town: Town) -> None:
    """A few invented posts; the facts in them are examples and say so."""
    now = timezone.now()
    example = "체험용 글입니다. 실제 전형 일정은 대학과 교육청의 안내를 확인해 주세요."
    posts = (
        (Post.Kind.NOTICE, "겨울방학 상담 예약을 받습니다", "방학 동안 평일 오후와 토요일에 상담합니다.", 2),
        (Post.Kind.NOTICE, "센터 이용 시간 안내", "월요일부터 토요일까지 문을 엽니다.", 20),
        (Post.Kind.ADMISSIONS, "정시 원서접수 전에 확인할 다섯 가지", "모집 인원 변동과 반영 비율을 먼저 봅니다.", 1),
        (
            Post.Kind.ADMISSIONS,
            "고교학점제 과목 선택, 이렇게 시작해요",
            "희망 계열과 권장 과목을 나란히 놓고 봅니다.",
            6,
        ),
        (Post.Kind.ADMISSIONS, "학생부종합전형 서류를 읽는 눈", "활동의 양보다 과정을 봅니다.", 11),
    )
    for kind, title, summary, days in posts:
        Post.objects.create(
            kind=kind,
            title=title,
            summary=summary,
            body=f"{summary}\n\n{example}",
            source="체험용 자료" if kind == Post.Kind.ADMISSIONS else "",
            published_at=now - timedelta(days=days),
        )
