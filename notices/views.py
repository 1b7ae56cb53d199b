"""How a person wants to be told; and, on demo sites, the phone and the mailbox of everybody invented."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notices.forms import PreferenceForm
from notices.models import Preference, SandboxMessage

LATEST = 50


def preferences(request: HttpRequest) -> HttpResponse:
    """Text message, e-mail or both; at least one."""
    mine = Preference.objects.filter(user=request.user).first() or Preference(user=request.user)
    form = PreferenceForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("알림 받는 방법을 저장했습니다."))
        return redirect("notices:preferences")
    return render(request, "notices/preferences.html", {"form": form})


@login_not_required
@never_cache
@require_safe
def demo_inbox(request: HttpRequest) -> HttpResponse:
    """The latest messages of the sandbox with their codes and links; a demo site has no other phone."""
    if not settings.DEMO:
        raise Http404
    latest = SandboxMessage.objects.select_related("notice")[:LATEST]
    return render(request, "notices/demo_inbox.html", {"latest": latest})
