"""When a counsellor works: weekly patterns with their breaks, and leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q
from django.utils import timezone

from centre.models import Room, Venue, Weekday
from centre.models.lasting import ClockRange, Lasting, days, same
from counseling.models.people import Counselor, Mode, mode_labels
from krds.dates import kperiod, ktime

DEFAULT_MINUTES, DEFAULT_PAUSE = 50, 10


def sessions(
    day: date, starts: time, ends: time, *, minutes: int, pause: int, breaks: Iterable[tuple[time, time]] = ()
) -> Iterator[DateTimeTZRange]:
    """The periods of one KST day: from ``starts`` on, each ``minutes`` long with ``pause`` minutes between.

    None runs into a break (the next one begins when it is over), and what does not end by ``ends`` is left
    out. Half-open: a session may end at the moment at which a break begins.
    """
    shut = sorted((_moment(day, since), _moment(day, until)) for since, until in breaks)
    begins, close, length = _moment(day, starts), _moment(day, ends), timedelta(minutes=minutes)
    while begins + length <= close:
        over = begins + length
        hit = next((until for since, until in shut if since < over and begins < until), None)
        if hit is None:
            yield DateTimeTZRange(begins, over, "[)")
            begins = over + timedelta(minutes=pause)
        else:
            begins = hit


class WeeklyPattern(Lasting):
    """One stretch of one weekday in which somebody counsels, from one day to another.

    Length and pause left empty follow the counsellor's topics: as long as the longest of them.
    """

    counselor = models.ForeignKey(Counselor, on_delete=models.PROTECT, related_name="patterns", verbose_name="상담사")
    weekday = models.PositiveSmallIntegerField("요일", choices=Weekday)
    starts = models.TimeField("첫 상담 시작", default=time(14))
    ends = models.TimeField("마지막 상담 끝", default=time(18))
    minutes = models.PositiveSmallIntegerField(
        "상담 시간(분)", null=True, blank=True, help_text="비워 두면 맡은 주제 가운데 가장 긴 상담에 맞춥니다."
    )
    pause = models.PositiveSmallIntegerField(
        "상담 사이 간격(분)", null=True, blank=True, help_text="비워 두면 맡은 주제의 간격을 따릅니다."
    )
    modes = ArrayField(models.CharField(max_length=5, choices=Mode), verbose_name="상담 방식")
    room = models.ForeignKey(
        Room,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="상담실",
        help_text="늘 같은 방을 쓸 때 고릅니다.",
    )
    venue = models.ForeignKey(
        Venue,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="빈 방을 찾을 장소",
        help_text="방을 정하지 않고 이 장소의 빈 방을 쓸 때 고릅니다.",
    )

    class Meta(Lasting.Meta):
        verbose_name = "주간 시간표"
        verbose_name_plural = "주간 시간표"
        ordering = ["counselor", "weekday", "starts", "first_day"]
        constraints = [
            *Lasting.Meta.constraints,
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weeklypattern_weekday_known"),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="weeklypattern_times_in_order",
                violation_error_message="마지막 상담 끝은 첫 상담 시작보다 뒤여야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(minutes=None) | Q(minutes__range=(10, 240)),
                name="weeklypattern_minutes_sane",
                violation_error_message="상담 시간은 10분에서 240분 사이로 적어 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(pause=None) | Q(pause__lte=240),
                name="weeklypattern_pause_sane",
                violation_error_message="상담 사이 간격은 240분까지 적을 수 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(modes__len__gte=1),
                name="weeklypattern_has_a_mode",
                violation_error_message="상담 방식을 하나 이상 골라 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(room=None) | Q(venue=None),
                name="weeklypattern_room_or_venue",
                violation_error_message="상담실과 ‘빈 방을 찾을 장소’ 가운데 하나만 골라 주세요.",
            ),
            ExclusionConstraint(
                name="weeklypattern_no_overlap",
                expressions=[
                    (same("counselor"), RangeOperators.OVERLAPS),
                    (same("weekday"), RangeOperators.OVERLAPS),
                    (days(), RangeOperators.OVERLAPS),
                    (ClockRange(F("starts"), F("ends")), RangeOperators.OVERLAPS),
                ],
                violation_error_message="이 상담사의 같은 요일 시간표와 겹칩니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counselor} {self.get_weekday_display()} {ktime(self.starts)}~{ktime(self.ends)}"

    @property
    def mode_labels(self) -> str:
        return mode_labels(self.modes)

    @property
    def length(self) -> int:
        """Minutes of one counselling."""
        topics = [topic.minutes for topic in self.counselor.topics.all() if topic.active]
        return self.minutes or max(topics, default=DEFAULT_MINUTES)

    @property
    def gap(self) -> int:
        """Minutes between two."""
        topics = [topic.buffer_minutes for topic in self.counselor.topics.all() if topic.active]
        return max(topics, default=DEFAULT_PAUSE) if self.pause is None else self.pause

    def on(self, day: date) -> list[DateTimeTZRange]:
        """The periods of ``day``; none where the pattern does not hold."""
        if day.weekday() != self.weekday or not self.holds_on(day):
            return []
        breaks = [(one.starts, one.ends) for one in self.breaks.all()]
        return list(sessions(day, self.starts, self.ends, minutes=self.length, pause=self.gap, breaks=breaks))


class PatternBreak(models.Model):
    """Lunch, or whatever else keeps a counsellor away every week at that time."""

    pattern = models.ForeignKey(WeeklyPattern, on_delete=models.CASCADE, related_name="breaks", verbose_name="시간표")
    starts = models.TimeField("쉬는 시각", default=time(12))
    ends = models.TimeField("다시 시작", default=time(13))

    class Meta:
        verbose_name = "쉬는 시간"
        verbose_name_plural = "쉬는 시간"
        ordering = ["starts", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="patternbreak_times_in_order",
                violation_error_message="쉬는 시간의 끝은 시작보다 뒤여야 합니다.",
            )
        ]

    def __str__(self) -> str:
        return f"{ktime(self.starts)}~{ktime(self.ends)}"


class Leave(models.Model):
    """A counsellor is away. Why in detail is nobody's business: the kind is enough to plan with."""

    class Kind(models.TextChoices):
        ANNUAL = "annual", "연차"
        TRIP = "trip", "출장"
        TRAINING = "training", "교육"
        SUDDEN = "sudden", "갑작스러운 부재"
        OTHER = "other", "그 밖"

    counselor = models.ForeignKey(Counselor, on_delete=models.PROTECT, related_name="leaves", verbose_name="상담사")
    kind = models.CharField("종류", max_length=10, choices=Kind, default=Kind.ANNUAL)
    period = DateTimeRangeField("기간")
    created_at = models.DateTimeField("적은 일시", default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="적은 사람",
    )

    class Meta:
        verbose_name = "휴가·출장"
        verbose_name_plural = "휴가·출장"
        ordering = ["-period", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="leave_no_overlap",
                expressions=[(same("counselor"), RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                violation_error_message="이 상담사의 휴가·출장이 그 기간에 이미 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="leave_has_two_ends",
                violation_error_message="끝은 시작보다 뒤여야 합니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counselor} {self.get_kind_display()} {kperiod(self.period.lower, self.period.upper)}"


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
