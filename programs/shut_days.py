"""What a day off hits in programmes; asked by ``centre.shutting``."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from centre import shutting
from programs.models import Application, Run, Session

MAY_SETTLE = ("programs.view_session", "programs.change_run")


@shutting.register
def sessions_ahead(period: DateTimeTZRange, venue: int | None) -> shutting.Hit | None:
    """Sessions still ahead on a day that is now off; of one venue, those in its rooms."""
    now = timezone.now()
    hit = Session.objects.standing().exclude(run__state=Run.State.CANCELLED)
    hit = hit.filter(starts_at__lt=period.upper, ends_at__gt=max(period.lower, now))
    if venue:
        hit = hit.filter(room__venue=venue)
    number = hit.count()
    if not number:
        return None
    seated = Application.objects.filter(run__sessions__in=hit, state__in=Application.SEATED).distinct().places_taken()
    first, last = timezone.localdate(period.lower), timezone.localdate(period.upper - timedelta.resolution)
    asked = {"from": first.isoformat(), "until": last.isoformat()}
    url = f"{reverse('admin:programs_session_changelist')}?{urlencode(asked)}"
    return shutting.Hit(f"프로그램 회기 {number}개가 쉬는 날에 있습니다(참가자 {seated}명).", url, MAY_SETTLE)
