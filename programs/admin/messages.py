"""Writing to a part of a run's people: choose which, then the page of messages to many takes over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from notices import mailing
from programs import audiences
from programs.admin.pages import CHANGE, LINE, SEE, Pages, typed
from programs.admin.workplace import door
from programs.audiences import OF_A_RUN, Segment
from programs.models import Run
from programs.notices import applying

SEND = "notices.send_mailing"


class SegmentForm(forms.Form):
    """Whom, with how many they are now; and what staff call the message."""

    segment = forms.ChoiceField(
        label="받는 사람", widget=forms.RadioSelect, error_messages={"required": "받는 사람을 골라 주세요."}
    )
    title = forms.CharField(
        label="제목", max_length=100, widget=LINE, help_text="업무 화면의 목록에서만 보입니다. 예: 준비물 안내"
    )

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = {}
        for segment in Segment:
            some = list(audiences.applications(run.pk, segment).only("pk"))
            self.numbers[segment.value] = len(applying.people(some)) if some else 0
        self.fields["segment"].choices = [
            (segment.value, f"{segment.label} · {self.numbers[segment.value]}명") for segment in Segment
        ]

    def clean_segment(self) -> str:
        segment = self.cleaned_data["segment"]
        if not self.numbers[segment]:
            raise forms.ValidationError("지금 이 조건에 맞는 사람이 없습니다. 다른 조건을 골라 주세요.")
        return segment


class Messages(Pages):
    def urls(self) -> list[URLPattern]:
        guarded = self.guarded(self.write, SEE, CHANGE, SEND)
        return [path("<int:pk>/message/", guarded, name="programs_run_message")]

    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run(pk)
        form = SegmentForm(typed(request), run=run)
        if request.method == "POST" and form.is_valid():
            params = {"run": run.pk, "segment": form.cleaned_data["segment"]}
            made = mailing.write(OF_A_RUN, params, by=request.user, title=form.cleaned_data["title"])
            return redirect("admin:notices_mailing_change", made.pk)
        context = {
            "title": "여러 사람에게 보내기",
            "run": run,
            "form": form,
            "button": "글 쓰러 가기",
            "says": "아직 아무것도 보내지 않습니다. 다음 화면에서 글을 쓰고, 미리 보고, 요금을 확인한 뒤 보냅니다. "
            "계정이 있는 보호자와 학생이 받으며, 한 집에 자녀가 둘이어도 한 사람에게 한 번만 갑니다.",
        }
        return self.show(request, "admin/programs/act.html", context)


door("여러 사람에게 보내기", SEE, CHANGE, SEND, name="programs_run_message", position=45)
