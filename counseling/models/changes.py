"""What an agreed booking was before: time, counsellor, topic, mode, and who changed it and why."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from counseling.models.bookings import Booking
from counseling.models.people import Counselor, Mode, Topic
from krds.dates import kperiod
from lifecycle.append_only import append_only


class BookingChangeQuerySet(models.QuerySet):
    def for_page(self) -> BookingChangeQuerySet:
        """With everything that a page says of a change."""
        return self.select_related("by", "old_counselor", "new_counselor", "old_topic", "new_topic")


class BookingChange(models.Model):
    """One change of a booking that stayed itself, or took over the place of ``former``. Only ever added to.

    It goes with its booking (``counseling.retention``).
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="changes", verbose_name="예약")
    former = models.ForeignKey(
        Booking,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="successors",
        verbose_name="이어받은 예약",
        help_text="다른 학생의 자리를 이어받았을 때",
    )
    at = models.DateTimeField("일시", default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="바꾼 사람"
    )
    by_centre = models.BooleanField("센터가 바꿈", default=False)
    reason = models.CharField("사유", max_length=200, blank=True)
    old_period = DateTimeRangeField("이전 일시")
    new_period = DateTimeRangeField("새 일시")
    old_counselor = models.ForeignKey(Counselor, on_delete=models.PROTECT, related_name="+", verbose_name="이전 상담사")
    new_counselor = models.ForeignKey(Counselor, on_delete=models.PROTECT, related_name="+", verbose_name="새 상담사")
    old_topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="+", verbose_name="이전 주제")
    new_topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="+", verbose_name="새 주제")
    old_mode = models.CharField("이전 방식", max_length=5, choices=Mode)
    new_mode = models.CharField("새 방식", max_length=5, choices=Mode)

    objects = BookingChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "예약 변경"
        verbose_name_plural = "예약 변경"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(by_centre=True) | ~Q(reason=""),
                name="bookingchange_centre_says_why",
                violation_error_message="센터가 예약을 바꿀 때는 사유를 적어 주세요.",
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.summary

    @property
    def summary(self) -> str:
        """What became what: ``2026. 11. 25.(수) 14:00 ~ 14:50 → … · 김지우 상담사 → 이도윤 상담사``."""
        return " · ".join(f"{old} → {new}" for old, new in self._pairs() if old != new) or "다른 학생의 자리를 이어받음"

    def _pairs(self) -> Iterator[tuple[str, str]]:
        yield (
            kperiod(self.old_period.lower, self.old_period.upper),
            kperiod(self.new_period.lower, self.new_period.upper),
        )
        yield str(self.old_counselor), str(self.new_counselor)
        yield str(self.old_topic), str(self.new_topic)
        yield str(self.get_old_mode_display()), str(self.get_new_mode_display())
