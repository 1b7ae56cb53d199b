"""Who did not come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Guardianship, Student
from lifecycle.models import Lifecycle

if TYPE_CHECKING:
    from accounts.models import User


class StrikeQuerySet(models.QuerySet):
    def of_family(self, user: User) -> StrikeQuerySet:
        """What a family sees: the no-shows of one's own children and of oneself."""
        mine = Guardianship.objects.current().filter(guardian=user).values("student")
        return self.filter(Q(student__in=mine) | Q(student__user=user), student__left_at__isnull=True)

    def counting(self) -> StrikeQuerySet:
        """Those that stand; whether one has lapsed by now is for the clock to say (``admission.lapses_at``)."""
        return self.filter(state=Strike.State.STANDING)


class Strike(Lifecycle):
    """One no-show of one student. What follows from it is computed by the clock, never stored."""

    class State(models.TextChoices):
        STANDING = "standing", _("불참")
        FORGIVEN = "forgiven", _("세지 않음")
        WITHDRAWN = "withdrawn", _("고침(불참 아님)")

    MOVES = {
        State.STANDING: frozenset({State.FORGIVEN, State.WITHDRAWN}),
        State.FORGIVEN: frozenset({State.WITHDRAWN}),
        State.WITHDRAWN: frozenset({State.STANDING}),
    }

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="strikes", verbose_name=_("학생"))
    area = models.CharField("분야", max_length=20, help_text="어느 일에서 생긴 기록인가: counseling")
    source = models.BigIntegerField("예약 번호")
    what = models.CharField(_("내용"), max_length=100)
    missed_at = models.DateTimeField(_("약속한 때"))
    recorded_at = models.DateTimeField(_("적은 때"), default=timezone.now)
    appeal_until = models.DateTimeField(_("소명 기한"))
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.STANDING)

    objects = StrikeQuerySet.as_manager()

    class Meta:
        verbose_name = "불참 기록"
        verbose_name_plural = "불참 기록"
        ordering = ["-missed_at", "-pk"]
        permissions = [("forgive_strike", "불참을 세지 않게 할 수 있음")]
        constraints = [models.UniqueConstraint(fields=["area", "source"], name="strike_once_per_booking")]
        indexes = [models.Index(fields=["student", "area"], name="strike_of_student")]

    def __str__(self) -> str:
        return f"{self.what} {timezone.localtime(self.missed_at):%Y-%m-%d %H:%M}"

    def can_be_appealed(self, now: datetime) -> bool:
        """By the family: until the deadline (that moment excluded), once."""
        return self.state == self.State.STANDING and now < self.appeal_until
