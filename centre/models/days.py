"""Which days and hours the centre is open: weekly hours, public holidays, closures of our own."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from centre.models.lasting import ClockRange, Lasting, days, same
from centre.models.places import Venue

YEARS = 2000, 2999  # a centre has no other days


class Weekday(models.IntegerChoices):
    """Numbered as ``date.weekday()``."""

    MONDAY = 0, _("월요일")
    TUESDAY = 1, _("화요일")
    WEDNESDAY = 2, _("수요일")
    THURSDAY = 3, _("목요일")
    FRIDAY = 4, _("금요일")
    SATURDAY = 5, _("토요일")
    SUNDAY = 6, _("일요일")


class OpeningHours(Lasting):
    """One stretch of one weekday at one venue; a day with a break has two stretches."""

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="hours", verbose_name="장소")
    weekday = models.PositiveSmallIntegerField("요일", choices=Weekday)
    opens = models.TimeField("여는 시각")
    closes = models.TimeField("닫는 시각")

    class Meta(Lasting.Meta):
        verbose_name = "운영시간"
        verbose_name_plural = "운영시간"
        ordering = ["venue", "weekday", "opens", "first_day"]
        constraints = [
            *Lasting.Meta.constraints,
            models.CheckConstraint(condition=Q(weekday__lte=6), name="openinghours_weekday_known"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="openinghours_open_before_close",
                violation_error_message="닫는 시각은 여는 시각보다 뒤여야 합니다.",
            ),
            ExclusionConstraint(
                name="openinghours_no_overlap",
                expressions=[
                    (same("venue"), RangeOperators.OVERLAPS),
                    (same("weekday"), RangeOperators.OVERLAPS),
                    (days(), RangeOperators.OVERLAPS),
                    (ClockRange(F("opens"), F("closes")), RangeOperators.OVERLAPS),
                ],
                violation_error_message="같은 요일에 이미 등록한 운영시간과 겹칩니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.get_weekday_display()} {self.opens:%H:%M}~{self.closes:%H:%M}"


class Holiday(models.Model):
    """A public holiday. Seeded by ``load_holidays``, which adds what is missing and changes nothing."""

    day = models.DateField("날짜", unique=True, error_messages={"unique": "이미 등록된 날입니다."})
    name = models.CharField("이름", max_length=100)
    observed = models.BooleanField("쉬는 날", default=True, help_text="공휴일이지만 센터가 문을 열면 체크를 끕니다.")
    seeded = models.BooleanField("자동 등록", default=False, editable=False)

    class Meta:
        verbose_name = "공휴일"
        verbose_name_plural = "공휴일"
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

    def clean(self) -> None:
        _must_be_near(day=self.day)


class Closure(Lasting):
    """Days, or hours of days, on which the centre stays shut for a reason of its own. Shown to everybody."""

    venue = models.ForeignKey(
        Venue,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="closures",
        verbose_name="장소",
        help_text="비워 두면 센터 전체가 쉽니다.",
    )
    reason = models.CharField("사유", max_length=100, help_text="누구나 봅니다. 예: 시설 점검, 직원 교육")
    from_time = models.TimeField("이 시각부터", null=True, blank=True, help_text="하루 중 일부만 쉴 때 적습니다.")
    until_time = models.TimeField("이 시각까지", null=True, blank=True)

    class Meta(Lasting.Meta):
        verbose_name = "휴관"
        verbose_name_plural = "휴관"
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__isnull=False, last_day__gte=F("first_day")),
                name="closure_days_in_order",
                violation_error_message="마지막 날은 시작일과 같거나 그 뒤여야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(from_time=None, until_time=None)
                | Q(from_time__isnull=False, until_time__isnull=False, until_time__gt=F("from_time")),
                name="closure_hours_in_order",
                violation_error_message="시각은 둘 다 적거나 둘 다 비우고, 끝 시각은 시작 시각보다 뒤여야 합니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} ({self.first_day})"

    def clean(self) -> None:
        _must_be_near(first_day=self.first_day, last_day=self.last_day)


def _must_be_near(**days: date | None) -> None:
    """Days of a calendar that people plan with; next to its ends no day can be counted on.

    Raises:
        ValidationError: under the name of each field whose year is a slip.
    """
    slips = {
        name: "연도를 확인해 주세요." for name, day in days.items() if day and not YEARS[0] <= day.year <= YEARS[1]
    }
    if slips:
        raise ValidationError(slips)
