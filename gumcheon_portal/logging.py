"""One line of JSON per event, with a request id and never personal data.

Personal data hides in three places: in the path (a token, a number), in the message of an
exception (PostgreSQL quotes the row) and in a message written without care. So a request is
logged by its route, an exception by its type and place, and addresses and numbers are masked.
"""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from celery import current_task
from django.http import HttpRequest, HttpResponse

SEOUL = ZoneInfo("Asia/Seoul")
PROJECT = Path(__file__).resolve().parent.parent
FRAMES = 12
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
E_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
LONG_NUMBER = re.compile(r"(?<![\w.])\+?\d(?:[-. ]?\d){8,}(?![\w.])")
QUOTES_PATH = ("django.request", "django.security.csrf")
EXTRA = ("method", "route", "status", "ms", "count", "kind", "queue", "provider", "code")

request_id: ContextVar[str] = ContextVar("request_id", default="")
access = logging.getLogger("gumcheon_portal.access")


class JsonLines(logging.Formatter):
    """The formatter of every handler."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, SEOUL).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": _message(record),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        if current_task:
            line |= {"task": current_task.name, "task_id": current_task.request.id}
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}
        if record.exc_info and record.exc_info[1]:
            line["error"] = _error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _message(record: logging.LogRecord) -> str:
    """The event in words; of Django's own lines on a request only the status, for they quote the path."""
    if record.name.startswith(QUOTES_PATH) and hasattr(record, "status_code"):
        return f"response {record.status_code}"
    if record.name == "celery.app.trace" and record.exc_info:
        return "task failed"  # Celery's own words repeat the exception's
    return LONG_NUMBER.sub("[number]", E_MAIL.sub("[e-mail]", record.getMessage()))


def _error(error: BaseException) -> dict[str, Any]:
    """An exception by type and place. Its text is left out: it may quote a row or what was typed."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    told: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "where": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    server = getattr(error.__cause__, "diag", None)
    if server is not None:
        told |= {"sqlstate": server.sqlstate, "table": server.table_name, "constraint": server.constraint_name}
    return told


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else "/".join(path.parts[-3:])


class RequestLog:
    """Give each request an id (the proxy's, when it has a good one) and log how it ended."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = request_id.set(given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex)
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = request_id.get()
            self._log(request, response, started)
        finally:
            request_id.reset(token)
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        match = request.resolver_match
        access.info(
            "request",
            extra={
                "method": request.method,
                "route": f"/{match.route}" if match else "",
                "status": response.status_code,
                "ms": round((time.monotonic() - started) * 1000, 1),
            },
        )


def to_stderr(level: str) -> dict[str, Any]:
    """Django's ``LOGGING``: everything as lines on the standard error, where the operator collects it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "gumcheon_portal.logging.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.access": {"handlers": [], "level": level, "propagate": True},
            # fontTools and WeasyPrint tell every step of a paper at INFO
            **{
                name: {"level": "WARNING"}
                for name in ("fontTools", "weasyprint", "celery.beat", "celery.worker.strategy")
            },
        },
    }
