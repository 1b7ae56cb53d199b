"""How a record changes state and who changed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from lifecycle.append_only import append_only

BATCH = 2_000  # trail rows in one statement


class IllegalMove(Exception):
    """The state machine has no such arrow."""


class StaleState(Exception):
    """Somebody else moved the record after this copy was read."""


class Lifecycle(models.Model):
    """A record with a ``state`` field and a closed set of arrows between states.

    A subclass declares ``State`` (text choices), ``MOVES`` (state → states it may go to) and the
    ``state`` field itself. Only ``move()`` writes ``state`` of an existing row.
    """

    MOVES: ClassVar[dict[str, frozenset[str]]]

    class Meta:
        abstract = True

    def move(self, to: str, *, by: models.Model | None, reason: str = "", **fields: Any) -> None:
        """Follow one arrow, save ``fields`` with it, and leave one ``Transition`` row.

        ``by`` is the acting user; ``None`` means the system did it.

        Raises:
            IllegalMove: ``MOVES`` has no arrow from the current state to ``to``.
            StaleState: the row's state changed after this instance was loaded.
        """
        if to not in self.MOVES[self.state]:
            raise IllegalMove(f"{self._meta.label}: {self.state} → {to}")
        with transaction.atomic(savepoint=False):
            moved = type(self)._base_manager.filter(pk=self.pk, state=self.state).update(state=to, **fields)
            if moved:
                Transition.objects.create(subject=self, from_state=self.state, to_state=to, by=by, reason=reason)
        if not moved:  # outside the block, so that a caller who catches it may go on in its own transaction
            raise StaleState(f"{self._meta.label} {self.pk} is no longer {self.state}")
        for name, value in {"state": to, **fields}.items():
            setattr(self, name, value)

    def trail(self) -> models.QuerySet[Transition]:
        """Every move of this record, oldest first."""
        return Transition.objects.of(self).select_related("by")


def move_all(
    rows: Sequence[Lifecycle],
    to: str,
    *,
    by: models.Model | None,
    reason: str = "",
    at: datetime | None = None,
    **fields: Any,
) -> None:
    """``move`` for many records of one model: an update for each state they come from, and a trail row each.

    ``fields`` may hold expressions such as ``F("sequence") + 1``; plain values are set on ``rows`` as well.

    Raises:
        IllegalMove: one of them has no arrow to ``to``.
        StaleState: one of them has moved since it was loaded. Nothing is done then.
    """
    if not rows:
        return
    model, come_from = type(rows[0]), defaultdict(list)
    for row in rows:
        if to not in row.MOVES[row.state]:
            raise IllegalMove(f"{model._meta.label} {row.pk}: {row.state} → {to}")
        come_from[row.state].append(row.pk)
    steps = [
        Transition(subject=row, from_state=row.state, to_state=to, by=by, reason=reason[:500], at=at or timezone.now())
        for row in rows
    ]
    with transaction.atomic():
        moved = sum(
            model._base_manager.filter(pk__in=keys, state=state).update(state=to, **fields)
            for state, keys in come_from.items()
        )
        if moved != len(rows):
            raise StaleState(f"Some of {len(rows)} {model._meta.label} moved meanwhile.")
        Transition.objects.bulk_create(steps, batch_size=BATCH)
    plain = {name: value for name, value in fields.items() if not hasattr(value, "resolve_expression")}
    for row in rows:
        for name, value in {"state": to, **plain}.items():
            setattr(row, name, value)


class OfQuerySet(models.QuerySet):
    def of(self, subject: models.Model) -> OfQuerySet:
        """Rows that speak of this one record."""
        kind = ContentType.objects.get_for_model(subject)
        return self.filter(subject_type=kind, subject_id=subject.pk)


class Transition(models.Model):
    """One step of one record: the trail. Only ever added to."""

    at = models.DateTimeField("일시", default=timezone.now, editable=False)
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, verbose_name="대상 종류")
    subject_id = models.BigIntegerField("대상 번호")
    subject = GenericForeignKey("subject_type", "subject_id")
    from_state = models.CharField("이전 상태", max_length=20)
    to_state = models.CharField("다음 상태", max_length=20)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="처리한 사람",
        help_text="비어 있으면 시스템이 처리했습니다.",
    )
    reason = models.CharField("사유", max_length=500, blank=True)

    objects = OfQuerySet.as_manager()

    class Meta:
        verbose_name = "상태 변경 이력"
        verbose_name_plural = "상태 변경 이력"
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["subject_type", "subject_id", "at"], name="transition_subject")]
        triggers = append_only()

    def __str__(self) -> str:
        return self.step_label

    @property
    def step_label(self) -> str:
        """The step in the words of the record's own states: ``예약 → 취소``."""
        states = getattr(self.subject_type.model_class(), "State", None)
        labels = dict(states.choices) if states else {}
        return f"{labels.get(self.from_state, self.from_state)} → {labels.get(self.to_state, self.to_state)}"
