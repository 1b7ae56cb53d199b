"""Who may do what: roles are given and taken here, with a reason, and every step stays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts import roles
from accounts.models import RoleGrant
from lifecycle.admin import AppendOnlyAdmin, MaskedAdmin
from lifecycle.masking import mask_name


class GrantForm(forms.ModelForm):
    """Give or take one role; the rules are those of ``roles``."""

    role = forms.ChoiceField(label="역할", choices=[(role, role) for role in roles.ROLES])
    act = forms.ChoiceField(
        label="처리", choices=[(act.value, act.label) for act in (RoleGrant.Act.GRANT, RoleGrant.Act.REVOKE)]
    )

    class Meta:
        model = RoleGrant
        fields = ["user", "role", "act", "until", "reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            user, role, reason = cleaned["user"], cleaned["role"], cleaned["reason"]
            if cleaned["act"] == RoleGrant.Act.GRANT:
                refusal = roles.grant_refusal(user, role, by=self.by, reason=reason, until=cleaned["until"])
            else:
                refusal = roles.revoke_refusal(user, role, reason=reason)
            if refusal:
                raise forms.ValidationError(refusal)
        return cleaned


@admin.register(RoleGrant)
class RoleGrantAdmin(AppendOnlyAdmin, MaskedAdmin):
    personal = {"user__name": mask_name}
    subject = "user"
    form = GrantForm
    list_display = ["at", "user__name", "role", "act", "until", "reason", "by"]
    list_filter = ["role", "act", "at"]
    search_fields = ["user__name", "reason"]
    search_help_text = "직원 이름이나 사유로 찾습니다."
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.grant_role")

    def get_fields(self, request: HttpRequest, obj: RoleGrant | None = None) -> list[str]:
        return super().get_fields(request, obj) if obj else ["user", "role", "act", "until", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: RoleGrant | None = None) -> list[str]:
        return super().get_readonly_fields(request, obj) if obj else []

    def get_form(self, request: HttpRequest, obj: RoleGrant | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form

    def save_model(self, request: HttpRequest, obj: RoleGrant, form: forms.ModelForm, change: bool) -> None:
        if obj.act == RoleGrant.Act.GRANT:
            kept = roles.grant(obj.user, obj.role, by=request.user, reason=obj.reason, until=obj.until)
        else:
            kept = roles.revoke(obj.user, obj.role, by=request.user, reason=obj.reason)
        obj.pk = kept.pk


@admin.register(Group)
class RoleAdmin(AppendOnlyAdmin):
    """What each role may do, to read: the code says it, and ``manage.py sync_roles`` applies it."""

    list_display = ["name"]
    fields = ["name", "may"]
    readonly_fields = ["may"]

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> list[str]:
        return self.fields

    @admin.display(description="할 수 있는 일")
    def may(self, group: Group) -> SafeString:
        rows = group.permissions.select_related("content_type").order_by("content_type__app_label", "codename")
        return format_html_join("", "<p>{}</p>", ((permission.name,) for permission in rows))
