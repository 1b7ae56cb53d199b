"""How many people came to a programme: the use case of those who ask what it cost for each."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from programs.models import Mark, Participant


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def came(year: int, until: date) -> dict[int, int]:
    """People who came at least once, by programme: of runs that start in ``year``, as written down by the end of ``until``.

    Everybody counts once for a programme however often they came, companions left out; of a class the most heads that
    came at once. A programme without a mark has no key: nobody wrote down who came.
    """
    known = _midnight(until + timedelta(days=1))
    marks = Mark.objects.filter(
        Q(session__cancelled_at=None) | Q(session__cancelled_at__gte=known),
        session__run__starts_at__gte=_midnight(date(year, 1, 1)),
        session__run__starts_at__lt=_midnight(date(year + 1, 1, 1)),
        recorded_at__lt=known,
    ).current()
    people: dict[int, set[object]] = {}
    heads: dict[int, dict[int, int]] = {}
    columns = (
        "session__run__program", "status", "participant", "participant__role", "participant__student",
        "participant__user", "application", "heads",
    )  # fmt: skip
    for program, status, participant, role, student, user, application, number in marks.values_list(*columns):
        found, classes = people.setdefault(program, set()), heads.setdefault(program, {})
        if status not in Mark.CAME:
            continue
        if participant is None:
            classes[application] = max(classes.get(application, 0), number)
        elif role != Participant.Role.COMPANION:
            found.add(("student", student) if student else ("user", user) if user else ("guest", participant))
    return {program: len(found) + sum(heads[program].values()) for program, found in people.items()}
