"""Takes away the admin pages of Django and allauth that would show addresses and permissions as they are."""

from __future__ import annotations

import django.contrib.auth.admin  # noqa: F401  (all four register pages when imported)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import Group

for model in (Authenticator, EmailAddress, Group, SocialAccount, SocialApp, SocialToken):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
