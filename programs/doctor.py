"""Recounts what the run's lock promises, from the rows themselves: for the night, and for whoever doubts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from programs import papers
from programs.models import Application, Participant, Review, Run, RunOffer

State = Application.State

LATE = timedelta(days=1)
SOON = timedelta(minutes=10)


def check() -> list[str]:
    """Every finding as a sentence; an empty list when all is well."""
    return [
        *_oversold(),
        *_groups(),
        *_people(),
        *_offers(),
        *_forgotten(),
        *_papers(),
        *_unannounced(),
    ]


def _occupying() -> QuerySet[Application]:
    return Application.objects.occupying(timezone.now()).order_by()


def _oversold() -> Iterator[str]:
    for row in _occupying().values("run", "run__capacity").annotate(taken=Sum("places")).order_by("run"):
        if row["run__capacity"] is not None and row["taken"] > row["run__capacity"]:
            yield f"회차 {row['run']}: 정원 {row['run__capacity']}명에 {row['taken']}자리가 나갔습니다."


def _groups() -> Iterator[str]:
    grouped = _occupying().filter(group__isnull=False)
    for row in grouped.values("group", "group__capacity").annotate(taken=Sum("places")).order_by("group"):
        if row["taken"] > row["group__capacity"]:
            yield f"그룹 {row['group']}: 정원 {row['group__capacity']}명에 {row['taken']}자리가 나갔습니다."
    strange = Application.objects.filter(group__isnull=False).exclude(group__run=F("run"))
    for pk in strange.order_by("pk").values_list("pk", flat=True):
        yield f"신청 {pk}: 다른 회차의 그룹에 들어 있습니다."


def _people() -> Iterator[str]:
    live = Q(application__state__in=Application.LIVE)
    for pk in Participant.objects.filter(live, left_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        yield f"참가자 {pk}: 살아 있는 신청에서 빠진 것으로 되어 있습니다."
    for pk in Participant.objects.filter(~live, left_at=None).order_by("pk").values_list("pk", flat=True):
        yield f"참가자 {pk}: 끝난 신청에서 빠지지 않았습니다."
    elsewhere = Participant.objects.exclude(run=F("application__run"))
    for pk in elsewhere.order_by("pk").values_list("pk", flat=True):
        yield f"참가자 {pk}: 신청과 다른 회차에 적혀 있습니다."
    for who in ("student", "user"):
        here = Participant.objects.filter(left_at=None, **{f"{who}__isnull": False})
        for row in here.values("run", who).annotate(times=Count("pk")).filter(times__gt=1).order_by("run", who):
            yield f"회차 {row['run']}: 같은 사람({who} {row[who]})이 {row['times']}번 신청되어 있습니다."
    heads = Application.objects.filter(headcount=None).annotate(heads=Count("participants")).exclude(heads=F("places"))
    for pk in heads.order_by("pk").values_list("pk", flat=True):
        yield f"신청 {pk}: 자리 수와 참가자 수가 다릅니다."


def _offers() -> Iterator[str]:
    standing = RunOffer.objects.standing().filter(application=OuterRef("pk"))
    without = Application.objects.filter(~Exists(standing), state=State.OFFERED)
    for pk in without.order_by("pk").values_list("pk", flat=True):
        yield f"신청 {pk}: 자리 제안 상태인데 답을 기다리는 제안이 없습니다."
    stray = RunOffer.objects.standing().exclude(application__state=State.OFFERED)
    for pk in stray.order_by("pk").values_list("pk", flat=True):
        yield f"제안 {pk}: 자리 제안 상태가 아닌 신청에 남아 있습니다."
    old = RunOffer.objects.lapsed(timezone.now() - LATE).count()
    if old:
        yield f"답할 기한이 하루 넘게 지난 제안이 {old}건 있습니다. 정기 작업이 도는지 확인해 주세요."


def _forgotten() -> Iterator[str]:
    """Nobody decided about them, and the run is over."""
    undecided = Application.objects.filter(state=State.APPLIED, run__ends_at__lt=timezone.now())
    undecided = undecided.exclude(run__state=Run.State.CANCELLED)
    for row in undecided.order_by().values("run").annotate(number=Count("pk")).order_by("run"):
        yield f"회차 {row['run']}: 끝났는데 선정하지 않은 신청이 {row['number']}건 있습니다."
    cancelled = Application.objects.live().filter(run__state=Run.State.CANCELLED)
    for pk in cancelled.order_by("pk").values_list("pk", flat=True):
        yield f"신청 {pk}: 취소된 회차에 살아 있습니다."


def _papers() -> Iterator[str]:
    for paper in papers.all_untrue():
        yield f"문서 {paper.number}: 출석 기록과 내용이 다릅니다. 확인한 뒤 회수해 주세요."


def _unannounced() -> Iterator[str]:
    """The clock could not announce: somebody is undecided, or places are too few."""
    for run in Review.objects.due(timezone.now() - SOON).order_by("run").values_list("run", flat=True):
        yield f"회차 {run}: 심사 결과를 예정한 때에 발표하지 못했습니다. 심사 화면에서 까닭을 확인해 주세요."
