"""Booking for somebody on the telephone or at the counter, by keyboard: who, what about, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone

from accounts import callers
from accounts.models import Student
from centre.models import Room
from counseling import assignment, sensitive, taking, walkin
from counseling import booking as bookings
from counseling.admin.choices import Offered, offered
from counseling.admin.pages import CALL, Pages, board_url, both, typed
from counseling.finding import day_of
from counseling.forms import topics_for
from counseling.models import Booking, Counselor, Mode, Slot, Topic
from lifecycle import access
from lifecycle.locks import Refused
from lifecycle.masking import mask_name

NEEDS_CONSENT = (
    "민감정보(심리·건강) 처리 동의가 있어야 하는 주제입니다. 동의 문안을 알려 드리고 받은 방법을 골라 주세요. "
    "동의하지 않으시면 다른 주제로 예약해 주세요."
)


def consent_field() -> forms.ChoiceField:
    """How staff were given the consent that a sensitive topic asks for; under 14 it is a guardian's."""
    return forms.ChoiceField(
        label="민감정보 처리 동의",
        choices=[("", "받지 않음(이미 동의했거나 필요 없는 주제)"), *sensitive.Taken.choices],
        required=False,
        help_text="만 14세 미만이면 보호자의 동의입니다. 동의하지 않으면 이 주제만 예약할 수 없습니다.",
    )


def consent_by_field() -> forms.CharField:
    """Who gave it: the proof of a consent that nobody signed in for (개인정보 보호법 제22조)."""
    return forms.CharField(
        label="동의하신 분",
        required=False,
        max_length=50,
        help_text="동의를 받았을 때만 적습니다. 예: 김엄마(어머니)",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
    )


