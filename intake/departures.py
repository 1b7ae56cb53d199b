"""What ends when a student leaves: referrals, explanations without an answer, priorities, codes; asked by ``accounts.leaving``."""

from __future__ import annotations

from django.utils import timezone

from accounts import leaving
from accounts.models import Student
from intake.models import Appeal, Priority, Referral, ReferralCode

REASON = "학생이 이용을 마침"


@leaving.also_forgets
def everything_open(student: Student) -> None:
    """Nobody is told: whoever would read it has left."""
    now = timezone.now()
    for referral in Referral.objects.filter(student=student, state=Referral.State.OPEN).order_by("pk"):
        referral.move(Referral.State.DONE, by=None, reason=REASON)
    for appeal in Appeal.objects.waiting().filter(strike__student=student).order_by("pk"):
        appeal.move(Appeal.State.CLOSED, by=None, reason=REASON, answer=REASON, answered_at=now)
    Priority.objects.filter(student=student, ended_at=None).update(ended_at=now)
    ReferralCode.objects.filter(student=student).delete()
