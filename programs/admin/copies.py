"""Copying last year's runs into a new period, and a programme under a new name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone

from krds.dates import kperiod
from lifecycle.locks import Refused
from programs import copying
from programs.admin.pages import ADD, DAY, LINE, SEE, Pages
from programs.models import Program, Run


class RunsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, run: Run) -> str:
        return f"{run.title} · {kperiod(run.starts_at, run.ends_at)}"


class CopyForm(forms.Form):
    """Which runs, and in which week the earliest of them is to begin."""

    runs = RunsField(
        Run.objects.none(),
        label="베낄 회차",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "베낄 회차를 하나 이상 골라 주세요."},
    )
    first_day = forms.DateField(
        label="첫 회차를 여는 주",
        widget=DAY,
        help_text="그 주의 아무 날이나 고릅니다. 가장 이른 회차가 그 주 같은 요일로 가고, 나머지도 같은 주 수만큼 옮깁니다.",
    )

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = copying.last_years(program, timezone.now())
        self.fields["runs"].queryset = Run.objects.filter(pk__in=[run.pk for run in found]).select_related("program")
        self.has_runs = bool(found)
        if found:
            first = timezone.localdate(found[0].starts_at) + timedelta(weeks=52)
            self.initial = {"runs": found, "first_day": first}

    def clean_first_day(self) -> Any:
        day = self.cleaned_data["first_day"]
        if not 2020 <= day.year <= 2100:
            raise forms.ValidationError("연도를 확인해 주세요.")
        return day


class NameForm(forms.Form):
    title = forms.CharField(label="새 프로그램 이름", max_length=100, widget=LINE)


class Copies(Pages):
    def urls(self) -> list[URLPattern]:
        return [
            path("<int:pk>/copy-runs/", self.guarded(self.runs, SEE, ADD), name="programs_program_copyruns"),
            path("<int:pk>/copy/", self.guarded(self.program, "programs.add_program"), name="programs_program_copy"),
        ]

    def runs(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose, look at what would be copied, do it."""
        program = get_object_or_404(Program, pk=pk)
        asked = request.POST if request.method == "POST" else request.GET
        form = CopyForm(asked if "first_day" in asked else None, program=program)
        plan, refused = None, ""
        if form.is_valid():
            chosen = list(form.cleaned_data["runs"])
            weeks = copying.weeks_to(chosen, form.cleaned_data["first_day"])
            if request.method == "POST":
                keys, seen = [run.pk for run in chosen], request.POST.get("seen") or "-"
                try:
                    made = copying.copy(keys, weeks, by=request.user, expected=seen)
                except Refused as sentence:
                    refused = str(sentence)
                else:
                    messages.success(
                        request,
                        f"회차 {len(made)}개를 베꼈습니다. 아직 공개하지 않았습니다. 하나씩 확인하고 공개해 주세요.",
                    )
                    return redirect("admin:programs_program_change", program.pk)
            plan = copying.plan(chosen, weeks)
        context = {"title": "지난 회차 베끼기", "program": program, "form": form, "plan": plan, "refused": refused}
        return self.show(request, "admin/programs/copy.html", context)

    def program(self, request: HttpRequest, pk: int) -> HttpResponse:
        program = get_object_or_404(Program, pk=pk)
        start = {"title": f"{program.title} (사본)"[:100]}
        form = NameForm(request.POST if request.method == "POST" else None, initial=start)
        if request.method == "POST" and form.is_valid():
            try:
                made = copying.copy_program(program.pk, form.cleaned_data["title"], by=request.user)
            except Refused as refused:
                form.add_error("title", str(refused))
            else:
                messages.success(request, "프로그램을 베꼈습니다. 아직 공개하지 않았고 회차는 없습니다.")
                return redirect("admin:programs_program_change", made.pk)
        context = {
            "title": "프로그램 베끼기",
            "program": program,
            "form": form,
            "button": "베끼기",
            "says": "소개, 대상, 안내를 그대로 옮깁니다. 사업계획서 항목과 회차, 신청은 옮기지 않습니다.",
        }
        return self.show(request, "admin/programs/act.html", context)
