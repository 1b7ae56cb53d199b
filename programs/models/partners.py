"""What binds the centre and those it works with: agreements (업무협약) with their files, and whom to call there."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts import names, phones
from accounts.models import Partner, School
from centre.models.lasting import Lasting, LastingQuerySet
from lifecycle.sealed import SealedFileField

FOLDER = "agreements"
ENDING_DAYS = 90  # from here on an agreement counts as ending, and the first reminder is due

ONE_SIDE = Q(partner__isnull=False, school=None) | Q(partner=None, school__isnull=False)


def new_token() -> str:
    """What a file lies under: nothing of its name or its owner is in it."""
    return secrets.token_hex(16)


class Stand(models.TextChoices):
    """What the clock says of an agreement."""

    ENDING = "ending", "곧 끝남"
    VALID = "valid", "유효"
    UPCOMING = "upcoming", "시작 전"
    OVER = "over", "끝남"


class AgreementQuerySet(LastingQuerySet):
    def having(self, stand: Stand, today: date) -> AgreementQuerySet:
        """Those of which ``stand_on(today)`` says so."""
        over = Q(ended_on__lte=today) | Q(renews_years=None, last_day__lt=today)
        upcoming = Q(first_day__gt=today) & ~over
        soon = Q(renews_years=None, last_day__lte=today + timedelta(days=ENDING_DAYS))
        ending = soon & ~over & ~upcoming
        asked = {
            Stand.OVER: over,
            Stand.UPCOMING: upcoming,
            Stand.ENDING: ending,
            Stand.VALID: ~over & ~upcoming & ~soon,
        }
        # the conditions compare columns that may be NULL, and NOT NULL is NULL: ask by key
        return self.filter(pk__in=self.model.objects.filter(asked[stand]).values("pk"))

    def in_force(self, today: date) -> AgreementQuerySet:
        """Begun and not over."""
        holds = Q(renews_years__isnull=False) | Q(last_day=None) | Q(last_day__gte=today)
        return self.filter(holds, Q(ended_on=None) | Q(ended_on__gt=today), first_day__lte=today)


class Agreement(Lasting):
    """An MOU with a partner or a school. Whether it holds is the clock's to say and not stored.

    ``last_day`` is the last day of the first term, included. One that renews itself goes on by ``renews_years``
    from term to term until somebody ends it (``ended_on``: from this day on it holds no more).
    """

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name="협력 기관"
    )
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name="학교"
    )
    title = models.CharField("협약 이름", max_length=120, help_text="예: 청소년 진로체험 업무협약")
    signed_on = models.DateField("체결일")
    renews_years = models.PositiveSmallIntegerField(
        "자동 연장(년)",
        null=True,
        blank=True,
        help_text="한쪽이 끝내자고 하지 않으면 이만큼씩 이어집니다. 자동으로 이어지지 않으면 비워 둡니다.",
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="담당 직원",
        limit_choices_to={"is_staff": True},
        help_text="끝나기 90일, 30일, 7일 전에 안내를 받습니다. 비우면 프로그램 담당 모두가 받습니다.",
    )
    content = models.TextField("협약 내용", max_length=2000, blank=True)
    ended_on = models.DateField("중도 종료일", null=True, blank=True, editable=False)
    ended_because = models.CharField("종료 사유", max_length=200, blank=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name="종료한 직원",
    )
    # which end was announced last, and from how many days before: pulled by the reminders
    told_for = models.DateField(null=True, blank=True, editable=False)
    told_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField("등록 일시", default=timezone.now, editable=False)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "업무협약"
        verbose_name_plural = "업무협약"
        ordering = ["-signed_on", "-pk"]
        constraints = [
            *Lasting.Meta.constraints,
            models.CheckConstraint(
                condition=ONE_SIDE,
                name="agreement_with_partner_or_school",
                violation_error_message="협력 기관과 학교 가운데 하나를 골라 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(renews_years=None) | Q(renews_years__range=(1, 10), last_day__isnull=False),
                name="agreement_renews_from_an_end",
                violation_error_message="자동 연장은 1~10년이고, 첫 기간의 마지막 날을 적어야 합니다.",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_because="")
                | Q(ended_on__isnull=False, ended_on__gte=F("first_day")) & ~Q(ended_because=""),
                name="agreement_ended_with_reason",
                violation_error_message="중도 종료에는 시작일 이후의 날짜와 사유가 있어야 합니다.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.side} · {self.title}"

    @property
    def side(self) -> Partner | School:
        """With whom it was made."""
        return self.partner or self.school

    def term_end(self, today: date) -> date | None:
        """The last day of the term that ``today`` lies in, or of the last term; ``None``: it has no end."""
        if self.last_day is None or self.renews_years is None:
            return self.last_day
        after = self.last_day + timedelta(days=1)
        terms = 0
        while _years_on(after, terms * self.renews_years) <= today:
            terms += 1
        return _years_on(after, terms * self.renews_years) - timedelta(days=1)

    def stand_on(self, today: date) -> Stand:
        if self.ended_on is not None and self.ended_on <= today:
            return Stand.OVER
        fixed = self.last_day if self.renews_years is None else None
        if fixed is not None and fixed < today:
            return Stand.OVER
        if today < self.first_day:
            return Stand.UPCOMING
        return Stand.ENDING if fixed is not None and (fixed - today).days <= ENDING_DAYS else Stand.VALID

    @property
    def stand(self) -> Stand:
        return self.stand_on(timezone.localdate())


def _years_on(day: date, years: int) -> date:
    """The same day ``years`` later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


