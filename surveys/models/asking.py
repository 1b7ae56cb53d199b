"""Who was asked about which use. Of the answer an invitation keeps that there was one, and nothing else."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from surveys.models.surveys import Survey


class InvitationQuerySet(models.QuerySet):
    def unanswered(self) -> InvitationQuerySet:
        return self.filter(is_answered=False)


class Invitation(models.Model):
    """One person asked about one use, once.

    ``subject`` names what was used (``program/12``, ``topic/3``) and ``level`` the school level of who used it, for
    the answer takes them along. When the answer came is not kept: a moment would join it to the answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="invitations", verbose_name="조사")
    use = models.CharField("이용", max_length=40, help_text="예: booking/12")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="받는 사람"
    )
    subject = models.CharField("무엇을", max_length=40)
    level = models.CharField("학교급", max_length=12, blank=True)
    used_on = models.DateField("이용한 날")
    invited_at = models.DateTimeField("물은 일시", default=timezone.now)
    reminded_at = models.DateTimeField("다시 알린 일시", null=True, blank=True)
    is_answered = models.BooleanField("답함", default=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "조사 요청"
        verbose_name_plural = "조사 요청"
        constraints = [
            models.UniqueConstraint(fields=["use", "person"], name="survey_invitation_once"),
        ]
        indexes = [
            models.Index(fields=["survey", "used_on"], name="survey_invitation_day"),
            models.Index(
                fields=["invited_at"],
                condition=models.Q(is_answered=False, reminded_at=None),
                name="survey_invitation_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey} {self.use}"


class Asked(models.Model):
    """How many had been asked, and had answered, when their invitations were destroyed: figures without persons."""

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="asked", verbose_name="조사")
    half = models.DateField("반기의 첫날")
    subject = models.CharField("무엇을", max_length=40)
    level = models.CharField("학교급", max_length=12, blank=True)
    invited = models.PositiveIntegerField("물은 수")

    class Meta:
        verbose_name = "지난 요청 수"
        verbose_name_plural = "지난 요청 수"
        constraints = [models.UniqueConstraint(fields=["survey", "half", "subject", "level"], name="survey_asked_once")]

    def __str__(self) -> str:
        return f"{self.survey} {self.half}"
