"""The times that can be booked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centre.models import Room
from centre.models.lasting import same
from counseling.models import offering
from counseling.models.people import Counselor, Mode, Topic, mode_labels

if TYPE_CHECKING:
    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange


class Refusal(models.TextChoices):
    """Why a time cannot be had, whoever asks."""

    CLOSED = "closed", _("예약할 수 없는 시간입니다.")
    OVER = "over", _("이미 지난 시간입니다.")
    TOO_LATE = "too_late", _("인터넷 예약이 마감된 시간입니다. 급하시면 센터로 전화해 주세요.")
    TOO_EARLY = "too_early", _("아직 예약을 받지 않는 날짜입니다.")
    TOPIC = "topic", _("이 시간에는 고르신 주제로 상담할 수 없습니다.")
    MODE = "mode", _("이 시간에는 고르신 방식으로 상담할 수 없습니다.")


_IS_OFFERED = "SELECT EXISTS (SELECT FROM counseling_counselor_topics WHERE counselor_id = %s AND topic_id = %s)"


def midnight(day: date) -> datetime:
    """The first moment of a KST day."""
    return timezone.make_aware(datetime.combine(day, time.min))


class SlotQuerySet(models.QuerySet):
    def starting(self, first: datetime, last: datetime) -> SlotQuerySet:
        """Slots that start in ``[first, last)``, the earliest first."""
        return self.filter(period__startswith__gte=first, period__startswith__lt=last).order_by(
            "period__startswith", "pk"
        )

    def on(self, day: date) -> SlotQuerySet:
        """Slots that start on a KST day."""
        return self.starting(midnight(day), midnight(day + timedelta(days=1)))

    def standing(self) -> SlotQuerySet:
        """Slots that were not withdrawn: they keep their counsellor and their room."""
        return self.filter(withdrawn_at__isnull=True)

    def of_the_house(self) -> SlotQuerySet:
        """Without the times of booths at fairs."""
        return self.filter(counselor__user__isnull=False)

    def untaken(self, now: datetime) -> SlotQuerySet:
        """Slots that no booking and no living hold occupies."""
        bookings = self.model.bookings.rel.related_model.objects.occupying(now)
        return self.filter(~Exists(bookings.filter(slot=OuterRef("pk"))))

    def free(
        self, *, topic: Topic | None = None, mode: str | None = None, day: date | None = None, month: date | None = None
    ) -> SlotQuerySet:
        """Times a family may book now, the earliest first: one query, whatever is asked.

        Without ``topic``: for any topic of the counsellor that fits. ``month`` is any day of it.
        """
        now = timezone.now()
        first, last = now, now + timedelta(days=366)
        if day:
            first, last = max(first, midnight(day)), midnight(day + timedelta(days=1))
        elif month:
            start = month.replace(day=1)
            first = max(first, midnight(start))
            last = midnight((start + timedelta(days=31)).replace(day=1))
        keys = offering.keys(now, first=first, last=last, topic=topic and topic.pk, mode=mode)
        return self.filter(pk__in=keys).order_by("period__startswith", "pk")

    def per_day(self) -> dict[date, int]:
        """How many of these slots start on each KST day."""
        days = self.order_by().annotate(day=TruncDate(RangeStartsWith("period"))).values("day")
        return {row["day"]: row["number"] for row in days.annotate(number=models.Count("pk")).order_by("day")}


def _days_ahead(now: datetime, number: int) -> datetime:
    return midnight(timezone.localdate(now) + timedelta(days=number))


# Whatever writes a slot, its room use follows in the same statement; ``roomuse_one_at_a_time`` then decides.
_TAKE_ROOM = """
    INSERT INTO centre_roomuse (room_id, period, title, owner_kind, owner_id, derived)
    VALUES (NEW.room_id, NEW.period, '상담', 'counseling.slot', NEW.id, true);
