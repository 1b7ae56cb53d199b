"""What can be talked about, and with whom."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from counseling import video, waiting
from counseling.admin.trying import TryPage
from counseling.models import Booking, Counselor, Mode, Topic
from counseling.models.people import mode_labels
from lifecycle.admin import StaffAdmin


class ModesField(forms.TypedMultipleChoiceField):
    """Modes as check boxes, in the centre's order."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Mode.choices, widget=forms.CheckboxSelectMultiple, label="상담 방식", **kwargs)


class TopicForm(forms.ModelForm):
    modes = ModesField()
    knowing = forms.BooleanField(label="알고 저장합니다", required=False)

    class Meta:
        model = Topic
        fields = [
            "name",
            "slug",
            "description",
            "preparation",
            "minutes",
            "buffer_minutes",
            "modes",
            "lead_hours",
            "horizon_days",
            "questionnaire",
            "rules",
            "sensitive",
            "position",
            "active",
        ]

    def clean(self) -> dict[str, Any]:
        """Whoever closes a topic, or a mode of it, on which families wait is told how many before it is saved."""
        given = super().clean()
        if self.instance.pk and {"modes", "active"} <= given.keys() and not given.get("knowing"):
            modes = given["modes"] if given["active"] else []
            left = waiting.left_by(self.instance, modes=modes, now=timezone.now())
            narrows = {*self.initial["modes"]} - {*modes} if self.initial["active"] else set()
            if narrows and left.sentence:
                what = "이 주제" if not given["active"] else f"그만두는 방식({mode_labels(sorted(narrows))})"
                self.add_error(
                    None, f"{what}: {left.sentence} 그래도 저장하려면 맨 아래 ‘알고 저장합니다’에 표시해 주세요."
                )
        return given


@admin.register(Topic)
class TopicAdmin(StaffAdmin):
    form = TopicForm
    change_form_template = "admin/counseling/topic/change_form.html"
    list_display = ["name", "rules", "minutes", "mode_labels", "lead_hours", "horizon_days", "active"]
    list_filter = ["active"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["plan_text"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Topic]:
        """What is talked about at fairs comes and goes with its booth."""
        return super().get_queryset(request).filter(at_fair=False)

    def get_fieldsets(self, request: HttpRequest, obj: Topic | None = None) -> list[Any]:
        plan = [("사업계획서", {"fields": ["plan_text"]})] if obj and obj.plan_text else []
        if obj and request.method == "POST":
            plan.append(("확인", {"fields": ["knowing"]}))
        return [
            ("안내", {"fields": ["name", "slug", "description", "preparation", "questionnaire", "position", "active"]}),
            ("시간과 방식", {"fields": ["minutes", "buffer_minutes", "modes"]}),
            ("예약 받는 때와 규칙", {"fields": ["lead_hours", "horizon_days", "rules", "sensitive"]}),
            *plan,
        ]

    def get_urls(self) -> list[URLPattern]:
        tried = self.admin_site.admin_view(require_safe(TryPage(self).view))
        return [path("<int:pk>/try/", tried, name="counseling_topic_try"), *super().get_urls()]

    @admin.display(description="상담 방식")
    def mode_labels(self, topic: Topic) -> str:
        return topic.mode_labels


def _say_what_stays(request: HttpRequest, counselor: Counselor) -> None:
    """Nobody is told by itself that a counsellor has gone: staff are led to whom that hits."""
    ahead = Booking.objects.upcoming().filter(slot__counselor=counselor)
    if last := ahead.order_by("-period__startswith").first():
        asked = {"counselor": counselor.pk, "first_day": timezone.localdate()}
        asked |= {"last_day": timezone.localdate(last.starts_at), "reason": "상담사 사정"}
        url = f"{reverse('admin:counseling_absence')}?{urlencode(asked)}"
        sentence = f"이 상담사의 다가오는 예약 {ahead.count()}건은 그대로 있습니다."
        messages.warning(request, format_html('{} <a href="{}">지금 정리하기</a>', sentence, url))


@admin.register(Counselor)
class CounselorAdmin(StaffAdmin):
    list_display = ["name", "topic_names", "active"]
    list_filter = ["active", "topics"]
    search_fields = ["name"]
    fields = [
        "user",
        "name",
        "topics",
        "introduction",
        "excluded_schools",
        "most_per_day",
        "most_per_week",
        "video_url",
        "active",
    ]
    filter_horizontal = ["topics"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Counselor]:
        """Officers who visit a fair are kept with their booths."""
        return super().get_queryset(request).of_the_house().prefetch_related("topics")

    def get_readonly_fields(self, request: HttpRequest, obj: Counselor | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "user"] if obj else fields  # bookings and logs name this person

    def save_model(self, request: HttpRequest, obj: Counselor, form: forms.ModelForm, change: bool) -> None:
        """Families who know the old address of a video room are told the new one (``video``)."""
        url = obj.video_url
        if change and "video_url" in form.changed_data:
            obj.video_url = form.initial["video_url"]
        super().save_model(request, obj, form, change)
        if obj.video_url != url and (told := video.give_counselor(obj, url)):
            messages.info(request, f"바뀐 화상 상담 주소를 다가오는 화상 상담 {told}건의 가족에게 알립니다.")
        if change and "active" in form.changed_data and not obj.active:
            _say_what_stays(request, obj)

    @admin.display(description="맡은 주제")
    def topic_names(self, counselor: Counselor) -> str:
        return ", ".join(topic.name for topic in counselor.topics.all())
