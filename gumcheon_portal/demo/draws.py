"""Two invented runs that draw: one drawn two days ago, one whose list is frozen and whose number is not out yet."""

from __future__ import annotations

from datetime import datetime, timedelta

import pgtrigger
from django.utils import timezone

from gumcheon_portal.demo.families import Town
from programs import lottery
from programs.models import Application, Draw, Participant, Program, Run
from programs.seeds import Source

SATURDAY = 5


def fill(town: Town) -> None:
    today = timezone.localdate()
    last = today - timedelta(days=(today.weekday() - SATURDAY) % 7 or 7)
    since = (today - last).days
    drawn = make_run(town, "추첨을 마친 회차", closed_days=since + 1, held_in=12, most=14)
    _draw_back_then(town, drawn, last)
    frozen = make_run(town, "추첨을 앞둔 회차", closed_days=1, held_in=20, most=10)
    lottery.set_rule(
        frozen.pk,
        source=Source.LOTTO,
        round_number=9002,
        known_on=last + timedelta(days=14),
        first_time_weight=2,
        by=town.people["programs"],
    )
    lottery.freeze(frozen.pk, by=None)


def make_run(
    town: Town, title: str, *, closed_days: int, held_in: int, most: int, admission: str = Run.Admission.DRAW
) -> Run:
    """A run of five places whose applying ended ``closed_days`` ago at 18:00, with up to ``most`` who applied."""
    closed = timezone.localdate() - timedelta(days=closed_days)
    closes = timezone.make_aware(datetime.combine(closed, datetime.min.time())) + timedelta(hours=18)
    starts = timezone.localtime().replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=held_in)
    run = Run.objects.create(
        program=Program.objects.get(plan_key="career-company"),
        title=title,
        admission=admission,
        starts_at=starts,
        ends_at=starts + timedelta(hours=3),
        place="체험용 기업 견학실",
        capacity=5,
        opens_at=closes - timedelta(days=14),
        closes_at=closes,
        published_at=closes - timedelta(days=20),
    )
    run.sessions.create(starts_at=run.starts_at, ends_at=run.ends_at, title="기업 탐방")
    cared_for = [student for student in town.students if student.guardianships.exists()]
    for number, student in enumerate(cared_for[:most], start=1):
        application = Application.objects.create(
            run=run,
            number=number,
            applicant=student.guardianships.first().guardian,
            state=Application.State.APPLIED,
            applied_at=closes - timedelta(days=5),
        )
        Participant.objects.create(application=application, run=run, role="student", student=student)
    return run


def _draw_back_then(town: Town, run: Run, day: datetime) -> None:
    """As it would have gone at the time: frozen when applying ended, drawn now with a number of last Saturday."""
    by = town.people["programs"]
    draw = Draw(run=run, source=Source.LOTTO, round_number=9001, known_on=day, ruled_by=by, ruled_at=run.opens_at)
    known_at = draw.known_on_time()
    draw.known_at = timezone.now() + timedelta(hours=1)
    draw.save()
    lottery.freeze(run.pk, by=None)
    with pgtrigger.ignore("programs.Draw:settled_stays"):
        Draw.objects.filter(run=run).update(known_at=known_at, frozen_at=run.closes_at)
    lottery.draw(run.pk, number="3 11 19 25 33 41 7", where="체험용으로 지어낸 숫자입니다", by=by)
