"""What families said of a time to which the centre moved them, and whom somebody has to telephone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from counseling import agreeing
from counseling.admin.waiting import Read, ReasonForm
from counseling.models import Rearrangement
from krds.dates import kdatetime, kperiod
from lifecycle.masking import mask_name


class Silence(admin.SimpleListFilter):
    title, parameter_name = "할 일", "stand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unanswered", "답 없음(전화할 것)")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.unanswered(timezone.now()) if self.value() == "unanswered" else queryset


@admin.register(Rearrangement)
class RearrangementAdmin(Read):
    change_permission = "counseling.change_rearrangement"
    personal = {"booking__student__name": mask_name}
    subject = "booking__student"
    list_display = ["when", "booking__student__name", "counselor", "answer", "deadline", "asked_at"]
    list_filter = [Silence, "state"]
    ordering = ["-asked_at", "-pk"]
    change_form_template = "admin/counseling/rearrangement/change_form.html"
    fields = readonly_fields = [
        "answer", "when", "before", "student", "counselor", "reason", "asked_at", "asked_by", "deadline", "booking",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Rearrangement]:
        questions = (
            super().get_queryset(request).select_related("booking__slot__counselor", "booking__student", "asked_by")
        )
        return questions.visible_to(request.user)

    def get_urls(self) -> list[URLPattern]:
        agreed = self.admin_site.admin_view(self.agreed_view)
        return [path("<int:pk>/agreed/", agreed, name="counseling_rearrangement_agreed"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        question = self.get_object(request, object_id)
        may = question is not None and request.user.has_perm(self.change_permission) and question.is_as_asked
        can_agree = may and question.state in {Rearrangement.State.OPEN, Rearrangement.State.LAPSED}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "can_agree": can_agree})

    def agreed_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        def agreed(question: Rearrangement, given: dict[str, Any]) -> None:
            agreeing.agreed_by_phone(question, by=request.user, reason=given["reason"])

        note = "가족이 전화로 새 시간이 괜찮다고 했을 때 적습니다. 어렵다고 하면 예약 화면에서 옮기거나 취소해 주세요."
        return self.act(request, pk, "전화로 확인함", ReasonForm(request.POST or None), agreed, note=note)

    @admin.display(description="새 일시", ordering="booking__period__startswith")
    def when(self, question: Rearrangement) -> str:
        return kdatetime(question.booking.starts_at)

    @admin.display(description="이전 일시")
    def before(self, question: Rearrangement) -> str:
        return kperiod(question.old_period.lower, question.old_period.upper)

    @admin.display(description="상담사", ordering="booking__slot__counselor__name")
    def counselor(self, question: Rearrangement) -> str:
        return question.booking.slot.counselor.name

    @admin.display(description="학생")
    def student(self, question: Rearrangement) -> str:
        return question.booking.student.name

    @admin.display(description="가족의 답", ordering="state")
    def answer(self, question: Rearrangement) -> str:
        """What the clock says counts before the sweep has written it down."""
        if question.state == Rearrangement.State.OPEN and not question.is_as_asked:
            return str(Rearrangement.State.WITHDRAWN.label)
        if question.state == Rearrangement.State.OPEN and not question.is_open(timezone.now()):
            return str(Rearrangement.State.LAPSED.label)
        return question.get_state_display()
