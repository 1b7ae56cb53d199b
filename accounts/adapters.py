"""Where allauth asks the house: addresses, codes, secrets, and who may come in by another door."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import notices
from accounts.fields import PhoneField
from accounts.models import User
from lifecycle import access
from lifecycle.access import client_ip
from lifecycle.locks import Refused
from lifecycle.models import AccessLog


class AccountAdapter(DefaultAccountAdapter):
    """Log-in by e-mail or phone; every word leaves through the outbox."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("이메일이나 비밀번호가 맞지 않습니다."),
        "phone_password_mismatch": _("휴대폰 번호나 비밀번호가 맞지 않습니다."),
        "username_password_mismatch": _("휴대폰 번호나 이메일을 다시 확인해 주세요."),
        "incorrect_code": _("인증번호가 맞지 않습니다. 다시 확인해 주세요."),
        "too_many_login_attempts": _(
            "로그인을 여러 번 실패해 잠시 막았습니다. 10분 뒤에 다시 시도하거나 비밀번호를 새로 정해 주세요."
        ),
        "rate_limited": _("너무 자주 요청했습니다. 잠시 뒤에 다시 시도해 주세요."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or super().get_client_ip(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth counts by e-mail alone, so all phone log-ins would share one counter.
        return str(credentials.get("phone") or credentials.get("email") or "").lower()

    # --- Phones --------------------------------------------------------------------------
    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.present().filter(phone=phone).first()

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:
        user.phone = phone
        user.phone_verified_at = timezone.now() if verified else None
        user.save(update_fields=["phone", "phone_verified_at"])

    def set_phone_verified(self, user: User, phone: str) -> None:
        User.objects.filter(pk=user.pk, phone=phone, phone_verified_at=None).update(phone_verified_at=timezone.now())

    # --- Staff log-ins belong to the access log ----------------------------------------------
    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        if user.is_staff:
            access.record(request, AccessLog.Act.LOGIN, "로그인", subject=user)
        return super().post_login(request, user, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who logs in to work starts at work; everybody else on the first page."""
        return reverse("admin:index") if request.user.is_staff else super().get_login_redirect_url(request)

    # --- Words ---------------------------------------------------------------------------
    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        self._say(notices.code, phone, code)

    def send_unknown_account_sms(self, phone: str, **kwargs: Any) -> None:
        self._say(notices.unknown, phone)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if template_prefix == "account/email/login_code":
            self._say(notices.code, email, context["code"])
        elif template_prefix == "account/email/unknown_account":
            self._say(notices.unknown, email)
        else:
            raise LookupError(f"No notice says {template_prefix}.")

    def _say(self, notice: Any, *args: str) -> None:
        """Say it; a visitor who had too many codes today reads so where codes are asked for."""
        request = allauth_context.request
        try:
            with transaction.atomic():
                notice(*args, ip=client_ip(request))
        except Refused as refused:
            messages.error(request, str(refused))
            raise ImmediateHttpResponse(redirect("account_request_login_code")) from refused

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # accounts.views.signup is the only way in


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keys of authenticator apps are encrypted at rest, under keys derived from ``SECRET_KEY`` and its fallbacks."""

    def encrypt(self, text: str) -> str:
        return self._box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._box().decrypt(encrypted_text.encode()).decode()

    def _box(self) -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        digests = (salted_hmac("accounts.second_factor", "", secret=key, algorithm="sha256").digest() for key in keys)
        return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SocialAdapter(DefaultSocialAccountAdapter):
    """Kakao and Naver open accounts that were connected before; nothing of a newcomer is kept unasked."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        messages.info(request, _("아직 연결된 계정이 없습니다. 먼저 가입한 뒤 내 정보에서 연결해 주세요."))
        raise ImmediateHttpResponse(redirect("account_signup"))
