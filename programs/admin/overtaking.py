"""Two clerks with the same run open: whoever saves later is told, instead of undoing the other's work unseen."""

from __future__ import annotations

import hashlib

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from programs.models import Group, Run

SENTENCE = (
    "그사이 다른 직원이 이 회차를 고쳤습니다. 적은 내용은 그대로 두었습니다. 새 창에서 지금 저장된 내용을 확인한 뒤 "
    "다시 저장하면 이 화면의 내용으로 바뀝니다."
)

COLUMNS = (
    "program", "title", "place", "opens_at", "closes_at", "admission", "capacity", "waiting_most", "party",
    "companions", "rules", "min_participants", "decide_at", "questionnaire", "second_form", "second_form_until",
    "pass_percent",
)  # fmt: skip
OF_GROUPS = ("id", "name", "first_grade", "last_grade", "for_priority", "capacity", "weight", "position")


def with_all(runs: QuerySet[Run]) -> QuerySet[Run]:
    """With what ``of`` needs beside the run's own columns."""
    partners = Run.partners.through.objects.filter(run=OuterRef("pk")).order_by("partner").values("partner")
    groups = Group.objects.filter(run=OuterRef("pk")).order_by("pk")
    groups = groups.values(all=JSONObject(**{name: name for name in OF_GROUPS}))
    return runs.annotate(with_whom=ArraySubquery(partners), of_groups=ArraySubquery(groups))


def of(run: Run) -> str:
    """A stamp of all that the run's page lets staff change, groups and partners included.

    What moves by itself (times of sessions, states, publication) is no part of it. The run comes from ``with_all``.
    """
    values = [getattr(run, Run._meta.get_field(name).attname) for name in COLUMNS]
    return hashlib.sha256(repr([*values, run.with_whom, run.of_groups]).encode()).hexdigest()[:24]


def stamp(pk: int) -> str:
    """``of`` the run as it stands now; one query."""
    return of(with_all(Run.objects.filter(pk=pk)).get())
