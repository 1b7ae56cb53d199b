from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from krds.display import Display
from krds.guide import examples


@csrf_exempt
@login_not_required
@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Press one switch of 화면 설정 and go back to the page.

    Without a CSRF token, so that public pages need no cookie before someone asks for one; a
    forged request could do no more than change the text size.
    """
    here = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(here, {request.get_host()}, require_https=request.is_secure())
    response = redirect(here if safe and here.startswith("/") else "/")
    chosen = Display.of(request).changed(request.POST.get("contrast"), request.POST.get("text"))
    chosen.keep(response, secure=request.is_secure())
    return response


@login_not_required
def guide(request: HttpRequest) -> HttpResponse:
    """Every component on one page, for those who build and those who check; absent from a live site."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, "krds/guide.html", examples(request))
