"""What a fair puts on paper, in no register: a visitor's day and a booth's day; and the key of the screen in the hall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from centre.models import Centre
from counseling import fairs
from counseling.models import Booth, Fair
from documents.pdf import render
from krds.dates import kdate, ktime

if TYPE_CHECKING:
    from accounts.models import Student

TEMPLATE = "documents/counseling/fair.html"
SALT = "counseling.fair.screen"
EMPTY = "–"


def of_visitor(fair: Fair, student: Student) -> bytes:
    """One page: when to be at which booth.

    Raises:
        RenderError: the paper would lack something.
    """
    talks = fairs.schedule(fair, student)
    turns = fairs.turns(talks)
    rows = [
        (
            _hours(one.period),
            one.topic.booth.label,
            one.topic.booth.partner.name,
            one.topic.booth.subject or EMPTY,
            one.place,
            str(turns.get(one.pk, EMPTY)),
        )
        for one in talks
    ]
    head = ("시간", "부스", "대학", "상담 내용", "자리", "순번")
    return _print(fair, f"{student.name} 학생 상담 일정표", head, rows, note=fair.note)


def of_booth(booth: Booth) -> bytes:
    """A booth's day with who comes, for the table in the hall; it bears names.

    Raises:
        RenderError: the paper would lack something.
    """
    [stand] = fairs.stands(booth.fair, timezone.now(), only=booth)
    rows = [
        (
            _hours(line.slot.period),
            str(line.turn),
            line.booking.student.name if line.booking else "",
            line.booking.student.grade_label if line.booking else "",
            line.booking.question if line.booking else "",
            line.booking.get_state_display() if line.booking else "비어 있음",
        )
        for line in stand.lines
    ]
    head = ("시간", "순번", "학생", "학년", "묻고 싶은 것", "상태")
    note = "학생의 이름이 있습니다. 행사가 끝나면 센터 직원에게 돌려주세요."
    return _print(booth.fair, f"{booth.called} 상담 일정표", head, rows, note=note)


def _print(fair: Fair, title: str, head: tuple[str, ...], rows: list[tuple[str, ...]], *, note: str) -> bytes:
    centre = Centre.objects.current()
    issuer = centre.name if centre else settings.SITE_NAME
    context = {
        "title": title,
        "fair": fair,
        "day": kdate(fair.day),
        "head": head,
        "rows": rows,
        "note": note,
        "issuer": issuer,
        "phone": centre.phone if centre else "",
        "printed": timezone.localtime(),
    }
    return render(TEMPLATE, context, title=title, author=issuer, dated=timezone.now())


def _hours(period: object) -> str:
    return f"{ktime(timezone.localtime(period.lower))} ~ {ktime(timezone.localtime(period.upper))}"


# --- The screen in the hall ------------------------------------------------------------------------


def screen_key(fair: Fair) -> str:
    """What opens the screen without anybody's login."""
    return signing.Signer(salt=SALT).sign(fair.pk).rsplit(":", 1)[1]


def is_screen(fair_pk: int, key: str) -> bool:
    return constant_time_compare(key, signing.Signer(salt=SALT).sign(fair_pk).rsplit(":", 1)[1])
