"""A school asks for a visit (찾아가는 프로그램): dates wished, dates proposed, and the run that came of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import School, User
from lifecycle.models import Lifecycle
from programs.models.applications import MOST_HEADS, Application
from programs.models.catalogue import Program
from programs.models.runs import Run


class VisitQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> VisitQuerySet:
        """Staff by their rights; a teacher the own requests."""
        if user.is_staff and user.has_perm("programs.view_visit"):
            return self
        return self.filter(asked_by=user)

    def for_page(self) -> VisitQuerySet:
        return self.select_related("program", "school", "asked_by", "handled_by", "run").prefetch_related("times")


class Visit(Lifecycle):
    """One request of a school: classes by heads, no names of pupils."""

    class State(models.TextChoices):
        ASKED = "asked", _("접수")
        PROPOSED = "proposed", _("다른 날 제안")
        SCHEDULED = "scheduled", _("일정 확정")
        DECLINED = "declined", _("받지 못함")
        CANCELLED = "cancelled", _("취소")

    OPEN = frozenset({State.ASKED, State.PROPOSED})
    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.ASKED: frozenset({State.PROPOSED, State.SCHEDULED, State.DECLINED, State.CANCELLED}),
        State.PROPOSED: frozenset({State.ASKED, State.SCHEDULED, State.DECLINED, State.CANCELLED}),
        State.SCHEDULED: frozenset({State.CANCELLED}),
        State.DECLINED: frozenset(),
        State.CANCELLED: frozenset(),
    }

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="visits", verbose_name=_("프로그램"))
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="visits", verbose_name=_("학교"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="visits", verbose_name=_("신청한 교사")
    )
    class_name = models.CharField(_("학년·학급"), max_length=40)
    headcount = models.PositiveSmallIntegerField(
        _("인원(명)"), validators=[MinValueValidator(1), MaxValueValidator(MOST_HEADS)]
    )
    place = models.CharField(_("학교 안 장소"), max_length=60)
    phone = models.CharField(_("당일 연락할 전화번호"), max_length=20, blank=True)
    remark = models.TextField(_("남길 말"), max_length=500, blank=True)
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("신청 일시"), default=timezone.now, editable=False)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("처리한 직원"),
    )
    answer = models.CharField(_("센터의 답"), max_length=200, blank=True, editable=False)
    run = models.OneToOneField(
        Run,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="visit",
        editable=False,
        verbose_name=_("회차"),
    )
    ended_at = models.DateTimeField(_("끝난 일시"), null=True, blank=True, editable=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("학교 방문 신청")
        verbose_name_plural = _("학교 방문 신청")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "school", "class_name"],
                condition=Q(state__in=["asked", "proposed"]),
                name="visit_asked_once",
                violation_error_message=_("같은 학급의 신청이 이미 있습니다."),
            ),
            models.CheckConstraint(condition=Q(headcount__range=(1, MOST_HEADS)), name="visit_heads_sane"),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(run__isnull=False), name="visit_scheduled_has_run"
            ),
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="visit_open")]

    def __str__(self) -> str:
        return f"{self.school} {self.class_name} · {self.program}"

    @property
    def is_open(self) -> bool:
        """Whether the centre or the school still has to answer."""
        return self.state in self.OPEN

    @property
    def is_off(self) -> bool:
        """Scheduled once, and given up since: here, by the run, or by its application."""
        if self.run is None or self.state != self.State.SCHEDULED:
            return False
        seated = self.run.applications.filter(state__in=Application.SEATED).exists()
        return self.run.state == Run.State.CANCELLED or not seated

    @property
    def wished(self) -> list[VisitTime]:
        return [one for one in self.times.all() if not one.by_centre]

    @property
    def proposed(self) -> list[VisitTime]:
        """What the centre proposed last; former proposals are gone."""
        return [one for one in self.times.all() if one.by_centre]


class VisitTime(models.Model):
    """A time that the school wishes, or that the centre proposes; half-open as every period."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="times", verbose_name=_("방문 신청"))
    starts_at = models.DateTimeField(_("시작"))
    ends_at = models.DateTimeField(_("끝"))
    by_centre = models.BooleanField(_("센터의 제안"), default=False)

    class Meta:
        verbose_name = _("희망 일시")
        verbose_name_plural = _("희망 일시")
        ordering = ["by_centre", "starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "by_centre", "starts_at"], name="visittime_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="visittime_ends_after_start",
                violation_error_message=_("끝은 시작보다 뒤여야 합니다."),
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"
