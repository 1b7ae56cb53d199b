"""Topics of counselling, and the counsellors who offer them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import School
from intake.models import RuleSet
from intake.models.rulesets import rules_of
from intake.rules import Rules
from questionnaires.models import Questionnaire


@dataclass(frozen=True)
class FairRules(Rules):
    """At a fair one may cancel and change until the talk begins, as often as one likes, and nothing follows a no-show."""

    changes_most: int | None = None
    noshow_pause_at: int = 0

    def cancel_until(self, starts: datetime) -> datetime:
        return starts

    def change_until(self, starts: datetime) -> datetime:
        return starts


AT_FAIR = FairRules()


class Mode(models.TextChoices):
    VISIT = "visit", _("대면")
    VIDEO = "video", _("화상")
    PHONE = "phone", _("전화")


def mode_labels(modes: list[str]) -> str:
    """``대면·화상``: codes as words, in the order in which the centre names them."""
    return "·".join(str(mode.label) for mode in Mode if mode in modes)


class TopicQuerySet(models.QuerySet):
    def open(self) -> TopicQuerySet:
        """Topics that can be booked, in the centre's order; what is talked about at fairs has pages of its own."""
        return self.filter(active=True, at_fair=False).order_by("position", "name")


class Topic(models.Model):
    """One kind of counselling, as the plan names it."""

    slug = models.SlugField("주소 이름", max_length=40, unique=True, help_text="인터넷 주소에 쓰입니다. 예: admission")
    name = models.CharField(_("상담 주제"), max_length=50)
    description = models.TextField(
        "안내", blank=True, help_text="누구에게 어떤 도움을 주는지 이용자에게 보이는 글입니다."
    )
    preparation = models.CharField("준비물", max_length=200, blank=True, help_text="예: 학교생활기록부 사본(선택)")
    plan_text = models.TextField("사업계획서의 글", blank=True, editable=False)
    minutes = models.PositiveSmallIntegerField("상담 시간(분)", default=50)
    buffer_minutes = models.PositiveSmallIntegerField("상담 사이 간격(분)", default=10)
    modes = ArrayField(models.CharField(max_length=5, choices=Mode), verbose_name="상담 방식", default=list)
    lead_hours = models.PositiveSmallIntegerField(
        "예약 마감(시간 전)", default=24, help_text="상담 시작 몇 시간 전까지 인터넷 예약을 받습니까?"
    )
    horizon_days = models.PositiveSmallIntegerField(
        "예약 기간(일)", default=30, help_text="오늘부터 며칠 뒤까지 예약을 받습니까?"
    )
    rules = models.ForeignKey(
        RuleSet,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="이용 규칙",
        help_text="누가, 몇 번, 언제까지. 비워 두면 기본 규칙입니다(누구나, 미리 3건, 전날 18시까지 취소).",
    )
    questionnaire = models.ForeignKey(
        Questionnaire,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="topics",
        verbose_name="사전 질문지",
        help_text="예약한 가족이 상담 전에 작성합니다. 비워 두면 묻지 않습니다.",
    )
    sensitive = models.BooleanField(
        "민감정보를 다룸",
        default=False,
        help_text="심리·건강 이야기를 다룰 수 있는 상담입니다. 첫 예약을 확정하기 전에 민감정보 처리 동의(개인정보 보호법 제23조)를 따로 받습니다.",
    )
    position = models.PositiveSmallIntegerField("순서", default=0)
    active = models.BooleanField("예약 받기", default=True)
    at_fair = models.BooleanField(
        "박람회 부스", default=False, editable=False, help_text="부스의 시간과 함께 만듭니다."
    )

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("상담 주제")
        verbose_name_plural = _("상담 주제")
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__range=(10, 240)),
                name="topic_minutes_sane",
                violation_error_message="상담 시간은 10분에서 240분 사이로 적어 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(modes__len__gte=1),
                name="topic_has_a_mode",
                violation_error_message="상담 방식을 하나 이상 골라 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The times at which this topic can be booked."""
        if self.at_fair:
            return reverse("counseling:fair", args=[self.booth.fair_id])
        return f"{reverse('counseling:times')}?topic={self.slug}"

    @property
    def mode_labels(self) -> str:
        return mode_labels(self.modes)

    @property
    def deadlines(self) -> Rules:
        """Until when and how often one may cancel and change; the default rules where no others are chosen."""
        return AT_FAIR if self.at_fair else rules_of(self.rules)


class CounselorQuerySet(models.QuerySet):
    def active(self) -> CounselorQuerySet:
        """Those of the house who counsel now; officers who visit a fair are not among them."""
        return self.of_the_house().filter(active=True)

    def of_the_house(self) -> CounselorQuerySet:
        return self.filter(user__isnull=False)


class Counselor(models.Model):
    """A person who counsels. ``name`` is what families see. Whoever visits a fair for a day has no account."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="counselor",
        verbose_name="직원 계정",
    )
    place = models.CharField(
        "자리", max_length=250, blank=True, editable=False, help_text="방이 아닌 곳. 박람회의 부스"
    )
    name = models.CharField("표시 이름", max_length=30, help_text="이용자에게 보이는 이름입니다. 예: 김지우 상담사")
    topics = models.ManyToManyField(Topic, related_name="counselors", verbose_name="맡은 주제", blank=True)
    introduction = models.TextField("소개", blank=True)
    excluded_schools = models.ManyToManyField(
        School,
        related_name="+",
        verbose_name="배정하지 않는 학교",
        blank=True,
        help_text="상담사가 일하는 학교처럼, ‘상담사 무관’ 예약에서 배정하지 않을 학생의 학교입니다.",
    )
    active = models.BooleanField("활동 중", default=True, help_text="끄면 이 상담사의 시간은 새로 예약할 수 없습니다.")
    most_per_day = models.PositiveSmallIntegerField(
        "하루 최대 상담", null=True, blank=True, help_text="하루에 여는 상담 시간의 수. 비워 두면 제한이 없습니다."
    )
    most_per_week = models.PositiveSmallIntegerField(
        "한 주 최대 상담", null=True, blank=True, help_text="월요일부터 일요일까지 여는 상담 시간의 수입니다."
    )
    video_url = models.URLField(
        "화상 상담 주소",
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["https"], message="https://로 시작하는 주소를 적어 주세요.")],
        help_text="이 상담사의 화상 회의실 주소(https://). 예약마다 다른 주소를 정할 수도 있습니다.",
    )
    published_until = models.DateField("시간표를 공개한 날", null=True, blank=True, editable=False)

    objects = CounselorQuerySet.as_manager()

    class Meta:
        verbose_name = "상담사"
        verbose_name_plural = "상담사"
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(most_per_day=None) | Q(most_per_day__gte=1))
                & (Q(most_per_week=None) | Q(most_per_week__gte=1)),
                name="counselor_limits_sane",
                violation_error_message="최대 상담 수는 1 이상이어야 합니다. 제한이 없으면 비워 두세요.",
            ),
            models.CheckConstraint(
                condition=Q(video_url="") | Q(video_url__startswith="https://"),
                name="counselor_video_is_https",
                violation_error_message="https://로 시작하는 주소를 적어 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
