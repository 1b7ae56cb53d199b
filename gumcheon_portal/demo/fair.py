"""A fair in ten days: invented universities, times that are open, and two talks of a child of another family."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from accounts.models import Partner
from counseling import fairs
from counseling.models import Booth, BoothBreak, Fair, Slot
from gumcheon_portal.demo.families import Town
from programs.models import Program, Run

BOOTHS = (
    ("가온누리대학교", "학생부종합전형", 20),
    ("한빛누리대학교", "학생부교과전형, 논술전형", 20),
    ("새벽별대학교", "실기전형", 15),
    ("푸른솔전문대학교", "전문대학 수시 1차", 15),
)


def fill(town: Town) -> None:
    program = Program.objects.published().filter(kind=Program.Kind.FAIR).order_by("position", "pk").first()
    if program is None:
        return
    fair = _fair(program)
    for number, (name, subject, minutes) in enumerate(BOOTHS, start=1):
        partner, _made = Partner.objects.get_or_create(name=name, defaults={"kind": Partner.Kind.UNIVERSITY})
        booth = Booth.objects.create(
            fair=fair, number=number, partner=partner, officer="입학사정관", subject=subject, minutes=minutes
        )
        BoothBreak.objects.create(booth=booth)
    fairs.publish(fair)
    _talks(town, fair)


def _fair(program: Program) -> Fair:
    day = timezone.localdate() + timedelta(days=10)
    begins = timezone.make_aware(datetime.combine(day, time(10)))
    run = Run.objects.create(
        program=program,
        title=f"{day.year}년 대학 부스의 날",
        starts_at=begins,
        ends_at=begins + timedelta(hours=6),
        place="체험용 대강당",
        published_at=begins - timedelta(days=20),
    )
    note = "학교생활기록부 사본을 가져오시면 더 자세히 상담받을 수 있습니다."
    return Fair.objects.create(run=run, opens_at=begins - timedelta(days=12), note=note)


def _talks(town: Town, fair: Fair) -> None:
    child = next(student for student in town.students[40:] if student.left_at is None)
    for number, clock in ((1, time(10)), (2, time(11, 15))):
        at = timezone.make_aware(datetime.combine(fair.day, clock))
        slots = Slot.objects.filter(counselor__booth__fair=fair, counselor__booth__number=number)
        slot = slots.filter(period__startswith__gte=at).order_by("period").select_related("counselor__booth").first()
        if slot is not None:
            fairs.book(slot, student=child, by=town.people["programs"], on_behalf=True)
