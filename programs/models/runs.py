"""Each time a programme is held, and how it lets people in."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import pgtrigger
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Partner
from intake.models import RuleSet
from lifecycle.models import Lifecycle
from programs.models.status import Status
from questionnaires.models import Questionnaire

# A run that nobody gave a session meets once, from its start to its end; checked at commit.
_MEETS = """
    INSERT INTO programs_session (run_id, number, title, starts_at, ends_at, place, cancelled_because)
    SELECT id, 1, '', starts_at, ends_at, '', '' FROM programs_run
    WHERE id = NEW.id AND NOT EXISTS (SELECT FROM programs_session WHERE run_id = NEW.id);
"""


class Filling(Protocol):
    """What is known of a run's places: ``rules.Places``."""

    @property
    def full(self) -> bool: ...

    @property
    def takes_waiting(self) -> bool: ...


class RunQuerySet(models.QuerySet):
    def published(self) -> RunQuerySet:
        return self.filter(published_at__lte=timezone.now())


class Run(Lifecycle):
    """One time that a programme is held, in one session or several.

    Whether it is announced, open or over is the clock's and not stored; whether it takes place at all is
    people's, and stands in ``state``. ``starts_at`` and ``ends_at`` are the first beginning and the last end of
    its sessions; a trigger of ``Session`` keeps them so. ``capacity`` counts places of ``Application.places``.
    Its row is the lock of everything that is counted here (``docs/locks.md``).
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("예정")
        CONFIRMED = "confirmed", _("개설 확정")
        CANCELLED = "cancelled", _("취소")

    MOVES = {
        State.PLANNED: frozenset({State.CONFIRMED, State.CANCELLED}),
        State.CONFIRMED: frozenset({State.CANCELLED}),
        State.CANCELLED: frozenset(),
    }

    class Admission(models.TextChoices):
        FIRST_COME = "first_come", _("선착순")
        DRAW = "draw", _("추첨")
        REVIEW = "review", _("심사")
        INVITATION = "invitation", _("초대")

    class Party(models.TextChoices):
        """Who stands together in one application."""

        SINGLE = "single", _("한 사람씩")
        PAIR = "pair", _("학생과 보호자 함께")
        CLASS = "class", _("학교 단체(학급)")

    program = models.ForeignKey(
        "programs.Program", on_delete=models.PROTECT, related_name="runs", verbose_name=_("프로그램")
    )
    title = models.CharField(_("회차"), max_length=60, help_text="예: 2026년 겨울 1회")
    state = models.CharField(_("진행"), max_length=10, choices=State, default=State.PLANNED, editable=False)
    starts_at = models.DateTimeField(_("시작"))
    ends_at = models.DateTimeField(_("끝"))
    place = models.CharField(_("장소"), max_length=100, blank=True)
    capacity = models.PositiveIntegerField(_("정원(명)"), null=True, blank=True, validators=[MinValueValidator(1)])
    opens_at = models.DateTimeField(
        _("접수 시작"), null=True, blank=True, help_text="신청 없이 참여하는 행사이면 접수 시작과 마감을 비워 둡니다."
    )
    closes_at = models.DateTimeField(_("접수 마감"), null=True, blank=True, help_text="이 시각이 되면 마감됩니다.")
    published_at = models.DateTimeField(
        "게시 일시", null=True, blank=True, default=timezone.now, help_text="비워 두면 직원만 봅니다."
    )
    admission = models.CharField(_("선정 방법"), max_length=10, choices=Admission, default=Admission.FIRST_COME)
    party = models.CharField(_("신청 단위"), max_length=6, choices=Party, default=Party.SINGLE)
    companions = models.PositiveSmallIntegerField(
        _("동반인"),
        default=0,
        validators=[MaxValueValidator(1)],
        help_text="신청 한 건에 함께 올 수 있는 사람 수(0 또는 1). 동반인도 자리를 하나 씁니다.",
    )
    waiting_most = models.PositiveIntegerField(
        _("대기 정원(명)"),
        null=True,
        blank=True,
        default=None,
        help_text="비우면 한도가 없고, 0이면 대기를 받지 않습니다.",
    )
    min_participants = models.PositiveIntegerField(
        _("최소 인원(명)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    decide_at = models.DateTimeField(
        _("개설 결정 일시"), null=True, blank=True, help_text="이때까지 최소 인원이 차지 않으면 폐강을 검토합니다."
    )
    asked_at = models.DateTimeField("개설 결정을 물은 일시", null=True, blank=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, on_delete=models.PROTECT, null=True, blank=True, related_name="runs", verbose_name="이용 규칙"
    )
    questionnaire = models.ForeignKey(
        Questionnaire,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name="신청할 때 묻는 질문지",
    )
    second_form = models.ForeignKey(
        Questionnaire,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="runs_after",
        verbose_name="선정된 사람이 내는 질문지",
        help_text="예: 캠프 참가자의 건강 상태와 비상 연락처. 내야 참여가 확정됩니다.",
    )
    second_form_until = models.DateTimeField(_("추가 질문지 마감"), null=True, blank=True)
    partners = models.ManyToManyField(Partner, blank=True, related_name="runs", verbose_name=_("함께하는 기관"))
    pass_percent = models.PositiveSmallIntegerField(
        _("수료 기준(%)"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="전체 회기 가운데 이만큼 출석하면 수료합니다.",
    )
    source = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="copies",
        editable=False,
        verbose_name="베껴 온 회차",
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("회차")
        verbose_name_plural = _("회차")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["program", "starts_at"], name="run_program_start"),
            models.Index(fields=["ends_at"], name="run_end"),  # what is not over, for the catalogue
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="run_ends_after_start",
                violation_error_message="끝은 시작보다 뒤여야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None, closes_at=None)
                | Q(
                    opens_at__isnull=False,
                    closes_at__isnull=False,
                    closes_at__gt=F("opens_at"),
                    closes_at__lte=F("ends_at"),
                ),
                name="run_window_in_order",
                violation_error_message="접수 시작과 마감은 둘 다 적거나 둘 다 비우고, "
                "마감은 접수 시작보다 뒤, 행사 끝보다 앞이어야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(capacity__gte=1),
                name="run_seats_somebody",
                violation_error_message="정원은 1명 이상이어야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(companions__lte=1) & (Q(party="single") | Q(companions=0)),
                name="run_one_companion_of_one",
                violation_error_message="동반인은 한 사람씩 신청하는 회차에서 한 명까지 받을 수 있습니다.",
            ),
            models.CheckConstraint(
                condition=Q(min_participants=None) | Q(capacity=None) | Q(min_participants__lte=F("capacity")),
                name="run_least_within_capacity",
                violation_error_message="최소 인원은 정원보다 많을 수 없습니다.",
            ),
            models.CheckConstraint(
                condition=Q(second_form=None) | Q(second_form_until__isnull=False),
                name="run_second_form_has_an_end",
                violation_error_message="선정된 사람이 내는 질문지에는 마감이 있어야 합니다.",
            ),
            models.CheckConstraint(
                condition=~Q(admission="draw") | Q(opens_at__isnull=False, capacity__isnull=False),
                name="run_draw_has_window_and_capacity",
                violation_error_message="추첨하려면 접수 기간과 정원이 있어야 합니다.",
            ),
            models.CheckConstraint(condition=Q(pass_percent__range=(1, 100)), name="run_pass_percent_in_range"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="meets_at_least_once",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=f"{_MEETS} RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.title}"

    def status_at(self, now: datetime, places: Filling | None = None) -> Status:
        """What can be done about this run at ``now``; without ``places`` as if there were enough.

        ``programs.finding`` says the same in SQL, for lists.
        """
        if self.state == self.State.CANCELLED:
            return Status.CANCELLED
        if now >= self.ends_at:
            return Status.OVER
        if self.opens_at is None:
            return Status.WALK_IN
        if now < self.opens_at:
            return Status.COMING
        return Status.CLOSED if now >= self.closes_at else self._while_open(places)

    def _while_open(self, places: Filling | None) -> Status:
        if places is None or not places.full or self.admission != self.Admission.FIRST_COME:
            return Status.OPEN
        return Status.WAITING if places.takes_waiting else Status.CLOSED

    @property
    def status(self) -> Status:
        return self.status_at(timezone.now())

    @property
    def applies(self) -> bool:
        """Whether anybody applies at all; otherwise people just come."""
        return self.opens_at is not None
