"""What the pages below ``RunAdmin`` share: its site, its dress, who may come in, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from lifecycle.admin import StaffAdmin
from lifecycle.locks import Refused
from programs.models import Run

if TYPE_CHECKING:
    from django.contrib import admin

View = Callable[..., HttpResponse]

SEE, CHANGE, ADD = "programs.view_run", "programs.change_run", "programs.add_run"
DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
CLOCK = forms.TimeInput({"type": "time"}, format="%H:%M")
LINE = forms.TextInput({"class": "vTextField", "autocomplete": "off"})

both = require_http_methods(["GET", "HEAD", "POST"])


class ReasonForm(forms.Form):
    """Why the centre does something to a run; families read it."""

    reason = forms.CharField(
        label="사유",
        max_length=200,
        help_text="가족에게 보내는 문자와 이메일에 그대로 들어갑니다. 예: 강사 사정",
        widget=LINE,
        error_messages={"required": "사유를 적어 주세요. 가족이 함께 읽습니다."},
    )


class Pages:
    """Pages that hang below a page of the admin, with its site and its dress."""

    def __init__(self, page: StaffAdmin) -> None:
        self.page = page

    def guarded(self, view: View, *permissions: str) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms(permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return self.page.admin_site.admin_view(both(checked))

    def run(self, pk: int) -> Run:
        return get_object_or_404(Run.objects.select_related("program", "rules"), pk=pk)

    def show(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        site: admin.AdminSite = self.page.admin_site
        return TemplateResponse(request, template, {**site.each_context(request), "opts": self.page.opts, **context})

    def act(
        self,
        request: HttpRequest,
        run: Run,
        form: forms.Form,
        do: Callable[[dict[str, Any]], object],
        *,
        title: str,
        button: str,
        done: str,
        **context: Any,
    ) -> HttpResponse:
        """Look at what would happen, do it, go back to the run. A refusal is said above what was typed."""
        if request.method == "POST" and form.is_valid():
            try:
                do(form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, done)
                return to_run(run)
        context = {"title": title, "run": run, "form": form, "button": button, **context}
        return self.show(request, "admin/programs/act.html", context)


def to_run(run: Run) -> HttpResponse:
    return redirect("admin:programs_run_change", run.pk)


def typed(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None
