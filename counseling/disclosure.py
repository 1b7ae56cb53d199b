"""What this room keeps about a person, for the copy of their own data that they may take away (법 제35조)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Prefetch, Q
from django.utils import timezone

from accounts import disclosure
from accounts.models import Student, User
from counseling.models import Booking, BookingChange, CalendarFeed, Leave, Record, RecordVersion, Wish


def _bookings(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    changes = Prefetch("changes", BookingChange.objects.for_page())
    mine = Booking.objects.filter(Q(student__in=students) | Q(booked_by=user))
    return [
        {
            "학생": booking.student.name if booking.student in students else "",
            "주제": booking.topic.name,
            "방식": booking.get_mode_display(),
            "시작": booking.starts_at,
            "끝": booking.ends_at,
            "상태": booking.get_state_display(),
            "상담받고 싶은 내용": booking.question,
            "접수 일시": booking.created_at,
            "변경": [
                f"{timezone.localtime(change.at):%Y-%m-%d %H:%M} {change.summary}" for change in booking.changes.all()
            ],
            "옮긴 시간에 대한 답": [
                {"물은 때": asked.asked_at, "기한": asked.deadline, "답": asked.get_state_display()}
                for asked in booking.rearrangements.all()
            ],
        }
        for booking in mine.select_related("student", "topic")
        .prefetch_related(changes, "rearrangements")
        .order_by("pk")
    ]


def _feeds(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = CalendarFeed.objects.visible_to(user).select_related("student").order_by("pk")
    return [
        {
            "종류": feed.get_kind_display(),
            "학생": feed.student.name if feed.student in students else "",
            "만든 일시": feed.created_at,
            "그만 쓴 일시": feed.revoked_at,
        }
        for feed in mine
    ]


def _leaves(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    return [
        {"종류": leave.get_kind_display(), "시작": leave.period.lower, "끝": leave.period.upper}
        for leave in Leave.objects.filter(counselor__user=user).order_by("period")
    ]


def _wishes(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    mine = Wish.objects.filter(Q(student__in=students) | Q(asked_by=user)).select_related("student", "topic")
    return [
        {
            "학생": wish.student.name if wish.student in students else "",
            "주제": wish.topic.name,
            "방식": wish.mode_labels,
            "날": wish.days_label,
            "시간대": wish.hours_label,
            "상태": wish.get_state_display(),
            "대기 시작": wish.joined_at,
            "대기 끝": wish.until,
            "받은 제안": [
                {"시간": offer.slot.starts_at, "답": offer.get_state_display(), "기한": offer.deadline}
                for offer in wish.offers.select_related("slot").order_by("pk")
            ],
        }
        for wish in mine.order_by("pk")
    ]


def _records(user: User, students: Sequence[Student]) -> list[dict[str, Any]]:
    """What was shared with the person who asks; a counsellor's memo is given on a request in writing (법 제35조④)."""
    shared = Record.objects.shared_with(user).filter(booking__student__in=students).for_page().order_by("pk")
    versions = RecordVersion.objects.filter(record__in=shared, number=F("record__shared_version"))
    said = {version.record_id: version for version in versions.select_related("record")}
    return [
        {
            "학생": record.booking.student.name,
            "상담 일시": record.booking.starts_at,
            "요약": said[record.pk].summary,
            "합의한 할 일": [item["text"] for item in said[record.pk].items],
            "다음 상담 제안": said[record.pk].next_on,
        }
        for record in shared
    ]


disclosure.register("공유된 상담 결과", _records)
disclosure.register("상담 예약", _bookings)
disclosure.register("상담사 휴가·출장", _leaves)
disclosure.register("상담 대기", _wishes)
disclosure.register("달력 주소", _feeds)
