"""The public holidays of Korea, from the ``holidays`` package, as rows that staff may correct.

The package knows the substitute holidays and the two days that the law added in 2026
(노동절, 제헌절); a holiday declared at short notice (임시공휴일) is added by hand.
"""

from __future__ import annotations

from django.utils import timezone

from centre.models import Holiday


def load(*years: int) -> int:
    """Add the days of ``years`` that are missing, change nothing, and say how many were added."""
    import holidays  # noqa: PLC0415  (0.7 s, needed a few times a year and never by a visitor)

    known = holidays.country_holidays("KR", years=years, language="ko")
    before = Holiday.objects.count()
    Holiday.objects.bulk_create(
        [Holiday(day=day, name=name, seeded=True) for day, name in sorted(known.items())],
        ignore_conflicts=True,
    )
    return Holiday.objects.count() - before


def load_this_year_and_next() -> int:
    year = timezone.localdate().year
    return load(year, year + 1)
