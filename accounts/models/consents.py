from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.template.defaultfilters import linebreaks
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models.students import Student
from lifecycle.append_only import append_only


class ConsentTextQuerySet(models.QuerySet):
    def in_force(self, now: datetime | None = None) -> ConsentTextQuerySet:
        """The newest valid version of each kind."""
        valid = self.filter(valid_from__lte=now or timezone.now())
        return valid.order_by("kind", "-version").distinct("kind")


class ConsentText(models.Model):
    """One version of the words that a person agrees to. Once anybody answered it, it never changes."""

    class Kind(models.TextChoices):
        CHILD = "child", _("만 14세 미만 자녀의 개인정보 처리")
        SENSITIVE = "sensitive", _("민감정보(심리·건강) 처리")
        THIRD_PARTY = "third_party", _("개인정보 제3자 제공")
        MARKETING = "marketing", _("홍보·소식 수신")

    # Whose data the kind speaks of: a student's, or the account holder's own.
    OF_STUDENTS = frozenset({Kind.CHILD, Kind.SENSITIVE, Kind.THIRD_PARTY})

    kind = models.CharField("종류", max_length=12, choices=Kind)
    version = models.PositiveSmallIntegerField("판")
    title = models.CharField("제목", max_length=100)
    body = models.TextField("본문", help_text="목적, 항목, 보유·이용기간, 거부권과 불이익을 모두 적습니다.")
    valid_from = models.DateTimeField("시행 일시", default=timezone.now)

    objects = ConsentTextQuerySet.as_manager()

    class Meta:
        verbose_name = "동의 문안"
        verbose_name_plural = "동의 문안"
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "version"],
                name="consenttext_version_once",
                violation_error_message="이미 있는 판입니다.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version}판)"

    def as_html(self) -> SafeString:
        """The body as paragraphs, escaped; the promises that the law wants to stand out are lines of their own."""
        return linebreaks(self.body, autoescape=True)


class ConsentQuerySet(models.QuerySet):
    def standing(self) -> ConsentQuerySet:
        """The last word of each person on each kind, whether yes or no."""
        order = ("user_id", "student_id", "text__kind")
        return self.order_by(*order, "-at", "-pk").distinct(*order)


class Consent(models.Model):
    """One yes or no, with its proof: who, to which words, when, how asked, how verified. Only ever added to."""

    class Channel(models.TextChoices):
        WEB = "web", _("누리집")
        DESK = "desk", _("센터 방문")
        CALL = "call", _("전화")

    class Verified(models.TextChoices):
        LOGIN = "login", _("로그인")
        SMS_NOTICE = "sms_notice", _("보호자 휴대폰 확인 문자")
        PAPER = "paper", _("서명한 서면")
        SPOKEN = "spoken", _("전화로 알리고 확인")

    at = models.DateTimeField(_("일시"), default=timezone.now, editable=False)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="answers", verbose_name=_("동의 문안"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consents",
        verbose_name=_("이용자"),
    )
    student = models.ForeignKey(
        Student, on_delete=models.PROTECT, null=True, blank=True, related_name="consents", verbose_name=_("학생")
    )
    given = models.BooleanField(_("동의"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("답한 사람")
    )
    channel = models.CharField(_("방법"), max_length=4, choices=Channel, default=Channel.WEB)
    verified = models.CharField(_("확인"), max_length=10, choices=Verified, default=Verified.LOGIN)
    spoken_by = models.CharField(
        _("동의하신 분"),
        max_length=50,
        blank=True,
        help_text=_("전화나 서면으로 받은 동의에서 누가 동의했는지입니다. 예: 김엄마(어머니)"),
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("동의 기록")
        verbose_name_plural = _("동의 기록")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-at"], name="consent_user"),
            models.Index(fields=["student", "-at"], name="consent_student"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, student__isnull=True) | Q(user__isnull=True, student__isnull=False),
                name="consent_speaks_of_one_person",
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.text}: {_('동의') if self.given else _('동의하지 않음')}"
