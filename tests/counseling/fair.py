"""A fair with two booths, published, on Saturday 28 November 2026."""

from __future__ import annotations

from datetime import datetime, time

from django.utils import timezone

from accounts.models import Partner
from counseling import fairs
from counseling.models import Booth, BoothBreak, Fair, Slot
from programs.models import Program, Run


def moment(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def make_fair(day: str = "2026-11-28", opens: str = "2026-11-20 10:00", per_visitor: int = 3) -> Fair:
    program = Program.objects.create(
        title="수시박람회",
        kind="fair",
        area="information",
        summary="대학과 1:1",
        published_at=moment("2026-11-01 09:00"),
    )
    run = Run.objects.create(
        program=program,
        title=f"{day} 박람회",
        starts_at=moment(f"{day} 10:00"),
        ends_at=moment(f"{day} 16:00"),
        place="금천구청 대강당",
        published_at=moment("2026-11-01 09:00"),
    )
    return Fair.objects.create(run=run, opens_at=moment(opens), per_visitor=per_visitor)


def add_booth(fair: Fair, number: int, name: str = "", **fields) -> Booth:
    partner = Partner.objects.create(name=name or f"한빛{number}대학교", kind=Partner.Kind.UNIVERSITY)
    values = {"officer": "입학사정관", "starts": time(10), "ends": time(14), "minutes": 20, "pause": 10} | fields
    booth = Booth.objects.create(fair=fair, number=number, partner=partner, **values)
    BoothBreak.objects.create(booth=booth, starts=time(12), ends=time(13))
    return booth


def open_fair(booths: int = 2, **fields) -> Fair:
    fair = make_fair(**fields)
    for number in range(1, booths + 1):
        add_booth(fair, number)
    fairs.publish(fair)
    return fair


def slot_of(fair: Fair, number: int, clock: str) -> Slot:
    begins = moment(f"{fair.day} {clock}")
    slots = Slot.objects.select_related("counselor__booth__topic", "counselor__booth__fair", "room__venue")
    return slots.get(counselor__booth__fair=fair, counselor__booth__number=number, period__startswith=begins)
