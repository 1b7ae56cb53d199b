"""Admission by review (심사): points, decisions that nobody but staff sees, and one announcement.

Decisions are written beside the applications, so that a page, a list, a calendar or a notice of a family cannot
tell them early: ``Application.state`` changes when they are announced, for everybody in one transaction.
Everything here holds the run's row (``docs/locks.md``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from krds.dates import kdatetime
from lifecycle.locks import Refused, contended
from lifecycle.models import Transition
from programs import settling, waiting
from programs.models import Application, Criterion, Decision, Review, Run, Score
from programs.seats import Seats

if TYPE_CHECKING:
    from accounts.models import User

State = Application.State
Outcome = Decision.State
REASON = "심사"
BATCH = 2_000
MOST_CRITERIA = 10
UNDECIDED = "undecided"


class NotReviewed(Refused):
    """This step of the review is not due, or is done already; the sentence says what to do."""


# --- Reading -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """One application as the review sees it: its average points (``None`` without any) and what was decided."""

    pk: int
    number: int
    places: int
    group: int | None
    average: float | None
    reviewers: int
    decided: str  # a Decision.State, or empty


@dataclass
class Sums:
    """How many applications and places a set of decisions comes to, and why it cannot be announced (if so)."""

    applications: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    left: int | None = None
    problem: str = ""


def lines(run: Run) -> list[Line]:
    """Those that wait for a decision, the best first, then by number. Three queries."""
    rows = run.applications.filter(state=State.APPLIED).order_by("number")
    rows = rows.values_list("pk", "number", "places", "group", "decision__state")
    given = Score.objects.filter(criterion__review__run=run).order_by().values("application")
    sums = {
        row["application"]: (row["total"] / row["reviewers"], row["reviewers"])
        for row in given.annotate(total=Sum("points"), reviewers=Count("by", distinct=True))
    }
    found = [
        Line(pk, number, places, group, *sums.get(pk, (None, 0)), decided or "")
        for pk, number, places, group, decided in rows
    ]
    return sorted(found, key=lambda one: (one.average is None, -(one.average or 0), one.number))


def suggest(run: Run, now: datetime) -> dict[int, str]:
    """By points alone: whoever fits is selected, the rest reserves up to the waiting list's end. Decides nothing.

    Equal points go by number, and whoever has no points stays undecided: staff look at both.
    """
    seats, given = Seats.of(run, now), {}
    room = run.waiting_most
    for line in lines(run):
        if line.average is None:
            continue
        if not seats.why_not(line.places, line.group):
            seats.take(line.places, line.group)
            given[line.pk] = Outcome.SELECTED
        elif room is None or line.places <= room:
            room = None if room is None else room - line.places
            given[line.pk] = Outcome.RESERVE
        else:
            given[line.pk] = Outcome.OUT
    return given


def sums(run: Run, found: Iterable[Line], now: datetime, changed: Mapping[int, str] | None = None) -> Sums:
    """What the decisions come to, with ``changed`` in place of what is written."""
    seats, total, changed = Seats.of(run, now), Sums(), changed or {}
    total.left = seats.left()
    room, problem = run.waiting_most, ""
    for line in found:
        outcome = str(changed.get(line.pk, line.decided)) or UNDECIDED
        total.applications[outcome] = total.applications.get(outcome, 0) + 1
        total.places[outcome] = total.places.get(outcome, 0) + line.places
        if outcome == Outcome.SELECTED:
            problem = problem or seats.why_not(line.places, line.group)
            seats.take(line.places, line.group)
    if waits := total.applications.get(UNDECIDED):
        total.problem = f"아직 정하지 않은 신청이 {waits}건 있습니다. 모두 정한 뒤 발표해 주세요."
    elif problem:
        total.problem = f"선정한 신청에 줄 자리가 모자랍니다. {problem} 몇 건을 예비로 바꿔 주세요."
    elif room is not None and total.places.get(Outcome.RESERVE, 0) > room:
        total.problem = f"예비가 대기 정원({room}명)보다 많습니다. 몇 건을 미선정으로 바꿔 주세요."
    return total


# --- Points ------------------------------------------------------------------------------------
def set_criteria(run_id: int, given: Sequence[tuple[str, int]], *, by: User) -> list[Criterion]:
    """Say what is looked at and how many points it may get. Open until the first points are given.

    Raises:
        NotReviewed: points were given already, or a name or number is not fit.
    """
    with contended(str(waiting.BUSY), NotReviewed), transaction.atomic():
        review = _open(waiting.enter(run_id))
        if Score.objects.filter(criterion__review=review).exists():
            raise NotReviewed("점수를 준 뒤에는 심사 기준을 바꿀 수 없습니다.")
        if len({name for name, _most in given}) != len(given) or len(given) > MOST_CRITERIA:
            raise NotReviewed(f"서로 다른 이름의 기준을 {MOST_CRITERIA}개까지 적어 주세요.")
        review.criteria.all().delete()
        made = [
            Criterion(review=review, name=name, most=most, position=place)
            for place, (name, most) in enumerate(given, start=1)
        ]
        for one in made:
            try:
                one.clean_fields(exclude=["review"])
            except ValidationError as error:
                raise NotReviewed(" ".join(error.messages)) from None
        return Criterion.objects.bulk_create(made)


def score(application: Application, points: Mapping[int, int], *, by: User) -> None:
    """Give or change one's own points, for all criteria at once, by key of the criterion.

    Raises:
        NotReviewed: the application waits for no decision any more, or the points are not within their limits.
    """
    with contended(str(waiting.BUSY), NotReviewed), transaction.atomic():
        review = _open(waiting.enter(application.run_id))
        criteria = {one.pk: one for one in review.criteria.all()}
        if not criteria or points.keys() != criteria.keys():
            raise NotReviewed("심사 기준이 바뀌었습니다. 화면을 새로 고친 뒤 모든 기준에 점수를 주세요.")
        for pk, value in points.items():
            if not 0 <= value <= criteria[pk].most:
                raise NotReviewed(f"‘{criteria[pk].name}’은(는) 0점부터 {criteria[pk].most}점까지 줄 수 있습니다.")
        _waits(review.run, [application.pk])
        now = timezone.now()
        Score.objects.bulk_create(
            [Score(application=application, criterion_id=pk, by=by, points=n, at=now) for pk, n in points.items()],
            update_conflicts=True,
            unique_fields=["application", "criterion", "by"],
            update_fields=["points", "at"],
        )


# --- Deciding ----------------------------------------------------------------------------------
def decide(run_id: int, given: Mapping[int, str], *, by: User, reason: str = "") -> int:
    """Write down what is to become of applications, by key; how many were changed. Families see nothing of it.

    Args:
        reason: for the trail of the decision, which only staff read.

    Raises:
        NotReviewed: announced already, or one of them waits for no decision any more (then nothing is changed).
    """
    with contended(str(waiting.BUSY), NotReviewed), transaction.atomic():
        run = waiting.enter(run_id)
        _open(run)
        if not given or not set(given.values()) <= set(Outcome.values):
            raise NotReviewed("신청과 결정을 골라 주세요.")
        _waits(run, given)
        found = {one.application_id: one for one in Decision.objects.filter(application__in=given)}
        changed = {pk: state for pk, state in given.items() if pk not in found or found[pk].state != state}
        before = {pk: found[pk].state if pk in found else "" for pk in changed}
        Decision.objects.bulk_create(
            [Decision(application_id=pk, state=state) for pk, state in changed.items()],
            update_conflicts=True,
            unique_fields=["application"],
            update_fields=["state"],
            batch_size=BATCH,
        )
        rows = {one.application_id: one for one in Decision.objects.filter(application__in=changed)}
        Transition.objects.bulk_create(
            [
                Transition(subject=rows[pk], from_state=before[pk], to_state=state, by=by, reason=reason[:500])
                for pk, state in changed.items()
            ],
            batch_size=BATCH,
        )
        return len(changed)


# --- Announcing --------------------------------------------------------------------------------
def plan(run_id: int, at: datetime | None, *, by: User) -> Review:
    """Set the moment at which the clock announces; ``None`` takes it back.

    Raises:
        NotReviewed: announced already, the moment is past, or comes before the end of applying.
    """
    with contended(str(waiting.BUSY), NotReviewed), transaction.atomic():
        run, now = waiting.enter(run_id), timezone.now()
        review = _open(run)
        if at is not None and at <= now:
            raise NotReviewed("지난 시각입니다. 앞으로의 시각을 적거나 ‘지금 발표’를 눌러 주세요.")
        if at is not None and not run.closes_at <= at < run.starts_at:
            raise NotReviewed(
                f"접수 마감({kdatetime(run.closes_at)})과 첫 회기({kdatetime(run.starts_at)}) 사이의 시각을 적어 주세요."
            )
        review.announce_at, review.planned_by = at, by
        review.save(update_fields=["announce_at", "planned_by"])
        return review


def announce(run_id: int, *, by: User | None) -> Review:
    """Carry every decision out at once: states with their trail, ranks by points, and a notice for each family.

    ``by`` is ``None`` when the clock does it.

    Raises:
        NotReviewed: announced already, applications are open still, somebody is undecided, or places are too few.
    """
    with contended(str(waiting.BUSY), NotReviewed), transaction.atomic():
        run, now = waiting.enter(run_id), timezone.now()
        review = _open(run)
        found = _ready(run, now)
        keys = {outcome: [one.pk for one in found if one.decided == outcome] for outcome in Outcome}
        ranks = {pk: rank for rank, pk in enumerate(keys[Outcome.RESERVE], start=1)}
        review.announced_at, review.announced_by = now, by
        review.save(update_fields=["announced_at", "announced_by"])
        settling.settle(run, keys[Outcome.SELECTED], ranks, keys[Outcome.OUT], by=by, reason=REASON, now=now)
        return review


def announce_due() -> int:
    """Announce what was planned for now or before; how many. One that cannot be does not keep the others."""
    done = 0
    for run_id in Review.objects.due(timezone.now()).values_list("run", flat=True):
        try:
            announce(run_id, by=None)
        except Refused:
            continue  # the page and ``manage.py doctor`` say why; the next tick asks again
        done += 1
    return done


def _ready(run: Run, now: datetime) -> list[Line]:
    if now < run.closes_at:
        raise NotReviewed(f"접수가 끝난 뒤({kdatetime(run.closes_at)})에 발표할 수 있습니다.")
    if now >= run.ends_at:
        raise NotReviewed("끝난 회차입니다.")
    waiting.settle(run, now)
    found = lines(run)
    if problem := sums(run, found, now).problem:
        raise NotReviewed(problem)
    return found


def _open(run: Run) -> Review:
    """The review of a held run, made when there is none; it is not announced."""
    if run.state == Run.State.CANCELLED:
        raise NotReviewed("취소된 회차입니다.")
    if run.admission != Run.Admission.REVIEW:
        raise NotReviewed("선정 방법이 심사인 회차가 아닙니다.")
    review = Review.objects.get_or_create(run=run)[0]
    if review.announced_at:
        raise NotReviewed(
            f"{kdatetime(review.announced_at)}에 이미 발표했습니다. 발표한 뒤에는 신청마다 따로 처리해 주세요."
        )
    review.run = run
    return review


def _waits(run: Run, keys: Collection[int]) -> None:
    if run.applications.filter(pk__in=keys, state=State.APPLIED).count() != len(keys):
        raise NotReviewed("그사이 취소되었거나 이미 처리된 신청이 있습니다. 화면을 새로 고친 뒤 다시 골라 주세요.")
