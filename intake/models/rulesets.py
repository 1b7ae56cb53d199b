"""Rules as data: proper columns that staff fill in. ``intake.rules`` holds the same as a frozen value."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Neighbourhood
from accounts.schoolyear import GRADES, LAST_GRADE
from intake.rules import DEFAULT, Place, Rules, Scope, Year

HOUR = [MaxValueValidator(23)]
AGES = [MinValueValidator(1), MaxValueValidator(99)]


def _in_order(first: str, last: str) -> Q:
    return Q(**{first: None}) | Q(**{last: None}) | Q(**{f"{last}__gte": F(first)})


class AudienceColumns(models.Model):
    """Whom something is for; the columns of ``intake.rules.Audience``."""

    enrolled = models.BooleanField("재학생", default=True)
    first_grade = models.PositiveSmallIntegerField(
        "학년(부터)", choices=GRADES, null=True, blank=True, help_text="비워 두면 초1부터입니다."
    )
    last_grade = models.PositiveSmallIntegerField(
        "학년(까지)", choices=GRADES, null=True, blank=True, help_text="비워 두면 고3까지입니다."
    )
    graduates = models.BooleanField("졸업생(N수생)", default=True)
    out_of_school = models.BooleanField("학교 밖 청소년", default=True)
    first_age = models.PositiveSmallIntegerField("만 나이(부터)", null=True, blank=True, validators=AGES)
    last_age = models.PositiveSmallIntegerField("만 나이(까지)", null=True, blank=True, validators=AGES)
    residents = models.BooleanField("관내에 사는 학생", default=False)
    neighbourhoods = models.ManyToManyField(
        Neighbourhood,
        blank=True,
        related_name="+",
        verbose_name="이 동에 사는 학생만",
        help_text="비워 두면 관내 모든 동입니다. ‘관내에 사는 학생’을 고른 때에만 씁니다.",
    )
    pupils = models.BooleanField("관내 학교에 다니는 학생", default=False)
    place_match = models.CharField("사는 곳과 학교", max_length=3, choices=Place, default=Place.ANY)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=(Q(first_grade=None) | Q(first_grade__range=(1, LAST_GRADE)))
                & (Q(last_grade=None) | Q(last_grade__range=(1, LAST_GRADE)))
                & _in_order("first_grade", "last_grade"),
                name="%(class)s_grades_in_order",
                violation_error_message="학년은 낮은 학년부터 적어 주세요.",
            ),
            models.CheckConstraint(
                condition=_in_order("first_age", "last_age"),
                name="%(class)s_ages_in_order",
                violation_error_message="나이는 적은 나이부터 적어 주세요.",
            ),
        ]


class RuleSetQuerySet(models.QuerySet):
    def in_order(self) -> RuleSetQuerySet:
        return self.order_by("name", "pk")


class RuleSet(AudienceColumns):
    """Who may come, from when on, how often, until when one may cancel, and what follows a no-show.

    Topics (and later runs) point to one; several may share it. Lead time and horizon are the topic's own.
    """

    name = models.CharField(
        "이름", max_length=50, unique=True, help_text="직원만 보는 이름입니다. 예: 고등학생 상담 규칙"
    )
    first_time_only = models.BooleanField(
        "처음 이용하는 학생만", default=False, help_text="같은 주제로 예약하거나 상담받은 적이 없는 학생입니다."
    )
    open_hour = models.PositiveSmallIntegerField(
        "여는 시각(시)", default=0, validators=HOUR, help_text="예약을 여는 날 몇 시에 엽니까? 0이면 자정입니다."
    )
    everyone_after_days = models.PositiveSmallIntegerField(
        "모두에게 여는 날(며칠 뒤)",
        default=0,
        validators=[MaxValueValidator(60)],
        help_text="예약을 여는 날부터 며칠 뒤 대상 학생 모두에게 엽니까? 0이면 같은 날입니다.",
    )
    open_most = models.PositiveSmallIntegerField(
        "미리 예약할 수 있는 건수", null=True, blank=True, default=3, help_text="비워 두면 한도가 없습니다."
    )
    open_scope = models.CharField("미리 예약 건수는", max_length=3, choices=Scope, default=Scope.ALL)
    year_kind = models.CharField("연간 한도", max_length=8, choices=Year, default=Year.NONE)
    year_scope = models.CharField("연간 횟수는", max_length=3, choices=Scope, default=Scope.ONE)
    takes_referrals = models.BooleanField(
        "교사 의뢰 받기",
        default=False,
        help_text="교사가 학생을 의뢰할 수 있습니다. 의뢰 사유는 교사·이 주제 상담사·가족만 봅니다.",
    )
    cancel_days = models.PositiveSmallIntegerField("취소 기한(며칠 전)", default=1)
    cancel_hour = models.PositiveSmallIntegerField("취소 기한(시)", default=18, validators=HOUR)
    change_days = models.PositiveSmallIntegerField("변경 기한(며칠 전)", default=1)
    change_hour = models.PositiveSmallIntegerField("변경 기한(시)", default=18, validators=HOUR)
    changes_most = models.PositiveSmallIntegerField(
        "한 예약을 바꿀 수 있는 횟수", null=True, blank=True, default=2, help_text="비워 두면 한도가 없습니다."
    )
    noshow_pause_at = models.PositiveSmallIntegerField(
        "불참 몇 번이면 쉬나요", default=2, help_text="0이면 불참해도 예약을 쉬게 하지 않습니다."
    )
    noshow_pause_months = models.PositiveSmallIntegerField(
        "쉬는 기간(개월)", default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    noshow_lapse_months = models.PositiveSmallIntegerField(
        "불참을 세는 기간(개월)", default=12, validators=[MinValueValidator(1), MaxValueValidator(36)]
    )
    appeal_days = models.PositiveSmallIntegerField(
        "소명 기한(일)", default=14, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )

    objects = RuleSetQuerySet.as_manager()

    class Meta(AudienceColumns.Meta):
        verbose_name = "이용 규칙"
        verbose_name_plural = "이용 규칙"
        ordering = ["name", "pk"]
        constraints = [
            *AudienceColumns.Meta.constraints,
            models.CheckConstraint(
                condition=Q(enrolled=True) | Q(graduates=True) | Q(out_of_school=True),
                name="ruleset_is_for_somebody",
                violation_error_message="재학생, 졸업생, 학교 밖 청소년 가운데 하나는 골라 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(cancel_hour__lte=23, change_hour__lte=23, open_hour__lte=23),
                name="ruleset_hours_of_a_day",
                violation_error_message="시각은 0시에서 23시 사이로 적어 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def frozen(self) -> Rules:
        """This rule set as a value: its own row and those that hang on it, in four queries."""
        stages = list(self.stages.prefetch_related("neighbourhoods"))
        named = [place for row in (self, *stages) for place in row.neighbourhoods.all()]
        rest = {
            "stages": [_row(stage) for stage in stages],
            "caps": [_row(cap) for cap in self.caps.all()],
            "places": {place.pk: place.name for place in named},
        }
        return Rules.read(_row(self) | rest)


def rules_of(ruleset: RuleSet | None) -> Rules:
    """The deadlines and counts of a rule set without its rows (stages, yearly caps): costs no query."""
    return (
        Rules.read({field.attname: getattr(ruleset, field.attname) for field in ruleset._meta.fields})
        if ruleset
        else DEFAULT
    )


def _row(one: models.Model) -> dict[str, Any]:
    """Columns and neighbourhoods as ``gathering`` gives them."""
    row = {field.attname: getattr(one, field.attname) for field in one._meta.fields}
    return row | (
        {"neighbourhoods": [place.pk for place in one.neighbourhoods.all()]} if hasattr(one, "neighbourhoods") else {}
    )


class Stage(AudienceColumns):
    """Who may come before the others, and how many days after the opening."""

    rules = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="stages", verbose_name="이용 규칙")
    after_days = models.PositiveSmallIntegerField(
        "여는 날부터 며칠 뒤", default=0, validators=[MaxValueValidator(60)], help_text="0이면 여는 날입니다."
    )
    invited = models.BooleanField(
        "우선 지원·교사 의뢰 학생",
        default=False,
        help_text="누가 그런 학생인지는 이 화면에도, 다른 어떤 화면에도 나오지 않습니다.",
    )

    class Meta(AudienceColumns.Meta):
        verbose_name = "먼저 여는 단계"
        verbose_name_plural = "먼저 여는 단계"
        ordering = ["after_days", "pk"]
        constraints = [
            *AudienceColumns.Meta.constraints,
            models.CheckConstraint(
                condition=Q(enrolled=True) | Q(graduates=True) | Q(out_of_school=True) | Q(invited=True),
                name="stage_is_for_somebody",
                violation_error_message="이 단계에 들어올 수 있는 학생을 골라 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.after_days}일 뒤"


class YearCap(models.Model):
    """How often a year somebody of these grades may come; without grades: everybody whom no other row names."""

    rules = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="caps", verbose_name="이용 규칙")
    first_grade = models.PositiveSmallIntegerField("학년(부터)", choices=GRADES, null=True, blank=True)
    last_grade = models.PositiveSmallIntegerField("학년(까지)", choices=GRADES, null=True, blank=True)
    most = models.PositiveSmallIntegerField("한 해에 몇 번까지", default=1)

    class Meta:
        verbose_name = "연간 한도"
        verbose_name_plural = "연간 한도"
        ordering = ["first_grade", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_grade=None, last_grade=None)
                | Q(
                    first_grade__isnull=False,
                    last_grade__isnull=False,
                    first_grade__gte=1,
                    last_grade__lte=LAST_GRADE,
                    last_grade__gte=F("first_grade"),
                ),
                name="yearcap_grades_in_order",
                violation_error_message="학년은 둘 다 고르거나 둘 다 비우고, 낮은 학년부터 적어 주세요.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.most}번"
