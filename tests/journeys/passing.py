"""Time that passes while a journey is at a browser, and what it cannot see there; in a shell of the portal (``later``).

Nothing is decided here: only dates are moved, as they would lie days later, and the clock's own jobs are called.
"""

from __future__ import annotations

from datetime import timedelta

import pgtrigger
from django.urls import reverse
from django.utils import timezone

from programs import checkin, lottery
from programs.models import Draw, Run, Session
from surveys import tokens
from surveys.models import Invitation

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def applying_is_over(run: int) -> int:
    """Applications closed some hours ago; the list is frozen by the clock."""
    Run.objects.filter(pk=run).update(closes_at=timezone.now() - 6 * HOUR)
    return lottery.freeze_due()


def number_is_out(run: int) -> int:
    """The list has been public for hours, and the number that makes the seed for one."""
    now = timezone.now()
    with pgtrigger.ignore("programs.Draw:settled_stays"):
        return Draw.objects.filter(run=run).update(frozen_at=now - 5 * HOUR, known_at=now - HOUR)


def session_begins(run: int) -> str:
    """It began a moment ago; the address that the code on the wall holds now."""
    now = timezone.now()
    Session.objects.filter(run=run).update(starts_at=now - MINUTE, ends_at=now + HOUR)
    return checkin.address(Session.objects.get(run=run), now)


def session_is_over(run: int) -> int:
    now = timezone.now()
    return Session.objects.filter(run=run).update(starts_at=now - 2 * HOUR, ends_at=now - MINUTE)


def question_to(email: str) -> str:
    """Where the message leads that asks somebody how it was; the demo's inbox shows the latest messages alone."""
    invitation = Invitation.objects.unanswered().filter(person__email=email).latest("invited_at")
    return reverse("surveys:answer", args=[tokens.of(invitation)])
