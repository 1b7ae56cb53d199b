"""What text messages cost, in won: the price of one, this month's sum, and the ceiling."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Count, Sum
from django.utils import timezone

from notices.models import Addressee, Notice, Outgoing


def price(notice: Outgoing) -> int:
    """What handing ``notice`` over costs; an e-mail costs nothing."""
    match notice.price_class:
        case Notice.Price.SMS:
            return settings.SMS_WON
        case Notice.Price.LMS:
            return settings.LMS_WON
    return 0


def cheapest() -> int:
    """The least that one text message costs."""
    return min(settings.SMS_WON, settings.LMS_WON)


def month_start(now: datetime) -> datetime:
    """The first moment (KST) of the month that ``now`` is in."""
    return timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spent_won(now: datetime) -> int:
    """This month's cost so far, with the messages that are in doubt: they may have been charged."""
    return sum(rows.aggregate(won=Sum("cost_won"))["won"] or 0 for rows in _charged(now))


def by_price(now: datetime) -> dict[str, dict[str, int]]:
    """This month's messages and won by price class: ``{"sms": {"count": 3, "won": 60}, …}``."""
    found = {code: {"count": 0, "won": 0} for code in (Notice.Price.SMS, Notice.Price.LMS)}
    for charged in _charged(now):
        rows = charged.order_by().values("price_class").annotate(count=Count("pk"), won=Sum("cost_won"))
        for row in rows:
            sums = found.setdefault(row["price_class"], {"count": 0, "won": 0})
            sums["count"], sums["won"] = sums["count"] + row["count"], sums["won"] + row["won"]
    return found


def _charged(now: datetime) -> list[models.QuerySet]:
    """What cost something this month, of the two tables that messages leave from."""
    this_month = {"handed_at__gte": month_start(now), "cost_won__gt": 0}
    return [Notice.objects.filter(**this_month), Addressee.objects.filter(**this_month)]
