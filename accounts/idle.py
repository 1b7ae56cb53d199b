"""Log out whoever stays away too long, and let them say that they are still there.

A session remembers when it was last used, to the minute: writing it on every request would cost a
row update per page. Asking for ``stay`` renews it at once.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

KEY = "used_at"
BACKGROUND = "X-Background"  # what a page asks by itself, such as whether anything changed, keeps nobody logged in
COARSE_SECONDS = 60


def limit_seconds(request: HttpRequest) -> int:
    """How long this person may stay away: staff see other people's data and get half the time."""
    return 60 * (settings.IDLE_MINUTES_STAFF if request.user.is_staff else settings.IDLE_MINUTES_PUBLIC)


def left_seconds(request: HttpRequest) -> int | None:
    """Seconds until this session ends by itself; ``None`` for somebody who is not logged in."""
    if not request.user.is_authenticated:
        return None
    used_at = request.session.get(KEY, _now())
    return max(0, used_at + limit_seconds(request) - _now())


def touch(request: HttpRequest) -> None:
    request.session[KEY] = _now()


def _now() -> int:
    return int(timezone.now().timestamp())


class IdleLogoutMiddleware:
    """End a session that was not used for the minutes that the settings allow, and leave no page of it behind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            used_at = request.session.get(KEY)
            if used_at is None:
                touch(request)
            elif _now() - used_at >= limit_seconds(request):
                logout(request)
                messages.info(request, _("오랫동안 쓰지 않아 안전하게 로그아웃했습니다. 다시 로그인해 주세요."))
            elif _now() - used_at >= COARSE_SECONDS and BACKGROUND not in request.headers:
                touch(request)
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)  # or the next person at this computer goes back to it after the log-out
        return response
