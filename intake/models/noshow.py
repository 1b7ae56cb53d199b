"""Who did not come, and what the family has to say about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Guardianship, Student
from lifecycle.models import Lifecycle
from lifecycle.sealed import SealedTextField

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

    @property
    def last_day(self) -> date:
        """The last day on which a family may explain."""
        return timezone.localdate(self.appeal_until) - timedelta(days=1)

    def can_be_appealed(self, now: datetime) -> bool:
        """By the family: until the deadline (that moment excluded), once."""
        return self.state == self.State.STANDING and now < self.appeal_until


class AppealQuerySet(models.QuerySet):
    def waiting(self) -> AppealQuerySet:
        return self.filter(state=Appeal.State.WAITING)


class Appeal(Lifecycle):
    """A family explains a no-show; staff answer. One for each strike."""

    class State(models.TextChoices):
        WAITING = "waiting", _("확인 중")
        ACCEPTED = "accepted", _("받아들임")
        REJECTED = "rejected", _("받아들이지 않음")
        CLOSED = "closed", _("답하지 않고 닫음")

    MOVES = {
        State.WAITING: frozenset({State.ACCEPTED, State.REJECTED, State.CLOSED}),
        State.ACCEPTED: frozenset(),
        State.REJECTED: frozenset(),
        State.CLOSED: frozenset(),  # the student has left
    }

    strike = models.OneToOneField(Strike, on_delete=models.PROTECT, related_name="appeal", verbose_name="불참 기록")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="소명한 사람"
    )
    text = SealedTextField(_("오지 못한 사정"), bound_to=["strike_id"])
    asked_at = models.DateTimeField(_("소명한 때"), default=timezone.now)
    answer = models.CharField(_("답변"), max_length=500, blank=True)
    answered_at = models.DateTimeField(_("답변한 때"), null=True, blank=True)
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.WAITING)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = "불참 소명"
        verbose_name_plural = "불참 소명"
        ordering = ["asked_at", "pk"]
        permissions = [("answer_appeal", "불참 소명에 답할 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="appeal_is_answered_in_words",
                violation_error_message="가족에게 보낼 답변을 적어 주세요.",
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk or ''}".strip()
