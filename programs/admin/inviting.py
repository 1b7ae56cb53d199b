"""행사 초대: a list is pasted, looked at line by line and sent; a link is sent anew or called back."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone

from lifecycle import access
from lifecycle.admin import MaskedAdmin, TrailInline
from lifecycle.locks import Refused
from lifecycle.masking import mask_email, mask_name, mask_phone
from lifecycle.models import AccessLog
from programs import invitations
from programs.admin.pages import LINE, SEE, Pages, typed
from programs.admin.workplace import door
from programs.invitations import Reading
from programs.models import Run, RunInvitation

VIEW, SEND, CHANGE = (f"programs.{act}_runinvitation" for act in ("view", "add", "change"))
MOST_LETTERS = 20_000


def mask_contact(contact: str) -> str:
    return mask_email(contact) if "@" in contact else mask_phone(contact)


class UntilForm(forms.Form):
    until = forms.SplitDateTimeField(
        label="답할 기한",
        widget=AdminSplitDateTime,
        help_text="이때부터는 주소가 열리지 않습니다. 행사가 끝나기 전이어야 합니다.",
        error_messages={"required": "답할 기한을 적어 주세요.", "invalid": "날짜와 시간을 적어 주세요."},
    )


class InviteForm(UntilForm):
    people = forms.CharField(
        label="초대할 사람",
        max_length=MOST_LETTERS,
        widget=forms.Textarea({"rows": 10, "class": "vLargeTextField", "autocomplete": "off", "spellcheck": "false"}),
        help_text=(
            "한 줄에 한 사람씩, 이름과 휴대폰 번호나 이메일을 적습니다. 이름은 없어도 됩니다. "
            "예: 홍길동, 010-0000-0000. 표에서 두 칸을 복사해 붙여도 됩니다."
        ),
        error_messages={"required": "초대할 사람을 한 줄에 한 사람씩 적어 주세요."},
    )
    field_order = ["people", "until"]


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label="사유",
        max_length=200,
        required=False,
        widget=LINE,
        help_text="이력에만 남고 받은 사람에게 가지 않습니다.",
    )


@admin.register(RunInvitation)
class RunInvitationAdmin(MaskedAdmin):
    """Links are made on the page of their run; here they are seen, sent anew and called back."""

    personal = {"name": mask_name, "contact": mask_contact}
    list_display = ["run", "name", "contact", "stands", "expires_at", "sent", "invited_by"]
    list_display_links = ["run", "name", "contact"]
    list_filter = ["state"]
    search_fields = ["run__title", "run__program__title"]
    search_help_text = "프로그램, 회차로 찾습니다."
    fields = [
        "run", "name", "contact", "stands", "expires_at", "sent", "invited_by", "invited_at", "answered_at", "application",
    ]  # fmt: skip
    readonly_fields = ["stands", "sent", "invited_at", "answered_at", "application"]
    inlines = [TrailInline]
    change_form_template = "admin/programs/runinvitation/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RunInvitation | None = None) -> bool:
        return False

    def subject_of(self, obj: RunInvitation) -> None:
        return None  # nobody of the portal's own: the log names the row

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("run__program", "invited_by", "application")

    @admin.display(description="상태", ordering="state")
    def stands(self, invitation: RunInvitation) -> str:
        late = invitation.state == RunInvitation.State.SENT and not invitation.is_open(timezone.now())
        return "답하지 않고 기한이 지남" if late else invitation.get_state_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may = request.user.has_perm(CHANGE)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "may_act": may})

    def get_urls(self) -> list[URLPattern]:
        pages = Pages(self)
        own = [
            path("run/<int:pk>/", pages.guarded(self.invite, SEE, SEND), name="programs_run_invite"),
            path("<int:pk>/again/", pages.guarded(self.again, VIEW, CHANGE), name="programs_runinvitation_again"),
            path("<int:pk>/revoke/", pages.guarded(self.revoke, VIEW, CHANGE), name="programs_runinvitation_revoke"),
        ]
        return [*own, *super().get_urls()]

    # --- Pages -------------------------------------------------------------------------------
    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the list, show what would be sent to whom, and send exactly what was shown."""
        pages = Pages(self)
        run = pages.run(pk)
        form = InviteForm(typed(request), initial={"until": _usual_end(run)})
        context: dict[str, Any] = {
            "title": "초대 보내기",
            "run": run,
            "form": form,
            "may_see": request.user.has_perm(VIEW),
        }
        if form.is_valid():
            now, found = timezone.now(), invitations.read(form.cleaned_data["people"])
            known = invitations.already_asked(run, found.guests, now)
            seen = _digest(found, known)
            if "send" in request.POST and request.POST.get("seen") == seen and not found.faults:
                try:
                    return self._sent(request, run, found, form.cleaned_data["until"])
                except Refused as refused:
                    form.add_error(None, str(refused))
            elif "send" in request.POST and not found.faults:
                form.add_error(None, "목록이 미리 본 것과 달라졌습니다. 아래를 확인하고 다시 눌러 주세요.")
            new = [guest for guest in found.guests if guest.contact not in known]
            context |= {
                "found": found,
                "new": new,
                "known": [guest for guest in found.guests if guest.contact in known],
                "mails": sum("@" in guest.contact for guest in new),
                "texts": sum("@" not in guest.contact for guest in new),
                "seen": seen,
            }
        context["sent_before"] = run.invitations.count()
        return pages.show(request, "admin/programs/invite.html", context)

    def _sent(self, request: HttpRequest, run: Run, found: Reading, until: Any) -> HttpResponse:
        made = invitations.invite(run, found.guests, by=request.user, until=until)
        if made:
            access.record(request, AccessLog.Act.CHANGE, f"{self.opts.verbose_name} 회차 {run.pk}", people=len(made))
            messages.success(request, f"{len(made)}명에게 초대를 보냈습니다.")
        else:
            messages.warning(request, "모두 이미 초대한 사람이어서 보낸 초대가 없습니다.")
        return redirect("admin:programs_run_change", run.pk)

    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new link to the same address, with a new deadline."""
        invitation = self._invitation(request, pk)
        form = UntilForm(typed(request), initial={"until": _usual_end(invitation.run)})
        return self._act(
            request,
            invitation,
            form,
            lambda given: invitations.send_again(invitation, by=request.user, until=given["until"]),
            title="초대 다시 보내기",
            says="같은 곳으로 새 주소를 보냅니다. 전에 보낸 주소는 열리지 않게 됩니다.",
            button="다시 보내기",
            done="초대를 다시 보냈습니다.",
        )

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Call a link back."""
        invitation = self._invitation(request, pk)
        return self._act(
            request,
            invitation,
            RevokeForm(typed(request)),
            lambda given: invitations.revoke(invitation, by=request.user, reason=given["reason"]),
            title="초대 거두기",
            says="주소가 바로 열리지 않게 되고, 이름과 연락처를 지웁니다. 받은 사람에게 따로 알리지 않습니다.",
            button="거두기",
            done="초대를 거두었습니다.",
        )

    def _invitation(self, request: HttpRequest, pk: int) -> RunInvitation:
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _act(
        self, request: HttpRequest, invitation: RunInvitation, form: forms.Form, do: Any, *, done: str, **context: Any
    ) -> HttpResponse:
        if form.is_valid():
            try:
                do(form.cleaned_data)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                self._write(request, AccessLog.Act.CHANGE, invitation)
                messages.success(request, done)
                return redirect("admin:programs_runinvitation_change", invitation.pk)
        context |= {
            "run": invitation.run,
            "invitation": invitation,
            "form": form,
            "contact": mask_contact(invitation.contact),
        }
        return Pages(self).show(request, "admin/programs/runinvitation/act.html", context)


def _usual_end(run: Run) -> Any:
    """The end of applying where it lies ahead, else the start of the run."""
    return run.closes_at if run.closes_at and run.closes_at > timezone.now() else run.starts_at


def _digest(found: Reading, known: set[str]) -> str:
    """What the page showed: whom a click on ‘send’ would reach."""
    rows = [f"{guest.contact}\t{guest.name}\t{guest.contact in known}" for guest in found.guests]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:32]


door(
    "초대 보내기",
    SEE,
    SEND,
    name="programs_run_invite",
    shown=lambda run: run.state != Run.State.CANCELLED and run.ends_at > timezone.now(),
    position=45,
)
