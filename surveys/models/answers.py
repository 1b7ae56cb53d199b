"""What people answered, so kept that nobody can tell whose answer it is.

A new answer waits in ``Spooled``, sealed with the keys that lie outside the database, with nothing beside it but a
random key. ``gathering`` moves answers of one kind, five or more at once and in an order of chance, to ``Answer`` and
``Comment``, which have random keys, a quarter for a date, and no key in common with anybody or with each other.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from lifecycle.sealed.fields import SealedJSONField
from surveys.models.asking import Invitation
from surveys.models.surveys import Question, Survey


class Spooled(models.Model):
    """An answer that waits for others like it. No column says of what, of whom or since when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = SealedJSONField("봉인한 답", bound_to="id")

    class Meta:
        verbose_name = "모으는 중인 답"
        verbose_name_plural = "모으는 중인 답"

    def __str__(self) -> str:
        return "봉인한 답"


class Answer(models.Model):
    """One answered survey. ``values`` holds a whole number by key of the question; texts are ``Comment``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="answers", verbose_name="조사")
    subject = models.CharField("무엇을", max_length=40, blank=True)
    level = models.CharField("학교급", max_length=12, blank=True)
    quarter = models.DateField("분기의 첫날")
    values = models.JSONField("답")
    is_named = models.BooleanField("기명", default=False)
    invitation = models.OneToOneField(
        Invitation, on_delete=models.SET_NULL, null=True, blank=True, related_name="answer", verbose_name="답한 사람"
    )

    class Meta:
        verbose_name = "답"
        verbose_name_plural = "답"
        indexes = [models.Index(fields=["survey", "quarter"], name="survey_answer_quarter")]
        constraints = [
            models.CheckConstraint(condition=Q(is_named=True) | Q(invitation=None), name="survey_answer_nobodys"),
        ]

    def __str__(self) -> str:
        return f"{self.survey} 답"


class Comment(models.Model):
    """A written answer, kept apart from the numbers of whoever wrote it.

    ``shown`` is what others may read of it: nothing until somebody has looked for names and numbers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="comments", verbose_name="조사")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+", verbose_name="질문")
    subject = models.CharField("무엇을", max_length=40, blank=True)
    quarter = models.DateField("분기의 첫날")
    text = models.TextField("쓴 글", max_length=1000, editable=False)
    suspicious = models.CharField("살펴볼 것", max_length=100, blank=True, editable=False)
    shown = models.TextField(
        "보여 줄 글", max_length=1000, blank=True, help_text="이름·전화번호처럼 사람을 알 수 있는 것은 지워 주세요."
    )
    looked_at = models.DateTimeField("살펴본 일시", null=True, blank=True, editable=False)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="살펴본 사람",
    )
    done_about_it = models.TextField("조치한 내용", max_length=1000, blank=True)
    is_published = models.BooleanField(
        "조치 공개", default=False, help_text="누리집에 글과 조치한 내용을 함께 보입니다."
    )

    class Meta:
        verbose_name = "의견"
        verbose_name_plural = "의견"
        indexes = [models.Index(fields=["survey", "quarter"], name="survey_comment_quarter")]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_published=False) | ~Q(shown="") & ~Q(done_about_it=""),
                name="survey_comment_whole",
                violation_error_message="공개하려면 보여 줄 글과 조치한 내용을 모두 적어 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(is_published=False) | Q(looked_at__isnull=False), name="survey_comment_looked_at"
            ),
        ]

    def __str__(self) -> str:
        return self.shown or "아직 살펴보지 않은 의견"
