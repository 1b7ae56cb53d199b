"""A run's sessions: many from one rule, one moved or taken out; and calling off one, the rest or all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone

from centre.models import Room
from lifecycle.locks import Refused
from programs import cancelling, sessions
from programs.admin.pages import CHANGE, CLOCK, DAY, LINE, SEE, Pages, ReasonForm, to_run, typed
from programs.admin.workplace import door
from programs.models import Application, Run, Session
from programs.repeating import MOST_TIMES, MOST_WEEKS, Repeat
from programs.sessions import Changes, Where

WEEKDAYS = [(str(number), name) for number, name in enumerate("월화수목금토일")]
YEARS = (2020, 2100)


class RoomField(forms.ModelChoiceField):
    def __init__(self, **how: Any) -> None:
        rooms = Room.objects.select_related("venue").order_by("venue__position", "name", "pk")
        super().__init__(rooms, label="방", required=False, empty_label="방 없음(센터 밖)", **how)

    def label_from_instance(self, room: Room) -> str:
        return f"{room.venue} {room} ({room.capacity}명)"


class RepeatForm(forms.Form):
    """A rule: from a day on, on which weekdays, how often."""

    first = forms.DateField(label="첫날", widget=DAY)
    starts = forms.TimeField(label="시작", widget=CLOCK)
    ends = forms.TimeField(label="끝", widget=CLOCK)
    weekdays = forms.MultipleChoiceField(
        label="요일",
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="비워 두면 첫날의 요일입니다.",
    )
    every = forms.IntegerField(label="몇 주마다", min_value=1, max_value=MOST_WEEKS, initial=1)
    times = forms.IntegerField(
        label="몇 번",
        min_value=1,
        max_value=MOST_TIMES,
        required=False,
        help_text="이미 있는 회기도 셉니다. 쉬는 날은 건너뛰고 셉니다. 이것도 마지막 날도 비우면 한 번입니다.",
    )
    until = forms.DateField(label="마지막 날", widget=DAY, required=False)
    title = forms.CharField(label="내용", max_length=100, required=False, widget=LINE)
    room = RoomField()
    place = forms.CharField(
        label="장소",
        max_length=100,
        required=False,
        widget=LINE,
        help_text="방이 없을 때 적습니다. 비우면 회차의 장소입니다.",
    )
    without_room = forms.BooleanField(label="방을 쓸 수 없는 날은 방 없이 만들기", required=False)
    on_days_off = forms.BooleanField(label="쉬는 날에도 만들기", required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("starts") and given.get("ends") and given["ends"] <= given["starts"]:
            self.add_error("ends", "끝나는 시각은 시작 시각보다 뒤여야 합니다.")
        for name in ("first", "until"):
            if (day := given.get(name)) and not YEARS[0] <= day.year <= YEARS[1]:
                self.add_error(name, "연도를 확인해 주세요.")
        if given.get("first") and given.get("until") and given["until"] < given["first"]:
            self.add_error("until", "마지막 날은 첫날보다 앞일 수 없습니다.")
        return given

    @property
    def rule(self) -> Repeat:
        given = self.cleaned_data
        names = ("first", "starts", "ends", "every", "times", "until")
        weekdays = frozenset(int(day) for day in given["weekdays"])
        return Repeat(**{name: given[name] for name in names}, weekdays=weekdays)

    @property
    def where(self) -> Where:
        names = ("room", "place", "title", "without_room", "on_days_off")
        return Where(**{name: self.cleaned_data[name] for name in names})


class MoveForm(ReasonForm):
    """What a session becomes."""

    day = forms.DateField(label="날짜", widget=DAY)
    starts = forms.TimeField(label="시작", widget=CLOCK)
    ends = forms.TimeField(label="끝", widget=CLOCK)
    last_day = forms.DateField(label="끝나는 날", widget=DAY, required=False, help_text="다음 날 끝날 때만 적습니다.")
    title = forms.CharField(label="내용", max_length=100, required=False, widget=LINE)
    room = RoomField()
    place = forms.CharField(
        label="장소",
        max_length=100,
        required=False,
        widget=LINE,
        help_text="방이 없을 때 적습니다. 비우면 회차의 장소입니다.",
    )
    field_order = ["day", "starts", "ends", "last_day", "title", "room", "place", "reason"]

    def __init__(self, *args: Any, seated: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        if not seated:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if {"day", "starts", "ends"} <= given.keys():
            last = given.get("last_day") or given["day"]
            if not YEARS[0] <= given["day"].year <= last.year <= YEARS[1]:
                self.add_error("day", "날짜를 확인해 주세요.")
                return given
            given["starts_at"] = timezone.make_aware(datetime.combine(given["day"], given["starts"]))
            given["ends_at"] = timezone.make_aware(datetime.combine(last, given["ends"]))
            if given["ends_at"] <= given["starts_at"]:
                self.add_error("ends", "끝은 시작보다 뒤여야 합니다.")
        return given

    @classmethod
    def start(cls, session: Session) -> dict[str, Any]:
        starts, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
        return {
            "day": starts.date(),
            "starts": starts.time(),
            "ends": ends.time(),
            "last_day": ends.date() if ends.date() != starts.date() else None,
            "title": session.title,
            "room": session.room_id,
            "place": session.place,
        }


class Meetings(Pages):
    def urls(self) -> list[URLPattern]:
        may = (SEE, CHANGE)
        return [
            path("<int:pk>/sessions/", self.guarded(self.make, *may), name="programs_run_sessions"),
            path("<int:pk>/cancel/", self.guarded(self.cancel_run, *may), name="programs_run_cancel"),
            path("<int:pk>/cancel-rest/", self.guarded(self.cancel_rest, *may), name="programs_run_cancel_rest"),
            path("sessions/<int:pk>/move/", self.guarded(self.move, *may), name="programs_session_move"),
            path("sessions/<int:pk>/remove/", self.guarded(self.remove, *may), name="programs_session_remove"),
            path("sessions/<int:pk>/cancel/", self.guarded(self.cancel, *may), name="programs_session_cancel"),
        ]

    def make(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose, look at what would happen, do it. The look changes nothing, and what was seen is what is done."""
        run = self.run(pk)
        asked = request.POST if request.method == "POST" else request.GET
        form = RepeatForm(asked if "first" in asked else None, initial=self._usual(run))
        found, refused = None, ""
        if form.is_valid():
            if request.method == "POST":
                try:
                    made = sessions.make(
                        run.pk, form.rule, form.where, by=request.user, expected=request.POST.get("seen") or "-"
                    )
                except Refused as sentence:
                    refused = str(sentence)
                else:
                    messages.success(request, f"회기 {len(made)}개를 만들었습니다.")
                    return to_run(run)
            found = sessions.plan(run, form.rule, form.where, timezone.now())
        context = {
            "title": "회기 만들기",
            "run": run,
            "form": form,
            "plan": found,
            "refused": refused,
            "blocked": bool(found and found.conflicts and not form.where.without_room),
            "seated": run.applications.filter(state__in=Application.SEATED).count(),
        }
        return self.show(request, "admin/programs/repeat.html", context)

    def _usual(self, run: Run) -> dict[str, Any]:
        """A week after the last one, at the same time in the same room."""
        last = run.sessions.standing().order_by("-starts_at").first()
        if last is None:
            return {}
        usual = MoveForm.start(last)
        return {**usual, "first": usual["day"], "every": 1, "title": ""}

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        session, run = self._session(pk)
        seated = run.applications.filter(state__in=Application.SEATED).exists()
        form = MoveForm(typed(request), seated=seated, initial=MoveForm.start(session))

        def do(given: dict[str, Any]) -> None:
            to = Changes(given["starts_at"], given["ends_at"], given["room"], given["place"], given["title"])
            sessions.move(session.pk, to, by=request.user, reason=given.get("reason", ""))

        says = "시간이나 장소가 바뀌면 참가자 가족에게 이전과 새 일정을 함께 알립니다." if seated else ""
        return self.act(
            request,
            run,
            form,
            do,
            title="회기 고치기",
            button="고치기",
            done="회기를 고쳤습니다.",
            says=says,
            session=session,
        )

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        session, run = self._session(pk)
        return self.act(
            request,
            run,
            forms.Form(typed(request)),
            lambda _given: sessions.remove(session.pk, by=request.user),
            title="회기 지우기",
            button="지우기",
            done="회기를 지웠습니다.",
            says="아직 아무도 신청하지 않은 회차의 회기만 지울 수 있습니다. 방도 비워집니다.",
            session=session,
        )

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        session, run = self._session(pk)
        return self.act(
            request,
            run,
            ReasonForm(typed(request)),
            lambda given: cancelling.cancel_session(session.pk, by=request.user, reason=given["reason"]),
            title="회기 취소",
            button="회기 취소하고 알리기",
            done="회기를 취소하고 가족에게 알렸습니다.",
            says="이 회기만 취소합니다. 방은 바로 비고, 참가자의 자리는 그대로입니다.",
            session=session,
            preview=cancelling.preview(run, [session], whole=False),
        )

    def cancel_rest(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run(pk)
        rest = list(run.sessions.standing().filter(starts_at__gt=timezone.now()).select_related("room__venue"))
        return self.act(
            request,
            run,
            ReasonForm(typed(request)),
            lambda given: cancelling.cancel_rest(run.pk, by=request.user, reason=given["reason"]),
            title="남은 회기 취소",
            button="남은 회기 취소하고 알리기",
            done="남은 회기를 취소하고 가족에게 알렸습니다.",
            says="아직 시작하지 않은 회기를 모두 취소합니다. 가족마다 한 번 알립니다.",
            preview=cancelling.preview(run, rest, whole=False),
        )

    def cancel_run(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run(pk)
        every = list(run.sessions.standing().select_related("room__venue"))
        start = {"reason": "최소 인원 미달"} if run.min_participants else {}
        return self.act(
            request,
            run,
            ReasonForm(typed(request), initial=start),
            lambda given: cancelling.cancel_run(run.pk, by=request.user, reason=given["reason"]),
            title="회차 취소",
            button="회차 취소하고 알리기",
            done="회차를 취소하고 신청한 가족에게 알렸습니다.",
            says="회차를 열지 않습니다(폐강). 살아 있는 신청은 모두 취소되고 방이 비며, 되돌릴 수 없습니다. 가족마다 한 번 알립니다.",
            preview=cancelling.preview(run, every, whole=True),
        )

    def _session(self, pk: int) -> tuple[Session, Run]:
        session = get_object_or_404(Session.objects.select_related("run__program", "room__venue"), pk=pk)
        return session, session.run


_STANDS = {"shown": lambda run: run.state != Run.State.CANCELLED}
door("회기 만들기", SEE, CHANGE, name="programs_run_sessions", position=20, **_STANDS)
door("남은 회기 취소", SEE, CHANGE, name="programs_run_cancel_rest", position=80, alert=True, **_STANDS)
door("회차 취소(폐강)", SEE, CHANGE, name="programs_run_cancel", position=90, alert=True, **_STANDS)
