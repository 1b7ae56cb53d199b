"""Answers to a form, about one case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Student
from lifecycle.models import Lifecycle, OfQuerySet
from lifecycle.sealed import SealedJSONField
from questionnaires import cases
from questionnaires.models.questionnaires import Questionnaire, Version

if TYPE_CHECKING:
    from accounts.models import User
    from questionnaires.design import Question


class ResponseQuerySet(OfQuerySet):
    def of_case(self, case: models.Model) -> ResponseQuerySet:
        return self.filter(case_type=cases.content_type(case), case_id=case.pk)

    def of_family(self, user: User) -> ResponseQuerySet:
        """What somebody answers on the family pages; it does not widen for staff, who have families too."""
        return self.filter(student__in=cases.writers_students(user))

    def visible_to(self, user: User) -> ResponseQuerySet:
        """Whose answers somebody may open: staff by the right to the case, a family its own.

        A student who has taken their data into their own hands answers alone (``Student.objects.editable_by``).
        """
        if user.is_staff and user.has_perm("questionnaires.view_response"):
            return self.filter(cases.seen_by_staff(user))
        return self.of_family(user)


class Response(Lifecycle):
    """One person's answers to one form about one case (a booking, later an application).

    ``answers`` maps question keys to JSON values and is sealed at rest. ``revision`` counts savings: a page
    that was opened before the last one may not overwrite it. Answers that are kept only briefly are gone
    once ``pruned_at`` is set.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "작성 중"
        SENT = "sent", "보냄"
        REOPENED = "reopened", "다시 작성"

    WRITABLE = (State.DRAFT, State.REOPENED)
    MOVES = {
        State.DRAFT: frozenset({State.SENT}),
        State.SENT: frozenset({State.REOPENED}),
        State.REOPENED: frozenset({State.SENT}),
    }

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="+", verbose_name="질문지")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="responses", verbose_name="판")
    case_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+", verbose_name="일의 종류")
    case_id = models.BigIntegerField("일의 번호")
    case = GenericForeignKey("case_type", "case_id", for_concrete_model=False)
    student = models.ForeignKey(
        Student, on_delete=models.PROTECT, related_name="questionnaire_responses", verbose_name="학생"
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="작성한 사람"
    )
    state = models.CharField("상태", max_length=10, choices=State, default=State.DRAFT)
    answers = SealedJSONField(
        "답", default=dict, bound_to=["questionnaire_id", "case_type_id", "case_id", "student_id"]
    )
    revision = models.PositiveIntegerField("저장 횟수", default=0)
    has_brief = models.BooleanField("곧 지울 답 있음", default=False)
    created_at = models.DateTimeField("시작한 때", default=timezone.now)
    saved_at = models.DateTimeField("저장한 때", default=timezone.now)
    sent_at = models.DateTimeField("보낸 때", null=True, blank=True)
    pruned_at = models.DateTimeField("일부 답을 지운 때", null=True, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = "작성한 질문지"
        verbose_name_plural = "작성한 질문지"
        ordering = ["-saved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire", "case_type", "case_id", "student"],
                name="response_once_per_case",
                violation_error_message="이미 작성한 질문지입니다.",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="response_sent_has_a_moment"
            ),
        ]
        indexes = [
            models.Index(fields=["case_type", "case_id"], name="response_case"),
            models.Index(fields=["student", "-sent_at"], condition=Q(sent_at__isnull=False), name="response_last_time"),
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.WRITABLE

    @property
    def said(self) -> list[tuple[str, list[tuple[Question, str, list[Any]]]]]:
        """Sections with the questions that were asked, the answers in words, and the files: for reading."""
        asked = {question.key for question in self.version.design.asked(self.answers)}
        files = list(self.attachments.all())
        return [
            (
                section.title,
                [
                    (one, one.say(self.answers.get(one.key)), [file for file in files if file.question == one.key])
                    for one in section.questions
                    if one.key in asked
                ],
            )
            for section in self.version.design.sections
        ]
