from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lifecycle.sealed import Unreadable

logger = logging.getLogger(__name__)

BUSY = frozenset({"55P03", "40P01"})  # lock timeout, deadlock
ZERO = "\x00"


class ZeroByteMiddleware:
    """Answer 400 where an address or a cookie carries a zero byte: PostgreSQL takes none. Forms refuse their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query or any(ZERO in text for text in (query, request.path_info, *request.COOKIES.values())):
            raise BadRequest("zero byte")
        return self.get_response(request)


class BusyMiddleware:
    """A lock, or a seal without its key, that nobody else turned into a sentence: a polite 503, never a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Unreadable):
            logger.error("%s", exception)
            return render(request, "sealed.html", {"sentence": str(exception)}, status=503)
        if isinstance(exception, OperationalError) and getattr(exception.__cause__, "pgcode", None) in BUSY:
            response = render(request, "503.html", status=503)
            response["Retry-After"] = "5"
            return response
        return None
