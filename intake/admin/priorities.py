"""우선 지원: one student at a time, for the roles that may; no list, no file, and neutral words in the access log."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import Student
from intake import priorities
from intake.models import Priority
from lifecycle import access
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from django.contrib import admin

SEEN = "학생 정보 확인"  # the reader of the access log shall not learn what was looked for


class StudentForm(forms.Form):
    student = forms.ModelChoiceField(
        Student.objects.filter(left_at=None), label="학생", error_messages={"required": "학생을 골라 주세요."}
    )

    def __init__(self, *args: Any, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["student"].widget = AutocompleteSelect(
            Priority._meta.get_field("student"), site, choices=self.fields["student"].choices
        )
        self.fields["student"].label_from_instance = site._registry[Student].label


class PriorityForm(forms.Form):
    first_day = forms.DateField(label="시작일", widget=forms.DateInput({"type": "date"}))
    last_day = forms.DateField(
        label="마지막 날",
        widget=forms.DateInput({"type": "date"}),
        help_text="1년까지 줄 수 있고, 지나면 저절로 끝납니다.",
    )
    reason = forms.CharField(
        label="근거",
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text="암호화해 보관합니다. 이 화면에서만 보입니다.",
        error_messages={"required": "근거를 적어 주세요."},
    )


class PriorityPage:
    """A page that hangs below ``RuleSetAdmin``, with a permission of its own."""

    def __init__(self, page: admin.ModelAdmin) -> None:
        self.page = page

    def view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("intake.give_priority"):
            raise PermissionDenied
        chosen = request.POST.get("student") or request.GET.get("student") or ""
        chosen = chosen if chosen.isdecimal() else ""
        finder = StudentForm({"student": chosen} if chosen else None, site=self.page.admin_site)
        student = finder.cleaned_data["student"] if finder.is_valid() else None
        today = timezone.localdate()
        first = {"first_day": today, "last_day": today + timedelta(days=180)}
        form = PriorityForm(request.POST if "reason" in request.POST else None, initial=first)
        if student and request.method == "POST" and (answer := self._act(request, student, form)):
            return answer
        with transaction.atomic():
            if student:
                access.viewed(request, student, SEEN)
            rows = list(Priority.objects.filter(student=student).select_related("given_by")) if student else []
        context = {
            **self.page.admin_site.each_context(request),
            "opts": self.page.opts,
            "title": "우선 지원",
            "finder": finder,
            "student": student,
            "rows": rows,
            "form": form,
            "today": today,
            "media": finder.media,
        }
        return TemplateResponse(request, "admin/intake/priorities.html", context)

    def _act(self, request: HttpRequest, student: Student, form: PriorityForm) -> HttpResponse | None:
        if pk := request.POST.get("end"):
            row = get_object_or_404(Priority.objects.filter(student=student), pk=int(pk) if pk.isdecimal() else 0)
            priorities.end(row, by=request.user)
            messages.success(request, "끝냈습니다.")
        elif form.is_valid():
            try:
                priorities.give(student, by=request.user, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
                return None
            messages.success(request, "저장했습니다. 이 사실은 어떤 목록이나 파일에도 나오지 않습니다.")
        else:
            return None
        return redirect(f"{reverse('admin:intake_priorities')}?student={student.pk}")
