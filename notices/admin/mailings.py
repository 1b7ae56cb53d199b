"""여러 사람에게 보내기: the list of messages to many, and a page per message from the draft to what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lifecycle.admin import MaskedAdmin, StaffAdmin
from lifecycle.locks import Refused
from lifecycle.masking import mask_name
from notices import audiences, mailing, words
from notices.admin.outgoing import mask_address
from notices.kinds import EMAIL, SMS
from notices.models import Addressee, Mailing

SEND = "notices.send_mailing"
SECONDS_TO_LOOK_AGAIN = 3
SHOWN = 50  # of those who did not get it

State, Row = Mailing.State, Addressee.State


class TextForm(forms.ModelForm):
    """The draft: a blank text message or a blank mail means that nothing goes that way."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Mailing
        fields = ["title", "sms", "subject", "email", "promotional"]
        widgets = {
            "title": forms.TextInput({"class": "vTextField", "autocomplete": "off"}),
            "sms": forms.Textarea({"rows": 5}),
            "subject": forms.TextInput({"class": "vTextField"}),
            "email": forms.Textarea({"rows": 10}),
        }
        labels = {"promotional": "광고입니다"}
        help_texts = {
            "sms": "90바이트(한글 45자)까지 단문, 2,000바이트까지 장문 요금입니다. 비워 두면 문자를 보내지 않습니다.",
            "subject": "이메일과 장문 문자의 제목입니다.",
            "email": "비워 두면 이메일을 보내지 않습니다.",
            "promotional": "다른 프로그램을 알리는 글이면 표시하세요. (광고)와 수신거부 안내가 붙고, 홍보 수신에 동의한 사람에게만 갑니다. "
            "신청한 프로그램의 안내는 광고가 아닙니다.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["revision"] = self.instance.revision
        self.fields["sms"].widget.attrs |= {
            "data-weigh": json.dumps(self.instance.known(), ensure_ascii=False),
            "data-limits": f"{words.SMS_BYTES},{words.LMS_BYTES}",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        text = {name: cleaned.get(name, "") for name in self.Meta.fields}
        for part, fault in mailing.faults(Mailing(**{**self._kept(), **text})).items():
            self.add_error(part or None, fault)
        return cleaned

    def _kept(self) -> dict[str, Any]:
        return {name: getattr(self.instance, name) for name in ("audience", "params", "values")}

    def text(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


@admin.register(Mailing)
class MailingAdmin(StaffAdmin):
    list_display = ["title", "to_whom", "state", "written_by", "written_at", "started_at", "ended_at"]
    list_filter = ["state", "promotional"]
    search_fields = ["title"]

    class Media:
        js = [Script("js/wording.js", defer=True), Script("js/work.js", defer=True)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a list of people comes first: the page of what they take part in leads here

    def has_change_permission(self, request: HttpRequest, obj: Mailing | None = None) -> bool:
        return False  # the page below goes through the use case

    def get_urls(self) -> list[URLPattern]:
        pages = [
            ("<int:pk>/send/", require_http_methods(["GET", "HEAD", "POST"])(self.send), "send"),
            ("<int:pk>/do/<slug:what>/", require_POST(self.do), "do"),
            ("<int:pk>/live/", require_safe(self.live), "live"),
        ]
        own = [
            path(route, self.admin_site.admin_view(view), name=f"notices_mailing_{name}") for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    # --- One message -------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one = self._seen(request, object_id)
        may = self._may(request, one)
        writing = may and one.state == State.DRAFT
        if request.method == "POST" and not may:
            raise PermissionDenied
        if request.method == "POST" and not writing:
            messages.error(request, mailing.TAKEN)
            return _to(one)
        form = TextForm(request.POST if request.method == "POST" else None, instance=one) if writing else None
        if form is not None and form.is_valid():
            try:
                return self._save(request, one, form)
            except Refused as refused:
                form.add_error(None, str(refused))
        shown = self._seen(request, object_id) if request.method == "POST" else one  # a form writes on its instance
        return self._page(request, shown, may, form)

    def _save(self, request: HttpRequest, one: Mailing, form: TextForm) -> HttpResponse:
        """Keep the text, then do what the button said; what was typed is kept even where that is refused."""
        kept = mailing.revise(one, by=request.user, revision=form.cleaned_data["revision"], **form.text())
        self.log_change(request, kept, "글을 고침")
        if "_trial" in request.POST:
            self._try(request, lambda: mailing.trial(kept, by=request.user), "나에게 시험으로 보냈습니다.")
        elif "_gather" in request.POST:
            revision = kept.revision
            self._try(request, lambda: mailing.gather(kept, by=request.user, revision=revision), "명단을 모읍니다.")
        else:
            messages.success(request, "저장했습니다. 아래 미리 보기를 확인해 주세요.")
        return _to(kept)

    def _page(self, request: HttpRequest, one: Mailing, may: bool, form: TextForm | None) -> HttpResponse:
        numbers, known = mailing.figures(one), one.known()
        missed = one.addressees.filter(state__in=[Row.FAILED, Row.UNKNOWN, Row.CANCELLED]).order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": one.title,
            "one": one,
            "may": may,
            "form": form,
            "known": known,
            "preview": self._preview(one, known),
            "figures": numbers,
            "missed": [
                (mask_name(row.name), mask_address(row.address) if row.address else "–", row) for row in missed[:SHOWN]
            ],
            "doubtful": numbers.count(Row.UNKNOWN),
            "failed": numbers.count(Row.FAILED) - numbers.unreachable,
            "trail": one.trail(),
            "running": one.state in {State.EXPANDING, State.SENDING},
            "look_again": SECONDS_TO_LOOK_AGAIN,
        }
        return TemplateResponse(request, "admin/notices/mailing/page.html", context)

    @staticmethod
    def _preview(one: Mailing, known: dict[str, str]) -> dict[str, Any]:
        shown = {channel.value: one.rendered(channel, known) for channel in one.channels}
        size = words.size(shown[SMS.value][1]) if SMS.value in shown else 0
        price = "단문(SMS)" if size <= words.SMS_BYTES else "장문(LMS)"
        return {"sms": shown.get(SMS.value), "email": shown.get(EMAIL.value), "size": size, "price": price}

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that moves, for the page's own script."""
        one = self._seen(request, pk)
        context = {"one": one, "figures": mailing.figures(one), "live": True}
        answer = HttpResponse(render_to_string("admin/notices/mailing/_progress.html", context, request))
        answer.headers["X-Running"] = "1" if one.state in {State.EXPANDING, State.SENDING} else "0"
        return answer

    # --- Buttons -----------------------------------------------------------------------------
    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The second look: to how many, in what words, at what price; then the button that sends."""
        one = self._mine(request, pk)
        if request.method == "POST":
            done = "보내기 시작했습니다. 이 화면에서 진행을 볼 수 있습니다."
            revision = _revision(request)
            self._try(request, lambda: mailing.send(one, by=request.user, revision=revision), done)
            return _to(one)
        if one.state != State.READY:
            return _to(one)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "보내기 전 확인",
            "one": one,
            "figures": mailing.figures(one),
            "preview": self._preview(one, one.known()),
        }
        return TemplateResponse(request, "admin/notices/mailing/send.html", context)

    def do(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        one, by, revision = self._mine(request, pk), request.user, _revision(request)
        doubtful = request.POST.get("doubtful") == "on"
        acts: dict[str, tuple[Callable[[], Any], str]] = {
            "reopen": (
                lambda: mailing.reopen(one, by=by, revision=revision),
                "명단을 버리고 글을 고칠 수 있게 했습니다.",
            ),
            "trial": (lambda: mailing.trial(one, by=by), "나에게 시험으로 보냈습니다."),
            "pause": (lambda: mailing.pause(one, by=by, revision=revision), "잠시 멈췄습니다."),
            "resume": (lambda: mailing.resume(one, by=by, revision=revision), "이어서 보냅니다."),
            "stop": (lambda: mailing.stop(one, by=by, revision=revision), "그만두었습니다."),
            "resend": (
                lambda: mailing.resend(one, by=by, revision=revision, doubtful=doubtful),
                "받지 못한 사람에게 다시 보냅니다.",
            ),
        }
        if what not in acts:
            raise Http404
        act, done = acts[what]
        self._try(request, act, done)
        return _to(one)

    @staticmethod
    def _try(request: HttpRequest, act: Callable[[], Any], done: str) -> None:
        try:
            act()
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, done)

    # --- Who may -----------------------------------------------------------------------------
    def _seen(self, request: HttpRequest, pk: Any) -> Mailing:
        if not self.has_view_permission(request):
            raise PermissionDenied
        one = self.get_object(request, str(pk))
        if one is None:
            raise Http404
        return one

    def _may(self, request: HttpRequest, one: Mailing) -> bool:
        audience = audiences.find(one.audience)
        needed = [SEND, *([audience.permission] if audience and audience.permission else [])]
        return request.user.has_perms(needed)

    def _mine(self, request: HttpRequest, pk: int) -> Mailing:
        one = self._seen(request, pk)
        if not self._may(request, one):
            raise PermissionDenied
        return one


@admin.register(Addressee)
class AddresseeAdmin(MaskedAdmin):
    """Everybody in a list, with what became of their message. Read only: the mailing's page decides."""

    list_display = ["name", "address", "channel", "state", "problem", "sent_at", "mailing"]
    list_filter = ["state", "channel", "fault"]
    search_fields = ["=address", "name"]
    search_help_text = "받는 이름이나 전화번호(숫자만), 이메일 전체로 찾습니다."
    personal = {"name": mask_name, "address": mask_address}
    subject = "recipient"
    fields = ["mailing", "name", "address", "channel", "state", "problem", "words", "size", "cost_won", "sent_at"]
    readonly_fields = ["words"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Addressee | None = None) -> bool:
        return False

    @admin.display(description="내용")
    def words(self, row: Addressee) -> str:
        return row.spoken_body()


def _revision(request: HttpRequest) -> int:
    typed = request.POST.get("revision", "")
    return int(typed) if typed.isdigit() and len(typed) < 10 else 0


def _to(one: Mailing) -> HttpResponse:
    return redirect("admin:notices_mailing_change", one.pk)
