"""The doors that carry allauth's names: its own pages where they fit, ours where it asks less than the law does."""

from __future__ import annotations

from allauth.account import views as allauth_views
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from accounts.views import contact, login, signup

urlpatterns: list[URLPattern | URLResolver] = [
    path("signup/", signup.start, name="account_signup"),
    path("login/", allauth_views.login, name="account_login"),
    path("logout/", allauth_views.logout, name="account_logout"),
    path("login/code/", allauth_views.request_login_code, name="account_request_login_code"),
    path("login/code/confirm/", login.confirm_login_code, name="account_confirm_login_code"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path("phone/change/", contact.change_phone, name="account_change_phone"),
    path("email/", contact.change_email, name="account_email"),
    path("password/change/", contact.change_password, name="account_change_password"),
    path("password/reset/", contact.reset_password, name="account_reset_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
if settings.SOCIAL_KEYS:
    urlpatterns.append(path("3rdparty/", include("allauth.socialaccount.urls")))
    urlpatterns += [path("", include(f"allauth.socialaccount.providers.{name}.urls")) for name in settings.SOCIAL_KEYS]
