"""A form and its versions."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from questionnaires.design import Design


class QuestionnaireQuerySet(models.QuerySet):
    def answerable(self) -> QuestionnaireQuerySet:
        """Forms with a published version that are in use."""
        return self.filter(active=True, versions__published_at__isnull=False).distinct()


class Questionnaire(models.Model):
    """A form under one name. What it asks stands in its versions."""

    name = models.CharField("이름", max_length=60, unique=True, help_text="직원이 찾을 때 쓰는 이름입니다.")
    slug = models.SlugField("짧은 이름", max_length=40, unique=True, null=True, editable=False)  # of the house's own
    active = models.BooleanField("쓰는 중", default=True, help_text="끄면 새로 작성할 수 없습니다.")
    created_at = models.DateTimeField("만든 때", default=timezone.now, editable=False)

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        verbose_name = "질문지"
        verbose_name_plural = "질문지"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> Version | None:
        """What is answered now: the newest published version."""
        return self.versions.filter(published_at__isnull=False).order_by("-number").first()

    @property
    def draft(self) -> Version | None:
        return self.versions.filter(published_at=None).first()


class Version(models.Model):
    """One wording of a form. A draft is changed by ``building``; a published one by nobody (a trigger sees to it).

    ``revision`` counts changes of the draft, so that two people do not overwrite each other.
    """

    questionnaire = models.ForeignKey(
        Questionnaire, on_delete=models.PROTECT, related_name="versions", verbose_name="질문지"
    )
    number = models.PositiveSmallIntegerField("판")
    title = models.CharField("제목", max_length=60, help_text="작성하는 사람에게 보이는 이름입니다.")
    introduction = models.TextField("머리말", blank=True, max_length=1_000)
    body = models.JSONField("내용", default=dict, editable=False)
    revision = models.PositiveIntegerField("고친 횟수", default=0, editable=False)
    created_at = models.DateTimeField("만든 때", default=timezone.now, editable=False)
    published_at = models.DateTimeField("게시한 때", null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="게시한 사람",
        help_text="비어 있으면 시스템이 게시했습니다.",
    )

    class Meta:
        verbose_name = "질문지 판"
        verbose_name_plural = "질문지 판"
        ordering = ["questionnaire", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="version_number_once"),
            models.UniqueConstraint(
                fields=["questionnaire"],
                condition=Q(published_at__isnull=True),
                name="version_one_draft",
                violation_error_message="작성 중인 판이 이미 있습니다.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
                func="RAISE EXCEPTION 'a published version stays as it is' USING ERRCODE = 'restrict_violation';",
            )
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} {self.number}판"

    @cached_property
    def design(self) -> Design:
        return Design.read(self.body)

    @property
    def is_draft(self) -> bool:
        return self.published_at is None
