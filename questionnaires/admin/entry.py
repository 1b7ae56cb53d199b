"""What staff type while they build a form."""

from __future__ import annotations

import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from questionnaires.design import Condition, Design, Keep, Kind, Op, Question

WIDE = {"class": "vTextField"}
AREA = {"class": "vLargeTextField", "rows": 4}


class HeadingForm(forms.Form):
    title = forms.CharField(label="제목", max_length=60, widget=forms.TextInput(WIDE))
    introduction = forms.CharField(
        label="머리말", max_length=1_000, required=False, widget=forms.Textarea(AREA),
        help_text="왜 묻는지, 얼마나 걸리는지 적어 주세요.",
    )  # fmt: skip


class SectionForm(forms.Form):
    title = forms.CharField(label="묶음 제목", max_length=60, widget=forms.TextInput(WIDE))
    description = forms.CharField(label="묶음 설명", max_length=300, required=False, widget=forms.TextInput(WIDE))


class CopyForm(forms.Form):
    name = forms.CharField(label="새 질문지 이름", max_length=60, widget=forms.TextInput(WIDE))


class QuestionForm(forms.Form):
    """One question. What fits together, ``questionnaires.design`` says; this reads what was typed."""

    section = forms.TypedChoiceField(label="묶음", coerce=int)
    text = forms.CharField(label="물음", max_length=200, widget=forms.TextInput(WIDE))
    kind = forms.ChoiceField(label="답하는 방법", choices=Kind.choices)
    help = forms.CharField(label="도움말", max_length=300, required=False, widget=forms.TextInput(WIDE))
    required = forms.BooleanField(
        label="필수 문항", required=False, help_text="꼭 필요할 때만 켜 주세요(최소 수집, 개인정보 보호법 제16조)."
    )
    choices = forms.CharField(
        label="보기",
        required=False,
        widget=forms.Textarea(AREA),
        help_text="고르는 문항일 때 한 줄에 하나씩 적습니다. 필수인 ‘여러 개 고르기’에 보기를 하나만 두면 동의 칸이 되어, 표시해야 보낼 수 있습니다.",
    )
    low = forms.IntegerField(label="척도의 처음", initial=1, min_value=0, max_value=1)
    high = forms.IntegerField(label="척도의 끝", initial=5, min_value=2, max_value=10)
    low_label = forms.CharField(
        label="처음이 뜻하는 것", max_length=30, required=False, help_text="예: 전혀 그렇지 않다"
    )
    high_label = forms.CharField(label="끝이 뜻하는 것", max_length=30, required=False, help_text="예: 매우 그렇다")
    least = forms.CharField(label="가장 작은 수", max_length=12, required=False)
    most = forms.CharField(label="가장 큰 수", max_length=12, required=False)
    unit = forms.CharField(label="단위", max_length=10, required=False, help_text="예: 시간, 회")
    condition_key = forms.ChoiceField(
        label="이 문항에 답했을 때만 묻기", required=False, help_text="앞에 있는 문항만 고를 수 있습니다."
    )
    condition_op = forms.ChoiceField(label="조건", choices=Op.choices, initial=Op.ONE_OF)
    condition_values = forms.CharField(
        label="조건의 답", required=False, widget=forms.Textarea({**AREA, "rows": 3}),
        help_text="앞 문항의 보기를 한 줄에 하나씩 그대로 적습니다. ‘답했을 때’면 비워 둡니다.",
    )  # fmt: skip
    personal = forms.BooleanField(label="개인정보를 묻는 문항", required=False)
    purpose = forms.CharField(
        label="쓰는 목적", max_length=100, required=False, widget=forms.TextInput(WIDE),
        help_text="개인정보 안내에 그대로 보입니다. 예: 지원 가능한 전형을 함께 살펴보기 위해",
    )  # fmt: skip
    keep = forms.ChoiceField(label="보관", choices=Keep.choices, help_text="파일은 늘 상담이 끝나면 곧 지웁니다.")

    def __init__(self, *args: Any, design: Design, question: Question | None = None, **kwargs: Any) -> None:
        self.question = question
        super().__init__(*args, initial=_initial(design, question), **kwargs)
        sections = [(number, section.title) for number, section in enumerate(design.sections)]
        self.fields["section"].choices = sections
        others = [(one.key, one.text) for one in design.questions if question is None or one.key != question.key]
        self.fields["condition_key"].choices = [("", "늘 묻기"), *others]

    def clean_least(self) -> str:
        return _decimal(self.cleaned_data["least"])

    def clean_most(self) -> str:
        return _decimal(self.cleaned_data["most"])

    @property
    def entered(self) -> Question:
        """The question as typed. A new one gets a key of its own that stays with it through all versions."""
        given = dict(self.cleaned_data)
        given.pop("section")
        key, op, values = (given.pop(f"condition_{part}") for part in ("key", "op", "values"))
        condition = Condition(key=key, op=op, values=() if op == Op.ANSWERED else _lines(values)) if key else None
        own = self.question.key if self.question else secrets.token_hex(5)
        return Question(key=own, **{**given, "choices": _lines(given["choices"])}, condition=condition)


def _initial(design: Design, question: Question | None) -> dict[str, Any]:
    if question is None:
        return {"section": len(design.sections) - 1}
    condition = question.condition
    return {
        **{name: getattr(question, name) for name in QuestionForm.base_fields if hasattr(question, name)},
        "section": next(n for n, section in enumerate(design.sections) if question in section.questions),
        "choices": "\n".join(question.choices),
        "condition_key": condition.key if condition else "",
        "condition_op": condition.op if condition else Op.ONE_OF,
        "condition_values": "\n".join(condition.values) if condition else "",
    }


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _decimal(typed: str) -> str:
    if not typed.strip():
        return ""
    try:
        number = Decimal(typed.strip())
        if not number.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise forms.ValidationError("숫자를 적어 주세요.") from None
    return f"{number.normalize():f}"
