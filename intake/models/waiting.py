"""Waiting for a place that is taken, and the offer that says it has become free.

The rooms above make tables of their own from ``Place`` and ``Offer``: who waits for what differs, who comes
first and how long an offer stands does not (``intake.waiting``).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Student
from lifecycle.models import Lifecycle


class Queue(models.Model):
    """How one room lets people wait. Its row is also the lock under which places are offered."""

    code = models.SlugField("이름표", max_length=30, unique=True, editable=False)
    label = models.CharField("대기", max_length=50)
    answer_hours = models.PositiveSmallIntegerField(
        "답할 시간(시간)",
        default=3,
        help_text="자리를 제안하고 낮 시간으로 몇 시간 동안 답을 기다립니까? 밤은 세지 않습니다.",
    )
    least_minutes = models.PositiveSmallIntegerField(
        "최소 답할 시간(분)",
        default=60,
        help_text="예약 마감까지 이만큼도 남지 않은 시간은 제안하지 않고 직원에게 알립니다.",
    )
    passes = models.PositiveSmallIntegerField(
        "지나칠 수 있는 횟수", default=3, help_text="제안을 거절하거나 답하지 않은 것이 이만큼이면 대기를 끝냅니다."
    )
    weeks = models.PositiveSmallIntegerField(
        "대기 기간(주)", default=8, help_text="이 기간이 지나면 대기를 끝내고 알립니다."
    )
    paused = models.BooleanField("제안 멈춤", default=False, help_text="켜면 자리를 저절로 제안하지 않습니다.")

    class Meta:
        verbose_name = "대기 규칙"
        verbose_name_plural = "대기 규칙"
        default_permissions = ["view", "change"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_hours__range=(1, 48)),
                name="queue_answer_hours_sane",
                violation_error_message="답할 시간은 1시간에서 48시간 사이로 적어 주세요.",
            ),
            models.CheckConstraint(
                condition=Q(passes__gte=1, weeks__gte=1, weeks__lte=52, least_minutes__gte=10),
                name="queue_numbers_sane",
                violation_error_message="횟수는 1번, 기간은 1주에서 52주, 최소 답할 시간은 10분부터 적을 수 있습니다.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class PlaceQuerySet(models.QuerySet):
    def waiting(self, now: datetime) -> Self:
        """Still in the queue at ``now``."""
        return self.filter(state=Place.State.WAITING, until__gt=now)

    def over(self, now: datetime) -> Self:
        """Not taken out of the queue yet, though their time is over."""
        return self.filter(state=Place.State.WAITING, until__lte=now)

    def in_line(self) -> Self:
        """Whoever is to be asked first, first: by priority, then by who came first."""
        return self.order_by("-priority", "joined_at", "pk")


class Place(Lifecycle):
    """Somebody's place in a queue. ``until`` is when it ends by itself; the clock alone says so."""

    class State(models.TextChoices):
        WAITING = "waiting", _("대기 중")
        SERVED = "served", _("자리를 받음")
        LEFT = "left", _("대기 취소")
        ENDED = "ended", _("대기 종료")
        REMOVED = "removed", _("센터가 뺌")

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.WAITING: frozenset({State.SERVED, State.LEFT, State.ENDED, State.REMOVED}),
        State.SERVED: frozenset(),
        State.LEFT: frozenset({State.WAITING}),  # put back by staff, where it was
        State.ENDED: frozenset({State.WAITING}),
        State.REMOVED: frozenset({State.WAITING}),
    }

    student = models.ForeignKey(
        Student, on_delete=models.PROTECT, related_name="%(app_label)s_%(class)ses", verbose_name=_("학생")
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="신청한 사람"
    )
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.WAITING)
    priority = models.SmallIntegerField("우선순위", default=0, editable=False, help_text="큰 수가 먼저입니다.")
    joined_at = models.DateTimeField(_("대기 시작"), default=timezone.now, editable=False)
    until = models.DateTimeField(_("대기 끝"), editable=False)
    passes = models.PositiveSmallIntegerField("지나친 제안", default=0, editable=False)
    trouble = models.CharField(
        "제안하지 못한 까닭", max_length=200, blank=True, editable=False, help_text="직원이 전화로 알려야 합니다."
    )

    objects = PlaceQuerySet.as_manager()

    class Meta:
        abstract = True

    def is_waiting(self, now: datetime) -> bool:
        return self.state == self.State.WAITING and now < self.until


class OfferQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """Neither answered nor closed; those whose deadline is past included."""
        return self.filter(state=Offer.State.OPEN)

    def open(self, now: datetime) -> Self:
        """Can be accepted at ``now``."""
        return self.standing().filter(deadline__gt=now)

    def lapsed(self, now: datetime) -> Self:
        """Unanswered at their deadline, and not closed yet."""
        return self.standing().filter(deadline__lte=now)

    def to_announce(self) -> Self:
        """Made at night: the place is kept, the family still to be told."""
        return self.standing().filter(announced_at=None)


class Offer(Lifecycle):
    """A place kept for somebody until ``deadline`` (that moment excluded)."""

    class State(models.TextChoices):
        OPEN = "open", _("답을 기다림")
        ACCEPTED = "accepted", _("받음")
        DECLINED = "declined", _("거절함")
        LAPSED = "lapsed", _("기한 지남")
        WITHDRAWN = "withdrawn", _("거둠")

    MOVES: ClassVar[dict[str, frozenset[str]]] = {
        State.OPEN: frozenset({State.ACCEPTED, State.DECLINED, State.LAPSED, State.WITHDRAWN}),
        State.ACCEPTED: frozenset(),
        State.DECLINED: frozenset(),
        State.LAPSED: frozenset(),
        State.WITHDRAWN: frozenset(),
    }

    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField("만든 때", default=timezone.now, editable=False)
    announced_at = models.DateTimeField("알린 때", null=True, blank=True, editable=False)
    deadline = models.DateTimeField(_("답할 기한"), editable=False)
    passed = models.JSONField(
        "먼저 온 사람을 지나친 까닭", default=dict, blank=True, editable=False, help_text="대기 번호와 까닭"
    )
    by_hand = models.BooleanField("직원이 제안", default=False, editable=False)
    reason = models.CharField("사유", max_length=200, blank=True, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        abstract = True

    def is_open(self, now: datetime) -> bool:
        return self.state == self.State.OPEN and now < self.deadline

    def has_lapsed(self, now: datetime) -> bool:
        return self.state == self.State.OPEN and self.deadline <= now
