"""Calendars that people let their own programs read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Student
from accounts.models.invitations import TokenLink, token_hash
from lifecycle.models import Lifecycle

if TYPE_CHECKING:
    from accounts.models import User

MOST_READS = 60  # in an hour and of one address; programs ask every few minutes at most


class CalendarFeedQuerySet(models.QuerySet):
    def active(self) -> CalendarFeedQuerySet:
        """Feeds that answer: not revoked, and of somebody who may still come in."""
        return self.filter(state=CalendarFeed.State.ACTIVE, owner__is_active=True)

    def with_token(self, token: str) -> CalendarFeedQuerySet:
        return self.filter(token_hash=token_hash(token))

    def count_read(self, now: datetime) -> bool:
        """Note a reading of these feeds; ``False`` when they were read ``MOST_READS`` times in this hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        within = Q(read_at__isnull=False, read_at__gte=hour)
        readable = self.filter(~within | Q(reads__lt=MOST_READS))
        return bool(readable.update(read_at=now, reads=Case(When(within, then=F("reads") + 1), default=Value(1))))

    def visible_to(self, user: User) -> CalendarFeedQuerySet:
        """One's own, whoever one is."""
        return self.filter(owner=user)


class CalendarFeed(TokenLink, Lifecycle):
    """An address that shows one person's counselling to whoever knows it; only its hash is kept.

    What it shows is found when it is read: a child whose care ended is gone from it at once.
    ``student`` narrows a family's feed to one child.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("사용 중")
        REVOKED = "revoked", _("그만 쓰기")

    class Kind(models.TextChoices):
        FAMILY = "family", _("가족")
        COUNSELOR = "counselor", _("상담사")

    MOVES = {State.ACTIVE: frozenset({State.REVOKED}), State.REVOKED: frozenset()}

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("만든 사람")
    )
    kind = models.CharField(_("종류"), max_length=10, choices=Kind)
    student = models.ForeignKey(
        Student, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("학생")
    )
    state = models.CharField(_("상태"), max_length=10, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(_("만든 일시"), default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(_("그만 쓴 일시"), null=True, blank=True, editable=False)

    read_at = models.DateTimeField(_("마지막으로 읽은 일시"), null=True, blank=True, editable=False)
    reads = models.PositiveIntegerField(default=0, editable=False)  # in the clock hour of ``read_at``

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("달력 주소")
        verbose_name_plural = _("달력 주소")
        default_permissions = ["view"]
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "kind"],
                condition=Q(state="active", student__isnull=True),
                name="calendarfeed_one_for_all",
            ),
            models.UniqueConstraint(
                fields=["owner", "kind", "student"],
                condition=Q(state="active", student__isnull=False),
                name="calendarfeed_one_per_student",
            ),
            models.CheckConstraint(
                condition=Q(kind="family") | Q(student__isnull=True), name="calendarfeed_student_is_familys"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk or ''}".strip()
