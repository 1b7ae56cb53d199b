"""One run as the staff's workplace: what stands, what comes next, its sessions and groups; and the list of sessions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html

from centre.models import Room
from centre.rooms import Usage
from krds.dates import kdatetime, kperiod
from lifecycle.admin import StaffAdmin
from lifecycle.locks import lock
from programs import publishing, rules
from programs.admin import overtaking
from programs.admin.camps import Camps
from programs.admin.entering import Entering
from programs.admin.going import Going
from programs.admin.meeting import Meetings, RoomField
from programs.admin.messages import Messages
from programs.admin.workplace import doors
from programs.models import Application, Group, Run, Session
from questionnaires.models import Questionnaire

# What applications were made under: not to be changed any more once there are any.
GUARDED = ("program", "admission", "party", "companions")
IN_RULES = {"starts_at", "ends_at", "capacity", "admission", "party", "companions", "opens_at", "closes_at"}


class SeenField(forms.CharField):
    """A stamp that the page carries; no change of the run, so its history does not name it."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class RunForm(forms.ModelForm):
    """A run. Its first session is made with it; later its times are those of its sessions."""

    room = RoomField(help_text="첫 회기의 방입니다. 회기는 저장한 뒤에 더 만듭니다.")
    seen = SeenField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.is_bound:
            fetched = hasattr(self.instance, "with_whom")
            self.initial["seen"] = overtaking.of(self.instance) if fetched else overtaking.stamp(self.instance.pk)

    def clean(self) -> dict[str, Any]:
        """The admin page is one transaction: the lock taken here holds until the run is saved."""
        given = super().clean()
        if self.instance.pk:
            lock(Run.objects, self.instance.pk)
            self._check_overtaken(given)
            if set(self.changed_data) & {*GUARDED, "capacity"} and self.instance.applications.exists():
                raise forms.ValidationError("그사이 신청이 들어왔습니다. 새로 고친 뒤에 다시 고쳐 주세요.")
        elif (room := given.get("room")) and given.get("starts_at") and given.get("ends_at"):
            self._check_room(lock(Room.objects.select_related("venue"), room.pk), given["starts_at"], given["ends_at"])
        return given

    def _check_overtaken(self, given: dict[str, Any]) -> None:
        """Refuse what was typed over an older state; the next press is made knowing of it."""
        stands = overtaking.stamp(self.instance.pk)
        if given.get("seen") != stands:
            self.data = self.data.copy()
            self.data["seen"] = stands
            raise forms.ValidationError(overtaking.SENTENCE)

    def _check_room(self, room: Room, starts: datetime, ends: datetime) -> None:
        if ends <= starts:
            return  # the model says so
        days = timezone.localdate(starts), timezone.localdate(ends)
        period = DateTimeTZRange(starts, ends, "[)")
        if sentence := Usage.load([room], *days).obstacle(room, period, outside_hours=True):
            self.add_error("room", sentence)

    def _get_validation_exclusions(self) -> set[str]:
        """Columns that this page shows and does not write are still part of what must hold."""
        known = {name for name in IN_RULES if getattr(self.instance, name, None) is not None or self.instance.pk}
        return super()._get_validation_exclusions() - (known if self.instance.pk else set())


class GroupFormSet(forms.BaseInlineFormSet):
    """Groups of a run. The run's form, which is asked first, holds the lock."""

    def clean(self) -> None:
        super().clean()
        fixed = {"name", "first_grade", "last_grade", "for_priority", "capacity", "DELETE"}
        touched = any(fixed & set(form.changed_data) for form in self.forms)
        if touched and self.instance.pk and self.instance.applications.exists():
            raise forms.ValidationError("그사이 신청이 들어왔습니다. 새로 고친 뒤에 다시 고쳐 주세요.")


class GroupInline(admin.TabularInline):
    model = Group
    formset = GroupFormSet
    fields = ["name", "first_grade", "last_grade", "for_priority", "capacity", "weight", "position"]
    extra = 0
    verbose_name_plural = "그룹 정원"

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[str]:
        """Once anybody has applied, groups are what they applied in; their places are ``seating.resize``'s."""
        fixed = obj is not None and _is_applied_for(obj)
        return ["name", "first_grade", "last_grade", "for_priority", "capacity"] if fixed else []

    def has_add_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return super().has_add_permission(request, obj) and not (obj is not None and _is_applied_for(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and _is_applied_for(obj))


class ShownFilter(admin.SimpleListFilter):
    """By whether families see it."""

    title = "공개"
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "공개함"), ("no", "공개 안 함")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        shown = Q(published_at__lte=timezone.now())
        return {"yes": queryset.filter(shown), "no": queryset.exclude(shown)}.get(self.value(), queryset)


