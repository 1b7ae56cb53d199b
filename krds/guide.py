"""Invented content for the style guide."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Row
from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils import timezone

from krds.calendar import Day
from krds.layout import Actions, Fieldset, LinkButton, Submit
from krds.widgets import (
    CheckboxCards,
    Consent,
    FileUpload,
    InlineRadios,
    OneTimeCodeInput,
    PasswordInput,
    PhoneInput,
    PickedDate,
    RadioCards,
    TypedDate,
    card_label,
)


class ExampleForm(forms.Form):
    """Every widget once."""

    name = forms.CharField(label="이름", widget=forms.TextInput({"autocomplete": "name"}))
    birth_date = forms.DateField(label="생년월일", widget=TypedDate, help_text="예: 2011-03-09")
    visit_date = forms.DateField(label="방문 희망일", widget=PickedDate, required=False)
    phone = forms.CharField(label="휴대전화", widget=PhoneInput, help_text="예약 안내를 문자로 보내 드립니다.")
    code = forms.CharField(
        label="인증번호", widget=OneTimeCodeInput, help_text="문자로 받은 6자리 숫자를 입력해 주세요."
    )
    password = forms.CharField(label="비밀번호", widget=PasswordInput)
    grade = forms.ChoiceField(
        label="학년", choices=[("", "선택해 주세요"), ("m3", "중학교 3학년"), ("h1", "고등학교 1학년")]
    )
    counselor = forms.ChoiceField(
        label="상담사",
        widget=RadioCards,
        choices=[
            ("a", card_label("김서연", "수시·학생부종합")),
            ("b", card_label("박지훈", "정시·수능")),
            ("c", card_label("이하늘", "진로·고교선택")),
        ],
    )
    mode = forms.ChoiceField(
        label="상담 방법", widget=InlineRadios, choices=[("visit", "방문"), ("phone", "전화"), ("video", "화상")]
    )
    interests = forms.MultipleChoiceField(
        label="관심 있는 주제",
        widget=CheckboxCards,
        required=False,
        choices=[("1", "고교학점제"), ("2", "학습 방법"), ("3", "유학")],
    )
    question = forms.CharField(
        label="상담하고 싶은 내용",
        widget=forms.Textarea,
        required=False,
        help_text="최대 500자까지 입력할 수 있습니다.",
    )
    record = forms.FileField(
        label="학교생활기록부", widget=FileUpload(".pdf,.jpg,.png"), required=False, help_text="PDF·JPG·PNG, 10 MB까지"
    )
    sms = forms.BooleanField(label="상담 하루 전에 문자로 알려 주세요.", required=False)
    agreed = forms.BooleanField(
        label="개인정보 수집·이용에 동의합니다.",
        widget=Consent("수집하는 것: 이름, 학년, 연락처. 쓰는 곳: 상담 예약과 안내. 보관 기간: 3년."),
    )
    marketing = forms.BooleanField(label="프로그램 소식을 문자로 받습니다.", required=False, widget=Consent())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Fieldset("신청자 정보", "name", Row("birth_date", "visit_date"), "phone", "code", "password"),
            Fieldset(
                "상담 신청",
                "grade",
                "counselor",
                "mode",
                "interests",
                "question",
                "record",
                hint="아는 만큼만 적으셔도 됩니다.",
            ),
            Fieldset("동의", "sms", "agreed", "marketing"),
            Actions(LinkButton("#forms", "이전"), Submit("next", "다음 단계")),
        )


def examples(request: HttpRequest) -> dict[str, Any]:
    """Context of the guide page."""
    today = timezone.localdate()
    start = timezone.localtime().replace(hour=14, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    days = _days(month)
    return {
        "blank_form": ExampleForm(prefix="blank"),
        "wrong_form": ExampleForm({"wrong-birth_date": "2011년 3월"}, prefix="wrong"),
        "page": Paginator(range(230), 10).get_page(request.GET.get("page")),
        "month": month,
        "days": days,
        "selected": next(day for day, known in days.items() if known.url),
        "start": start,
        "end": start + timedelta(minutes=50),
    }


def _days(month: date) -> dict[date, Day]:
    days = {}
    for number in range(28):
        day = month + timedelta(days=number)
        if day.weekday() == 6:
            days[day] = Day(note="휴관")
        elif number % 4 == 1:
            days[day] = Day(note="마감")
        elif number % 3:
            days[day] = Day(url=f"?day={day:%Y-%m-%d}", note=f"{number % 7 + 1}자리")
    return days
