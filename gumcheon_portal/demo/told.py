"""What invented counsellors wrote down: records of the demo counsellor's work, one shared with the demo student."""

from __future__ import annotations

import random
from datetime import timedelta

from django.utils import timezone

from counseling import records
from counseling.models import Booking, Slot, Topic
from counseling.records import Entry
from gumcheon_portal.demo.families import Town

UNWRITTEN = 3  # of the latest, so that the first page has something to do
MEMOS = (
    "과목 선택을 두고 부모님과 생각이 다르다고 함. 다음에는 함께 오도록 권함.",
    "시험 기간에 잠을 줄이고 있음. 계획을 줄이는 연습부터.",
    "하고 싶은 일이 뚜렷하지 않음. 서두르지 않기로 함.",
)
SUMMARIES = (
    "희망하는 계열과 학교에서 고를 수 있는 과목을 나란히 놓고 살펴보았습니다.",
    "지난 학기에 한 활동을 돌아보고, 이어 갈 것과 그만둘 것을 나누었습니다.",
    "일주일 시간표를 함께 그려 보고, 혼자 공부하는 시간을 정했습니다.",
)
ITEMS = ("권장 과목 표에서 관심 과목 세 개 고르기", "독서 기록 한 편 쓰기", "담임 선생님과 과목 상담하기")


def written(rng: random.Random, town: Town) -> None:
    """Records for most of what the demo counsellor did, through the same use cases as everywhere."""
    counselor = town.people["counselor"]
    done = Booking.objects.filter(state=Booking.State.DONE, slot__counselor__user=counselor).for_page()
    for booking in list(done.order_by("-period__startswith", "-pk")[UNWRITTEN : UNWRITTEN + 12]):
        record = records.write(booking, _entry(rng, booking.topic), based_on=0, by=counselor)
        if rng.random() < 0.6:
            records.share(record, version=1, by=counselor, guardians_allowed=rng.random() < 0.5)
    _shared_with_the_demo_student(rng, town)


def _shared_with_the_demo_student(rng: random.Random, town: Town) -> None:
    """A counselling of the demo student some weeks ago, with a proposal that waits to be booked."""
    counselor, child = town.people["counselor"], town.students[0]
    past = Slot.objects.filter(
        counselor__user=counselor, period__endswith__lt=timezone.now() - timedelta(days=10), bookings=None
    )
    slot, topic = past.order_by("-period__startswith").first(), Topic.objects.open().first()
    if slot is None or topic is None:
        return
    booking = Booking.objects.create(
        slot=slot,
        student=child,
        topic=topic,
        mode=slot.modes[0],
        period=slot.session(topic),
        state=Booking.State.DONE,
        created_at=slot.starts_at - timedelta(days=5),
        booked_at=slot.starts_at - timedelta(days=5),
        reminded_at=slot.starts_at - timedelta(days=1),
        booked_by=town.people["parent"],
    )
    other = Topic.objects.open().exclude(pk=topic.pk).first()
    record = records.write(booking, _entry(rng, other or topic), based_on=0, by=counselor)
    if child.user is not None and not child.is_under_14:
        records.allow_guardians(child, True, by=child.user)
    records.share(record, version=1, by=counselor)


def _entry(rng: random.Random, topic: Topic) -> Entry:
    return Entry(
        memo=rng.choice(MEMOS),
        summary=rng.choice(SUMMARIES),
        items=rng.sample(ITEMS, 2),
        next_topic=topic,
        next_on=timezone.localdate() + timedelta(days=rng.randint(7, 30)),
        next_note="학교생활기록부 사본(선택)",
    )