@admin.register(Run)
class RunAdmin(StaffAdmin):
    form = RunForm
    change_form_template = "admin/programs/run/change_form.html"
    list_display = ["title", "program", "when", "place", "capacity", "state", "status_now", "shown"]
    list_filter = ["state", ShownFilter, "program__area", "program__kind"]
    search_fields = ["title", "program__title"]
    date_hierarchy = "starts_at"
    inlines = [GroupInline]

    def get_fieldsets(self, request: HttpRequest, obj: Run | None = None) -> list[Any]:
        first = ["program", "title", "place", *([] if obj else [("starts_at", "ends_at"), "room"])]
        if obj is not None and self.has_change_permission(request, obj):
            first.append("seen")
        return [
            (None, {"fields": first}),
            ("접수와 선정", {"fields": [("opens_at", "closes_at"), "admission", "capacity", "waiting_most"]}),
            ("누가 신청하나", {"fields": ["party", "companions", "rules"]}),
            ("개설 결정", {"fields": ["min_participants", "decide_at"]}),
            ("질문지와 수료", {"fields": ["questionnaire", "second_form", "second_form_until", "pass_percent"]}),
            ("함께하는 기관", {"fields": ["partners"]}),
        ]

    def get_form(self, request: HttpRequest, obj: Run | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        if not self.has_change_permission(request, obj) and obj is not None:
            kwargs["form"] = forms.ModelForm  # to read, the plain fields will do
        return super().get_form(request, obj, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Run | None:
        run = super().get_object(request, object_id, from_field)
        if run is not None:
            states = run.applications.order_by().values("state").annotate(number=Count("pk"))
            run.states = list(states.values_list("state", "number"))
            run.has_applications = bool(run.states)
        return run

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Run]:
        sums = Group.objects.filter(run=OuterRef("pk")).order_by().values("run").annotate(sum=Sum("capacity"))
        runs = super().get_queryset(request).select_related("program", "rules", "questionnaire", "second_form")
        runs = runs.annotate(group_places=Subquery(sums.values("sum")))
        match = request.resolver_match
        return overtaking.with_all(runs) if match and match.url_name == "programs_run_change" else runs

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *GUARDED, "capacity"] if obj is not None and _is_applied_for(obj) else fields

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        few = {"rules", "questionnaire", "second_form"}  # a centre has few; a plain list is quicker
        return [name for name in super().get_autocomplete_fields(request) if name not in few]

    def formfield_for_foreignkey(self, key: models.ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        """Both forms are chosen from one list, fetched once."""
        field = super().formfield_for_foreignkey(key, request, **kwargs)
        if key.name in {"questionnaire", "second_form"}:
            if not hasattr(request, "questionnaires"):
                request.questionnaires = [(form.pk, str(form)) for form in Questionnaire.objects.order_by("name", "pk")]
            field.choices = [("", "없음"), *request.questionnaires]
        return field

    def save_model(self, request: HttpRequest, obj: Run, form: forms.ModelForm, change: bool) -> None:
        """What the form did not touch is not written: others move the same row under its lock."""
        if not change:
            obj.published_at = None
            super().save_model(request, obj, form, change)
            room = form.cleaned_data.get("room")
            obj.sessions.create(starts_at=obj.starts_at, ends_at=obj.ends_at, room=room)
            return
        columns = {field.name for field in Run._meta.concrete_fields}
        changed = [name for name in form.changed_data if name in columns]
        if "decide_at" in changed:
            obj.asked_at = None  # another date: staff are asked again
            changed.append("asked_at")
        if changed:
            obj.save(update_fields=changed)

    def response_add(self, request: HttpRequest, obj: Run, post_url_continue: str | None = None) -> HttpResponse:
        """On to the run's page, where its sessions are made and what is missing is said."""
        if "_addanother" not in request.POST and "_popup" not in request.POST:
            request.POST = request.POST.copy()
            request.POST["_continue"] = "1"
        return super().response_add(request, obj, post_url_continue)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (run := kwargs.get("obj")) is not None:
            context |= overview(run, request.user)
        return super().render_change_form(request, context, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        parts = (Meetings(self), Camps(self), Going(self), Entering(self), Messages(self))
        return [*(url for part in parts for url in part.urls()), *super().get_urls()]

    # --- Columns -----------------------------------------------------------------------------
    @admin.display(description="일시", ordering="starts_at")
    def when(self, run: Run) -> str:
        return kperiod(run.starts_at, run.ends_at)

    @admin.display(description="접수")
    def status_now(self, run: Run) -> str:
        return run.status.label

    @admin.display(description="공개", boolean=True, ordering="published_at")
    def shown(self, run: Run) -> bool:
        return run.published_at is not None and run.published_at <= timezone.now()


def overview(run: Run, user: Any) -> dict[str, Any]:
    """What stands above the form: numbers, what comes next, what is missing, sessions and buttons."""
    now = timezone.now()
    labels = dict(Application.State.choices)
    hidden = run.published_at is None or run.published_at > now
    stands = run.state != Run.State.CANCELLED
    publishing.fetch(run)
    places = rules.places([run], now)[run.pk]
    missing = publishing.gaps(run, now, groups=[run.group_places or 0]) if stands and hidden else []
    return {
        "places": places,
        "states": [(labels[state], number) for state, number in run.states],
        "gaps": missing,
        "next_step": next_step(run, missing, now),
        "meetings": run.sessions.all(),
        "doors": doors(run, user),
        "may_change": stands and user.has_perm("programs.change_run"),
        "now": now,
        "status": run.status_at(now),
    }


def next_step(run: Run, missing: list[publishing.Gap], now: datetime) -> str:
    """One sentence: what staff or the clock do next with this run."""
    if run.state == Run.State.CANCELLED:
        return "취소된 회차입니다. 다시 열려면 새 회차를 만들거나 베껴 주세요."
    if now >= run.ends_at:
        return "끝난 회차입니다. 출석과 수료를 확인해 주세요."
    if run.published_at is None:
        blocked = any(gap.blocks for gap in missing)
        return "아래에 빠진 것을 채운 뒤 공개해 주세요." if blocked else "빠진 것이 없습니다. 공개해 주세요."
    if run.published_at > now:
        return f"{kdatetime(run.published_at)}에 공개됩니다."
    steps: list[tuple[datetime | None, str]] = [
        (run.opens_at, "접수를 시작합니다"),
        (run.closes_at, "접수를 마감합니다"),
        (run.decide_at if run.min_participants and run.state == Run.State.PLANNED else None, "개설을 결정합니다"),
        (run.starts_at, "첫 회기가 시작됩니다"),
        (run.ends_at, "마지막 회기가 끝납니다"),
    ]
    late = run.decide_at and run.decide_at <= now < run.starts_at
    if run.min_participants and run.state == Run.State.PLANNED and late:
        return "개설을 결정할 때가 지났습니다. ‘개설 확정’이나 ‘회차 취소’를 해 주세요."
    moment, what = min((pair for pair in steps if pair[0] and pair[0] > now), key=lambda pair: pair[0])
    return f"{kdatetime(moment)}에 {what}."


class BetweenFilter(admin.SimpleListFilter):
    """Sessions of some days, both included: ``?from=2026-12-24&until=2026-12-26``; a day off leads here."""

    title = "때"
    parameter_name = "from"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type, model_admin: Any) -> None:
        self.until = day_of(params.pop("until", [""])[-1])
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        today = timezone.localdate()
        return [(today.isoformat(), "오늘부터"), ((today + timedelta(days=7)).isoformat(), "다음 주부터")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if first := day_of(self.value() or ""):
            queryset = queryset.filter(ends_at__gt=_midnight(first))
        if self.until:
            queryset = queryset.filter(starts_at__lt=_midnight(self.until + timedelta(days=1)))
        return queryset


@admin.register(Session)
class SessionAdmin(StaffAdmin):
    """All runs' sessions by day; each is worked on from its run's page."""

    list_display = ["when", "run_link", "where", "stands"]
    list_filter = [BetweenFilter, "run__program__kind"]
    search_fields = ["run__title", "run__program__title", "title"]
    ordering = ["starts_at", "pk"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Session]:
        return super().get_queryset(request).select_related("run__program", "room__venue")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False

    @admin.display(description="일시", ordering="starts_at")
    def when(self, session: Session) -> str:
        return kperiod(session.starts_at, session.ends_at)

    @admin.display(description="회차", ordering="run")
    def run_link(self, session: Session) -> str:
        return format_html('<a href="{}">{} · {}회기</a>', _run_url(session.run_id), session.run, session.number)

    @admin.display(description="장소")
    def where(self, session: Session) -> str:
        return session.where

    @admin.display(description="진행")
    def stands(self, session: Session) -> str:
        if session.cancelled_at:
            return f"취소({session.cancelled_because})"
        return "끝남" if session.ends_at <= timezone.now() else "예정"


def _is_applied_for(run: Run) -> bool:
    """Asked once for each page."""
    if not hasattr(run, "has_applications"):
        run.has_applications = run.pk is not None and run.applications.exists()
    return run.has_applications


def _run_url(pk: int) -> str:
    return reverse("admin:programs_run_change", args=[pk])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def day_of(text: str) -> date | None:
    """A day from the address; nothing for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
