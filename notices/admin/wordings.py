from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from lifecycle.admin import StaffAdmin
from notices import kinds
from notices.forms import WordingForm, preview
from notices.models import Wording


@admin.register(Wording)
class WordingAdmin(StaffAdmin):
    """One page per kind, whether or not anybody has changed its words yet."""

    form = WordingForm
    fields = ["sms", "subject", "email"]
    change_form_template = "admin/notices/wording/change_form.html"

    class Media:
        js = [Script("js/wording.js", defer=True)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # kinds are declared by the rooms

    def has_delete_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False  # see reset()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Wording | None:
        kind = kinds.find(object_id)
        if kind is None:
            return None
        return Wording.objects.select_related("changed_by").filter(kind=object_id).first() or Wording.default(kind)

    def get_fields(self, request: HttpRequest, obj: Wording | None = None) -> list[str]:
        kind = kinds.find(obj.kind) if obj else None
        texts = {"sms": kinds.SMS, "subject": kinds.EMAIL, "email": kinds.EMAIL}
        return [part for part, channel in texts.items() if kind is None or channel in kind.channels]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_POST(self.reset))
        return [path("<str:code>/reset/", page, name="notices_wording_reset"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        changed = {row.kind: row for row in Wording.objects.select_related("changed_by")}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "알림 문구",
            "kinds": [(kind, changed.get(kind.code)) for kind in kinds.everything()],
        }
        return TemplateResponse(request, "admin/notices/wording/list.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        wording = self.get_object(request, object_id or "")
        if wording is None:
            raise Http404
        kind = kinds.get(wording.kind)
        context = {"kind": kind, "sample": kind.sample(), "changed": not wording._state.adding, "title": kind.label}
        if request.method == "POST" and "_preview" in request.POST:
            return self._preview(request, wording, context)
        shown = {part: getattr(wording, part) for part in self.get_fields(request, wording)}
        return super().changeform_view(request, object_id, form_url, {**context, "preview": preview(kind, shown)})

    def _preview(self, request: HttpRequest, wording: Wording, context: dict[str, Any]) -> HttpResponse:
        """Show what was typed, filled with the samples; nothing is saved."""
        form = self.get_form(request, wording, change=True)(request.POST, instance=wording)
        form.is_valid()
        page = {
            **self.admin_site.each_context(request),
            **context,
            "opts": self.opts,
            "original": wording,
            "media": self.media,
            "adminform": admin.helpers.AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self),
            "errors": form.errors,
            "preview": preview(kinds.get(wording.kind), request.POST.dict()),
            "inline_admin_formsets": [],
        }
        return self.render_change_form(request, page, change=True, obj=wording)

    def save_model(self, request: HttpRequest, obj: Wording, form: WordingForm, change: bool) -> None:
        if form.is_default():
            Wording.objects.filter(kind=obj.kind).delete()
            return
        obj.changed_by = request.user
        obj.save()

    def reset(self, request: HttpRequest, code: str) -> HttpResponse:
        """Back to the words that the room was built with."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        wording = self.get_object(request, code)
        if wording is None:
            raise Http404
        if not wording._state.adding:
            self.log_change(request, wording, "기본 문구로 되돌림")
            wording.delete()
        self.message_user(request, f"'{kinds.get(code).label}' 알림을 기본 문구로 되돌렸습니다.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:notices_wording_change", args=[code]))
