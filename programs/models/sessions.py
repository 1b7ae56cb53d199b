"""The meetings of a run (회기)."""

from __future__ import annotations

from datetime import timedelta

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from centre.models import Room
from centre.models.lasting import same
from programs.models.runs import Run

# Whatever writes a session, its room use follows in the same statement; ``roomuse_one_at_a_time`` then decides.
_TAKE_ROOM = """
    INSERT INTO centre_roomuse (room_id, period, title, owner_kind, owner_id, derived)
    VALUES (NEW.room_id, tstzrange(NEW.starts_at, NEW.ends_at), '프로그램', 'programs.session', NEW.id, true);
"""
_GIVE_ROOM_BACK = "DELETE FROM centre_roomuse WHERE owner_kind = 'programs.session' AND owner_id = OLD.id;"

_SPAN = """
    UPDATE programs_run SET starts_at = span.first, ends_at = span.last
    FROM (SELECT min(starts_at) AS first, max(ends_at) AS last FROM programs_session
          WHERE run_id = {row}.run_id AND cancelled_at IS NULL) span
    WHERE id = {row}.run_id AND span.first IS NOT NULL
      AND (starts_at, ends_at) IS DISTINCT FROM (span.first, span.last);
"""


class SessionQuerySet(models.QuerySet):
    def standing(self) -> SessionQuerySet:
        """Not cancelled."""
        return self.filter(cancelled_at=None)


class Session(models.Model):
    """One meeting of a run (회기), half-open as every period. A cancelled one stays, for who asks why."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="sessions", verbose_name=_("회차"))
    number = models.PositiveSmallIntegerField(_("순서"), default=1)
    title = models.CharField(_("내용"), max_length=100, blank=True)
    starts_at = models.DateTimeField(_("시작"))
    ends_at = models.DateTimeField(_("끝"))
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name=_("방")
    )
    place = models.CharField(_("장소"), max_length=100, blank=True, help_text="센터 밖이면 적어 주세요.")
    cancelled_at = models.DateTimeField(_("취소 일시"), null=True, blank=True, editable=False)
    cancelled_because = models.CharField(_("취소 사유"), max_length=200, blank=True, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("회기")
        verbose_name_plural = _("회기")
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"], name="session_number_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_start",
                violation_error_message="끝은 시작보다 뒤여야 합니다.",
            ),
            ExclusionConstraint(
                name="session_one_at_a_time",
                expressions=[
                    (same("run"), RangeOperators.OVERLAPS),
                    (
                        Func(F("starts_at"), F("ends_at"), RangeBoundary(), function="tstzrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(cancelled_at=None),
                violation_error_message="같은 회차의 다른 회기와 시간이 겹칩니다.",
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="session_start")]
        triggers = [
            pgtrigger.Trigger(
                name="spans_its_run",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("starts_at", "ends_at", "cancelled_at"),
                func=f"{_SPAN.format(row='NEW')} RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="spans_its_run_still",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=f"{_SPAN.format(row='OLD')} RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="takes_its_room",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__room__isnull=False, new__cancelled_at__isnull=True),
                func=f"{_TAKE_ROOM} RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="moves_its_room",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("room_id", "starts_at", "ends_at", "cancelled_at"),
                func=f"""
                    {_GIVE_ROOM_BACK}
                    IF NEW.room_id IS NOT NULL AND NEW.cancelled_at IS NULL THEN {_TAKE_ROOM} END IF;
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
        return f"{self.run} {self.number}"

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def where(self) -> str:
        """The room, else the session's own place, else its run's."""
        return str(self.room) if self.room else self.place or self.run.place
