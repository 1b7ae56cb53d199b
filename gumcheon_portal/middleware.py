from __future__ import annotations

from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

BUSY = frozenset({"55P03", "40P01"})  # lock timeout, deadlock


class BusyMiddleware:
    """A lock that nobody else turned into a sentence becomes a polite 503, never a 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError) and getattr(exception.__cause__, "pgcode", None) in BUSY:
            response = render(request, "503.html", status=503)
            response["Retry-After"] = "5"
            return response
        return None
