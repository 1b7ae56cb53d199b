"""A form's questions as a page that can be filled in."""

from __future__ import annotations

import json
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.conf import settings
from django.forms import BaseForm
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from krds.errors import Listed, listed
from krds.layout import Fieldset
from questionnaires.answering import Sheet
from questionnaires.design import Condition, Design, Op, Question
from questionnaires.fields import field_for
from questionnaires.uploads import MOST_PER_QUESTION

PREFIX = "q_"


class AnswerForm(forms.Form):
    """Fields of one sheet. What is typed wrong is said; what is missing is asked for on sending only."""

    def __init__(self, data: Any = None, *, sheet: Sheet) -> None:
        self.sheet = sheet
        self.file_errors: dict[str, list[str]] = {}
        initial = {f"{PREFIX}{key}": answer for key, answer in sheet.answers.items()}
        super().__init__(data, initial=initial, auto_id="%s")
        for question in sheet.version.design.questions:
            if field := field_for(question, sheet.last_time.get(question.key)):
                self.fields[f"{PREFIX}{question.key}"] = field

    def full_clean(self) -> None:
        """A draft may lack anything, so nothing is required while the fields are read."""
        marks = {name: field.required for name, field in self.fields.items()}
        for field in self.fields.values():
            field.required = False
        super().full_clean()
        for name, field in self.fields.items():
            field.required = marks[name]

    @property
    def answers(self) -> dict[str, Any]:
        """What can be kept of it, by question key; a field with an error keeps what was saved before."""
        self.errors  # noqa: B018 -- cleans
        kept = {}
        for question in self.sheet.version.design.questions:
            name = f"{PREFIX}{question.key}"
            if name in self.cleaned_data:
                kept[question.key] = self.cleaned_data[name]
            elif question.key in self.sheet.answers and not self.sheet.last_time:
                kept[question.key] = self.sheet.answers[question.key]
        return kept

    def ask_for(self, keys: list[str]) -> None:
        """Say that these questions want an answer."""
        for key in keys:
            if f"{PREFIX}{key}" in self.fields:
                asked = self.sheet.version.design.find(key)
                consents = asked is not None and asked.is_consent
                self.add_error(f"{PREFIX}{key}", _("동의하셔야 보낼 수 있습니다.") if consents else _("답해 주세요."))
            else:
                self.refuse_file(key, _("파일을 올려 주세요."))

    def refuse_file(self, key: str, sentence: str) -> None:
        self.file_errors.setdefault(key, []).append(sentence)

    @property
    def listed_errors(self) -> list[Listed]:
        """For the summary: fields, then files."""
        design = self.sheet.version.design
        files = [
            Listed(sentence, question.text, f"file_{key}")
            for key, sentences in self.file_errors.items()
            if (question := design.find(key))
            for sentence in sentences
        ]
        return [*listed(self), *files]

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag, helper.disable_csrf = False, True  # files and buttons stand in the same form
        helper.form_show_errors = False  # the page has one summary for fields and files
        design = self.sheet.version.design
        helper.layout = Layout(
            *(
                Fieldset(
                    section.title,
                    *(Asked(question, design) for question in section.questions),
                    hint=section.description,
                )
                for section in design.sections
                if section.questions
            )
        )
        return helper


class Asked:
    """One question: its field or its files; with a condition, in a box that a script folds.

    Without a script the box stays open and says for whom the question is.
    """

    def __init__(self, question: Question, design: Design) -> None:
        self.question = question
        self.design = design

    def render(self, form: BaseForm, context: Context, template_pack: str = "krds", **kwargs: Any) -> SafeString:
        if self.question.is_file:
            inner = self._files(form)
        else:
            values = {"field": form[f"{PREFIX}{self.question.key}"], "form_show_labels": True}
            inner = render_to_string(f"{template_pack}/field.html", values)
        if self.question.condition is None:
            return inner
        words = when(self.question.condition, self.design)
        return format_html(
            '<div class="asked-when" data-asked-when="{}"><p class="asked-when-note">{}</p>{}</div>',
            json.dumps(_rule(self.question.condition), ensure_ascii=False),
            words,
            inner,
        )

    def _files(self, form: BaseForm) -> SafeString:
        key = self.question.key
        files = form.sheet.files_of(key)
        context = {
            "question": self.question,
            "files": files,
            "anchor": f"file_{key}",
            "errors": form.file_errors.get(key, []),
            "full": len([file for file in files if file.state != "rejected"]) >= MOST_PER_QUESTION,
            "masked": f"masked_{key}" in form.data,
            "most": settings.UPLOAD_MOST_BYTES,
        }
        return render_to_string("questionnaires/_files.html", context)


def when(condition: Condition, design: Design) -> str:
    """``해당하면 답해 주세요: ‘희망 계열’에 ‘예체능’이라고 답하신 경우``"""
    asked = design.find(condition.key)
    question = asked.text if asked else ""
    if condition.op == Op.ANSWERED:
        return _("해당하면 답해 주세요: ‘%(question)s’에 답하신 경우") % {"question": question}
    answers = ", ".join(f"‘{value}’" for value in condition.values)
    return _("해당하면 답해 주세요: ‘%(question)s’의 답이 %(answers)s인 경우") % {
        "question": question,
        "answers": answers,
    }


def _rule(condition: Condition) -> dict[str, Any]:
    values = None if condition.op == Op.ANSWERED else list(condition.values)
    return {"name": f"{PREFIX}{condition.key}", "values": values}
