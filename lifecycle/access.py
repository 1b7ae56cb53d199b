"""접속기록 is written here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest

from lifecycle.models import AccessLog


def client_ip(request: HttpRequest) -> str | None:
    """The visitor's address as the nearest trusted proxy saw it; the peer's own when there is none."""
    if hops := settings.TRUSTED_PROXIES:
        seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if len(seen) >= hops:
            return seen[-hops]
    return request.META.get("REMOTE_ADDR") or None


def record(
    request: HttpRequest,
    act: AccessLog.Act,
    what: str,
    *,
    subject: models.Model | None = None,
    subjects: Sequence[models.Model] = (),
    people: int = 1,
    reason: str = "",
) -> AccessLog:
    """Write one row of the access log for the logged-in user of ``request``.

    ``subject`` is the person whose data it is (a student or a user). A list or a file names its
    ``subjects`` (all of one model), or at least how many ``people`` it holds. Unmasking and
    exporting need a ``reason`` (the database insists).
    """
    entry = AccessLog(by=request.user, ip=client_ip(request), act=act, what=what[:200], people=people, reason=reason)
    if subject is not None:
        entry.subject = subject
    elif subjects:
        entry.subject_type = ContentType.objects.get_for_model(subjects[0])
        entry.subject_ids = sorted({person.pk for person in subjects})
        entry.people = len(entry.subject_ids)
    entry.save(force_insert=True)
    return entry


def viewed(request: HttpRequest, subject: models.Model, what: str, *, reason: str = "") -> AccessLog:
    """Say that the logged-in user opened ``what`` of ``subject``."""
    return record(request, AccessLog.Act.VIEW, what, subject=subject, reason=reason)
