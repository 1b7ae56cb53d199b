"""The one table of who uses which room when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import models
from django.db.models import Q
from django.utils import timezone

from centre.models.lasting import same
from centre.models.places import Room

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

TAKEN = "같은 시간에 이 방을 쓰는 일이 이미 있습니다."


class RoomUseQuerySet(models.QuerySet):
    def during(self, period: DateTimeTZRange) -> RoomUseQuerySet:
        """Uses that overlap ``period``, the earliest first."""
        return self.filter(period__overlap=period).order_by("period__startswith", "pk")

    def of(self, owner: models.Model) -> RoomUseQuerySet:
        return self.filter(owner_kind=owner._meta.label_lower, owner_id=owner.pk)


class RoomUse(models.Model):
    """One room for one stretch of time. Half-open: the end belongs to whoever comes next.

    The owner is a row of another room of the house (``owner_kind`` is its ``app.model``), or nobody: then
    ``title`` says what staff need the room for. A ``derived`` use is written by the owner's own table
    (a trigger there) and by nothing else, so that the two cannot disagree.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="uses", verbose_name="방")
    period = DateTimeRangeField("시간")
    title = models.CharField("쓰는 일", max_length=100, blank=True, help_text="예: 직원 회의, 책상 수리")
    owner_kind = models.CharField("주인의 종류", max_length=50, blank=True, editable=False)
    owner_id = models.BigIntegerField("주인의 번호", null=True, blank=True, editable=False)
    derived = models.BooleanField("따라 생김", default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="적은 사람",
    )

    objects = RoomUseQuerySet.as_manager()

    class Meta:
        verbose_name = "방 사용"
        verbose_name_plural = "방 사용"
        constraints = [
            ExclusionConstraint(
                name="roomuse_one_at_a_time",
                expressions=[(same("room"), RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                violation_error_message=TAKEN,
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="roomuse_has_two_ends",
                violation_error_message="끝나는 시각은 시작 시각보다 뒤여야 합니다.",
            ),
            models.CheckConstraint(
                condition=(Q(owner_id__isnull=False) & ~Q(owner_kind=""))
                | (Q(owner_id__isnull=True, owner_kind="", derived=False) & ~Q(title="")),
                name="roomuse_is_for_something",
                violation_error_message="방을 쓰는 일을 적어 주세요.",
            ),
        ]
        indexes = [
            models.Index(RangeStartsWith("period"), name="roomuse_start"),
            models.Index(fields=["owner_kind", "owner_id"], condition=Q(owner_id__isnull=False), name="roomuse_owner"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="derived_follows_its_owner",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF pg_trigger_depth() = 1
                        AND ((TG_OP <> 'INSERT' AND OLD.derived) OR (TG_OP <> 'DELETE' AND NEW.derived))
                    THEN RAISE EXCEPTION 'a derived use of a room follows its owner' USING ERRCODE = 'restrict_violation';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.room} {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M} {self.title}".strip()

    @property
    def starts_at(self) -> datetime:
        return self.period.lower

    @property
    def ends_at(self) -> datetime:
        return self.period.upper
