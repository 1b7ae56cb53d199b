"""allauth's forms about the second factor, with our words and our code box."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordAgain
from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import CodeField
from krds.widgets import PasswordInput


class AuthenticateForm(base.AuthenticateForm):
    code = CodeField(label=_("인증 숫자 또는 복구 코드"))


class ReauthenticateForm(base.ReauthenticateForm):
    code = CodeField(label=_("인증 숫자 또는 복구 코드"))


class ActivateTOTPForm(totp.ActivateTOTPForm):
    code = CodeField(label=_("앱에 뜨는 6자리 숫자"))


class PasswordForm(PasswordAgain):
    """The password once more, before a setting that guards the account is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = forms.CharField(
            label=_("비밀번호"), strip=False, max_length=128, widget=PasswordInput
        )
