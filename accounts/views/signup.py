"""Signing up, step by step: who, where, the code, the name. Nothing is stored before the age is known."""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import consents, contacts, signup
from accounts.forms.entrance import AccountForm, AskGuardianForm, CodeForm, ContactForm, WhoForm
from accounts.models import GuardianConsentRequest, Invitation
from accounts.schoolyear import is_under_14
from accounts.views.onward import safe_next
from accounts.views.session import BACKEND, CONSENT_KEY, INVITATION_KEY
from lifecycle.access import client_ip
from lifecycle.locks import Refused

SESSION_KEY = "signup"
NEXT = {
    WhoForm.Who.GUARDIAN: "accounts:child_add",
    WhoForm.Who.STUDENT: "accounts:student",
    WhoForm.Who.TEACHER: "accounts:affiliations",
    WhoForm.Who.PARTNER: "accounts:affiliations",
}


def step(request: HttpRequest) -> dict[str, Any]:
    """What the visitor has said so far; empty when the first question is unanswered."""
    return request.session.get(SESSION_KEY, {})


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("accounts:me")
    asked_for = WhoForm.Who.GUARDIAN if CONSENT_KEY in request.session else request.GET.get("who")
    form = WhoForm(request.POST or None, initial={"who": asked_for})
    if form.is_valid():
        birth_date = form.cleaned_data["birth_date"]
        if is_under_14(birth_date) and not _invited_as_student(request, birth_date):
            request.session.pop(SESSION_KEY, None)
            return redirect("accounts:ask_guardian")
        request.session[SESSION_KEY] = {
            "who": form.cleaned_data["who"],
            "birth_date": birth_date.isoformat(),
            "next": safe_next(request),
        }
        return redirect("accounts:signup_contact")
    return render(request, "accounts/signup_start.html", {"form": form, "next": safe_next(request)})


def _invited_as_student(request: HttpRequest, birth_date: date) -> bool:
    """A child whose guardian has consented and sent an invitation may go on."""
    waiting = Invitation.objects.waiting().filter(
        pk=request.session.get(INVITATION_KEY),
        role=Invitation.Role.STUDENT,
        student__birth_date=birth_date,
        student__user=None,
    )
    invitation = waiting.select_related("student").first()
    return invitation is not None and consents.agreed(consents.Kind.CHILD, student=invitation.student)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    if not step(request):
        return redirect("account_signup")
    form = ContactForm(request.POST or None)
    if form.is_valid():
        try:
            contacts.start(request, contacts.SIGN_UP, form.cleaned_data["contact"])
        except Refused as refused:
            form.add_error("contact", str(refused))
        else:
            return redirect("accounts:signup_code")
    return render(request, "accounts/signup_contact.html", {"form": form})


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    waiting = contacts.pending(request, contacts.SIGN_UP)
    if not step(request) or waiting is None:
        return redirect("accounts:signup_contact")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            proved = contacts.verify(request, contacts.SIGN_UP, form.cleaned_data["code"])
        except contacts.CheckOver as over:
            messages.error(request, str(over))
            return redirect("accounts:signup_contact")
        except contacts.WrongCode as wrong:
            form.add_error("code", str(wrong))
        else:
            contacts.keep(request, contacts.SIGN_UP, proved)
            return redirect("accounts:signup_account")
    return render(request, "accounts/signup_code.html", {"form": form, "contact": contacts.masked(waiting)})


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    known, proved = step(request), contacts.proved(request, contacts.SIGN_UP)
    if not known or proved is None:
        return redirect("accounts:signup_contact")
    birth_date, words = date.fromisoformat(known["birth_date"]), consents.text(consents.Kind.MARKETING)
    form = AccountForm(
        request.POST or None,
        contact=proved,
        child=is_under_14(birth_date),
        marketing_title=words.title,
        marketing_terms=words.as_html(),
    )
    if form.is_valid():
        try:
            user = signup.register(proved, birth_date=birth_date, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            del request.session[SESSION_KEY]
            contacts.drop(request)
            login(request, user, backend=BACKEND)
            request.session["signed_up"] = {"who": known["who"], "next": known["next"]}
            return redirect("accounts:signup_done")
    return render(request, "accounts/signup_account.html", {"form": form})


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Say welcome, and what comes next for this kind of visitor."""
    signed_up = request.session.get("signed_up")
    if not signed_up:
        return redirect("accounts:me")
    who = signed_up["who"]
    context = {
        "who": who,
        "next_step": NEXT[who],
        "next_url": signed_up["next"],
        "asked_by_child": CONSENT_KEY in request.session,
        "invitation": Invitation.objects.waiting().filter(pk=request.session.get(INVITATION_KEY)).first(),
    }
    return render(request, "accounts/signup_done.html", context)


# --- Under 14: the child's own door ----------------------------------------------------------
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def ask_guardian(request: HttpRequest) -> HttpResponse:
    """Take the guardian's name and number from a child, and nothing else."""
    form = AskGuardianForm(request.POST or None)
    if form.is_valid():
        phone = form.cleaned_data["guardian_phone"]
        if not ratelimit.consume(request, action="ask_guardian", key=phone):
            form.add_error("guardian_phone", _("오늘은 이 번호로 더 보낼 수 없어요. 내일 다시 해 주세요."))
        else:
            try:
                signup.ask_guardian(form.cleaned_data["guardian_name"], phone, ip=client_ip(request))
            except Refused as refused:
                form.add_error("guardian_phone", str(refused))
            else:
                return redirect("accounts:guardian_asked")
    return render(request, "accounts/ask_guardian.html", {"form": form})


@login_not_required
@require_safe
def guardian_asked(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/guardian_asked.html")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def guardian_consent(request: HttpRequest, token: str) -> HttpResponse:
    """Where the message to the guardian leads. Opening it changes nothing; the two buttons do."""
    asked = GuardianConsentRequest.objects.with_token(token).first()
    if asked is None or asked.is_expired():
        return render(request, "accounts/link_over.html", status=410)
    if request.method == "POST":
        if request.POST.get("answer") == "no":
            signup.forget_requests(GuardianConsentRequest.objects.filter(pk=asked.pk))
            messages.success(request, _("동의하지 않으셨습니다. 남겨진 이름과 연락처를 바로 지웠습니다."))
            return redirect("home")
        request.session[CONSENT_KEY] = asked.pk
        if request.user.is_authenticated:
            return redirect("accounts:child_add")
        if request.POST.get("answer") == "sign_up":
            return redirect("account_signup")
        return redirect_to_login(reverse("accounts:child_add"))
    return render(request, "accounts/guardian_consent.html", {"asked": asked})
