"""처음 온 학생 등록: a short form for whoever stands at the counter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import consents, counter
from accounts.fields import BirthDateField, ContactField, NameField
from accounts.models import Student
from accounts.schoolyear import GRADES
from lifecycle import access
from lifecycle.locks import Refused


class CounterForm(forms.Form):
    name = NameField(label="학생 이름")
    birth_date = BirthDateField()
    status = forms.ChoiceField(label="재학 여부", choices=Student.Status, initial=Student.Status.ENROLLED)
    grade = forms.TypedChoiceField(
        label="학년", choices=[("", "고르세요"), *GRADES], coerce=int, empty_value=None, required=False
    )
    school_name = forms.CharField(label="학교(선택)", max_length=100, required=False)
    guardian_contact = ContactField(
        label="보호자 휴대폰 번호 또는 이메일",
        required=False,
        help_text="계정을 연결하는 안내를 보냅니다. 만 14세 미만은 꼭 적습니다.",
    )
    consent_on_paper = forms.BooleanField(label="만 14세 미만: 법정대리인이 서명한 동의서를 받았습니다", required=False)
    consent_by = forms.CharField(
        label="동의서에 서명하신 분",
        max_length=50,
        required=False,
        help_text="예: 김엄마(어머니). 동의서를 받았을 때 적습니다.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("status") == Student.Status.ENROLLED and "grade" not in self.errors and not cleaned.get("grade"):
            self.add_error("grade", "재학생은 학년을 골라 주세요.")
        if cleaned.get("status") != Student.Status.ENROLLED:
            cleaned["grade"] = None
        return cleaned

    def student(self) -> Student:
        names = ("name", "birth_date", "status", "grade", "school_name")
        return Student(**{name: self.cleaned_data[name] for name in names})


def view(page: Any, request: HttpRequest) -> HttpResponse:
    """Register, and go back to where the student was missed, with the student chosen."""
    if not page.has_add_permission(request):
        raise PermissionDenied
    form = CounterForm(request.POST if request.method == "POST" else None)
    known: Student | None = None
    if form.is_valid():
        given = form.cleaned_data
        asked = {name: given[name] for name in ("guardian_contact", "consent_on_paper", "consent_by")}
        try:
            student = counter.register(form.student(), by=request.user, **asked)
        except counter.AlreadyHere as refused:
            known = refused.student
            form.add_error(None, str(refused))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            access.record(request, access.AccessLog.Act.CHANGE, f"학생 {student.pk} 창구 등록", subject=student)
            messages.success(request, "학생을 등록했습니다.")
            return redirect(_onward(request, student))
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": "처음 온 학생 등록",
        "form": form,
        "known": known,
        "known_url": _onward(request, known) if known else "",
        "text": consents.text(consents.Kind.CHILD),
    }
    return TemplateResponse(request, "admin/accounts/counter.html", context)


def _onward(request: HttpRequest, student: Student) -> str:
    onward = request.GET.get("next", "")
    if onward and url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        return f"{onward}{'&' if '?' in onward else '?'}student={student.pk}"
    return reverse("admin:accounts_student_change", args=[student.pk])
