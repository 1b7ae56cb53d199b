"""심사: reviewers give points by criterion; nobody reads the own school's, nobody sees a colleague's points before the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Sum

from accounts.models import User
from budget.grants.applying import NotNow, held
from budget.models import GrantApplication, GrantCall, GrantReading, GrantReviewer, GrantScore

State = GrantApplication.State
HUNDREDTH = Decimal("0.01")


def own_schools(user: User) -> set[int]:
    """Schools that a reviewer has to do with, in whatever role."""
    return set(user.affiliations.current().exclude(school=None).values_list("school", flat=True))


def to_read(reviewer: GrantReviewer) -> list[GrantApplication]:
    """What this reviewer reads: everything sent in, less the own school's."""
    sent = GrantApplication.objects.standing().filter(call=reviewer.call_id)
    return list(sent.exclude(school__in=own_schools(reviewer.user)).select_related("school").order_by("number"))


def rate(application: GrantApplication, points: Mapping[int, int], *, by: User, remark: str = "") -> GrantReading:
    """Give points, by the key of the criterion; given again while nothing is decided, the new ones hold.

    Raises:
        NotNow: ``by`` is no reviewer of the call or belongs to the school, a point is missing or more than its weight,
            or it is not with the centre.
    """
    with held(application) as found:
        reviewer = GrantReviewer.objects.filter(call=found.call, user=by).first()
        if reviewer is None or not by.has_perm("budget.review_grants"):
            raise NotNow("이 공고의 심사위원이 아닙니다.")
        if found.school_id in own_schools(by):
            raise NotNow("소속 학교의 신청은 심사할 수 없습니다(제척).")
        if found.state != State.SUBMITTED:
            raise NotNow(f"‘{found.get_state_display()}’ 상태의 신청은 심사할 수 없습니다.")
        criteria = list(found.call.criteria.all())
        for criterion in criteria:
            given = points.get(criterion.pk)
            if given is None or not 0 <= given <= criterion.weight:
                raise NotNow(f"‘{criterion.name}’ 점수를 0점에서 {criterion.weight}점 사이로 적어 주세요.")
        reading, _new = GrantReading.objects.update_or_create(
            application=found, reviewer=reviewer, defaults={"remark": remark.strip()}
        )
        reading.scores.all().delete()
        GrantScore.objects.bulk_create(
            GrantScore(reading=reading, criterion=criterion, points=points[criterion.pk]) for criterion in criteria
        )
    return reading


@dataclass(frozen=True)
class Progress:
    reviewer: GrantReviewer
    done: int
    of: int

    @property
    def is_done(self) -> bool:
        return self.done >= self.of


def progress(call: GrantCall) -> list[Progress]:
    """How far each reviewer is; this much may everybody know."""
    found = []
    for reviewer in call.reviewers.select_related("user"):
        mine = [one.pk for one in to_read(reviewer)]
        done = reviewer.readings.filter(application__in=mine).count()
        found.append(Progress(reviewer, done, len(mine)))
    return found


def may_see_scores(call: GrantCall) -> bool:
    """Points open for everybody at once, when every reviewer has read everything."""
    steps = progress(call)
    return bool(steps) and all(step.is_done for step in steps)


@dataclass(frozen=True)
class Ranked:
    """``average`` of the reviewers' sums, of 100, half up to two decimals; equal averages share a rank."""

    rank: int | None
    application: GrantApplication
    average: Decimal | None
    sums: tuple[int, ...]


def ranking(call: GrantCall) -> list[Ranked]:
    """Everything sent in, best first; without a reading it stands at the end without a rank."""
    sums: dict[int, list[int]] = {}
    rows = GrantReading.objects.filter(application__call=call).annotate(sum=Sum("scores__points")).order_by("reviewer")
    for application, points in rows.values_list("application", "sum"):
        sums.setdefault(application, []).append(points or 0)
    found = []
    for application in GrantApplication.objects.standing().filter(call=call).for_page().order_by("number"):
        given = tuple(sums.get(application.pk, ()))
        average = Decimal(sum(given)) / len(given) if given else None
        found.append((application, average, given))
    found.sort(key=lambda one: (one[1] is None, -(one[1] or 0), one[0].number))
    ranked: list[Ranked] = []
    for place, (application, exact, given) in enumerate(found, start=1):
        average = None if exact is None else exact.quantize(HUNDREDTH, rounding=ROUND_HALF_UP)
        same = ranked and exact is not None and exact == found[place - 2][1]
        rank = None if exact is None else ranked[-1].rank if same else place
        ranked.append(Ranked(rank, application, average, given))
    return ranked
