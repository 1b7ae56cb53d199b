"""Forms at the door: logging in, and signing up step by step."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import RequestLoginCodeForm
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.fields import BirthDateField, CodeField, ContactField, NameField, NewPasswordField, PhoneField
from accounts.models import User
from krds.layout import Actions, Fieldset, Submit, Username
from krds.widgets import Consent, PasswordInput, RadioCards, card_label


def helper(*layout: Any, submit: str, form_tag: bool = True) -> FormHelper:
    """Fields from top to bottom with one button under them; ``form_tag=False`` where the page writes the tag."""
    form_helper = FormHelper()
    form_helper.form_tag = form_tag
    form_helper.layout = Layout(*layout, Actions(Submit("submit", submit)))
    return form_helper


class LoginForm(AllauthLoginForm):
    """E-mail or phone number, and the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = ContactField()
        self.fields["password"] = forms.CharField(
            label=_("비밀번호"), strip=False, max_length=128, widget=PasswordInput
        )
        self.order_fields(["login", "password"])
        self.helper = helper("login", "password", submit=_("로그인"), form_tag=False)


class LoginCodeForm(RequestLoginCodeForm):
    """Ask for a code instead of typing a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"contact": ContactField()}
        self.helper = helper("contact", submit=_("인증번호 받기"), form_tag=False)

    def clean(self) -> dict[str, Any]:
        contact = self.cleaned_data.get("contact")
        if contact:
            field = "email" if "@" in contact else "phone"
            self.cleaned_data[field] = contact
            self.cleaned_data[field] = self.clean_email() if field == "email" else self.clean_phone()
        return self.cleaned_data


class WhoForm(forms.Form):
    """The first question of all, for a child's answer leads through another door."""

    class Who(models.TextChoices):
        GUARDIAN = "guardian", _("보호자")
        STUDENT = "student", _("학생")
        TEACHER = "teacher", _("교사·학교 담당자")
        PARTNER = "partner", _("협력 기관 담당자")

    CARDS = {
        Who.GUARDIAN: _("자녀의 상담과 프로그램을 신청해요."),
        Who.STUDENT: _("내가 직접 신청해요."),
        Who.TEACHER: _("학교에서 학생들과 함께 이용해요."),
        Who.PARTNER: _("센터와 함께 프로그램을 운영해요."),
    }

    who = forms.ChoiceField(label=_("나는"), widget=RadioCards)
    birth_date = BirthDateField(help_text=_("예: 2010-03-02. 만 14세 미만인지 확인하려고 여쭤봅니다."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].choices = [(who.value, card_label(who.label, text)) for who, text in self.CARDS.items()]
        self.helper = helper("who", "birth_date", submit=_("다음"), form_tag=False)


class ContactForm(forms.Form):
    contact = ContactField(help_text=_("로그인할 때 쓰고, 예약 안내를 받을 곳입니다. 인증번호를 보내 드립니다."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("contact", submit=_("인증번호 받기"))


class CodeForm(forms.Form):
    code = CodeField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper("code", submit=_("확인"))


class AccountForm(forms.Form):
    """Name and password, and the one consent that is nobody's duty; a child under 14 is not asked for it."""

    name = NameField(widget=forms.TextInput({"autocomplete": "name", "class": "width-medium"}))
    password = NewPasswordField()
    marketing = forms.BooleanField(required=False)

    def __init__(
        self,
        *args: Any,
        contact: str,
        child: bool,
        marketing_terms: str | SafeString,
        marketing_title: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.fields["marketing"].label = marketing_title
        self.fields["marketing"].widget = Consent(marketing_terms)
        choice = Fieldset(_("선택 동의"), "marketing", hint=_("동의하지 않아도 모두 이용할 수 있어요."))
        if child:
            del self.fields["marketing"]
        self.helper = helper(Username(contact), "name", "password", *([] if child else [choice]), submit=_("가입하기"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if password := cleaned.get("password"):
            field = "email" if "@" in self.contact else "phone"
            try:
                validate_password(password, User(name=cleaned.get("name", ""), **{field: self.contact}))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class AskGuardianForm(forms.Form):
    """All that a child under 14 may be asked for."""

    guardian_name = NameField(
        label=_("보호자 이름"), widget=forms.TextInput({"autocomplete": "off", "class": "width-medium"})
    )
    guardian_phone = PhoneField(label=_("보호자 휴대폰 번호"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["guardian_phone"].widget.attrs["autocomplete"] = "off"
        self.helper = helper("guardian_name", "guardian_phone", submit=_("보호자에게 문자 보내기"))


class NewPasswordForm(forms.Form):
    password = NewPasswordField(label=_("새 비밀번호"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.helper = helper(Username(user.email or user.phone), "password", submit=_("비밀번호 바꾸기"))

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password
