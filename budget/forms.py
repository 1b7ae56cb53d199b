"""What officials type: amounts with commas, one posting at a time."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

from budget.ledger import Posting
from budget.models import Carry, Entry, Line, Stage
from programs.models import Program

MOST_WON = 10**12  # a slip of the finger, not this centre's money
DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class WonField(forms.CharField):
    """Whole won, typed as people do: ``1,250,000``, ``1250000원``; △ or - for a reduction."""

    default_error_messages = {
        "required": "금액을 적어 주세요.",
        "number": "금액은 원 단위의 숫자로 적어 주세요. 예: 1,250,000",
        "too_much": "금액이 너무 큽니다. 0을 더 누르지 않았는지 확인해 주세요.",
    }

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "numeric", "autocomplete": "off", "class": "won"}
        super().__init__(**{"label": "금액(원)", "widget": forms.TextInput(attrs), "max_length": 30, **kwargs})

    def to_python(self, value: Any) -> int | None:
        typed = re.sub(r"[\s,원]", "", super().to_python(value) or "").replace("△", "-").replace("−", "-")
        if not typed:
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", typed, re.ASCII):
            raise forms.ValidationError(self.error_messages["number"], code="number")
        won = int(typed)
        if abs(won) > MOST_WON:
            raise forms.ValidationError(self.error_messages["too_much"], code="too_much")
        return won

    def validate(self, value: int | None) -> None:
        if value is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: int | None) -> None:
        return  # the validators of a text field measure text

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class LineField(forms.ModelChoiceField):
    """A line of a year that is open, found by its whole name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"queryset": Line.objects.none(), "label": "예산 과목", "empty_label": "고르세요", **kwargs})

    def label_from_instance(self, line: Line) -> str:
        return str(line)


def open_lines() -> models.QuerySet[Line]:
    return (
        Line.objects.for_page()
        .filter(year__state="open")
        .order_by("-year__year", "project__name", "account__code", "source")
    )


class Act(models.TextChoices):
    """What an official may write down on one line, in the order of the year."""

    NEED = "need", "수요"
    BUDGET = "budget", "편성(본예산)"
    REVISION = "revision", "추경(줄이면 △)"
    ALLOTMENT = "allotment", "배정"
    COMMITMENT = "commitment", "원인행위"
    SPEND = "spend", "원인행위와 지출을 한 번에"

    @property
    def stage(self) -> Stage:
        return Stage.COMMITMENT if self == Act.SPEND else Stage(self.value)


class EntryForm(forms.Form):
    """One posting. ``sure`` is asked for when the same seems to be written already."""

    line = LineField()
    act = forms.ChoiceField(label="무엇을", choices=Act.choices, initial=Act.COMMITMENT)
    amount_won = WonField()
    effective_on = forms.DateField(label="효력일", widget=DAY, help_text="결정하거나 지급한 날")
    reason = forms.CharField(label="적요", max_length=200, widget=forms.TextInput({"class": "vTextField"}))
    document_no = forms.CharField(
        label="e호조 문서번호",
        max_length=50,
        required=False,
        help_text="원인행위번호나 지급결의번호. 나중에 e호조 자료와 견줄 때 씁니다.",
    )
    program = forms.ModelChoiceField(
        Program.objects.all(), label="프로그램", required=False, empty_label="프로그램과 관계없음"
    )
    sure = forms.BooleanField(label="같은 기록이 있지만 새로 적습니다", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = open_lines()
        self.fields["effective_on"].initial = timezone.localdate()

    def posting(self) -> Posting:
        given = self.cleaned_data
        return Posting(
            given["line"],
            Act(given["act"]).stage,
            given["amount_won"],
            given["effective_on"],
            given["reason"],
            given["document_no"],
            given["program"],
        )


class SettleForm(forms.Form):
    """What follows an entry: a payment of a commitment, a return of a payment."""

    amount_won = WonField()
    effective_on = forms.DateField(label="날짜", widget=DAY)
    reason = forms.CharField(label="적요", max_length=200, widget=forms.TextInput({"class": "vTextField"}))
    document_no = forms.CharField(label="e호조 문서번호", max_length=50, required=False)
    sure = forms.BooleanField(label="같은 기록이 있지만 새로 적습니다", required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="사유",
        max_length=200,
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
        error_messages={"required": "사유를 적어 주세요."},
    )


class ShiftForm(forms.Form):
    giving = LineField(label="보내는 과목")
    taking = LineField(label="받는 과목")
    amount_won = WonField()
    effective_on = forms.DateField(label="결정한 날", widget=DAY)
    reason = forms.CharField(label="사유", max_length=200, widget=forms.TextInput({"class": "vTextField"}))
    document_no = forms.CharField(label="결정 문서번호", max_length=50, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("giving", "taking"):
            self.fields[name].queryset = open_lines()
        self.fields["effective_on"].initial = timezone.localdate()


class CarryForm(forms.Form):
    line = LineField(label="넘길 과목")
    kind = forms.ChoiceField(label="이월 구분", choices=Carry.choices)
    commitment = forms.ModelChoiceField(
        Entry.objects.none(),
        label="지출하지 못한 원인행위",
        required=False,
        empty_label="사고이월이 아님",
        help_text="사고이월일 때만 고릅니다.",
    )
    amount_won = WonField()
    effective_on = forms.DateField(label="결정한 날", widget=DAY)
    reason = forms.CharField(label="사유", max_length=200, widget=forms.TextInput({"class": "vTextField"}))
    document_no = forms.CharField(label="결정 문서번호", max_length=50, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = open_lines()
        self.fields["effective_on"].initial = timezone.localdate()
        self.fields["commitment"].queryset = (
            Entry.objects.filter(stage=Stage.COMMITMENT, reverses=None, reversal=None, line__year__state="open")
            .select_related("line__project", "line__year", "line__account")
            .order_by("-pk")
        )


def twins(posting: Posting) -> models.QuerySet[Entry]:
    """Entries that may be the same thing written twice: the same document number, or line, stage, sum and day.

    Reversed ones do not count.
    """
    same = models.Q(
        line=posting.line,
        stage=posting.stage,
        amount_won=posting.amount_won,
        effective_on=posting.effective_on,
    )
    if posting.document_no.strip():
        same |= models.Q(document_no=posting.document_no.strip(), stage=posting.stage)
    return Entry.objects.filter(same, reverses=None, reversal=None).select_related(
        "line__year", "line__project", "line__account"
    )
