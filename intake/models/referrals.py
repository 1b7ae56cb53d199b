"""Who comes first, and why nobody else may know: priorities and teachers' referrals."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Guardianship, School, Student, User
from lifecycle.models import Lifecycle
from lifecycle.sealed import SealedTextField


class PriorityQuerySet(models.QuerySet):
    def on(self, day: date) -> PriorityQuerySet:
        """Those that hold on a KST day; the last day is one of them."""
        return self.filter(first_day__lte=day, last_day__gte=day, ended_at=None)


class Priority(models.Model):
    """A student whom the centre lets in with the first stage. Never part of a list or a file."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+", verbose_name="학생")
    reason = SealedTextField("근거", bound_to=["student_id", "given_by_id"])
    first_day = models.DateField("시작일", default=timezone.localdate)
    last_day = models.DateField("마지막 날")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = PriorityQuerySet.as_manager()

    class Meta:
        verbose_name = "우선 지원"
        verbose_name_plural = "우선 지원"
        ordering = ["-first_day", "-pk"]
        permissions = [("give_priority", "우선 지원을 주고 거둘 수 있음")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="priority_days_in_order",
                violation_error_message="마지막 날은 시작일과 같거나 뒤여야 합니다.",
            )
        ]

    def __str__(self) -> str:
        return f"우선 지원 {self.pk or ''}".strip()


class ReferralQuerySet(models.QuerySet):
    def of_family(self, user: User) -> ReferralQuerySet:
        """What teachers wrote about one's own children and oneself."""
        mine = Guardianship.objects.current().filter(guardian=user).values("student")
        return self.filter(Q(student__in=mine) | Q(student__user=user), student__left_at__isnull=True)

    def open(self, now: datetime) -> ReferralQuerySet:
        return self.filter(state=Referral.State.OPEN, valid_until__gt=now)


class Referral(Lifecycle):
    """A teacher asks the centre to see a student. The reason is for teacher, counsellor and family alone."""

    class State(models.TextChoices):
        OPEN = "open", _("진행 중")
        DECLINED = "declined", _("가족이 원하지 않음")
        WITHDRAWN = "withdrawn", _("교사가 거둠")
        DONE = "done", _("마침")

    MOVES = {
        State.OPEN: frozenset({State.DECLINED, State.WITHDRAWN, State.DONE}),
        State.DECLINED: frozenset(),
        State.WITHDRAWN: frozenset(),
        State.DONE: frozenset(),
    }

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="+", verbose_name=_("학생"))
    area = models.CharField("분야", max_length=20)
    subject = models.BigIntegerField("주제 번호")
    what = models.CharField(_("상담 주제"), max_length=100)
    reason = SealedTextField(_("의뢰 사유"), bound_to=["student_id", "teacher_id"])
    teacher = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("의뢰한 교사")
    )
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", verbose_name=_("학교"))
    asked_at = models.DateTimeField(_("의뢰한 때"), default=timezone.now)
    valid_until = models.DateTimeField(_("유효 기한"))
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.OPEN)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = "교사 의뢰"
        verbose_name_plural = "교사 의뢰"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "area", "subject", "teacher"],  # what another teacher did, none may find out
                condition=Q(state="open"),
                name="referral_once_at_a_time",
                violation_error_message=_("이 학생을 같은 주제로 이미 의뢰하셨습니다."),
            )
        ]
        indexes = [models.Index(fields=["area", "subject", "state"], name="referral_of_subject")]

    def __str__(self) -> str:
        return f"교사 의뢰 {self.pk or ''}".strip()

    def is_open(self, now: datetime) -> bool:
        """Whether it lets its student come first: until ``valid_until`` (that moment excluded)."""
        return self.state == self.State.OPEN and now < self.valid_until

    @property
    def standing(self) -> str:
        """Its state in words; one whose time is over has come to its end, whatever is stored."""
        over = self.state == self.State.OPEN and not self.is_open(timezone.now())
        return str(self.State.DONE.label) if over else self.get_state_display()


class ReferralCode(models.Model):
    """What a family gives to a teacher who may then refer this child, whatever the teacher's school."""

    student = models.OneToOneField(Student, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=12, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField()

    class Meta:
        verbose_name = "의뢰 번호"
        verbose_name_plural = "의뢰 번호"

    def __str__(self) -> str:
        return f"의뢰 번호 {self.pk or ''}".strip()
