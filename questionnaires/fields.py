"""Form fields for the kinds of question; each gives the JSON value that answers keep."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from krds.dates import kdate
from krds.widgets import InlineRadios, TypedDate
from questionnaires.design import MOST_LONG, MOST_SHORT, Kind, Question
from questionnaires.grades import SCALES, Grade
from questionnaires.inspection import has_registration_number

FEW = 5  # choices that stand on one line


class TextField(forms.CharField):
    """Words, in which no registration number may stand."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if has_registration_number(value, timezone.localdate()):
            raise forms.ValidationError(
                _("주민등록번호나 외국인등록번호로 보이는 숫자가 있습니다. 센터는 이 번호를 받지 않으니 지워 주세요.")
            )


class ScaleField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, **kwargs)


class NumberField(forms.DecimalField):
    def clean(self, value: Any) -> str | None:
        number = super().clean(value)
        return None if number is None else f"{number.normalize():f}"


class DateField(forms.DateField):
    def clean(self, value: Any) -> str | None:
        day = super().clean(value)
        return day.isoformat() if day else None


class GradeWidget(forms.MultiWidget):
    """Which scale, then which grade: one is nothing without the other."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        scales = [("", gettext_lazy("등급제 고르기")), *((n, gettext_lazy("%(n)d등급제") % {"n": n}) for n in SCALES)]
        parts = [
            forms.Select({"aria-label": gettext_lazy("등급제"), "class": "width-short"}, choices=scales),
            forms.TextInput(
                {"aria-label": gettext_lazy("등급"), "inputmode": "decimal", "class": "width-short", "maxlength": 4}
            ),
        ]
        super().__init__(parts, attrs)

    def decompress(self, value: Any) -> list[Any]:
        return [value.get("scale"), value.get("value")] if isinstance(value, dict) else [None, None]


class GradeField(forms.MultiValueField):
    widget = GradeWidget

    def __init__(self, **kwargs: Any) -> None:
        scale = forms.TypedChoiceField(choices=[(n, n) for n in SCALES], coerce=int, empty_value=None, required=False)
        super().__init__((scale, forms.CharField(max_length=4, required=False)), require_all_fields=False, **kwargs)

    def compress(self, parts: list[Any]) -> dict[str, Any] | None:
        scale, value = parts or (None, "")
        if scale is None and not value:
            return None
        if scale is None or not value:
            raise forms.ValidationError(_("등급제(5등급 또는 9등급)와 등급을 함께 적어 주세요."))
        try:
            return Grade(scale, Decimal(value)).keep()
        except (ValueError, InvalidOperation):
            sentence = _("%(scale)d등급제의 등급은 1부터 %(scale)d까지, 소수 둘째 자리까지 적을 수 있습니다.")
            raise forms.ValidationError(sentence % {"scale": scale}) from None


def field_for(question: Question, last_time: date | None = None) -> forms.Field | None:
    """The field of a question; ``None`` for a file, which is sent beside the form's fields.

    ``required`` is for the eye: a draft may lack it, and ``Design.missing`` asks for it on sending.
    """
    if question.is_file:
        return None
    field = _MAKERS[Kind(question.kind)](question)
    field.label = question.text if question.required else f"{question.text} ({_('선택')})"
    field.help_text = _hint(question, last_time)
    field.required = question.required
    return field


def _hint(question: Question, last_time: date | None) -> str:
    lines = [escape(question.help)] if question.help else []
    if question.kind == Kind.NUMBER and question.unit:
        lines.append(escape(_("단위: %(unit)s") % {"unit": question.unit}))
    if question.kind == Kind.GRADE:
        lines.append(escape(_("성적표에 적힌 등급제를 고르고 등급을 적어 주세요. 예: 9등급제, 2.35")))
    if last_time:
        note = _("지난번 답변(%(day)s)입니다. 그대로인지 확인해 주세요.") % {"day": kdate(last_time)}
        lines.append(format_html('<strong class="last-time">{}</strong>', note))
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


def _short(question: Question) -> forms.Field:
    return TextField(max_length=MOST_SHORT)


def _long(question: Question) -> forms.Field:
    return TextField(max_length=MOST_LONG, widget=forms.Textarea({"rows": 4}))


def _choice(question: Question) -> forms.Field:
    choices = [(one, one) for one in question.choices]
    if not question.required:
        choices.append(("", _("답하지 않음")))
    short = len(choices) <= FEW and max(len(one) for one in question.choices) <= 10
    return forms.ChoiceField(choices=choices, widget=InlineRadios if short else forms.RadioSelect)


def _choices(question: Question) -> forms.Field:
    choices = [(one, one) for one in question.choices]
    return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)


def _scale(question: Question) -> forms.Field:
    ends = {question.low: question.low_label, question.high: question.high_label}
    choices: list[tuple[Any, str]] = [
        (n, f"{n} ({ends[n]})" if ends.get(n) else str(n)) for n in range(question.low, question.high + 1)
    ]
    if not question.required:
        choices.append(("", _("답하지 않음")))
    return ScaleField(choices=choices, widget=InlineRadios)


def _number(question: Question) -> forms.Field:
    return NumberField(
        min_value=Decimal(question.least) if question.least else None,
        max_value=Decimal(question.most) if question.most else None,
        max_digits=12,
        decimal_places=2,
        widget=forms.TextInput({"inputmode": "decimal", "class": "width-short"}),
        error_messages={"invalid": _("숫자를 적어 주세요.")},
    )


def _date(question: Question) -> forms.Field:
    return DateField(widget=TypedDate, error_messages={"invalid": _("날짜를 2026-03-02처럼 적어 주세요.")})


_MAKERS = {
    Kind.SHORT: _short,
    Kind.LONG: _long,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.SCALE: _scale,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.GRADE: lambda question: GradeField(),
}
