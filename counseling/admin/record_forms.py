"""What staff fill in about a record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from counseling.models import Booking, RecordVersion, Topic
from counseling.records import ITEM_LENGTH, MOST_ITEMS, REASON_MIN, Entry


class RecordForm(forms.Form):
    """A whole record on one page, from top to bottom by keyboard. ``based_on`` is the version it began with."""

    memo = forms.CharField(
        label="상담사만 보는 메모",
        required=False,
        max_length=20_000,
        help_text="담당 상담사와 팀장만 볼 수 있습니다. 학생과 가족에게는 어떤 경우에도 보이지 않습니다.",
        widget=forms.Textarea({"rows": 10, "autofocus": True}),
    )
    summary = forms.CharField(
        label="학생과 나눌 요약",
        required=False,
        max_length=5_000,
        help_text="공유하기 전에는 학생에게 보이지 않습니다.",
        widget=forms.Textarea({"rows": 6}),
    )
    items = forms.CharField(
        label="함께 정한 할 일",
        required=False,
        help_text=f"한 줄에 하나씩, {MOST_ITEMS}개까지 적습니다.",
        widget=forms.Textarea({"rows": 4}),
    )
    next_on = forms.DateField(
        label="다음 상담 제안일",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "날짜를 2026-12-01처럼 적어 주세요."},
    )
    next_topic = forms.ModelChoiceField(
        Topic.objects.none(), label="다음 상담 주제", required=False, empty_label="이번과 같은 주제"
    )
    next_note = forms.CharField(
        label="다음까지 준비할 것",
        required=False,
        max_length=200,
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, booking: Booking, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.fields["next_topic"].queryset = Topic.objects.open()

    @staticmethod
    def begin(version: RecordVersion | None) -> dict[str, Any]:
        """What stands in the form when it is opened."""
        if version is None:
            return {"based_on": 0}
        return {
            "memo": version.memo,
            "summary": version.summary,
            "items": "\n".join(item["text"] for item in version.items),
            "next_on": version.next_on,
            "next_topic": version.next["topic"],
            "next_note": version.next["note"],
            "based_on": version.number,
        }

    def clean_items(self) -> list[str]:
        lines = list(dict.fromkeys(line.strip() for line in self.cleaned_data["items"].splitlines() if line.strip()))
        if len(lines) > MOST_ITEMS:
            raise forms.ValidationError(f"할 일은 {MOST_ITEMS}개까지 적을 수 있습니다(지금 {len(lines)}개).")
        if long := next((line for line in lines if len(line) > ITEM_LENGTH), None):
            raise forms.ValidationError(f"할 일 하나는 {ITEM_LENGTH}자까지입니다: {long[:30]}…")
        return lines

    def clean_next_on(self) -> Any:
        day = self.cleaned_data["next_on"]
        if day and day <= timezone.localdate(self.booking.starts_at):
            raise forms.ValidationError("이번 상담보다 뒤의 날짜를 적어 주세요.")
        return day

    def entry(self) -> Entry:
        given = {name: value for name, value in self.cleaned_data.items() if name != "based_on"}
        topic = given["next_topic"] or (self.booking.topic if given["next_on"] else None)
        return Entry(**{**given, "next_topic": topic})


class ShareForm(forms.Form):
    """``version`` is what was looked through; ``guardians_allowed`` is asked of students without a login."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    guardians_allowed = forms.BooleanField(
        label="학생에게 직접 물었고, 보호자가 이 내용을 보아도 좋다고 했습니다.", required=False
    )


class WhyForm(forms.Form):
    """A reason in a sentence."""

    reason = forms.CharField(
        label="사유",
        min_length=REASON_MIN,
        max_length=500,
        widget=forms.Textarea({"rows": 3, "autofocus": True}),
        error_messages={
            "required": "사유를 적어 주세요.",
            "min_length": f"사유를 {REASON_MIN}자 이상, 문장으로 적어 주세요.",
        },
    )
