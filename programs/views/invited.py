"""Where an invitation's link leads: what it is about, yes or no, and afterwards what became of the place."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lifecycle.locks import Refused
from programs import choosing, enrolment, invitations, standing, waiting
from programs.forms import InvitedForm, InvitedWhoForm
from programs.models import Application, RunInvitation

if TYPE_CHECKING:
    from accounts.models import User

State = RunInvitation.State
OFFERED = {"take": waiting.accept, "leave": waiting.decline}


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """One page for the whole life of a link. Opening it answers nothing."""
    links = RunInvitation.objects.with_token(token)
    found = links.select_related("run__program", "application").first()
    if found is None or found.state == State.REVOKED:
        return render(request, "programs/invited/over.html", {"invitation": None}, status=410)
    if found.state == State.ACCEPTED:
        return _place(request, found)
    now = timezone.now()
    if not found.is_open(now):
        return render(request, "programs/invited/over.html", {"invitation": found}, status=410)
    return _answer(request, found)


def _answer(request: HttpRequest, found: RunInvitation) -> HttpResponse:
    """Yes or no: a person with an account by one button, anybody else with name and consent."""
    answer = request.POST.get("answer", "")
    if answer == "log_in":
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
    user = request.user if request.user.is_authenticated else None
    form, refusal = _form(request.POST if answer == "accept" else None, found, user), ""
    try:
        if answer == "decline":
            invitations.decline(found, by=user)
            return redirect(request.path)
        if answer == "accept" and (form is None or form.is_valid()):
            given = {"party": form.party} if isinstance(form, InvitedWhoForm) else form.cleaned_data if form else {}
            invitations.accept(found, by=user, **given)
            return redirect(request.path)
    except Refused as refused:
        refusal = str(refused)
    context = {"invitation": found, "run": found.run, "form": form, "refusal": refusal, **_when_and_where(found)}
    bad = refusal or (form is not None and form.errors)
    return render(request, "programs/invited/answer.html", context, status=422 if bad else 200)


def _form(data: QueryDict | None, found: RunInvitation, user: User | None) -> InvitedForm | InvitedWhoForm | None:
    """What is asked: name and consent without an account; who of the family where children may come; else nothing."""
    if user is None:
        terms = render_to_string("programs/invited/_terms.html", {"run": found.run})
        return InvitedForm(data, terms=terms, initial={"name": found.name})
    choice = choosing.choice(found.run, user, timezone.now())
    return InvitedWhoForm(data, choice=choice) if InvitedWhoForm.children(choice) else None


def _place(request: HttpRequest, found: RunInvitation) -> HttpResponse:
    """What became of a yes. Whoever has no account gives the place back here."""
    application, refusal, now = found.application, "", timezone.now()
    nameless = found.contact != ""  # without an account
    if not nameless:
        if request.user.is_authenticated and Application.objects.of_family(request.user).filter(pk=application.pk):
            return redirect(application)
        return render(request, "programs/invited/over.html", {"invitation": found}, status=410)
    offer = standing.offers([application], now).get(application.pk)
    try:
        if request.POST.get("answer") == "withdraw":
            enrolment.withdraw(application, by=None, reason="초대받은 사람이 링크로 취소")
            return redirect(request.path)
        if request.POST.get("answer") in OFFERED and offer is not None:
            OFFERED[request.POST["answer"]](offer, by=None)
            return redirect(request.path)
    except Refused as refused:
        refusal = str(refused)
    application = Application.objects.for_page().select_related("run__rules").get(pk=application.pk)
    position = waiting.positions([application]).get(application.pk)
    context = {
        "invitation": found,
        "application": application,
        "run": application.run,
        "names": standing.names(application),
        "standing": standing.of(application, now, position=position, offer=offer),
        "offer": offer if application.state == Application.State.OFFERED else None,
        "can_withdraw": application.is_live and now < enrolment.cancel_until(application.run, application),
        "refusal": refusal,
        **_when_and_where(found),
    }
    return render(request, "programs/invited/place.html", context)


def _when_and_where(found: RunInvitation) -> dict[str, object]:
    return {"sessions": list(found.run.sessions.standing().select_related("room__venue"))}
