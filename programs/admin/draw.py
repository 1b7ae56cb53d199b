"""추첨: every run that draws with where it stands, and for each its rule, list, draw and result."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from krds.dates import kdatetime
from lifecycle.admin import AppendOnlyAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from programs import lottery
from programs.admin.workplace import door
from programs.models import Application, Draw, Run
from programs.seeds import Source

PER_BOARD = 100
PER_PAGE = 300
FEW = 5  # fewer places than this, and a winner's line in the public list can be guessed
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RuleForm(forms.Form):
    """Which public number will be the seed, and who has more tickets."""

    source = forms.ChoiceField(label="씨앗이 될 숫자", choices=Source.choices)
    round_number = forms.IntegerField(
        label="로또 회차", min_value=1, required=False, help_text="코스피를 고르면 비워 둡니다."
    )
    known_on = forms.DateField(
        label="숫자가 공개되는 날", widget=DAY, help_text="접수 마감보다 뒤여야 합니다. 로또는 토요일입니다."
    )
    first_time_weight = forms.IntegerField(
        label="선정된 적 없는 신청의 추첨권(배)", min_value=1, max_value=10, initial=1, help_text="1이면 모두 같습니다."
    )


class SeedForm(forms.Form):
    """The number, typed twice, and where it was read."""

    number = forms.CharField(label="공개된 숫자", max_length=60)
    again = forms.CharField(label="한 번 더", max_length=60, help_text="다시 보고 적습니다. 붙여 넣지 마세요.")
    where = forms.CharField(
        label="확인한 곳과 날짜",
        max_length=200,
        help_text="결과 페이지에 그대로 실립니다. 예: 동행복권 누리집 2026. 12. 12.",
    )
    fallback = forms.BooleanField(label="대신하는 숫자입니다(처음 정한 숫자가 공개되지 않음)", required=False)

    def __init__(self, *args: Any, held: Draw, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = held
        self.fields["number"].help_text = Source(held.source).how

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("number", "again"):
            if name in cleaned:
                try:
                    cleaned[name] = lottery.read_number(self.held, cleaned[name])
                except lottery.Undrawable as refused:
                    self.add_error(name, str(refused))
        if {"number", "again"} <= cleaned.keys() and cleaned["number"] != cleaned["again"]:
            self.add_error("again", "두 번 적은 숫자가 다릅니다. 공개된 숫자를 다시 확인해 주세요.")
        return cleaned


@admin.register(Draw)
class DrawAdmin(AppendOnlyAdmin):
    """Its list is the board of all runs that draw; a draw's own page is that of its run."""

    list_display = ["run", "known_at", "frozen_at", "drawn_at"]

    def get_urls(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])
        view = self.admin_site.admin_view(both(self.run_view))
        return [path("run/<int:run_id>/", view, name="programs_draw_run"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        runs = Run.objects.filter(admission=Run.Admission.DRAW).select_related("program", "draw")
        runs = runs.order_by("-closes_at", "-pk")[:PER_BOARD]
        now = timezone.now()
        rows = [(run, _standing(run, now)) for run in runs]
        return self._page(request, "draws.html", {"title": "추첨", "rows": rows})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(Draw, pk=object_id) if object_id.isdecimal() else None
        return (
            redirect("admin:programs_draw_run", found.run_id) if found else redirect("admin:programs_draw_changelist")
        )

    # --- One run -----------------------------------------------------------------------------
    def run_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        runs = Run.objects.filter(admission=Run.Admission.DRAW).select_related("program", "draw")
        run = get_object_or_404(runs, pk=run_id)
        held = getattr(run, "draw", None)
        may = request.user.has_perm("programs.hold_draw")
        asked = request.POST.get("do", "") if request.method == "POST" else ""
        if asked and not may:
            raise PermissionDenied
        rule = RuleForm(request.POST if asked == "rule" else None, initial=_rule(held))
        seed = SeedForm(request.POST if asked in {"look", "draw"} else None, held=held) if held else None
        if asked and self._done(request, run, asked, rule, seed):
            return redirect("admin:programs_draw_run", run_id)
        now = timezone.now()
        context = {
            "title": f"추첨: {run}",
            "run": run,
            "draw": held,
            "standing": _standing(run, now),
            "checks": _checks(run, held, now),
            "may": may,
            "rule": rule if may and not (held and held.frozen_at) else None,
            "may_freeze": may and held and not held.frozen_at and run.closes_at <= now < held.known_at,
            "seed": seed if may and held and held.frozen_at and not held.drawn_at and held.known_at <= now else None,
            "second_look": asked == "look" and seed is not None and seed.is_valid(),
            "rows": _result(held) if held and held.drawn_at else [],
            "most": PER_PAGE,
        }
        return self._page(request, "draw.html", context)

    def _done(self, request: HttpRequest, run: Run, asked: str, rule: RuleForm, seed: SeedForm | None) -> bool:
        """Do what was asked; whether the page is to be opened anew."""
        by = request.user
        try:
            if asked == "rule" and rule.is_valid():
                lottery.set_rule(run.pk, by=by, **rule.cleaned_data)
                messages.success(request, "추첨 규칙을 정해 결과 페이지에 공개했습니다.")
            elif asked == "freeze":
                frozen = lottery.freeze(run.pk, by=by)
                messages.success(request, f"신청 {frozen.entered}건의 목록을 확정하고 해시를 공개했습니다.")
            elif asked == "draw" and seed is not None and seed.is_valid():
                given = {name: seed.cleaned_data[name] for name in ("number", "where", "fallback")}
                lottery.draw(run.pk, by=by, **given)
                messages.success(request, "추첨했습니다. 결과를 공개하고 가족마다 알립니다.")
            else:
                return False
        except Refused as refused:
            messages.error(request, str(refused))
            return False
        return True

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/programs/{template}", context)


def _rule(held: Draw | None) -> dict[str, Any]:
    names = ("source", "round_number", "known_on", "first_time_weight")
    return {name: getattr(held, name) for name in names} if held else {}


def _standing(run: Run, now: Any) -> str:
    """Where a run's draw stands, in words."""
    held = getattr(run, "draw", None)
    if run.state == Run.State.CANCELLED:
        return "취소된 회차"
    if held is None:
        return "규칙 정하기"
    if held.drawn_at:
        return f"추첨함 {kdatetime(held.drawn_at)}"
    if held.frozen_at:
        return "추첨하기" if held.known_at <= now else f"{kdatetime(held.known_at)}에 숫자 공개"
    if now < run.closes_at:
        return f"접수 중 ({kdatetime(run.closes_at)} 마감)"
    return "목록 확정하기" if now < held.known_at else "규칙 바꾸기(숫자가 먼저 공개됨)"


def _checks(run: Run, held: Draw | None, now: Any) -> list[tuple[bool, str]]:
    """What has to be so before the draw, each with whether it is."""
    published = run.published_at is not None and run.published_at <= now and run.program.published_at is not None
    checks = [
        (published, "회차를 게시해 누구나 추첨 페이지를 볼 수 있습니다."),
        (held is not None, "씨앗이 될 숫자를 미리 정했습니다."),
        (run.closes_at <= now, f"접수가 끝났습니다({kdatetime(run.closes_at)})."),
        (bool(held and held.frozen_at), "목록을 확정했습니다. 접수가 끝나면 1분 안에 저절로 확정합니다."),
        (bool(held and held.known_at <= now), "씨앗이 될 숫자가 공개되었습니다."),
    ]
    weighted = run.capacity < FEW and (run.groups.filter(for_priority=True).exists() or run.groups.filter(weight__gt=1))
    if weighted:
        checks.append(
            (
                False,
                f"정원이 {FEW}명보다 적어, 뽑힌 신청의 추첨권 수를 짐작할 수 있습니다. 가중치를 쓰지 않는 것이 좋습니다.",
            )
        )
    return checks


def _result(held: Draw) -> list[tuple[Any, str, str]]:
    """The entries in the order of the draw with masked names and today's state."""
    entries = held.entries.order_by("place").select_related("application__school")
    entries = entries.prefetch_related("application__participants__student", "application__participants__user")
    return [(entry, _who(entry.application), entry.application.get_state_display()) for entry in entries[:PER_PAGE]]


def _who(application: Application) -> str:
    if application.headcount:
        return f"{application.school} {application.class_name}"
    return ", ".join(mask_name(one.called) for one in application.participants.all())


door(
    "추첨",
    "programs.view_draw",
    name="programs_draw_run",
    position=35,
    shown=lambda run: run.admission == Run.Admission.DRAW,
)
