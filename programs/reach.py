"""찾아가는 프로그램의 도달: which schools were visited, how often, and how many pupils were there, per school year."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db.models import Count, Sum
from django.utils import timezone

from accounts.schoolyear import school_year
from programs.models import Application, Run
from tables.values import Column, Kind, Row, Table, total_row

NOTES = (
    "학교 단체로 참여가 확정되었고 이미 시작한 회차를 셉니다. 학년도는 3월 1일에 시작합니다.",
    "인원은 신청한 학급의 인원이고, 여러 번 참여한 학생은 그때마다 셉니다.",
)


def years(today: date) -> range:
    """The school years that can be chosen, this one first."""
    return range(school_year(today), school_year(today) - 5, -1)


def table(year: int, now: datetime) -> Table:
    """Classes that took part in school year ``year`` by school, the most pupils first; one query."""
    first, last = (timezone.make_aware(datetime.combine(date(one, 3, 1), time())) for one in (year, year + 1))
    seats = Application.objects.filter(
        state__in=Application.SEATED,
        headcount__isnull=False,
        run__starts_at__gte=first,
        run__starts_at__lt=min(last, now),
    ).exclude(run__state=Run.State.CANCELLED)
    found = (
        seats.order_by()
        .values("school", "school__name", "school__kind")
        .annotate(times=Count("run", distinct=True), heads=Sum("headcount"))
        .order_by("-heads", "school__name", "school")
    )
    kinds = dict(Application.school.field.related_model.Kind.choices)
    rows = [Row(one["school__name"], (str(kinds[one["school__kind"]]), one["times"], one["heads"])) for one in found]
    if len(rows) > 1:
        rows.append(total_row("계", rows))
    columns = (Column("학교급", Kind.TEXT), Column("참여 횟수"), Column("학생(명)"))
    day = timezone.localdate(min(last, now))
    return Table(
        f"school-reach-{year}", f"{year}학년도 학교 단체 참여", "학교", columns, tuple(rows), as_of=day, notes=NOTES
    )
