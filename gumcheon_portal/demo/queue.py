"""Families who wait for a time that the invented centre does not have, and one evening that opens for the first."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from counseling import joining, waiting
from counseling.models import DayPart, Slot, Topic, Wish
from gumcheon_portal.demo.families import Town
from lifecycle.locks import Refused

EVENING = time(19, 30)  # after the last time of every day
WAITING = 6  # families in the queue, the demo parent's first
SESSION = timedelta(minutes=50)


def fill(town: Town) -> None:
    """A queue for evenings on one topic; then an evening is opened, and the first in line is offered it."""
    counselor = town.people["counselor"].counselor
    topic = counselor.topics.open().filter(minutes__lte=SESSION.seconds // 60).last()
    if topic is None:
        return
    for student in town.students[:WAITING]:
        wish = Wish(student=student, topic=topic, modes=topic.modes, not_before=EVENING, parts=[DayPart.EVENING])
        try:
            joining.join(wish, by=student.people_to_tell()[0])
        except (Refused, IndexError):
            continue  # has booked this topic already, or has nobody to ask
    waiting.slots_opened([_evening(town, topic)])


def _evening(town: Town, topic: Topic) -> Slot:
    day = timezone.localdate() + timedelta(days=9)
    begins = timezone.make_aware(datetime.combine(day, EVENING))
    period = DateTimeTZRange(begins, begins + SESSION, "[)")
    return Slot.objects.create(counselor=town.people["counselor"].counselor, period=period, modes=topic.modes)
