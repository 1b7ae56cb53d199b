"""Whether a family can come at the time to which the centre moved its counselling."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import family_keys
from counseling.models.bookings import Booking
from lifecycle.models import Lifecycle

if TYPE_CHECKING:
    from accounts.models import User


class RearrangementQuerySet(models.QuerySet):
    def of_family(self, user: User) -> RearrangementQuerySet:
        return self.filter(booking__student__in=family_keys(user))

    def visible_to(self, user: User) -> RearrangementQuerySet:
        """What somebody may open: staff by their rights, a counsellor their own, a family its own."""
        if user.is_staff and user.has_perm("counseling.view_every_booking"):
            return self
        if user.is_staff and user.has_perm("counseling.view_rearrangement"):
            return self.filter(booking__slot__counselor__user=user)
        return self.of_family(user)

    def standing(self) -> RearrangementQuerySet:
        """Neither answered nor closed; those whose deadline is past included."""
        return self.filter(state=Rearrangement.State.OPEN)

    def open(self, now: datetime) -> RearrangementQuerySet:
        """Can be answered at ``now``: the booking is still as it was when it was asked about."""
        return self.standing().filter(
            deadline__gt=now, booking__state=Booking.State.BOOKED, booking__sequence=F("sequence")
        )

    def lapsed(self, now: datetime) -> RearrangementQuerySet:
        """Unanswered at their deadline, and not closed yet."""
        return self.standing().filter(deadline__lte=now)

    def moot(self) -> RearrangementQuerySet:
        """Not closed yet, though the booking was changed or given up since."""
        as_asked = Q(booking__state=Booking.State.BOOKED, booking__sequence=F("sequence"))
        return self.standing().exclude(as_asked)

    def unanswered(self, now: datetime) -> RearrangementQuerySet:
        """Nobody knows whether the family comes: the deadline is past, and the counselling still ahead."""
        silent = Q(state=Rearrangement.State.LAPSED) | Q(state=Rearrangement.State.OPEN, deadline__lte=now)
        return self.filter(
            silent,
            booking__state=Booking.State.BOOKED,
            booking__sequence=F("sequence"),
            booking__period__endswith__gt=now,
        )

    def for_page(self) -> RearrangementQuerySet:
        """With everything that a page or a notice says of it."""
        return self.select_related(
            "booking__student", "booking__topic__rules", "booking__slot__counselor"
        ).select_related("booking__slot__room__venue")


class Rearrangement(Lifecycle):
    """One question to a family: its counselling was moved, is the new time fine? Silence leaves the booking as it is.

    ``sequence`` is the booking's own when it was asked: once the booking changes again, nothing is asked any more.
    """

    class State(models.TextChoices):
        OPEN = "open", _("답을 기다림")
        ACCEPTED = "accepted", _("이 시간이 좋음")
        DECLINED = "declined", _("이 시간은 어려움")
        LAPSED = "lapsed", _("답 없음")
        WITHDRAWN = "withdrawn", _("더 묻지 않음")

    MOVES = {
        State.OPEN: frozenset({State.ACCEPTED, State.DECLINED, State.LAPSED, State.WITHDRAWN}),
        State.LAPSED: frozenset({State.ACCEPTED}),  # staff asked by telephone
        State.ACCEPTED: frozenset(),
        State.DECLINED: frozenset(),
        State.WITHDRAWN: frozenset(),
    }

    booking = models.ForeignKey(
        Booking, on_delete=models.CASCADE, related_name="rearrangements", verbose_name="상담 예약"
    )
    sequence = models.PositiveIntegerField("물을 때의 바뀐 횟수", editable=False)
    old_period = DateTimeRangeField("이전 일시", editable=False)
    reason = models.CharField("사유", max_length=200, blank=True, editable=False)
    state = models.CharField("가족의 답", max_length=10, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField("물은 때", default=timezone.now, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="물은 사람"
    )
    deadline = models.DateTimeField("답할 기한", editable=False)

    objects = RearrangementQuerySet.as_manager()

    class Meta:
        verbose_name = "조정한 시간의 답"
        verbose_name_plural = "조정한 시간의 답"
        ordering = ["-asked_at", "-pk"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "sequence"], name="rearrangement_asked_once"),
        ]
        indexes = [models.Index(fields=["deadline"], condition=Q(state="open"), name="rearrangement_deadline")]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.booking.starts_at):%Y-%m-%d %H:%M} {self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("counseling:rearranged", args=[self.pk])

    @property
    def is_as_asked(self) -> bool:
        """Whether the booking is still the one that the question was about."""
        return self.booking.state == Booking.State.BOOKED and self.booking.sequence == self.sequence

    def is_open(self, now: datetime) -> bool:
        return self.state == self.State.OPEN and now < self.deadline and self.is_as_asked
