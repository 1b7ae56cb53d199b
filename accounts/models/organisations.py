from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Case, IntegerField, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SchoolQuerySet(models.QuerySet):
    def current(self) -> SchoolQuerySet:
        """Schools that exist today: names change and schools merge, so rows carry their validity."""
        today = timezone.localdate()
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=today)).exclude(valid_from__gt=today)

    def named_like(self, typed: str) -> SchoolQuerySet:
        """Schools whose name contains ``typed``: the exact name first, then our district's, then the rest."""
        if not typed:
            return self.none()
        exact = Case(When(name=typed, then=0), default=1, output_field=IntegerField())
        return self.filter(name__icontains=typed).order_by(exact, "-is_local", "name", "address", "pk")


class School(models.Model):
    """A school as NEIS knows it; codes are strings, for some begin with zero."""

    class Kind(models.TextChoices):
        ELEMENTARY = "elementary", _("초등학교")
        MIDDLE = "middle", _("중학교")
        HIGH = "high", _("고등학교")
        SPECIAL = "special", _("특수학교")
        OTHER = "other", _("각종학교·대안학교")

    office_code = models.CharField("교육청 코드", max_length=3, help_text="NEIS 시도교육청 코드. 서울은 B10")
    neis_code = models.CharField("학교 코드", max_length=10, help_text="NEIS 행정표준코드. 앞자리 0을 지우지 마세요.")
    name = models.CharField(_("학교 이름"), max_length=100)
    kind = models.CharField(_("학교급"), max_length=10, choices=Kind)
    high_kind = models.CharField(
        "고등학교 구분", max_length=20, blank=True, help_text="일반고, 특성화고, 특목고, 자율고"
    )
    address = models.CharField("도로명 주소", max_length=200, blank=True)
    is_local = models.BooleanField("관내", default=False)
    valid_from = models.DateField("시작일", null=True, blank=True)
    valid_until = models.DateField("종료일", null=True, blank=True, help_text="이날부터는 없는 학교입니다.")

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("학교")
        verbose_name_plural = _("학교")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["office_code", "neis_code"],
                name="school_code_once",
                violation_error_message="이미 등록된 학교 코드입니다.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """A company, university, agency or office that the centre works with."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("기업")
        UNIVERSITY = "university", _("대학")
        AGENCY = "agency", _("진로교육 전문업체")
        OFFICE = "office", _("교육청·유관기관")

    name = models.CharField(_("기관 이름"), max_length=100, unique=True)
    kind = models.CharField(_("구분"), max_length=12, choices=Kind)
    about = models.TextField(_("소개"), max_length=1000, blank=True, help_text="공개되는 협력 기관 안내에 나옵니다.")
    fields = models.CharField(_("학과·직무"), max_length=200, blank=True, help_text="예: 간호학과, 게임 기획")
    address = models.CharField(_("주소"), max_length=200, blank=True)
    website = models.URLField(_("누리집"), blank=True)

    class Meta:
        verbose_name = _("협력 기관")
        verbose_name_plural = _("협력 기관")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AffiliationQuerySet(models.QuerySet):
    def current(self) -> AffiliationQuerySet:
        """Confirmed by staff and not yet over."""
        return self.filter(confirmed_at__isnull=False, ended_at__isnull=True)


class Affiliation(models.Model):
    """A user who works for a school or a partner, and may see what concerns it. Confirmed by staff."""

    class Role(models.TextChoices):
        TEACHER = "teacher", _("교사")
        SCHOOL = "school", _("학교 담당자")
        PARTNER = "partner", _("협력 기관 담당자")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="affiliations")
    role = models.CharField(_("역할"), max_length=10, choices=Role)
    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("학교"))
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("협력 기관"))
    asked_at = models.DateTimeField(_("신청 일시"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("확인 일시"), null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    ended_at = models.DateTimeField(_("종료 일시"), null=True, blank=True, editable=False)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        verbose_name = _("소속")
        verbose_name_plural = _("소속")
        constraints = [
            models.CheckConstraint(
                condition=(Q(role="partner") & Q(partner__isnull=False) & Q(school__isnull=True))
                | (~Q(role="partner") & Q(school__isnull=False) & Q(partner__isnull=True)),
                name="affiliation_has_its_place",
                violation_error_message=_("역할에 맞는 학교나 기관을 골라 주세요."),
            ),
            models.UniqueConstraint(
                fields=["user", "school", "partner"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="affiliation_once",
                violation_error_message=_("이미 등록된 소속입니다."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.school or self.partner}"