class Consented(forms.Form):
    """The consent with whoever gave it: neither without the other."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("consent") and not cleaned.get("consent_by", "").strip() and "consent_by" in self.fields:
            self.add_error("consent_by", "누가 동의했는지 이름과 관계를 적어 주세요. 예: 김엄마(어머니)")
        return cleaned


class CallForm(Consented):
    """What a caller wants, for the student found above it, in one slot that staff chose on the board."""

    student = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "학생을 먼저 골라 주세요."})
    topic = forms.ModelChoiceField(Topic.objects.none(), label="상담 주제", empty_label=None)
    mode = forms.ChoiceField(label="상담 방식", widget=forms.RadioSelect)
    question = forms.CharField(
        label="상담받고 싶은 내용", required=False, max_length=500, widget=forms.Textarea({"rows": 3})
    )

    exception = forms.CharField(
        label="규칙 예외 사유",
        required=False,
        max_length=200,
        help_text="규칙에 걸리는 학생을 예외로 예약할 때만 적습니다. 처리 이력에 남습니다.",
        widget=forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
    )

    consent = consent_field()
    consent_by = consent_by_field()

    def __init__(self, *args: Any, slot: Slot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].queryset = topics_for(slot)
        self.fields["mode"].choices = [(mode.value, mode.label) for mode in Mode if mode in slot.modes]
        self.fields["mode"].initial = slot.modes[0]
        if not any(topic.sensitive for topic in self.fields["topic"].queryset):
            del self.fields["consent"], self.fields["consent_by"]


class TimeForm(Consented):
    """The chosen time: the key of a slot, or ``now-<counsellor>`` for a slot made on the spot."""

    when = forms.RegexField(
        r"^(now-)?\d{1,18}$",
        error_messages={"required": "시간을 골라 주세요.", "invalid": "시간을 골라 주세요."},
    )
    room = forms.ModelChoiceField(Room.objects.on(), required=False, label="상담실", empty_label="방 없이")
    question = forms.CharField(label="상담받고 싶은 내용", required=False, max_length=500)
    exception = forms.CharField(label="규칙 예외 사유", required=False, max_length=200)
    consent = consent_field()
    consent_by = consent_by_field()


@dataclass(frozen=True)
class Asked:
    """What stands in the address of the page: student, topic, mode, day, counsellor."""

    query: str
    student: Student | None
    found: list[callers.Caller]
    topic: Topic | None
    topics: list[Topic]
    mode: str | None
    day: date | None
    counselor: int | None
    said_topic: bool

    @property
    def name(self) -> str:
        return mask_name(self.student.name) if self.student else ""

    @classmethod
    def read(cls, request: HttpRequest) -> Asked:
        get = request.GET
        query = get.get("q", "").strip()
        found = callers.find(query, request.user) if query else []
        chosen = next((c.student for c in found if str(c.student.pk) == get.get("student")), None)
        if len(found) == 1:
            chosen = found[0].student
        if not query and get.get("student", "").isdecimal():  # straight from a booking's page or the registration
            chosen = callers.students(request.user).filter(pk=int(get["student"][:18])).first()
        topics = list(Topic.objects.open())
        topic = next((topic for topic in topics if topic.slug == get.get("topic")), None)
        mode = get.get("mode")
        counselor = get.get("counselor", "")
        return cls(
            query,
            chosen,
            found,
            topic or _usual(chosen, topics),
            topics,
            mode if mode in Mode.values else None,
            day_of(get.get("from", "")),
            int(counselor) if counselor.isdecimal() and len(counselor) < 10 else None,
            topic is not None,
        )


class Calls(Pages):
    def urls(self) -> list[URLPattern]:
        return [
            path("call/", self.guarded(both(self.caller), CALL), name="counseling_caller"),
            path("walk-in/", self.guarded(both(self.walk_in), CALL), name="counseling_walkin"),
            path("board/slots/<int:pk>/book/", self.guarded(both(self.call), CALL), name="counseling_call"),
        ]

    # --- All on one page -----------------------------------------------------------------------
    def caller(self, request: HttpRequest) -> HttpResponse:
        """전화 예약: the student, the topic, the next free times of everybody."""
        return self._one_page(request, now=False)

    def walk_in(self, request: HttpRequest) -> HttpResponse:
        """지금 방문: empty times that begin within the hour, or one made on the spot."""
        return self._one_page(request, now=True)

    def _one_page(self, request: HttpRequest, *, now: bool) -> HttpResponse:
        asked = Asked.read(request)
        form = TimeForm(typed(request))
        if asked.student and asked.topic and form.is_valid() and (booking := self._take(request, asked, form, now=now)):
            messages.success(request, _said(booking))
            return redirect(board_url(booking))
        if request.method != "POST" and (asked.found or asked.student):
            people = [caller.student for caller in asked.found] or [asked.student]
            access.record(request, access.AccessLog.Act.VIEW, "상담 대신 예약: 학생 찾기", subjects=people)
        times: list[Offered] = []
        on_the_spot: list[Counselor] = []
        rooms: list[Room] = []
        if asked.student and asked.topic:
            times = self._times(asked, now=now)
            if now:
                on_the_spot = list(walkin.free_now(asked.topic, timezone.now()))
                rooms = list(walkin.free_rooms(asked.topic, timezone.now())) if on_the_spot else []
        context = {
            "title": "지금 방문" if now else "전화 예약",
            "asked": asked,
            "form": form,
            "times": times,
            "on_the_spot": on_the_spot,
            "rooms": rooms,
            "consent": sensitive.asked_by_staff(asked.student, asked.topic),
            "modes": Mode,
            "counselors": Counselor.objects.active().filter(topics=asked.topic) if asked.topic else [],
            "is_now": now,
            "chosen": form.data.get("when") or _first(times, on_the_spot),
        }
        return self.show(request, "admin/counseling/caller.html", context)

    def _times(self, asked: Asked, *, now: bool) -> list[Offered]:
        slots = assignment.suitable(asked.topic, asked.mode, by_staff=True)
        if now:
            moment = timezone.now()
            slots = slots.filter(period__startswith__lt=moment + walkin.SOON)
        if asked.counselor:
            slots = slots.filter(counselor=asked.counselor)
        return offered(slots, asked.student, day=asked.day)

    def _take(self, request: HttpRequest, asked: Asked, form: TimeForm, *, now: bool) -> Booking | None:
        when, question = form.cleaned_data["when"], form.cleaned_data["question"]
        common = {"student": asked.student, "topic": asked.topic, "by": request.user, "question": question}
        common["exception"] = form.cleaned_data["exception"].strip()
        common |= {name: form.cleaned_data[name] for name in ("consent", "consent_by")}
        try:
            if now and when.startswith("now-"):
                counselor = get_object_or_404(Counselor.objects.active(), pk=int(when.removeprefix("now-")))
                return walkin.open_and_begin(counselor, room=form.cleaned_data["room"], **common)
            slot = get_object_or_404(Slot, pk=int(when.removeprefix("now-")))
            mode = asked.mode or next((m for m in slot.modes if m in asked.topic.modes), slot.modes[0])
            if now and timezone.localdate(slot.starts_at) == timezone.localdate():
                return walkin.begin(slot.pk, mode=mode, **common)
            return bookings.book(slot.pk, mode=mode, on_behalf=True, **common)
        except taking.NeedsConsent:
            form.add_error("consent", NEEDS_CONSENT)
            return None
        except bookings.NotNow as refused:
            form.add_error("exception", str(refused))
            return None
        except Refused as refused:
            form.add_error(None, str(refused))
            return None

    # --- One slot, from the board --------------------------------------------------------------
    def call(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Book a free slot for somebody on the telephone or at the counter."""
        slot = get_object_or_404(Slot.objects.select_related("counselor", "room__venue"), pk=pk)
        query = request.GET.get("q", "").strip()
        found = callers.find(query, request.user) if query else []
        chosen = next((c for c in found if str(c.student.pk) == request.GET.get("student")), None)
        if len(found) == 1:
            chosen = found[0]
        if found and request.method != "POST":
            people = [caller.student for caller in found]
            access.record(request, access.AccessLog.Act.VIEW, "상담 대신 예약: 학생 찾기", subjects=people)
        form = CallForm(typed(request), slot=slot, initial={"student": chosen and chosen.student.pk})
        if chosen:
            form.fields["topic"].widget.attrs["autofocus"] = True  # on from the name, by keyboard
        if form.is_valid() and (booking := self._book(request, slot, form)):
            messages.success(request, "예약했습니다. 가족에게 문자와 이메일로 알립니다.")
            return redirect(board_url(booking))
        context = {
            "title": "대신 예약",
            "slot": slot,
            "query": query,
            "found": found,
            "chosen": chosen,
            "form": form,
            "back": board_url(slot),
            "words": sensitive.words() if "consent" in form.fields else None,
        }
        return self.show(request, "admin/counseling/call.html", context)

    def _book(self, request: HttpRequest, slot: Slot, form: CallForm) -> Booking | None:
        given = form.cleaned_data
        student = get_object_or_404(callers.students(request.user), pk=given.pop("student"))
        try:
            return bookings.book(slot.pk, student=student, by=request.user, on_behalf=True, **given)
        except taking.NeedsConsent:
            form.add_error("consent", NEEDS_CONSENT)
            return None
        except Refused as refused:
            form.add_error(None, str(refused))
            return None


def _usual(student: Student | None, topics: list[Topic]) -> Topic | None:
    """What this student came for last; else the centre's first topic."""
    if student is None:
        return None
    last = Booking.objects.filter(student=student, topic__in=topics).order_by("-pk").values_list("topic", flat=True)
    pk = last.first()
    return next((topic for topic in topics if topic.pk == pk), topics[0] if topics else None)


def _first(times: list[Offered], on_the_spot: list[Counselor]) -> str:
    """What is chosen until somebody chooses: the first time there is."""
    if times:
        return str(times[0].slot.pk)
    return f"now-{on_the_spot[0].pk}" if on_the_spot else ""


def _said(booking: Booking) -> str:
    if booking.state == Booking.State.ARRIVED:
        return "예약하고 도착으로 적었습니다."
    return "예약했습니다. 가족에게 문자와 이메일로 알립니다."
