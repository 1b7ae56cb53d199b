from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models.students import Student
from accounts.models.users import digits


def new_token() -> str:
    """128 random bits for a link; only their hash is kept."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_deadline() -> datetime:
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)


def guardian_deadline() -> datetime:
    return timezone.now() + timedelta(days=settings.GUARDIAN_CONSENT_DAYS)


class LinkQuerySet(models.QuerySet):
    def with_token(self, token: str) -> LinkQuerySet:
        return self.filter(token_hash=token_hash(token))

    def expired(self, now: datetime) -> LinkQuerySet:
        return self.filter(expires_at__lte=now)


class TokenLink(models.Model):
    """A row that a link in a message leads to."""

    token_hash = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        abstract = True

    def set_token(self, token: str) -> None:
        self.token_hash = token_hash(token)

    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class GuardianConsentRequest(TokenLink):
    """A child under 14 asks for an account: all that may be kept until the guardian answers.

    The child gives the guardian's name and number and nothing else (개인정보 보호법 제22조의2 ②). The
    row is deleted when the guardian answers, and five days after it was asked at the latest
    (표준 개인정보 보호지침 제13조).
    """

    guardian_name = models.CharField(_("보호자 이름"), max_length=50, validators=[names.validate])
    guardian_phone = models.CharField(_("보호자 휴대폰 번호"), max_length=11, validators=[digits])
    asked_at = models.DateTimeField(_("요청 일시"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("파기 예정 일시"), default=guardian_deadline, editable=False)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = "보호자 동의 요청"
        verbose_name_plural = "보호자 동의 요청"
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.guardian_name


class InvitationQuerySet(LinkQuerySet):
    def waiting(self, now: datetime | None = None) -> InvitationQuerySet:
        """Neither answered nor called back nor expired."""
        return self.filter(accepted_at__isnull=True, cancelled_at__isnull=True, expires_at__gt=now or timezone.now())


class Invitation(TokenLink):
    """A link that lets somebody become a student's guardian, or the student take their own account."""

    class Role(models.TextChoices):
        GUARDIAN = "guardian", _("보호자")
        STUDENT = "student", _("학생 본인")

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("학생"))
    role = models.CharField(_("초대하는 사람"), max_length=10, choices=Role)
    contact = models.CharField(
        _("보낸 곳"), max_length=254, blank=True, help_text="답을 받거나 기한이 지나면 지웁니다."
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations", verbose_name=_("초대한 사람")
    )
    invited_at = models.DateTimeField(_("초대 일시"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("기한"), default=invitation_deadline, editable=False)
    accepted_at = models.DateTimeField(_("수락 일시"), null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("수락한 사람"),
    )
    cancelled_at = models.DateTimeField(_("취소 일시"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("초대")
        verbose_name_plural = _("초대")
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(accepted_by__isnull=False, contact=""),
                name="invitation_accepted_forgets_contact",
            )
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.get_role_display()}"
