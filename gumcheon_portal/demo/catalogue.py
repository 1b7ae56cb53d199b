"""Programmes of the invented centre so that the catalogue shows every status, hand-outs and partners."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZipFile, ZipInfo

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Partner
from programs.models import Material, Program, Run, Session

HAND_OUT = "체험용 안내문입니다. 실제 프로그램의 안내가 아닙니다.\n".encode()
DAY = timedelta(days=1)


def fill() -> None:
    """A draw, a review of several sessions, a cancelled run; partners and a hand-out each."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    partners = list(Partner.objects.order_by("pk")[:3])
    programs = list(Program.objects.published().order_by("position", "pk")[9:12])
    for program, partner, fields in zip(programs, partners, _runs(now), strict=False):
        sessions = fields.pop("sessions")
        run = Run.objects.create(program=program, published_at=now - 30 * DAY, **fields)
        run.partners.add(partner)
        Session.objects.bulk_create(
            Session(run=run, number=n, title=title, starts_at=run.starts_at + (n - 1) * 7 * DAY, ends_at=ends)
            for n, title in enumerate(sessions, 1)
            for ends in [run.starts_at + (n - 1) * 7 * DAY + timedelta(hours=2)]
        )
    if programs:
        _hand_out(programs[0])


def _runs(now: datetime) -> list[dict[str, object]]:
    starts = (now + 21 * DAY).replace(hour=14)
    window = {"opens_at": now - 2 * DAY, "closes_at": (now + 10 * DAY).replace(hour=18)}
    once = {"starts_at": starts, "ends_at": starts + timedelta(hours=2), "capacity": 20, "place": "체험용 센터 강의실"}
    return [
        once
        | window
        | {
            "title": f"{starts.year}년 추첨 회차",
            "admission": Run.Admission.DRAW,
            "sessions": ["여는 날", "함께 만들기", "나누기"],
        },
        once
        | window
        | {"title": f"{starts.year}년 심사 회차", "admission": Run.Admission.REVIEW, "sessions": ["첫날", "둘째 날"]},
        once | window | {"title": f"{starts.year}년 취소된 회차", "state": Run.State.CANCELLED, "sessions": ["하루"]},
    ]


def _hand_out(program: Program) -> None:
    hand_out = Material(program=program, title="체험용 안내 묶음")
    hand_out.file.save("hand-out.zip", ContentFile(_zipped()), save=False)
    hand_out.save()


def _zipped() -> bytes:
    """The same bytes every time: a ZIP keeps the time of its files."""
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr(ZipInfo("안내.txt"), HAND_OUT)
    return content.getvalue()
