"""A draw of ten thousand: its order, the whole of it with trail and queued notices, and the proof done over again."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import date, timedelta
from time import perf_counter, process_time
from typing import Any

import pgtrigger
from django.utils import timezone

from accounts.models import Guardianship, Student, User
from benchmarks import stage
from benchmarks.measure import Effort
from benchmarks.portal import Portal
from benchmarks.report import Report
from lifecycle.models import Transition
from notices.models import Notice
from programs import drawing, lottery
from programs.models import Application, Draw, DrawFile, Group, Participant, Program, Run

ENTRIES, PLACES, WEIGHT = 10_000, 1_000, 4
ORDER_SECONDS, DRAW_SECONDS = 1.0, 5.0
NUMBER, WHERE = "3 11 19 25 33 41 7", "지어낸 숫자"
BATCH = 2_000


def run(portal: Portal, report: Report, effort: Effort) -> None:
    heaviest = [drawing.Entry(f"{n:032x}", 1, weight=drawing.WEIGHT_MOST) for n in range(ENTRIES)]
    _order, *ordered = _timed(lambda: drawing.order("0" * 64 + "|03-11-19-25-33-41+07", heaviest))
    with portal.copy("draw"):
        run, by = _fill()
        draw, *froze = _timed(lambda: _frozen(run, by))
        _drawn, *drew = _timed(lambda: lottery.draw(run.pk, number=NUMBER, where=WHERE, by=by))
        proof = draw.files.get(kind=DrawFile.Kind.PROOF).text
        steps = Transition.objects.filter(reason=lottery.REASON).count()
        told = Notice.objects.values("recipient").distinct().count()
        seated = Application.objects.filter(run=run, state=Application.State.CONFIRMED).count()
    figures = {"order of the heaviest": ordered, "freezing": froze, "the whole draw": drew}
    report.table(
        f"A draw of {ENTRIES:,}",
        [{"step": step, "seconds": clock, "own_cpu": cpu} for step, (clock, cpu) in figures.items()],
    )
    report.at_most(
        f"order of {ENTRIES:,} with {drawing.WEIGHT_MOST} tickets each, processor seconds", ordered[1], ORDER_SECONDS
    )
    report.at_most(f"draw of {ENTRIES:,} with trail and queued notices, seconds", drew[0], DRAW_SECONDS)
    report.exactly("steps in the trail", steps, ENTRIES)
    report.exactly("people told", told, ENTRIES)
    report.exactly("places given", seated, PLACES)
    report.exactly("the proof agrees with itself", drawing.verify(proof).agrees, True)
    report.exactly("differences to a reckoning of its own", _differences(json.loads(proof)), 0)


def _timed(work: Any) -> tuple[Any, float, float]:
    """What it gives, and how long it took: by the clock, and of this process alone."""
    begun, worked = perf_counter(), process_time()
    return work(), perf_counter() - begun, process_time() - worked


def _differences(proof: dict[str, Any]) -> int:
    """The proof file done over again from the sentences of its rule, with nothing of the portal's."""
    listed = "".join(f"{line}\n" for line in proof["list"])
    digest = hashlib.sha256(listed.encode()).hexdigest()
    seed = f"{digest}|{proof['seed']['public']}".encode()
    head = dict(line.split(" ", 1) for line in proof["list"][1:] if line.split(" ")[0] in {"places", "reserve"})
    start = next(n for n, line in enumerate(proof["list"]) if line.startswith("entries ")) + 1
    entries = [line.split(" ") for line in proof["list"][start:]]

    def value(code: str, tickets: str) -> str:
        return min(hmac.new(seed, f"{code}|{n}".encode(), "sha256").hexdigest() for n in range(1, int(tickets) + 1))

    left, rank, mine = int(head["places"]), 0, []
    for _value, code, places in sorted(
        (value(code, tickets), code, int(places)) for code, places, _g, tickets in entries
    ):
        if places <= left:
            left -= places
            mine.append((code, "selected", None))
        else:
            rank += 1
            mine.append((code, "reserve", rank))
    theirs = [(row["code"], row["outcome"], row["rank"]) for row in proof["result"]]
    return sum(one != other for one, other in zip(mine, theirs, strict=True)) + (digest != proof["list_sha256"])


def _frozen(run: Run, by: User) -> Draw:
    """Frozen while its number lies ahead, which then moves into the past: nobody waits for a Saturday here."""
    lottery.set_rule(run.pk, source="lotto", round_number=1, known_on=timezone.localdate() + timedelta(days=7), by=by)
    lottery.freeze(run.pk, by=by)
    return _known_by_now(run)


def _known_by_now(run: Run) -> Draw:
    with pgtrigger.ignore("programs.Draw:settled_stays"):
        now = timezone.now()
        Draw.objects.filter(run=run).update(frozen_at=now - timedelta(hours=2), known_at=now - timedelta(hours=1))
    return Draw.objects.get(run=run)


def _fill() -> tuple[Run, User]:
    """Ten thousand children who applied, half of them with more tickets, each with a parent who can be told."""
    now = timezone.now()
    program = Program.objects.create(
        title="별 관찰 교실",
        area=Program.Area.CAREER,
        kind=Program.Kind.EXPERIENCE,
        summary="망원경으로 별을 봅니다.",
        audience=["student"],
        published_at=now,
    )
    run = Run.objects.create(
        program=program,
        title="1회",
        admission=Run.Admission.DRAW,
        capacity=PLACES,
        starts_at=now + timedelta(days=30),
        ends_at=now + timedelta(days=30, hours=2),
        opens_at=now - timedelta(days=9),
        closes_at=now - timedelta(hours=3),
        published_at=now,
    )
    group = Group.objects.create(run=run, name="중2", capacity=PLACES, weight=WEIGHT)
    parents = User.objects.bulk_create(
        (
            User(
                email=f"draw{n}@example.com",
                phone=f"0109{n:07d}",
                phone_verified_at=now,
                name="한별",
                birth_date=date(1980, 1, 1),
            )
            for n in range(ENTRIES)
        ),
        batch_size=BATCH,
    )
    students = Student.objects.bulk_create(
        (Student(name="김하늘", birth_date=date(2012, 3, 1), grade=8) for _parent in parents), batch_size=BATCH
    )
    Guardianship.objects.bulk_create(
        (
            Guardianship(guardian=parent, student=student, relation="mother", confirmed_at=now)
            for parent, student in zip(parents, students, strict=True)
        ),
        batch_size=BATCH,
    )
    made = Application.objects.bulk_create(
        (
            Application(
                run=run,
                number=n,
                applicant=parent,
                state=Application.State.APPLIED,
                group=group if n % 2 else None,
            )
            for n, parent in enumerate(parents, start=1)
        ),
        batch_size=BATCH,
    )
    Participant.objects.bulk_create(
        (
            Participant(application=one, run=run, role=Participant.Role.STUDENT, student=student)
            for one, student in zip(made, students, strict=True)
        ),
        batch_size=BATCH,
    )
    stage.analyse()
    return run, User.objects.create_user("clerk-of-draws@example.com", name="정담당", is_staff=True)
