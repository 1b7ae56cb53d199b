"""The night, when no phone should ring: 21:00 to 08:00 KST (정보통신망법 제50조 제3항)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone


def is_quiet(now: datetime) -> bool:
    """Whether text messages that are not urgent have to wait at ``now``."""
    begins, ends = settings.QUIET_FROM, settings.QUIET_UNTIL
    clock = timezone.localtime(now).time()
    return clock >= begins or clock < ends if begins > ends else begins <= clock < ends
