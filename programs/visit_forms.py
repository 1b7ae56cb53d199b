"""What a teacher fills in to ask for a visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.validators import RegexValidator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import School
from krds.layout import Actions, Fieldset, LinkButton, Submit
from programs.models.applications import MOST_HEADS
from programs.visiting import MOST_TIMES, Span, Wish


class TimesForm(forms.Form):
    """Up to three stretches of time; the first is needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, MOST_TIMES + 1):
            need = n == 1
            self.fields[f"day_{n}"] = forms.DateField(
                label=_("날짜"), required=need, widget=forms.DateInput({"type": "date"}),
                error_messages={"required": _("날짜를 골라 주세요."), "invalid": _("날짜를 2026-12-10처럼 적어 주세요.")},
            )  # fmt: skip
            for name, label in (("from", _("시작")), ("to", _("끝"))):
                self.fields[f"{name}_{n}"] = forms.TimeField(
                    label=label, required=need, widget=forms.TimeInput({"type": "time"}),
                    error_messages={"required": _("시간을 적어 주세요."), "invalid": _("시간을 10:00처럼 적어 주세요.")},
                )  # fmt: skip

    @staticmethod
    def names(n: int) -> tuple[str, str, str]:
        return f"day_{n}", f"from_{n}", f"to_{n}"

    def clean(self) -> dict[str, Any]:
        """A line is filled in wholly or not at all."""
        values = super().clean()
        for n in range(2, MOST_TIMES + 1):
            line = [values.get(name) for name in self.names(n)]
            if any(line) and not all(line):
                for name, value in zip(self.names(n), line, strict=True):
                    if value is None and name not in self.errors:
                        self.add_error(name, _("날짜, 시작, 끝을 모두 적어 주세요."))
        return values

    def spans(self) -> list[Span]:
        lines = [[self.cleaned_data.get(name) for name in self.names(n)] for n in range(1, MOST_TIMES + 1)]
        return [
            Span(timezone.make_aware(datetime.combine(day, start)), timezone.make_aware(datetime.combine(day, end)))
            for day, start, end in lines
            if day and start and end
        ]


class VisitForm(TimesForm):
    school = forms.ModelChoiceField(
        label=_("학교"), queryset=School.objects.none(), error_messages={"required": _("학교를 골라 주세요.")}
    )
    class_name = forms.CharField(
        label=_("학년·학급"),
        max_length=40,
        help_text=_("예: 2학년 3반, 1학년 전체. 학생 이름은 받지 않습니다."),
        error_messages={"required": _("학년과 학급을 적어 주세요.")},
    )
    headcount = forms.IntegerField(
        label=_("인원(명)"),
        min_value=1,
        max_value=MOST_HEADS,
        error_messages={"required": _("인원을 적어 주세요."), "invalid": _("인원을 숫자로 적어 주세요.")},
    )
    place = forms.CharField(
        label=_("학교 안 장소"),
        max_length=60,
        help_text=_("예: 본관 3층 시청각실"),
        error_messages={"required": _("수업할 장소를 적어 주세요.")},
    )
    phone = forms.CharField(
        label=_("당일 연락할 전화번호"),
        max_length=20,
        required=False,
        validators=[RegexValidator(r"\A0\d{7,11}\Z", _("전화번호를 02-000-0000처럼 적어 주세요."))],
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel"}),
    )
    remark = forms.CharField(label=_("남길 말"), max_length=500, required=False, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, schools: Sequence[School], back: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = School.objects.filter(pk__in=[one.pk for one in schools])
        if len(schools) == 1:
            self.fields["school"].initial = schools[0].pk
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True, "data-once": True}
        titles = (_("첫째 희망 일시"), _("둘째 희망 일시(선택)"), _("셋째 희망 일시(선택)"))
        self.helper.layout = Layout(
            "school", "class_name", "headcount", "place", "phone",
            *(Fieldset(title, *self.names(n)) for n, title in enumerate(titles, start=1)),
            "remark",
            Actions(Submit("send", _("방문 신청하기")), LinkButton(back or reverse("programs:list"), _("돌아가기"))),
        )  # fmt: skip

    def full_clean(self) -> None:
        if self.is_bound and self.data.get("phone"):
            self.data = self.data.copy()
            self.data["phone"] = phones.normalise(self.data["phone"])
        super().full_clean()

    def wish(self) -> Wish:
        return Wish(
            **{name: self.cleaned_data[name] for name in ("class_name", "headcount", "place", "phone", "remark")}
        )