class AgreementFile(models.Model):
    """A signed paper. It bears names and signatures, so its bytes lie sealed under ``token``."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="files", verbose_name="업무협약")
    name = models.CharField("파일 이름", max_length=120)
    kind = models.CharField("형식", max_length=4, choices=[("pdf", "PDF"), ("jpeg", "JPG"), ("png", "PNG")])
    size = models.PositiveIntegerField("크기(바이트)")
    token = models.CharField("저장 이름", max_length=32, unique=True, default=new_token, editable=False)
    file = SealedFileField("저장된 파일", bound_to="token", upload_to=FOLDER, editable=False)
    uploaded_at = models.DateTimeField("올린 때", default=timezone.now, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="올린 사람", editable=False
    )

    class Meta:
        verbose_name = "협약 파일"
        verbose_name_plural = "협약 파일"
        ordering = ["uploaded_at", "pk"]

    def __str__(self) -> str:
        return self.name


class ContactPerson(models.Model):
    """Whom to call at a partner or a school: personal data of somebody who has no login here."""

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name="협력 기관"
    )
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name="학교"
    )
    name = models.CharField("이름", max_length=50, validators=[names.validate])
    department = models.CharField("부서·직위", max_length=100, blank=True)
    phone = models.CharField(
        "전화번호",
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"\A0\d{7,11}\Z", "전화번호를 02-000-0000처럼 적어 주세요.")],
    )
    email = models.EmailField("이메일", blank=True)
    remark = models.CharField("메모", max_length=200, blank=True, help_text="예: 오후에 통화가 됩니다.")
    created_at = models.DateTimeField("등록 일시", default=timezone.now, editable=False)
    ended_at = models.DateTimeField("그만둔 때", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "담당자 연락처"
        verbose_name_plural = "담당자 연락처"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=ONE_SIDE,
                name="contact_of_partner_or_school",
                violation_error_message="협력 기관과 학교 가운데 하나를 골라 주세요.",
            ),
            models.CheckConstraint(
                condition=~Q(phone="", email=""),
                name="contact_can_be_reached",
                violation_error_message="전화번호와 이메일 가운데 하나는 적어 주세요.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner or self.school} · {self.name}"

    def clean_fields(self, exclude: set[str] | None = None) -> None:
        self.phone = phones.normalise(self.phone)
        super().clean_fields(exclude=exclude)
