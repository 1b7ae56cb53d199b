"""What people choose and write. The first question is a row of buttons; the others are asked after it."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from krds.layout import Actions, Submit
from krds.widgets import InlineRadios, RadioCards
from questionnaires.fields import TextField
from surveys.answering import Given
from surveys.models import Question, Survey

TEXT_MOST = 500


class AnswerForm(forms.Form):
    """Questions of a survey; none must be answered but the first."""

    def __init__(self, data: Any = None, *, survey: Survey, first: bool) -> None:
        super().__init__(data)
        questions = list(survey.questions.all())
        self.questions = questions[:1] if first else questions[1:]
        for question in self.questions:
            self.fields[f"q{question.pk}"] = _field(question, required=first)
        self.helper = FormHelper()
        self.helper.form_tag, self.helper.disable_csrf = False, True
        self.helper.layout = Layout(*self.fields, Actions(Submit("more", _("보내기"))))

    @property
    def given(self) -> Given:
        """What a valid form holds."""
        values: dict[int, int] = {}
        texts: dict[int, str] = {}
        for question in self.questions:
            value = self.cleaned_data[f"q{question.pk}"]
            if question.kind == Question.Kind.TEXT:
                texts[question.pk] = value
            elif value != "":
                values[question.pk] = int(value)
        return Given(values, texts)


def _field(question: Question, *, required: bool) -> forms.Field:
    if question.kind == Question.Kind.TEXT:
        return TextField(
            label=question.text,
            required=required,
            max_length=TEXT_MOST,
            widget=forms.Textarea({"rows": 4}),
            help_text=_("이름이나 전화번호처럼 사람을 알 수 있는 것은 적지 마세요."),
        )
    choices = [(str(value), label) for value, label in question.answers]
    return forms.ChoiceField(
        label=question.text,
        required=required,
        choices=choices,
        widget=InlineRadios if question.kind == Question.Kind.RECOMMEND else RadioCards,
        error_messages={"required": _("답을 하나 골라 주세요."), "invalid_choice": _("보기에서 골라 주세요.")},
    )
