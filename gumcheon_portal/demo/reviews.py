"""An invented run that is decided by reading: applying is over, some have points, some are decided, nothing is announced."""

from __future__ import annotations

from gumcheon_portal.demo.draws import make_run
from gumcheon_portal.demo.families import Town
from programs import reviewing
from programs.models import Run

SCORES = [(28, 17), (22, 19), (15, 12), (27, 18), (20, 10)]


def fill(town: Town) -> None:
    run = make_run(town, "심사하는 회차", admission=Run.Admission.REVIEW, closed_days=2, held_in=25, most=8)
    by = town.people["programs"]
    criteria = reviewing.set_criteria(run.pk, [("참여 동기", 30), ("활동 계획", 20)], by=by)
    applications = list(run.applications.order_by("number"))
    for application, points in zip(applications, SCORES, strict=False):
        given = {one.pk: number for one, number in zip(criteria, points, strict=True)}
        reviewing.score(application, given, by=by)
    reviewing.decide(run.pk, {applications[0].pk: "selected", applications[2].pk: "reserve"}, by=by)