"""
_GIVE_ROOM_BACK = "DELETE FROM centre_roomuse WHERE owner_kind = 'counseling.slot' AND owner_id = OLD.id;"


class Slot(models.Model):
    """One counsellor, one stretch of time, one seat. Half-open: the end belongs to whoever comes next."""

    counselor = models.ForeignKey(Counselor, on_delete=models.PROTECT, related_name="slots", verbose_name="상담사")
    period = DateTimeRangeField("시간")
    modes = ArrayField(models.CharField(max_length=5, choices=Mode), verbose_name="상담 방식")
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="slots", verbose_name="상담실"
    )
    published = models.BooleanField("공개", default=True, help_text="끄면 이용자에게 보이지 않고 예약도 받지 않습니다.")
    planned = models.BooleanField(
        "주간 시간표로 만듦", default=False, editable=False, help_text="주간 시간표를 바꾸면 함께 바뀝니다."
    )
    withdrawn_at = models.DateTimeField(
        "거둔 일시",
        null=True,
        blank=True,
        editable=False,
        help_text="거둔 시간은 상담사와 방을 내놓고 기록으로만 남습니다.",
    )

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = "상담 시간"
        verbose_name_plural = "상담 시간"
        constraints = [
            ExclusionConstraint(
                name="slot_no_overlap_per_counselor",
                expressions=[(same("counselor"), RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                condition=Q(withdrawn_at__isnull=True),
                violation_error_message="이 상담사의 다른 상담 시간과 겹칩니다.",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(published=False), name="slot_withdrawn_is_not_offered"
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="slot_has_two_ends",
                violation_error_message="끝나는 시각은 시작 시각보다 뒤여야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(modes__len__gte=1),
                name="slot_has_a_mode",
                violation_error_message="상담 방식을 하나 이상 골라 주세요.",
            ),
        ]
        indexes = [models.Index(RangeStartsWith("period"), name="slot_start")]
        triggers = [
            pgtrigger.Trigger(
                name="takes_its_room",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__room__isnull=False, new__withdrawn_at__isnull=True),
                func=f"{_TAKE_ROOM} RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="moves_its_room",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("room_id", "period", "withdrawn_at"),
                func=f"""
                    {_GIVE_ROOM_BACK}
                    IF NEW.room_id IS NOT NULL AND NEW.withdrawn_at IS NULL THEN {_TAKE_ROOM} END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="gives_its_room_back",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__room__isnull=False),
                func=f"{_GIVE_ROOM_BACK} RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counselor} {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def starts_at(self) -> datetime:
        return self.period.lower

    @property
    def ends_at(self) -> datetime:
        return self.period.upper

    @property
    def mode_labels(self) -> str:
        return mode_labels(self.modes)

    def session(self, topic: Topic) -> DateTimeTZRange:
        """When a counselling on ``topic`` takes place in this slot: from its start, as long as the topic takes."""
        return type(self.period)(self.starts_at, self.starts_at + timedelta(minutes=topic.minutes), "[)")

    def refusal(self, topic: Topic, mode: str, *, now: datetime, by_staff: bool = False) -> Refusal | None:
        """Why ``topic`` cannot be booked here by ``mode``; ``None`` when it can, as far as the timetable knows.

        Staff may still book for a caller when the deadline for families is past, until the slot ends.
        """
        return self._closed(topic, now, by_staff) or self._unsuited(topic, mode)

    def _closed(self, topic: Topic, now: datetime, by_staff: bool) -> Refusal | None:
        if not (self.published and self.counselor.active and topic.active):
            return Refusal.CLOSED
        if now >= (self.ends_at if by_staff else self.starts_at):
            return Refusal.OVER
        if by_staff:
            return None
        if self.starts_at < now + timedelta(hours=topic.lead_hours):
            return Refusal.TOO_LATE
        return Refusal.TOO_EARLY if self.starts_at >= _days_ahead(now, topic.horizon_days + 1) else None

    def _unsuited(self, topic: Topic, mode: str) -> Refusal | None:
        if self.session(topic).upper > self.ends_at or not self._is_offered(topic):
            return Refusal.TOPIC
        return Refusal.MODE if mode not in self.modes or mode not in topic.modes else None

    def _is_offered(self, topic: Topic) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_IS_OFFERED, [self.counselor_id, topic.pk])
            return cursor.fetchone()[0]
