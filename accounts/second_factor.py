"""Staff work with other people's data, so a password alone does not let them in (안전성 확보조치 기준 제6조 ②)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# What a member of staff without a second factor needs in order to get one, or to leave.
OPEN = frozenset(
    {
        "accounts:second_factor",
        "accounts:stay",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "krds:display",
        "healthz",
    }
)


class SecondFactorMiddleware:
    """Send staff who have no second factor to the page that sets one up, whatever they asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated or not request.user.is_staff:
            return None
        if request.resolver_match.view_name in OPEN or get_adapter().is_mfa_enabled(request.user, FACTORS):
            return None
        return redirect("accounts:second_factor")
