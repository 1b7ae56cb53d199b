"""Long work that goes on without the person who asked for it: what it is, how far it is, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from lifecycle.models.states import Lifecycle


class WorkQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> WorkQuerySet:
        """One's own, the work of kinds that one's duties include, and everybody's for whoever oversees it."""
        if not user.is_staff:
            return self.none()
        if user.has_perm("lifecycle.view_work"):
            return self
        from lifecycle import work  # noqa: PLC0415 (it registers kinds for this model)

        theirs = [kind.code for kind in work.kinds() if kind.permission and user.has_perm(kind.permission)]
        return self.filter(Q(started_by=user) | Q(kind__in=theirs))

    def waiting_for(self, queue: str, now: datetime) -> WorkQuerySet:
        """What a worker of ``queue`` may take: unfinished, and in nobody's hands."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.filter(free, state=Work.State.RUNNING, queue=queue).order_by(
            F("lease_until").asc(nulls_first=True), "pk"
        )


class Work(Lifecycle):
    """One piece of long work: a list of items frozen at the start, taken one after the other.

    ``position`` is how many items are behind it, whether done or failed, ``part`` how much of the next is done, in
    percent; ``tries`` how often workers took it up at this position without getting past. ``holder`` and
    ``lease_until`` say in whose hands it is. Neither ``params`` nor ``items`` nor ``failed`` may name a person: they
    hold keys, and numbers that staff look up.
    """

    class State(models.TextChoices):
        RUNNING = "running", "하는 중"
        DONE = "done", "끝남"
        CANCELLED = "cancelled", "그만둠"

    MOVES = {
        State.RUNNING: frozenset({State.DONE, State.CANCELLED}),
        State.DONE: frozenset(),
        State.CANCELLED: frozenset(),
    }

    kind = models.CharField("종류", max_length=50, editable=False)
    title = models.CharField("작업", max_length=200, editable=False)
    queue = models.CharField("대기열", max_length=10, editable=False)
    state = models.CharField("상태", max_length=10, choices=State, default=State.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+", verbose_name="시작한 사람"
    )
    started_at = models.DateTimeField("시작", default=timezone.now, editable=False)
    ended_at = models.DateTimeField("끝", null=True, editable=False)
    params = models.JSONField("조건", default=dict, encoder=DjangoJSONEncoder, editable=False)
    items = models.JSONField("할 일", default=list, encoder=DjangoJSONEncoder, editable=False)
    total = models.PositiveIntegerField("모두", editable=False)
    position = models.PositiveIntegerField("지나온 것", default=0, editable=False)
    part = models.PositiveSmallIntegerField("하고 있는 것(%)", default=0, editable=False)
    failed = models.JSONField("못 한 것", default=list, editable=False)
    result = models.JSONField("결과", default=dict, encoder=DjangoJSONEncoder, editable=False)
    tries = models.PositiveSmallIntegerField("되풀이", default=0, editable=False)
    holder = models.UUIDField("맡은 일꾼", null=True, editable=False)
    lease_until = models.DateTimeField("맡은 기한", null=True, editable=False)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = "오래 걸리는 작업"
        verbose_name_plural = "오래 걸리는 작업"
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(position__lte=F("total")), name="work_within_its_items"),
            models.CheckConstraint(
                condition=Q(state="running", ended_at=None) | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="work_ended_when",
            ),
            models.CheckConstraint(condition=~Q(state="done") | Q(position=F("total")), name="work_done_is_all"),
        ]
        indexes = [
            models.Index(fields=["queue", "lease_until"], condition=Q(state="running"), name="work_waiting"),
            models.Index(fields=["started_at"], name="work_started"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("admin:lifecycle_work_change", args=[self.pk])

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def done(self) -> int:
        """Items that succeeded."""
        return self.position - len(self.failed)

    @property
    def percent(self) -> int:
        """How far it is, the item in hand included; 100 only when nothing is left."""
        return (self.position * 100 + self.part) // self.total if self.total else 100

    @property
    def progress_label(self) -> str:
        """``120 / 500 (24%)``, with its numerator and denominator."""
        return f"{self.position:,} / {self.total:,} ({self.percent}%)"
