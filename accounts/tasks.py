"""What time does to people's records. Each task may run at any time and any number of times."""

from __future__ import annotations

from datetime import date, timedelta

from celery import shared_task
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts import notices, roles
from accounts.models import Consent, ConsentText, Student
from accounts.schoolyear import age

TELL_WITHIN_DAYS = 30
RECHECK_DAYS = 730


@shared_task
def expire_roles() -> int:
    """Take away roles whose last day is over."""
    return roles.expire()


@shared_task
def tell_turned_14() -> int:
    """Tell families whose student turned 14 lately; the outbox says it once."""
    today = timezone.localdate()
    earliest = date(today.year - 14, today.month, 1) - timedelta(days=TELL_WITHIN_DAYS)
    lately = Student.objects.filter(left_at=None, handed_over_at=None, birth_date__range=(earliest, today))
    told = 0
    for student in lately.filter(birth_date__year__lte=today.year - 14).order_by("pk"):
        if age(student.birth_date) == 14 and age(student.birth_date, today - timedelta(days=TELL_WITHIN_DAYS)) == 13:
            with transaction.atomic():
                notices.turned_14(student)
            told += 1
    return told


@shared_task
def recheck_marketing() -> int:
    """Every two years, remind people that they agreed to receive news (정보통신망법 시행령 제62조의3)."""
    now = timezone.now()
    old = now - timedelta(days=RECHECK_DAYS)
    told = 0
    standing = Consent.objects.filter(text__kind=ConsentText.Kind.MARKETING, user__is_active=True).standing()
    for consent in standing.select_related("text", "user"):
        if consent.given and consent.at <= old:
            with transaction.atomic():
                notices.consent_recheck(consent, time=(now - consent.at).days // RECHECK_DAYS)
            told += 1
    return told


@shared_task
def clear_sessions() -> None:
    """Drop sessions that are over."""
    call_command("clearsessions")
