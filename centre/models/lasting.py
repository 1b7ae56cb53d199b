"""Facts that hold from one day to another, and SQL ranges made of plain columns."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone


class LastingQuerySet(models.QuerySet):
    def on(self, day: date | None = None) -> LastingQuerySet:
        """What holds on ``day`` (KST; today when left out)."""
        day = day or timezone.localdate()
        return self.filter(Q(last_day=None) | Q(last_day__gte=day), first_day__lte=day)


class Lasting(models.Model):
    """Holds from ``first_day`` to ``last_day``, both included, as people speak of days; no end: for good."""

    first_day = models.DateField("시작일", default=timezone.localdate)
    last_day = models.DateField("마지막 날", null=True, blank=True, help_text="이 날까지입니다. 비워 두면 계속됩니다.")

    objects = LastingQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")),
                name="%(class)s_days_in_order",
                violation_error_message="마지막 날은 시작일과 같거나 그 뒤여야 합니다.",
            )
        ]

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class Int8Range(Func):
    """One key as a range, so that exclusion needs no extension: ``int8range(venue_id, venue_id, '[]')``."""

    function = "int8range"
    output_field = BigIntegerRangeField()


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class ClockRange(Func):
    """Two times of day as a half-open range on one fixed day (PostgreSQL has no range of times)."""

    template = "tsrange(date '2000-01-01' + %(expressions)s)"
    arg_joiner = ", date '2000-01-01' + "
    output_field = DateTimeRangeField()


def same(column: str) -> Int8Range:
    return Int8Range(F(column), F(column), Value("[]"))


def days() -> DateRange:
    return DateRange(F("first_day"), F("last_day"), Value("[]"))
