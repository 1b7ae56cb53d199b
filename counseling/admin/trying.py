"""규칙 시험하기: what the rules of a topic say to a student, real or invented, stage by stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Neighbourhood, Student
from accounts.schoolyear import GRADES, school_year
from counseling import rules
from counseling.models import Booking, Topic
from intake import wording
from intake.admission import Person, judge, misfit, opens_for, refusals
from intake.rules import DEFAULT, Rules, midnight
from lifecycle import access

if TYPE_CHECKING:
    from django.contrib import admin


FAR = timedelta(days=3 * 366)


class TryForm(forms.Form):
    """Somebody who is there, or somebody as one might be."""

    student = forms.ModelChoiceField(
        Student.objects.filter(left_at=None), label="학생", required=False, help_text="고르면 접속기록에 남습니다."
    )
    status = forms.ChoiceField(label="재학 여부", choices=Student.Status.choices, required=False)
    grade = forms.TypedChoiceField(
        label="학년", choices=[("", "없음"), *GRADES], coerce=int, empty_value=None, required=False
    )
    birth_date = forms.DateField(label="생년월일", widget=forms.DateInput({"type": "date"}), required=False)
    neighbourhood = forms.ModelChoiceField(Neighbourhood.objects.all(), label="사는 동", required=False)
    local_school = forms.BooleanField(label="관내 학교", required=False)
    day = forms.DateField(label="상담할 날", widget=forms.DateInput({"type": "date"}), required=False)

    def __init__(self, *args: Any, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["student"]
        field.widget = AutocompleteSelect(Booking._meta.get_field("student"), site, choices=field.choices)
        field.label_from_instance = site._registry[Student].label

    def clean_day(self) -> date | None:
        """A day that a calendar of the centre may have: what opens when is counted from it."""
        day, today = self.cleaned_data["day"], timezone.localdate()
        if day and abs(day - today) > FAR:
            raise forms.ValidationError("상담할 날은 오늘부터 앞뒤 3년 안에서 골라 주세요.")
        return day

    @property
    def invented(self) -> Person:
        given, today = self.cleaned_data, timezone.localdate()
        place = given["neighbourhood"]
        return Person(
            birth_date=given["birth_date"] or date(today.year - 6 - (given["grade"] or 12), 6, 1),
            status=given["status"] or "enrolled",
            grade=given["grade"],
            grade_year=school_year(),
            neighbourhood=place and place.pk,
            in_district=bool(place and place.in_district),
            local_school=given["local_school"],
        )


class TryPage:
    """Hangs below ``TopicAdmin``."""

    def __init__(self, page: admin.ModelAdmin) -> None:
        self.page = page

    def view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.page.has_view_permission(request):
            raise PermissionDenied
        topic = get_object_or_404(Topic.objects.select_related("rules"), pk=pk)
        form = TryForm(_readable(request.GET) if "day" in request.GET else None, site=self.page.admin_site)
        found = self._found(request, topic, form) if form.is_valid() else {}
        context = {
            **self.page.admin_site.each_context(request),
            "opts": self.page.opts,
            "title": f"{topic.name}: 규칙 시험하기",
            "topic": topic,
            "form": form,
            "media": form.media,
            **found,
        }
        return TemplateResponse(request, "admin/counseling/trying.html", context)

    def _found(self, request: HttpRequest, topic: Topic, form: TryForm) -> dict[str, Any]:
        now, student = timezone.now(), form.cleaned_data["student"]
        if student:
            access.viewed(request, student, f"규칙 시험하기: {topic.name}")
            said, person = rules.facts(student.pk, topic, now=now)
            person = person.without_secrets()  # who has a priority is for no counter to learn
        else:
            said = topic.rules.frozen() if topic.rules else DEFAULT
            person = form.invented
        day = form.cleaned_data["day"] or timezone.localdate(now) + timedelta(days=topic.horizon_days)
        occasion = rules.occasion(topic, said, midnight(day) + timedelta(hours=14))
        return {
            "student": student,
            "day": day,
            "verdict": judge(said, person, occasion, now=now),
            "reasons": refusals(said, person, replace(occasion, opens_at=None), now=now),
            "opens": opens_for(said, person, occasion, occasion.opens_at),
            "stages": _stages(said, person, day),
        }


def _readable(asked: QueryDict) -> QueryDict:
    """Without a student's key that is no number: the widget would ask the database for it."""
    key = asked.get("student", "")
    if key.isascii() and key.isdecimal() and len(key) < 19:
        return asked
    readable = asked.copy()
    readable["student"] = ""
    return readable


def _stages(said: Rules, person: Person, day: date) -> list[tuple[str, bool]]:
    """Every stage in words, and whether this person comes in with it."""
    rows = [(wording.stage(stage, dict(said.places)), misfit(stage, person, day) is None) for stage in said.stages]
    return [*rows, (wording.opening(said)[-1], misfit(said, person, day) is None)]
