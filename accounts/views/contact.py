"""A new address for an account, and a new password for somebody who forgot theirs: both proved by a code."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import contacts, signup
from accounts.forms.entrance import CodeForm, ContactForm, NewPasswordForm
from accounts.forms.me import EmailForm, PasswordForm, PhoneForm
from accounts.views.onward import safe_next
from lifecycle.locks import Refused

NEXT_KEY = "contact_next"


@never_cache
@require_http_methods(["GET", "POST"])
def change_phone(request: HttpRequest) -> HttpResponse:
    return _change(request, PhoneForm(request.POST or None), "accounts/change_phone.html")


@never_cache
@require_http_methods(["GET", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    return _change(request, EmailForm(request.POST or None), "accounts/change_email.html")


def _change(request: HttpRequest, form: PhoneForm | EmailForm, template: str) -> HttpResponse:
    if request.method == "GET":
        request.session[NEXT_KEY] = safe_next(request)
    if form.is_valid():
        contact = form.cleaned_data["contact"]
        if contact in (request.user.phone, request.user.email) and (
            not contacts.is_phone(contact) or request.user.phone_verified_at
        ):
            form.add_error("contact", _("지금 쓰고 있는 연락처입니다."))
        else:
            try:
                contacts.start(request, contacts.CHANGE, contact)
            except Refused as refused:
                form.add_error("contact", str(refused))
            else:
                return redirect("accounts:contact_code")
    return render(request, template, {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def contact_code(request: HttpRequest) -> HttpResponse:
    waiting = contacts.pending(request, contacts.CHANGE)
    if waiting is None:
        return redirect("accounts:me")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            proved = contacts.verify(request, contacts.CHANGE, form.cleaned_data["code"])
            signup.change_contact(request.user, proved)
        except contacts.WrongCode as wrong:
            form.add_error("code", str(wrong))
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("accounts:me")
        else:
            messages.success(request, _("연락처를 바꾸었습니다."))
            return redirect(request.session.pop(NEXT_KEY, "") or "accounts:me")
    context = {"form": form, "contact": contacts.masked(waiting), "phone": contacts.is_phone(waiting)}
    return render(request, "accounts/contact_code.html", context)


@never_cache
@sensitive_post_parameters("old_password", "password")
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None, user=request.user)
    if form.is_valid():
        signup.change_password(request.user, form.cleaned_data["password"])
        update_session_auth_hash(request, request.user)
        messages.success(request, _("비밀번호를 바꾸었습니다. 다른 기기에서는 로그아웃됩니다."))
        return redirect("accounts:me")
    return render(request, "accounts/change_password.html", {"form": form})


# --- A forgotten password --------------------------------------------------------------------
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def reset_password(request: HttpRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    form.fields["contact"].help_text = _("가입할 때 쓴 휴대폰 번호나 이메일을 적어 주세요. 인증번호를 보내 드립니다.")
    if form.is_valid():
        try:
            contacts.start(request, contacts.PASSWORD, form.cleaned_data["contact"])
        except Refused as refused:
            form.add_error("contact", str(refused))
        else:
            return redirect("accounts:reset_code")
    return render(request, "accounts/reset_password.html", {"form": form})


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def reset_code(request: HttpRequest) -> HttpResponse:
    waiting = contacts.pending(request, contacts.PASSWORD)
    if waiting is None:
        return redirect("account_reset_password")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            proved = contacts.verify(request, contacts.PASSWORD, form.cleaned_data["code"])
        except contacts.WrongCode as wrong:
            form.add_error("code", str(wrong))
        except contacts.CheckOver as over:
            messages.error(request, str(over))
            return redirect("account_reset_password")
        else:
            contacts.keep(request, contacts.PASSWORD, proved)
            return redirect("accounts:reset_new")
    return render(request, "accounts/reset_code.html", {"form": form, "contact": contacts.masked(waiting)})


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def reset_new(request: HttpRequest) -> HttpResponse:
    """Choose a new password; logging in with it (and the second factor) is the next page."""
    proved = contacts.proved(request, contacts.PASSWORD)
    user = contacts.owner(proved) if proved else None
    if user is None:
        return redirect("account_reset_password")
    form = NewPasswordForm(request.POST or None, user=user)
    if form.is_valid():
        signup.reset_password(user, proved, form.cleaned_data["password"])
        contacts.drop(request)
        messages.success(request, _("새 비밀번호로 로그인해 주세요."))
        return redirect("account_login")
    return render(request, "accounts/reset_new.html", {"form": form})
