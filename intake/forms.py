from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from intake import referring
from krds.layout import Actions, Fieldset, LinkButton, Submit


class AppealForm(forms.Form):
    """Why somebody could not come."""

    text = forms.CharField(
        label=_("오지 못한 사정"),
        max_length=1000,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("1,000자까지 적을 수 있습니다. 적으신 내용은 암호화해 보관하고 담당자만 봅니다."),
        error_messages={"required": _("오지 못한 사정을 적어 주세요.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True, "data-once": True}
        back = LinkButton(reverse("intake:strikes"), _("돌아가기"))
        self.helper.layout = Layout("text", Actions(Submit("send", _("사정 알리기")), back))


class ReferForm(forms.Form):
    """Whom a teacher means, for what, and why."""

    code = forms.CharField(
        label=_("가족이 알려 준 번호"),
        required=False,
        max_length=12,
        help_text=_("번호가 있으면 이름과 생년월일은 비워 두세요."),
    )
    name = forms.CharField(label=_("학생 이름"), required=False, max_length=50)
    birth_date = forms.DateField(
        label=_("생년월일"), required=False, widget=forms.DateInput({"type": "date"}),
        help_text=_("2010-03-05처럼 적어 주세요."),
    )  # fmt: skip
    subject = forms.ChoiceField(
        label=_("무엇을 도우면 좋을까요?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("상담 주제를 골라 주세요.")},
    )
    reason = forms.CharField(
        label=_("의뢰 사유"),
        max_length=1000,
        widget=forms.Textarea({"rows": 6}),
        help_text=_(
            "선생님과 가족, 이 주제의 상담사만 볼 수 있습니다. 병력이나 가정 형편은 꼭 필요한 만큼만 적어 주세요."
        ),
        error_messages={"required": _("의뢰 사유를 적어 주세요.")},
    )

    def __init__(self, *args: Any, subjects: list[referring.Subject], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subjects = {subject.key: subject for subject in subjects}
        self.fields["subject"].choices = [(subject.key, subject.label) for subject in subjects]
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True, "data-once": True, "autocomplete": "off"}
        who = Fieldset(
            _("누구를 의뢰하나요?"), "code", "name", "birth_date",
            hint=_("우리 학교 학생의 이름과 생년월일, 또는 가족이 알려 준 번호로 찾습니다."),
        )  # fmt: skip
        self.helper.layout = Layout(who, "subject", "reason", Actions(Submit("refer", _("의뢰하기"))))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not given.get("code") and not (given.get("name") and given.get("birth_date")):
            raise forms.ValidationError(_("학생 이름과 생년월일을 함께 적거나, 가족이 알려 준 번호를 적어 주세요."))
        return given

    @property
    def chosen(self) -> referring.Subject:
        return self.subjects[self.cleaned_data["subject"]]
