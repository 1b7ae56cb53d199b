"""예산 기록: the money form that shows what is left, and what follows from an entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from budget import balance, ledger, moves, overrun
from budget.admin.papers import Papers
from budget.forms import Act, CarryForm, EntryForm, ReasonForm, SettleForm, ShiftForm, open_lines, twins
from budget.ledger import NotEnough, Posting
from budget.models import Carry, Entry, Proposal, Stage
from budget.templatetags.budget import won
from lifecycle.admin import AppendOnlyAdmin
from lifecycle.locks import Refused

both = require_http_methods(["GET", "HEAD", "POST"])
FOLLOWS = {Stage.COMMITMENT: (Stage.PAYMENT, "지출"), Stage.PAYMENT: (Stage.RETURN, "반납")}


def _key(typed: object) -> int:
    """A key from an address; 0, which no row has, for anything else."""
    text = str(typed or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@admin.register(Entry)
class EntryAdmin(AppendOnlyAdmin):
    """Entries to read; writing, paying, giving back, reversing and moving are pages that go through the ledger."""

    list_display = ["number", "effective_on", "stage", "amount", "reason", "line", "document_no", "recorded_by"]
    list_display_links = ["number"]
    list_filter = ["stage", "line__year", "line__source"]
    search_fields = ["document_no", "reason"]
    date_hierarchy = "effective_on"
    fields = [
        "line",
        "stage",
        "amount",
        "effective_on",
        "reason",
        "document_no",
        "program",
        "settles",
        "reverses",
        "recorded_by",
        "recorded_at",
        "approval",
    ]
    change_form_template = "admin/budget/entry.html"
    change_list_template = "admin/budget/entries.html"

    @admin.display(description="번호", ordering="pk")
    def number(self, entry: Entry) -> int:
        return entry.pk

    @admin.display(description="금액(원)", ordering="amount_won")
    def amount(self, entry: Entry) -> str:
        return won(entry.amount_won)

    def joined(self, request: HttpRequest) -> set[str]:
        return super().joined(request) | {"line__project", "line__account", "line__year"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("budget.add_entry")

    def get_urls(self) -> list[URLPattern]:
        def page(where: str, view: Callable, name: str) -> URLPattern:
            return path(where, self.admin_site.admin_view(view), name=f"budget_entry_{name}")

        return [
            *Papers(self).urls(),
            page("left/", require_safe(self.left), "left"),
            page("shift/", both(self.shift), "shift"),
            page("carry/", both(self.carry), "carry"),
            page("<int:pk>/follow/", both(self.follow), "follow"),
            page("<int:pk>/reverse/", both(self.reverse), "reverse"),
            *super().get_urls(),
        ]

    # --- Writing one entry -----------------------------------------------------------------------
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        self._may_write(request)
        form = EntryForm(request.POST if request.method == "POST" else None, initial=self._like(request))
        context: dict[str, Any] = {"title": "예산 기록하기", "form": form}
        if request.method == "POST" and form.is_valid():
            posting, act = form.posting(), Act(form.cleaned_data["act"])
            context["twins"] = found = list(twins(posting)[:5])
            sure = not found or form.cleaned_data["sure"]
            if sure and (done := self._write(request, form, posting, act, context)):
                return done
        context["balance"] = self._balance(form)
        return self._show(request, "admin/budget/write.html", context)

    def _write(
        self, request: HttpRequest, form: EntryForm, posting: Posting, act: Act, context: dict[str, Any]
    ) -> HttpResponse | None:
        reason = request.POST.get("overrun_reason", "").strip()
        try:
            if reason and act == Act.COMMITMENT:
                proposal = overrun.propose(posting, by=request.user, reason=reason)
                messages.success(request, f"‘{proposal}’의 초과 승인을 요청했습니다. 승인되면 기록됩니다.")
                return redirect("admin:budget_line_change", posting.line.pk)
            write = ledger.spend if act == Act.SPEND else ledger.post
            entry = write(posting, by=request.user)
        except NotEnough as refused:
            form.add_error("amount_won", str(refused))
            context["may_propose"] = act == Act.COMMITMENT
            return None
        except Refused as refused:
            form.add_error(None, str(refused))
            return None
        left = balance.of(posting.line.pk).left
        messages.success(request, f"기록했습니다: {entry}. 이 과목에 남은 금액은 {won(left)}원입니다.")
        return redirect("admin:budget_entry_change", entry.pk)

    def _like(self, request: HttpRequest) -> dict[str, Any]:
        """What the form starts with: what was typed before asking what is left, or an older entry to write again."""
        asked = request.GET
        start: dict[str, Any] = {"effective_on": timezone.localdate()}
        like = Entry.objects.filter(pk=_key(asked.get("like"))).first()
        if like is not None:
            start |= {
                "line": like.line_id,
                "act": like.stage if like.stage in Act.values else Act.SPEND,
                "amount_won": abs(like.amount_won),
                "reason": like.reason,
                "program": like.program_id,
            }
        return start | {name: asked[name] for name in EntryForm.base_fields if asked.get(name)}

    def _balance(self, form: EntryForm) -> balance.Balance | None:
        chosen = _key(form["line"].value())
        return balance.of(chosen) if chosen else None

    def left(self, request: HttpRequest) -> HttpResponse:
        """What is left on a line, for the form while somebody types."""
        self._may_write(request)
        asked = request.GET.get("line", "")
        line = get_object_or_404(
            open_lines(), pk=asked if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
        )
        found = balance.of(line.pk)
        return JsonResponse({"left": found.left, "current": found.current, "committed": found.committed})

    # --- What follows from an entry ----------------------------------------------------------------
    def follow(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pay out of a commitment, or take money of a payment back."""
        self._may_write(request)
        entry = get_object_or_404(Entry.objects.select_related("line__year", "line__project", "line__account"), pk=pk)
        if (following := FOLLOWS.get(Stage(entry.stage))) is None or entry.reverses_id:
            messages.warning(request, "이 기록에는 이어서 적을 것이 없습니다.")
            return redirect("admin:budget_entry_change", pk)
        stage, word = following
        left = ledger.unsettled(entry)
        start = {"amount_won": left, "effective_on": timezone.localdate(), "reason": entry.reason}
        form = SettleForm(request.POST if request.method == "POST" else None, initial=start)
        context: dict[str, Any] = {"title": f"{word} 적기", "form": form, "entry": entry, "left": left, "word": word}
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            posting = Posting(
                entry.line, stage, given["amount_won"], given["effective_on"], given["reason"], given["document_no"]
            )
            context["twins"] = found = list(twins(posting)[:5])
            if not found or given["sure"]:
                write = ledger.pay if stage == Stage.PAYMENT else ledger.give_back
                try:
                    done = write(
                        entry,
                        given["amount_won"],
                        effective_on=given["effective_on"],
                        reason=given["reason"],
                        document_no=given["document_no"],
                        by=request.user,
                    )
                except Refused as refused:
                    form.add_error("amount_won", str(refused))
                else:
                    messages.success(request, f"기록했습니다: {done}.")
                    return redirect("admin:budget_entry_change", done.pk)
        return self._show(request, "admin/budget/follow.html", context)

    def reverse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Look at what is taken back, give a reason, take it back."""
        self._may_write(request)
        entry = get_object_or_404(Entry.objects.select_related("line__year", "line__project", "line__account"), pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                mirrors = ledger.reverse(entry, reason=form.cleaned_data["reason"], by=request.user)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(
                    request, f"취소했습니다. 취소 기록 {len(mirrors)}건을 적었고, 원래 기록은 남아 있습니다."
                )
                return redirect("admin:budget_entry_change", pk)
        legs = (
            Entry.objects.filter(pair=entry.pair).select_related("line__year", "line__project", "line__account")
            if entry.pair
            else [entry]
        )
        return self._show(
            request, "admin/budget/reverse.html", {"title": "기록 취소", "form": form, "entry": entry, "legs": legs}
        )

    # --- Moving money --------------------------------------------------------------------------------
    def shift(self, request: HttpRequest) -> HttpResponse:
        def act(given: dict[str, Any]) -> str:
            out, _into = moves.shift(
                given["giving"],
                given["taking"],
                given["amount_won"],
                effective_on=given["effective_on"],
                reason=given["reason"],
                document_no=given["document_no"],
                by=request.user,
            )
            return f"{'전용' if out.stage == Stage.SHIFT_OUT else '이용'}을 기록했습니다."

        lead = (
            "같은 정책사업 안이면 전용, 정책사업 사이면 이용(의회 의결)으로 적습니다. 두 과목의 기록이 함께 남습니다."
        )
        return self._move(request, ShiftForm, act, title="전용·이용", lead=lead)

    def carry(self, request: HttpRequest) -> HttpResponse:
        def act(given: dict[str, Any]) -> str:
            _out, into = moves.carry(
                given["line"],
                given["amount_won"],
                Carry(given["kind"]),
                effective_on=given["effective_on"],
                reason=given["reason"],
                document_no=given["document_no"],
                commitment=given["commitment"],
                by=request.user,
            )
            return f"이월을 기록했습니다. {into.line}에 {won(into.amount_won)}원이 들어갑니다."

        lead = "다음 회계연도의 같은 과목으로 넘깁니다. 사고이월은 지출하지 못한 원인행위와 함께 넘어갑니다."
        return self._move(request, CarryForm, act, title="이월", lead=lead)

    def _move(
        self, request: HttpRequest, kind: type[forms.Form], act: Callable[[dict[str, Any]], str], **words: str
    ) -> HttpResponse:
        self._may_write(request)
        form = kind(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, act(form.cleaned_data))
            except Refused as refused:
                form.add_error("amount_won", str(refused))
            else:
                return redirect("admin:budget_entry_changelist")
        return self._show(request, "admin/budget/move.html", {"form": form, **words})

    # --- One entry ---------------------------------------------------------------------------------
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        entry = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if entry is not None:
            writes = request.user.has_perm("budget.add_entry")
            reversed_by = Entry.objects.filter(reverses=entry).first()
            left = ledger.unsettled(entry) if entry.stage in FOLLOWS and not entry.reverses_id else 0
            context |= {
                "entry": entry,
                "reversed_by": reversed_by,
                "may_reverse": writes and reversed_by is None and not entry.reverses_id,
                "may_write": writes,
                "follow": FOLLOWS[Stage(entry.stage)][1] if writes and left > 0 else "",
                "left": left,
                "settlements": entry.settlements.order_by("pk"),
            }
        return super().change_view(request, object_id, form_url, context)

    def _may_write(self, request: HttpRequest) -> None:
        if not request.user.has_perm("budget.add_entry"):
            raise PermissionDenied

    def _show(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


@admin.register(Proposal)
class ProposalAdmin(AppendOnlyAdmin):
    list_display = ["made_at", "line", "stage", "amount_won", "reason", "made_by", "entry"]

    def joined(self, request: HttpRequest) -> set[str]:
        return super().joined(request) | {"line__project", "line__account", "line__year"}
