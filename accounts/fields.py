"""Form fields for what people say of themselves: typed freely, kept in one form."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names, phones
from krds.widgets import OneTimeCodeInput, PasswordInput, PhoneInput, TypedDate


class NameField(forms.CharField):
    """A person's name; two syllables are enough, and so is a foreign one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("이름"))
        super().__init__(max_length=50, validators=[names.validate], **kwargs)

    def to_python(self, value: Any) -> str:
        return names.normalise(super().to_python(value))


class PhoneField(forms.CharField):
    """A Korean mobile number, with or without hyphens; the cleaned value is digits."""

    default_validators = [phones.validate_mobile]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("휴대폰 번호"))
        kwargs.setdefault("widget", PhoneInput)
        super().__init__(max_length=20, **kwargs)

    def to_python(self, value: Any) -> str:
        return phones.normalise(super().to_python(value))


class ContactField(forms.CharField):
    """One box for either a mobile number or an e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("휴대폰 번호 또는 이메일"))
        attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "class": "width-medium"}
        kwargs.setdefault("widget", forms.TextInput(attrs))
        super().__init__(max_length=254, **kwargs)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return typed
        if "@" in typed:
            EmailValidator(_("이메일을 name@example.com처럼 입력해 주세요."))(typed)
            return typed.lower()
        digits = phones.normalise(typed)
        try:
            phones.validate_mobile(digits)
        except ValidationError as error:
            sentence = _("휴대폰 번호(010-0000-0000)나 이메일(name@example.com)을 입력해 주세요.")
            raise ValidationError(sentence, code="invalid_contact") from error
        return digits


class BirthDateField(forms.DateField):
    """A day in the past that a living person can have been born on."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("생년월일"))
        kwargs.setdefault("help_text", _("예: 2010-03-02"))
        widget = TypedDate({"autocomplete": "bday"})
        formats = ["%Y-%m-%d", "%Y.%m.%d", "%Y%m%d", "%Y. %m. %d", "%Y. %m. %d."]
        super().__init__(input_formats=formats, widget=widget, **kwargs)
        self.error_messages["invalid"] = _("생년월일을 2010-03-02처럼 입력해 주세요.")

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not (date(1900, 1, 1) <= value <= timezone.localdate()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")


class CodeField(forms.CharField):
    """The six digits of a message; spaces from pasting do not matter."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("인증번호 6자리"))
        super().__init__(widget=OneTimeCodeInput, **kwargs)

    def to_python(self, value: Any) -> str:
        return "".join(super().to_python(value).split())


class NewPasswordField(forms.CharField):
    """A password being chosen. The rules are said before they are broken."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("비밀번호"))
        kwargs.setdefault("help_text", _("9자 이상. 이름, 이메일, 생일처럼 알기 쉬운 말은 피해 주세요."))
        widget = PasswordInput({"autocomplete": "new-password"})
        super().__init__(strip=False, max_length=128, widget=widget, **kwargs)
