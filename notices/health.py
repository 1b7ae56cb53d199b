"""How late the post is: for ``/healthz`` and for whoever is on duty."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from notices import delivery


def oldest_due() -> timedelta | None:
    """For how long the oldest notice that may leave now has been waiting; ``None`` when none waits.

    Text messages that wait for the morning or for next month's money are not late.
    """
    now = timezone.now()
    since = delivery.sendable_now(now).order_by("send_after").values_list("send_after", flat=True).first()
    return None if since is None else now - since
