"""Students, who cares for them, and the links that wait for an answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone

from accounts import family
from accounts.admin import counter
from accounts.fields import BirthDateField, NameField
from accounts.models import GuardianConsentRequest, Guardianship, Invitation, Neighbourhood, Student
from accounts.schoolyear import school_year
from lifecycle.admin import AppendOnlyAdmin, MaskedAdmin, StaffAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_email, mask_name, mask_phone


class StudentForm(forms.ModelForm):
    name = NameField(label="학생 이름")
    birth_date = BirthDateField()

    class Meta:
        model = Student
        fields = ["name", "birth_date", "status", "school", "school_name", "grade", "neighbourhood"]


class GuardianshipInline(admin.TabularInline):
    """Who cares for this student, to read; a new one is added on its own page or comes by invitation."""

    model = Guardianship
    fields = readonly_fields = ["who", "relation", "confirmed_at", "ended_at"]
    extra = max_num = 0
    can_delete = False
    verbose_name_plural = "보호자"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Guardianship]:
        return super().get_queryset(request).select_related("guardian").order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Student | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Student | None = None) -> bool:
        return False

    @admin.display(description="보호자")
    def who(self, link: Guardianship) -> str:
        return f"{mask_name(link.guardian.name)} {mask_phone(link.guardian.phone)}".strip()


class GradeFilter(admin.SimpleListFilter):
    """By the grade of today, which the calendar moves and no column holds."""

    title = "학년"
    parameter_name = "grade"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[int, str]]:
        return list(Student._meta.get_field("grade").flatchoices)

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Student]) -> models.QuerySet[Student]:
        value = self.value()
        return queryset.in_grade(int(value)) if value and value.isdecimal() else queryset


@admin.register(Student)
class StudentAdmin(MaskedAdmin):
    form = StudentForm
    list_display = ["name", "grade_label", "school__name", "neighbourhood", "status", "registered_at"]
    list_filter = ["status", GradeFilter, "neighbourhood"]
    search_fields = ["name"]
    search_help_text = "학생 이름으로 찾습니다."
    ordering = ["-pk"]
    inlines = [GuardianshipInline]
    fields = [
        "name", "birth_date", "status", "school", "school_name", "grade", "neighbourhood",
        "user", "registered_at", "handed_over_at",
    ]  # fmt: skip
    readonly_fields = ["user", "registered_at", "handed_over_at"]

    def get_urls(self) -> list[URLPattern]:
        at_the_counter = self.admin_site.admin_view(partial(counter.view, self))
        return [path("counter/", at_the_counter, name="accounts_student_counter"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Student]:
        return super().get_queryset(request).filter(left_at=None)

    def get_fields(self, request: HttpRequest, obj: Student | None = None) -> list[str]:
        return list(self.fields) if obj else list(self.fields[:7])

    @admin.display(description="학년")
    def grade_label(self, student: Student) -> str:
        return student.grade_label

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"status": Student.Status.ENROLLED, **super().get_changeform_initial_data(request)}

    def get_form(self, request: HttpRequest, obj: Student | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj and "grade" in form.base_fields:
            form.base_fields[
                "grade"
            ].help_text = f"{obj.grade_year}학년도의 학년입니다. 지금은 {obj.grade_label}입니다."
        return form

    def save_model(self, request: HttpRequest, obj: Student, form: forms.ModelForm, change: bool) -> None:
        if "grade" in form.changed_data:
            obj.grade_year = school_year()
        super().save_model(request, obj, form, change)


@admin.register(Guardianship)
class GuardianshipAdmin(MaskedAdmin):
    """Added at the desk after staff have seen both; ended like everywhere else."""

    personal = {"student__name": mask_name, "guardian__name": mask_name}
    subject = "student"
    list_display = ["student__name", "guardian__name", "relation", "confirmed_at", "ended_at"]
    list_filter = ["relation", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["student__name", "guardian__name", "guardian__phone"]
    search_help_text = "학생이나 보호자의 이름, 보호자의 휴대폰 번호로 찾습니다."
    ordering = ["-pk"]
    fields = ["student", "guardian", "relation", "asked_at", "confirmed_at", "ended_at"]
    readonly_fields = ["asked_at", "confirmed_at", "ended_at"]
    actions = ["unlink"]

    def get_readonly_fields(self, request: HttpRequest, obj: Guardianship | None = None) -> list[str]:
        fixed = ["student", "guardian"] if obj else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Guardianship, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.confirmed_at = timezone.now()
        super().save_model(request, obj, form, change)

    @admin.action(description="보호자 연결 끝내기", permissions=["change"])
    def unlink(self, request: HttpRequest, queryset: models.QuerySet[Guardianship]) -> None:
        for link in queryset.filter(ended_at=None):
            try:
                family.unlink(link, by=request.user)
            except Refused as refused:
                self.message_user(request, f"{link.pk}번: {refused}", messages.WARNING)
            else:
                self.message_user(request, f"{link.pk}번 연결을 끝냈습니다.")


def mask_contact(contact: str) -> str:
    return mask_email(contact) if "@" in contact else mask_phone(contact)


@admin.register(Invitation)
class InvitationAdmin(AppendOnlyAdmin, MaskedAdmin):
    personal = {"student__name": mask_name, "contact": mask_contact, "invited_by__name": mask_name}
    subject = "student"
    list_display = ["student__name", "role", "contact", "invited_by__name", "invited_at", "expires_at", "accepted_at"]
    list_filter = ["role", ("accepted_at", admin.EmptyFieldListFilter)]
    search_fields = ["student__name"]
    ordering = ["-pk"]
    fields = ["student", "role", "contact", "invited_by", "invited_at", "expires_at", "accepted_at", "cancelled_at"]


@admin.register(GuardianConsentRequest)
class GuardianConsentRequestAdmin(AppendOnlyAdmin, MaskedAdmin):
    """What children left at their door, for the few days it is there."""

    personal = {"guardian_name": mask_name, "guardian_phone": mask_phone}
    list_display = ["guardian_name", "guardian_phone", "asked_at", "expires_at"]
    ordering = ["-pk"]
    fields = ["guardian_name", "guardian_phone", "asked_at", "expires_at"]


@admin.register(Neighbourhood)
class NeighbourhoodAdmin(StaffAdmin):
    list_display = ["name", "in_district", "position"]
    search_fields = ["name"]
