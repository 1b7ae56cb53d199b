"""Who is asked: everybody after each finished use, once, and reminded once.

Asked by the clock: what is over and was not asked about yet is looked for, so a missed hour heals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from notices import outbox
from surveys import notices, uses
from surveys.models import Invitation, Survey
from surveys.uses import Finished

AT_ONCE = 200
COUNSELLING = "1:1 상담"  # a lock screen is no place for a topic


def invite() -> int:
    """Ask about everything that is over and not asked about; return how many were asked."""
    now = timezone.now()
    return sum(_invite(survey, now) for survey in Survey.objects.filter(is_open=True).exclude(use=Survey.Use.VISITOR))


def _invite(survey: Survey, now: datetime) -> int:
    since, until = uses.window(survey, now)
    known = set(
        Invitation.objects.filter(used_on__gte=timezone.localdate(since) - timedelta(days=1)).values_list(
            "use", "person"
        )
    )
    new: dict[tuple[str, int], Finished] = {}
    for one in uses.finished(survey.use, since=since, until=until):
        if (key := (one.use, one.person.pk)) not in known:
            new.setdefault(key, one)
    return sum(ask(survey, some, now) for some in _in_parts(list(new.values())))


def ask(survey: Survey, some: Sequence[Finished], now: datetime) -> int:
    """Rows and words of some people in one transaction. Whom another worker has asked meanwhile is left out."""
    made = {
        (one.use, one.person.pk): Invitation(
            survey=survey,
            use=one.use,
            person=one.person,
            subject=one.subject,
            level=one.level,
            used_on=one.used_on,
            invited_at=now,
        )
        for one in some
    }
    with transaction.atomic():
        Invitation.objects.bulk_create(made.values(), ignore_conflicts=True)
        ours = set(Invitation.objects.filter(pk__in=[one.pk for one in made.values()]).values_list("pk", flat=True))
        outbox.post_all(
            notices.word(notices.ASK, invitation, label_of(one))
            for one in some
            if (invitation := made[one.use, one.person.pk]).pk in ours
        )
    return len(ours)


def label_of(one: Finished) -> str:
    return COUNSELLING if one.kind == Survey.Use.COUNSELING else one.label


def remind() -> int:
    """Remind once whoever has not answered; return how many."""
    now, count = timezone.now(), 0
    for survey in Survey.objects.filter(is_open=True, remind_after_days__gt=0).exclude(use=Survey.Use.VISITOR):
        asked_before = now - timedelta(days=survey.remind_after_days)
        asked_since = asked_before - timedelta(days=survey.ask_within_days)
        due = survey.invitations.unanswered().filter(
            reminded_at=None, invited_at__lte=asked_before, invited_at__gt=asked_since, person__is_active=True
        )
        keys = list(due.order_by("pk").values_list("pk", flat=True))
        count += sum(_remind(survey, some, now) for some in _in_parts(keys))
    return count


def _in_parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _remind(survey: Survey, keys: Sequence[Any], now: datetime) -> int:
    with transaction.atomic():
        mine = survey.invitations.unanswered().filter(pk__in=keys, reminded_at=None)
        rows = list(
            mine.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related("person", "survey")
        )
        if survey.use == Survey.Use.COUNSELING:
            names = dict.fromkeys((row.subject for row in rows), COUNSELLING)
        else:
            names = uses.labels(row.subject for row in rows)
        outbox.post_all(
            notices.word(notices.REMIND, row, names.get(row.subject, str(survey.get_use_display()))) for row in rows
        )
        Invitation.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=now)
    return len(rows)
