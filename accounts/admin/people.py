"""Accounts. Roles are given on their own page; an account is never deleted here, people leave by themselves."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse

from accounts import signup
from accounts.fields import BirthDateField, NameField, PhoneField
from accounts.models import User
from lifecycle import access
from lifecycle.admin import MaskedAdmin
from lifecycle.admin.reasons import ReasonForm, ask
from lifecycle.models import AccessLog


class UserForm(forms.ModelForm):
    """An account opened or corrected at the desk; its owner proves the address at the first log-in by code."""

    name = NameField()
    phone = PhoneField(required=False)
    birth_date = BirthDateField(required=False)

    class Meta:
        model = User
        fields = ["name", "phone", "email", "birth_date", "is_active"]

    def clean_phone(self) -> str | None:
        return self.cleaned_data["phone"] or None

    def clean_email(self) -> str | None:
        email = self.cleaned_data["email"]
        return email.lower() if email else None


@admin.register(User)
class UserAdmin(MaskedAdmin):
    form = UserForm
    list_display = ["name", "phone", "email", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "date_joined"]
    search_fields = ["name", "phone", "email"]
    search_help_text = "이름, 휴대폰 번호(숫자만), 이메일로 찾습니다."
    ordering = ["-pk"]
    fields = [
        "name",
        "phone",
        "phone_verified_at",
        "email",
        "birth_date",
        "is_active",
        "groups",
        "date_joined",
        "last_login",
    ]
    readonly_fields = ["phone_verified_at", "groups", "date_joined", "last_login"]
    actions = ["reset_second_factor"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).filter(withdrawn_at=None)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return list(self.fields) if obj else ["name", "phone", "email", "birth_date"]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        elif "phone" in form.changed_data:
            obj.phone_verified_at = None
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            signup.prove_email(obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff accounts are changed by those who give roles, so that nobody takes over a colleague's."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_staff or request.user.has_perm("accounts.grant_role"))

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.grant_role")

    @admin.action(description="2단계 인증 초기화(휴대폰을 잃어버린 직원)", permissions=["grant"])
    def reset_second_factor(self, request: HttpRequest, queryset: models.QuerySet[User]) -> HttpResponse | None:
        """Ask why; then take the second factor away, so that the next log-in sets up a new one."""
        people = list(queryset.exclude(pk=request.user.pk)[:20])
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return ask(self, request, people, form, action="reset_second_factor", title="2단계 인증 초기화")
        with transaction.atomic():
            Authenticator.objects.filter(user__in=people).delete()
            for person in people:
                reason = form.cleaned_data["reason"]
                access.record(request, AccessLog.Act.CHANGE, "2단계 인증 초기화", subject=person, reason=reason)
        self.message_user(request, f"{len(people)}명의 2단계 인증을 초기화했습니다.")
        return None

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "email" and field:
            field.help_text = "비워 두어도 됩니다. 휴대폰 번호와 이메일 가운데 하나는 있어야 합니다."
        return field
