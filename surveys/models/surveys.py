"""What is asked: a survey for each kind of use, and its questions."""

from __future__ import annotations

import secrets

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_IN_USE = """
    IF EXISTS (SELECT FROM surveys_invitation WHERE survey_id = coalesce(NEW.survey_id, OLD.survey_id))
       OR EXISTS (SELECT FROM surveys_answer WHERE survey_id = coalesce(NEW.survey_id, OLD.survey_id)) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'question_of_a_survey_in_use';
    END IF;
    RETURN coalesce(NEW, OLD);
"""


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(10))


class Survey(models.Model):
    """One questionnaire for one kind of use. Once anybody was asked its questions stay; a new version is a copy.

    A survey is anonymous unless ``is_named``: then the answer keeps who gave it, and its page says so first.
    """

    class Use(models.TextChoices):
        COUNSELING = "counseling", _("1:1 상담")
        LECTURE = "lecture", _("특강·설명회·아카데미")
        CAMP = "camp", _("캠프·체험")
        FAIR = "fair", _("박람회")
        SCHOOL = "school", _("학교 단체")
        VISITOR = "visitor", _("방문객(QR)")

    title = models.CharField("제목", max_length=100)
    use = models.CharField("이용 종류", max_length=12, choices=Use)
    intro = models.TextField("안내", max_length=500, blank=True, help_text="설문 맨 위에 보입니다.")
    is_open = models.BooleanField("받는 중", default=False, help_text="이용 종류마다 하나만 켤 수 있습니다.")
    is_named = models.BooleanField(
        "기명 조사", default=False, help_text="켜면 누가 답했는지 남고, 설문 첫머리에 그렇게 알립니다."
    )
    is_published = models.BooleanField("결과 공개", default=False, help_text="누리집의 만족도 조사 결과에 보입니다.")
    ask_within_days = models.PositiveSmallIntegerField(
        "보내는 기간(일)",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
        help_text="이용이 끝난 지 이 날수가 지나면 더 묻지 않습니다.",
    )
    remind_after_days = models.PositiveSmallIntegerField(
        "다시 알림(일)",
        default=3,
        validators=[MaxValueValidator(30)],
        help_text="답이 없으면 이 날수 뒤에 한 번만 다시 알립니다. 0이면 알리지 않습니다.",
    )
    code = models.CharField("QR 주소", max_length=12, default=_code, unique=True, editable=False)

    class Meta:
        verbose_name = "만족도 조사"
        verbose_name_plural = "만족도 조사"
        ordering = ["use", "-pk"]
        permissions = [("view_results", "조사 결과를 본다")]
        constraints = [
            models.UniqueConstraint(
                fields=["use"],
                condition=Q(is_open=True),
                name="survey_one_open_a_use",
                violation_error_message="이 이용 종류에는 받는 중인 조사가 이미 있습니다. 먼저 그 조사를 꺼 주세요.",
            ),
            models.CheckConstraint(
                condition=~Q(use="visitor", is_named=True),
                name="survey_of_visitors_is_anonymous",
                violation_error_message="방문객 조사는 기명으로 할 수 없습니다.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @cached_property
    def in_use(self) -> bool:
        """Whether anybody was asked or has answered, so that the questions stay as they are."""
        return self.invitations.exists() or self.answers.exists()

    def copy(self) -> Survey:
        """A new version, closed, with the same questions."""
        made = Survey.objects.create(
            title=self.title,
            use=self.use,
            intro=self.intro,
            is_named=self.is_named,
            ask_within_days=self.ask_within_days,
            remind_after_days=self.remind_after_days,
        )
        for question in self.questions.all():
            question.pk, question.survey, question._state.adding = None, made, True
            question.save()
        return made


class Question(models.Model):
    """One question. The first of a survey is a scale, so that one press answers it."""

    class Kind(models.TextChoices):
        SCALE = "scale", _("5점 척도")
        RECOMMEND = "recommend", _("추천 의향(0~10)")
        CHOICE = "choice", _("하나 고르기")
        TEXT = "text", _("글로 쓰기")

    SCALE = {5: _("매우 만족"), 4: _("만족"), 3: _("보통"), 2: _("불만족"), 1: _("매우 불만족")}

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="questions", verbose_name="조사")
    position = models.PositiveSmallIntegerField("순서")
    kind = models.CharField("종류", max_length=10, choices=Kind, default=Kind.SCALE)
    text = models.CharField("질문", max_length=200)
    choices = ArrayField(
        models.CharField(max_length=60), verbose_name="보기", default=list, blank=True, help_text="쉼표로 나눕니다."
    )

    class Meta:
        verbose_name = "질문"
        verbose_name_plural = "질문"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "position"], name="survey_question_position", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(
                condition=Q(kind="choice", choices__len__gte=2) | ~Q(kind="choice"),
                name="survey_question_has_choices",
                violation_error_message="‘하나 고르기’에는 보기를 둘 이상 적어 주세요.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="stays_once_asked",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_IN_USE,
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def answers(self) -> list[tuple[int, str]]:
        """What may be chosen, best first, each with the number that is kept."""
        if self.kind == self.Kind.SCALE:
            return [(value, str(label)) for value, label in self.SCALE.items()]
        if self.kind == self.Kind.RECOMMEND:
            return [(value, str(value)) for value in range(10, -1, -1)]
        return list(enumerate(self.choices))
