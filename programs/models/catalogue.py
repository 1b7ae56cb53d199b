"""The catalogue: what the centre offers, whether or not a date is set."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audience import ForGrades
from accounts.models import Partner, User


class ProgramQuerySet(models.QuerySet):
    def published(self) -> ProgramQuerySet:
        return self.filter(published_at__lte=timezone.now())

    def visible_to(self, user: User | AnonymousUser) -> ProgramQuerySet:
        """What is published; for those who write the catalogue, the drafts too."""
        return self if user.has_perm("programs.change_program") else self.published()


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
    takes_visits = models.BooleanField(
        _("찾아가는 프로그램"), default=False, help_text="소속이 확인된 교사가 학교로 와 달라고 신청할 수 있습니다."
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
    def audience_label(self) -> str:
        return "·".join(str(self.Audience(one).label) for one in self.audience)
