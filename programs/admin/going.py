"""Showing a run and taking it off, its number of places, and whether it takes place at all."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from krds.dates import kdatetime
from programs import cancelling, deciding, publishing, rules, seating
from programs.admin.pages import CHANGE, LINE, SEE, Pages, typed
from programs.admin.workplace import door
from programs.models import Run


class PublishForm(forms.Form):
    at = forms.SplitDateTimeField(
        label="공개 일시", required=False, widget=AdminSplitDateTime, help_text="비워 두면 지금 공개합니다."
    )


class TakeDownForm(forms.Form):
    even_so = forms.BooleanField(label="신청이 있어도 공개를 멈춥니다", required=False)


class ConfirmForm(forms.Form):
    reason = forms.CharField(
        label="사유",
        max_length=200,
        required=False,
        widget=LINE,
        help_text="최소 인원에 못 미치는데 열 때 적습니다. 이력에만 남고 가족에게 보이지 않습니다.",
    )


class ResizeForm(forms.Form):
    """Places of the run and of each of its groups."""

    capacity = forms.IntegerField(label="정원(명)", min_value=1, required=False, help_text="비우면 정원이 없습니다.")
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        self.initial |= {"capacity": run.capacity, "seen": seating.sizes(run)}
        for group in run.groups.all():
            self.fields[f"group-{group.pk}"] = forms.IntegerField(
                label=f"‘{group.name}’ 정원(명)", min_value=1, initial=group.capacity
            )

    @property
    def groups(self) -> dict[int, int]:
        given = self.cleaned_data
        return {int(name.removeprefix("group-")): given[name] for name in given if name.startswith("group-")}

    def resize(self, by: Any) -> None:
        """Whoever was overtaken keeps what was typed, and with the next press knows what stands by then."""
        try:
            seen = self.cleaned_data["seen"] or {}
            seating.resize(self.run.pk, capacity=self.cleaned_data["capacity"], groups=self.groups, seen=seen, by=by)
        except seating.Changed:
            fresh = seating.sizes(Run.objects.get(pk=self.run.pk))
            self.data = {**self.data.dict(), "seen": json.dumps(fresh)}
            raise


class Going(Pages):
    def urls(self) -> list[URLPattern]:
        may = (SEE, CHANGE)
        return [
            path("deciding/", self.guarded(self.deciding, SEE), name="programs_deciding"),
            path("<int:pk>/publish/", self.guarded(self.publish, *may), name="programs_run_publish"),
            path("<int:pk>/take-down/", self.guarded(self.take_down, *may), name="programs_run_take_down"),
            path("<int:pk>/confirm/", self.guarded(self.confirm, *may), name="programs_run_confirm"),
            path("<int:pk>/resize/", self.guarded(self.resize, *may), name="programs_run_resize"),
        ]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run(pk)
        return self.act(
            request,
            run,
            PublishForm(typed(request)),
            lambda given: publishing.publish(run.pk, by=request.user, at=given["at"]),
            title="회차 공개",
            button="공개하기",
            done="회차를 공개했습니다.",
            says="누리집 프로그램 목록과 상세 화면에 보이고, 접수 시작부터 신청을 받습니다.",
            gaps=publishing.gaps(run, timezone.now()),
            checked=True,
        )

    def take_down(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run(pk)
        live = run.applications.live().count()
        form = TakeDownForm(typed(request))
        if not live:
            del form.fields["even_so"]
        says = "누리집에서 사라집니다. 아무에게도 알리지 않고 신청도 그대로 남습니다."
        if live:
            says += f" 지금 살아 있는 신청이 {live}건 있습니다. 열지 않을 것이라면 ‘회차 취소’를 해 주세요."
        return self.act(
            request,
            run,
            form,
            lambda given: publishing.take_down(run.pk, by=request.user, even_so=given.get("even_so", False)),
            title="공개 멈추기",
            button="공개 멈추기",
            done="회차의 공개를 멈췄습니다.",
            says=says,
        )

    def resize(self, request: HttpRequest, pk: int) -> HttpResponse:
        run, now = self.run(pk), timezone.now()
        form = ResizeForm(typed(request), run=run)
        places = rules.places([run], now)[run.pk]
        return self.act(
            request,
            run,
            form,
            lambda _given: form.resize(request.user),
            title="정원 바꾸기",
            button="정원 바꾸기",
            done="정원을 바꿨습니다. 늘어난 자리는 기다리는 사람에게 먼저 갑니다.",
            says=f"지금 찬 자리 {places.taken}, 대기 {places.waiting}. 찬 자리보다 줄일 수 없고, 늘리면 대기 순서대로 자리를 줍니다.",
        )

    def deciding(self, request: HttpRequest) -> HttpResponse:
        """Runs with a minimum that nobody has decided on; what is due first."""
        now = timezone.now()
        rows = list(deciding.with_taken(deciding.undecided(now), now).select_related("program")[:200])
        context = {"title": "개설을 결정할 회차", "rows": rows, "now": now, "may": request.user.has_perm(CHANGE)}
        return self.show(request, "admin/programs/deciding.html", context)

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        run, now = self.run(pk), timezone.now()
        taken = run.applications.occupying(now).places_taken()
        least = f", 최소 인원 {run.min_participants}명" if run.min_participants else ""
        by = f", 결정할 때 {kdatetime(run.decide_at)}" if run.decide_at else ""
        return self.act(
            request,
            run,
            ConfirmForm(typed(request)),
            lambda given: deciding.confirm(run.pk, by=request.user, reason=given["reason"]),
            title="개설 확정",
            button="개설 확정하고 알리기",
            done="개설을 확정하고 참가자에게 알렸습니다.",
            says=f"지금 자리 {taken}명{least}{by}. 예정대로 연다고 참가가 정해진 가족에게 알립니다. 열지 않으려면 ‘회차 취소’를 해 주세요.",
            preview=cancelling.preview(run, list(run.sessions.standing().select_related("room__venue")), whole=False),
        )


def _is_planned(run: Run) -> bool:
    return run.state == Run.State.PLANNED and run.starts_at > timezone.now()


def _stands(run: Run) -> bool:
    return run.state != Run.State.CANCELLED


door(
    "공개하기",
    SEE,
    CHANGE,
    name="programs_run_publish",
    position=10,
    shown=lambda run: _stands(run) and (run.published_at is None or run.published_at > timezone.now()),
)
door(
    "공개 멈추기",
    SEE,
    CHANGE,
    name="programs_run_take_down",
    position=70,
    shown=lambda run: run.published_at is not None,
)
door("정원 바꾸기", SEE, CHANGE, name="programs_run_resize", position=30, shown=_stands)
door("개설 확정", SEE, CHANGE, name="programs_run_confirm", position=40, shown=_is_planned)
