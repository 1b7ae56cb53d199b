"""Forms of 내 정보."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.fields import NameField, NewPasswordField, PhoneField
from accounts.forms.entrance import helper
from accounts.forms.schools import SchoolChoice
from accounts.models import Affiliation, Partner, User
from krds.layout import Username
from krds.widgets import InlineRadios, PasswordInput


class NameForm(forms.Form):
    name = NameField(widget=forms.TextInput({"autocomplete": "name", "class": "width-medium"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("name", submit=_("저장"))


class PhoneForm(forms.Form):
    contact = PhoneField(label=_("새 휴대폰 번호"), help_text=_("이 번호로 인증번호를 보내 드립니다."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("contact", submit=_("인증번호 받기"))


class EmailForm(forms.Form):
    contact = forms.EmailField(
        label=_("새 이메일"),
        help_text=_("이 주소로 인증번호를 보내 드립니다."),
        error_messages={"invalid": _("이메일을 name@example.com처럼 입력해 주세요.")},
        widget=forms.EmailInput({"autocomplete": "email", "placeholder": "name@example.com", "class": "width-medium"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("contact", submit=_("인증번호 받기"))

    def clean_contact(self) -> str:
        return self.cleaned_data["contact"].lower()


class PasswordForm(forms.Form):
    """The old password and a new one; somebody without one (a Kakao account) only chooses."""

    old_password = forms.CharField(label=_("지금 비밀번호"), strip=False, max_length=128, widget=PasswordInput)
    password = NewPasswordField(label=_("새 비밀번호"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["old_password"]
        self.helper = helper(Username(user.email or user.phone), *self.fields, submit=_("비밀번호 바꾸기"))

    def clean_old_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["old_password"]):
            raise forms.ValidationError(_("지금 비밀번호가 맞지 않습니다."))
        return self.cleaned_data["old_password"]

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"], self.user)
        return self.cleaned_data["password"]


class AffiliationForm(SchoolChoice, forms.Form):
    """Where one works: a school found by its name, or a partner of the centre."""

    role = forms.ChoiceField(label=_("역할"), choices=Affiliation.Role, widget=InlineRadios, initial="teacher")
    partner = forms.ModelChoiceField(
        Partner.objects.all(),
        label=_("협력 기관"),
        required=False,
        empty_label=_("고르세요"),
        help_text=_("협력 기관 담당자만 고릅니다. 목록에 없으면 센터로 알려 주세요."),
    )

    field_order = ["role", "school_name", "school", "partner"]

    @property
    def helper(self) -> FormHelper:
        return helper("role", *self.school_layout(), "partner", submit=_("소속 신청"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("role") == Affiliation.Role.PARTNER:
            cleaned["school"] = None
            self.errors.pop("school", None)
            if not cleaned.get("partner"):
                self.add_error("partner", _("협력 기관을 골라 주세요."))
        else:
            cleaned["partner"] = None
            if not cleaned.get("school") and "school" not in self.errors:
                self.add_error("school_name", _("목록에 있는 학교를 골라 주세요. 없으면 센터로 알려 주세요."))
        return cleaned


class LeaveForm(forms.Form):
    because = forms.ChoiceField(
        label=_("떠나는 이유(고르지 않아도 됩니다)"), choices=User.Leaving, required=False, widget=forms.RadioSelect
    )
    password = forms.CharField(label=_("비밀번호 확인"), strip=False, max_length=128, widget=PasswordInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["password"]
        self.helper = helper(Username(user.email or user.phone), *self.fields, submit=_("탈퇴하기"))

    def clean_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("비밀번호가 맞지 않습니다."))
        return self.cleaned_data["password"]
