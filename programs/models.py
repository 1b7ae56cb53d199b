"""The catalogue: what the centre offers, and each time it is held."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audience import ForGrades
from accounts.models import Partner, User


class Status(models.TextChoices):
    """What the clock says of a run or of a programme, the most useful to a visitor first."""

    OPEN = "open", _("접수중")
    COMING = "coming", _("접수예정")
    WALK_IN = "walk-in", _("신청 없이 참여")
    ANNOUNCED = "announced", _("일정 준비 중")
    CLOSED = "closed", _("접수마감")
    OVER = "over", _("종료")

    @property
    def badge(self) -> str:
        """The colour of its badge; the word carries the meaning."""
        return {Status.OPEN: "success", Status.COMING: "information", Status.WALK_IN: "primary"}.get(self, "")


class ProgramQuerySet(models.QuerySet):
    def published(self) -> ProgramQuerySet:
        return self.filter(published_at__lte=timezone.now())

    def visible_to(self, user: User | AnonymousUser) -> ProgramQuerySet:
        """What is published; for those who write the catalogue, the drafts too."""
        return self if user.has_perm("programs.change_program") else self.published()

    def with_status(self) -> ProgramQuerySet:
        """Annotate ``status_rank``, the place of the best run's status in ``Status``, and fetch the runs with it."""
        now = timezone.now()
        runs = Run.objects.published().filter(program=OuterRef("pk"))
        cases = [
            When(Exists(runs.filter(Run.having(status, now))), then=Value(rank))
            for rank, status in enumerate(Status)
            if status != Status.ANNOUNCED
        ]
        # announced: no run is published yet, or only past ones in an area that goes on
        return self.annotate(
            status_rank=Case(*cases, default=Value(list(Status).index(Status.ANNOUNCED)))
        ).prefetch_related(Prefetch("runs", Run.objects.published().order_by("starts_at", "pk"), to_attr="shown_runs"))

    def having(self, status: str) -> ProgramQuerySet:
        """After ``with_status()``: those of one status."""
        return self.filter(status_rank=list(Status).index(Status(status)))

    def useful_first(self) -> ProgramQuerySet:
        """After ``with_status()``: what can be applied for now comes first."""
        return self.order_by("status_rank", "position", "pk")

    def matching(self, words: str) -> ProgramQuerySet:
        """Programmes in whose title, summary, text or plan text every word occurs."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(title__icontains=word)
                | Q(summary__icontains=word)
                | Q(body__icontains=word)
                | Q(plan_text__icontains=word)
            )
        return found


class Program(ForGrades):
    """Something the centre offers, whether or not a date is set. The plan's own words stay beside ours."""

    class Area(models.TextChoices):
        """The headings of the plan's 세부추진계획."""

        ACHIEVEMENT = "achievement", _("학력향상 지원")
        INFORMATION = "information", _("맞춤형 진로진학 정보")
        CAREER = "career", _("미래형 인재양성 진로")
        CREDITS = "credits", _("고교학점제 지원")

    class Kind(models.TextChoices):
        LECTURE = "lecture", _("특강·아카데미")
        BRIEFING = "briefing", _("입시설명회")
        FAIR = "fair", _("박람회")
        CAMP = "camp", _("캠프")
        COACHING = "coaching", _("학습코칭")
        MENTORING = "mentoring", _("멘토링·전공체험")
        EXPERIENCE = "experience", _("진로체험")
        SCHOOL = "school", _("학교 연계")

    class Audience(models.TextChoices):
        STUDENT = "student", _("학생")
        GUARDIAN = "guardian", _("학부모")
        TEACHER = "teacher", _("교사")
        SCHOOL = "school", _("학교")

    plan_key = models.SlugField("계획 항목", max_length=40, unique=True, null=True, blank=True, editable=False)
    title = models.CharField(_("프로그램명"), max_length=100)
    area = models.CharField(_("분야"), max_length=12, choices=Area)
    kind = models.CharField(_("종류"), max_length=12, choices=Kind)
    summary = models.CharField(_("한 줄 소개"), max_length=200)
    body = models.TextField(_("안내"), blank=True, help_text="제목은 ‘## ’, 목록은 ‘- ’로 적습니다.")
    plan_text = models.TextField("사업계획서의 문구", blank=True, editable=False)
    audience = ArrayField(models.CharField(max_length=10, choices=Audience), verbose_name=_("대상"), default=list)
    partner_kind = models.CharField(
        _("함께하는 기관"), max_length=12, choices=Partner.Kind, blank=True, help_text="없으면 비워 둡니다."
    )
    position = models.PositiveSmallIntegerField("순서", default=100, help_text="작을수록 앞에 보입니다.")
    published_at = models.DateTimeField(
        "게시 일시", null=True, blank=True, help_text="비워 두면 직원만 보고, 앞날을 적으면 그때 공개됩니다."
    )

    objects = ProgramQuerySet.as_manager()

    class Meta(ForGrades.Meta):
        verbose_name = _("프로그램")
        verbose_name_plural = _("프로그램")
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["published_at"], name="program_published")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("programs:detail", args=[self.pk])

    @property
    def status(self) -> Status:
        """Needs ``with_status()``."""
        return list(Status)[self.status_rank]

    @property
    def next_run(self) -> Run | None:
        """The run that gave this programme its status; ``None`` while no date is set. Needs ``with_status()``."""
        now = timezone.now()
        return next((run for run in self.shown_runs if run.status_at(now) == self.status), None)

    @property
    def audience_label(self) -> str:
        return "·".join(str(self.Audience(one).label) for one in self.audience)


class RunQuerySet(models.QuerySet):
    def published(self) -> RunQuerySet:
        return self.filter(published_at__lte=timezone.now())


class Run(models.Model):
    """One time that a programme is held. Its status is the clock's: nothing of it is stored."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="runs", verbose_name=_("프로그램"))
    title = models.CharField(_("회차"), max_length=60, help_text="예: 2026년 겨울 1회")
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

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("회차")
        verbose_name_plural = _("회차")
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["program", "starts_at"], name="run_program_start")]
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
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.title}"

    @staticmethod
    def having(status: Status, now: datetime) -> Q:
        """The condition that ``status_at`` computes, for the database."""
        over = Q(ends_at__lte=now)
        return {
            Status.OPEN: Q(opens_at__lte=now, closes_at__gt=now),
            Status.COMING: Q(opens_at__gt=now),
            Status.WALK_IN: Q(opens_at=None) & ~over,
            Status.CLOSED: Q(closes_at__lte=now) & ~over,
            Status.OVER: over,
        }[status]

    def status_at(self, now: datetime) -> Status:
        if now >= self.ends_at:
            return Status.OVER
        if self.opens_at is None:
            return Status.WALK_IN
        if now < self.opens_at:
            return Status.COMING
        return Status.OPEN if now < self.closes_at else Status.CLOSED

    @property
    def status(self) -> Status:
        return self.status_at(timezone.now())
