"""A camp's nights and days: rooms to sleep in, teams, mentors, and who stays where (``docs/glossary.md``)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Partner, User
from lifecycle.masking import mask_name
from programs.models.applications import Participant
from programs.models.catalogue import Program
from programs.models.runs import Run

MOST_BEDS = 40
DAYS_AROUND = 1  # a mentor looks from so many days before the camp until so many days after it


class Kept(models.TextChoices):
    """Whom a room is kept for. Staff state it of a room and of a person; nothing guesses it."""

    ANY = "", "구분 없음"
    FEMALE = "female", "여"
    MALE = "male", "남"


class CampRoom(models.Model):
    """A room to sleep in. That no more stay in it than it has beds is counted under the run's lock (``camps``)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="camp_rooms", verbose_name="회차")
    name = models.CharField("방", max_length=40, help_text="예: 302호")
    capacity = models.PositiveSmallIntegerField(
        "정원(명)", validators=[MinValueValidator(1), MaxValueValidator(MOST_BEDS)]
    )
    kind = models.CharField("구분", max_length=6, choices=Kept, default=Kept.ANY, blank=True)

    class Meta:
        verbose_name = "숙소 방"
        verbose_name_plural = "숙소 방"
        ordering = ["name", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name"],
                name="camproom_name_once",
                violation_error_message="같은 이름의 방이 있습니다.",
            ),
            models.CheckConstraint(condition=Q(capacity__range=(1, MOST_BEDS)), name="camproom_beds_sane"),
        ]

    def __str__(self) -> str:
        return self.name


class MentorQuerySet(models.QuerySet):
    def serving(self, user: User, now: datetime) -> MentorQuerySet:
        """As whom ``user`` works at ``now``: in whole Korean days, from the day before a camp to the day after it."""
        today = timezone.localdate(now)
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
        begun = midnight + timedelta(days=DAYS_AROUND + 1)
        return self.filter(
            user=user,
            cleared_on__lte=today,
            run__program__kind=Program.Kind.CAMP,
            run__starts_at__lt=begun,
            run__ends_at__gte=midnight - timedelta(days=DAYS_AROUND),
        ).exclude(run__state=Run.State.CANCELLED)


class Mentor(models.Model):
    """Somebody who looks after a camp: with a login here, or by name alone.

    Of 성범죄 경력 조회 (청소년성보호법 제56조) only the day on which staff saw the answer is kept; before that nobody
    is given a team.
    """

    class Role(models.TextChoices):
        LEAD = "lead", "책임 멘토"
        TEAM = "team", "조 멘토"
        STUDY = "study", "학습 멘토"
        NIGHT = "night", "야간 생활지도"
        SAFETY = "safety", "안전·보건"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="mentors", verbose_name="회차")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="mentoring",
        verbose_name="회원",
    )
    name = models.CharField("이름", max_length=50, blank=True, validators=[names.validate])
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="소속 기관"
    )
    role = models.CharField("역할", max_length=6, choices=Role, default=Role.TEAM)
    cleared_on = models.DateField("성범죄 경력 조회 확인일", null=True, blank=True)
    created_at = models.DateTimeField("등록 일시", default=timezone.now, editable=False)

    objects = MentorQuerySet.as_manager()

    class Meta:
        verbose_name = "캠프 멘토"
        verbose_name_plural = "캠프 멘토"
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["run", "user"],
                name="mentor_user_once",
                violation_error_message="이 회차의 멘토로 이미 등록된 사람입니다.",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, name="") | Q(user=None) & ~Q(name=""),
                name="mentor_is_somebody",
                violation_error_message="계정의 이메일과 이름 가운데 하나만 적어 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.called} ({self.get_role_display()})"

    @property
    def called(self) -> str:
        return str(self.user.name) if self.user else self.name

    @property
    def masked(self) -> str:
        return mask_name(self.called)


class TeamQuerySet(models.QuerySet):
    def visible_to(self, user: User, now: datetime) -> TeamQuerySet:
        """A mentor's own teams while the camp is near; staff have pages of their own."""
        return self.filter(mentors__in=Mentor.objects.serving(user, now)).distinct()


class Team(models.Model):
    """조: those who spend the days of a camp together, and their mentors. One of these is in charge."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="teams", verbose_name="회차")
    name = models.CharField("조", max_length=40, help_text="예: 1조")
    mentors = models.ManyToManyField(Mentor, blank=True, related_name="teams", verbose_name="멘토")
    in_charge = models.ForeignKey(
        Mentor,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="teams_in_charge",
        verbose_name="담당 멘토",
        help_text="캠프 동안 이 조의 비상 연락처와 건강 정보를 여는 한 사람입니다.",
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = "조"
        verbose_name_plural = "조"
        ordering = ["name", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name"], name="team_name_once", violation_error_message="같은 이름의 조가 있습니다."
            )
        ]

    def __str__(self) -> str:
        return self.name


class Stay(models.Model):
    """Where one participant sleeps and with whom. A trigger of ``Participant`` takes it away from who leaves."""

    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="stay", verbose_name="참가자"
    )
    kind = models.CharField("구분", max_length=6, choices=Kept, default=Kept.ANY, blank=True)
    room = models.ForeignKey(
        CampRoom, on_delete=models.PROTECT, null=True, blank=True, related_name="stays", verbose_name="방"
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="stays", verbose_name="조"
    )
    placed_at = models.DateTimeField("배정 일시", default=timezone.now, editable=False)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="배정한 직원"
    )

    class Meta:
        verbose_name = _("캠프 배정")
        verbose_name_plural = _("캠프 배정")
        default_permissions = ("view", "change")
        permissions = [("open_contacts", "캠프 비상 연락처와 건강 정보 열람")]

    def __str__(self) -> str:
        return f"{self.participant_id}"
