"""No-shows that a family may still explain, said on 나의 페이지; the room that books says what follows from them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import overview
from accounts.overview import Asked, Step
from intake.models import Strike
from krds.dates import kdatetime


@overview.steps
def no_shows(asked: Asked) -> Iterable[Step]:
    for strike in sorted(counting(asked), key=lambda strike: (strike.appeal_until, strike.pk)):
        if strike.appeal_until <= asked.now:
            continue
        yield Step(
            sentence=_("%(name)s님의 %(when)s %(what)s 불참이 기록되었습니다. 사정이 있었다면 알려 주세요.")
            % {"name": asked.names[strike.student_id], "when": kdatetime(strike.missed_at), "what": strike.what},
            url=reverse("intake:strikes"),
            action=_("불참 기록 보기"),
            until=strike.appeal_until,
            student=strike.student_id,
        )


def counting(asked: Asked) -> list[Strike]:
    """The children's no-shows that stand; one query for all who ask."""
    return asked.once(
        "intake.counting", lambda: list(Strike.objects.counting().filter(student__in=asked.students).order_by("pk"))
    )
