"""Who waits for a time, and which times were offered to them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import family_keys
from centre.models import Weekday
from counseling.models.bookings import Booking
from counseling.models.people import Counselor, Mode, Topic, mode_labels
from counseling.models.slots import Slot
from intake.models import Offer, Place
from intake.models.waiting import OfferQuerySet, PlaceQuerySet
from krds.dates import kdate, ktime

if TYPE_CHECKING:
    from accounts.models import User


class DayPart(models.TextChoices):
    """When a counselling begins."""

    MORNING = "morning", _("오전")
    AFTERNOON = "afternoon", _("오후")
    EVENING = "evening", _("저녁")

    @classmethod
    def of(cls, clock: time) -> DayPart:
        """Noon begins the afternoon, 18:00 the evening."""
        if clock < time(12):
            return cls.MORNING
        return cls.AFTERNOON if clock < time(18) else cls.EVENING


class WishQuerySet(PlaceQuerySet):
    def of_family(self, user: User) -> WishQuerySet:
        return self.filter(student__in=family_keys(user))

    def visible_to(self, user: User) -> WishQuerySet:
        """Staff by their rights, a counsellor what concerns their topics, a family its own."""
        if user.is_staff and user.has_perm("counseling.view_wish"):
            everything = user.has_perm("counseling.view_every_booking")
            return self if everything else self.filter(topic__counselors__user=user)
        return self.of_family(user)

    def for_page(self) -> WishQuerySet:
        return self.select_related(
            "student__school",
            "student__user",
            "topic__rules",
            "counselor",
            "booking__slot__counselor",
            "booking__topic__rules",
        )

    def with_position(self, now: datetime) -> WishQuerySet:
        """Each with its ``position`` in the line for its topic at ``now``, from 1."""
        same, first = Q(priority=OuterRef("priority")), Q(joined_at=OuterRef("joined_at"), pk__lt=OuterRef("pk"))
        ahead = Q(priority__gt=OuterRef("priority")) | (same & (Q(joined_at__lt=OuterRef("joined_at")) | first))
        line = Wish.objects.waiting(now).filter(ahead, topic=OuterRef("topic")).order_by()
        number = Subquery(line.values("topic").annotate(number=Count("pk")).values("number"))
        return self.annotate(position=Coalesce(number, 0) + 1)


class Wish(Place):
    """A student waiting for a time on a topic. With ``booking``: for an earlier one than it has.

    Empty ``weekdays`` and ``parts`` mean any.
    """

    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="wishes", verbose_name=_("상담 주제"))
    modes = ArrayField(models.CharField(max_length=5, choices=Mode), verbose_name=_("상담 방식"))
    weekdays = ArrayField(models.SmallIntegerField(choices=Weekday), verbose_name=_("요일"), default=list, blank=True)
    parts = ArrayField(
        models.CharField(max_length=9, choices=DayPart), verbose_name=_("시간대"), default=list, blank=True
    )
    not_before = models.TimeField(_("이 시각부터"), null=True, blank=True)
    not_after = models.TimeField(_("이 시각까지"), null=True, blank=True)
    first_day = models.DateField(_("이날부터"), null=True, blank=True)
    last_day = models.DateField(_("이날까지"), null=True, blank=True)
    counselor = models.ForeignKey(
        Counselor, on_delete=models.PROTECT, null=True, blank=True, related_name="wishes", verbose_name=_("상담사")
    )
    booking = models.ForeignKey(
        Booking,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="earlier_wishes",
        verbose_name=_("지금 예약"),
        help_text="있으면 이 예약보다 빠른 시간을 기다립니다.",
    )
    earlier = models.BooleanField("더 빠른 시간", default=False, editable=False)

    objects = WishQuerySet.as_manager()

    class Meta(Place.Meta):
        abstract = False
        verbose_name = _("상담 대기")
        verbose_name_plural = _("상담 대기")
        ordering = ["-joined_at", "-pk"]
        default_permissions = ["view", "change"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "topic"],
                condition=Q(state="waiting"),
                name="wish_one_per_student_and_topic",
                violation_error_message=_("이 학생은 이 주제를 이미 기다리고 있습니다."),
            ),
            models.CheckConstraint(
                condition=Q(modes__len__gte=1),
                name="wish_has_a_mode",
                violation_error_message=_("상담 방식을 하나 이상 골라 주세요."),
            ),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day=None) | Q(first_day__lte=models.F("last_day")),
                name="wish_days_in_order",
                violation_error_message=_("마지막 날은 첫날보다 빠를 수 없습니다."),
            ),
            models.CheckConstraint(
                condition=Q(not_before=None) | Q(not_after=None) | Q(not_before__lt=models.F("not_after")),
                name="wish_hours_in_order",
                violation_error_message=_("끝나는 시각은 시작 시각보다 뒤여야 합니다."),
            ),
        ]
        indexes = [
            models.Index(
                models.F("topic"), models.F("priority").desc(), "joined_at", "id",
                condition=Q(state="waiting"), name="wish_line",
            ),
            models.Index(fields=["until"], condition=Q(state="waiting"), name="wish_until"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.topic} {timezone.localtime(self.joined_at):%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("counseling:wish", args=[self.pk])

    def mode_in(self, slot: Slot) -> str | None:
        """By which of the wished modes a counselling can take place in ``slot``, as the topic is offered today."""
        possible = {*self.modes} & {*self.topic.modes} & {*slot.modes}
        return next((mode for mode in Mode.values if mode in possible), None)

    def fits(self, slot: Slot) -> bool:
        """Whether ``slot`` is what is wished for: day, hour, mode, counsellor. Not whether it can be had."""
        session = slot.session(self.topic)
        begins, ends = timezone.localtime(session.lower), timezone.localtime(session.upper)
        return (
            self.mode_in(slot) is not None
            and (self.counselor_id is None or self.counselor_id == slot.counselor_id)
            and self._fits_day(begins.date())
            and (not self.parts or DayPart.of(begins.time()) in self.parts)
            and (self.not_before is None or self.not_before <= begins.time())
            and (self.not_after is None or (ends.date() == begins.date() and ends.time() <= self.not_after))
            and (not self.earlier or (self.booking is not None and session.upper <= self.booking.starts_at))
        )

    def _fits_day(self, day: date) -> bool:
        return (
            (not self.weekdays or day.weekday() in self.weekdays)
            and (self.first_day is None or self.first_day <= day)
            and (self.last_day is None or day <= self.last_day)
        )

    # --- In words ----------------------------------------------------------------------------
    @property
    def mode_labels(self) -> str:
        return mode_labels(self.modes)

    @property
    def days_label(self) -> str:
        """``월·수, 11. 25.(수)부터``; ``아무 날이나`` when nothing was asked."""
        parts = ["·".join(str(day.label)[0] for day in Weekday if day in self.weekdays)]
        if self.first_day:
            parts.append(_now("%(day)s부터") % {"day": kdate(self.first_day)})
        if self.last_day:
            parts.append(_now("%(day)s까지") % {"day": kdate(self.last_day)})
        return ", ".join(part for part in parts if part) or _now("아무 날이나")

    @property
    def hours_label(self) -> str:
        """``오후·저녁, 15:00부터``; ``아무 때나`` when nothing was asked."""
        parts = ["·".join(str(part.label) for part in DayPart if part in self.parts)]
        if self.not_before:
            parts.append(_now("%(time)s부터") % {"time": ktime(self.not_before)})
        if self.not_after:
            parts.append(_now("%(time)s까지") % {"time": ktime(self.not_after)})
        return ", ".join(part for part in parts if part) or _now("아무 때나")

    @property
    def last_waiting_day(self) -> date:
        """The last day on which this wish is kept."""
        return timezone.localdate(self.until - timedelta(microseconds=1))


class SlotOfferQuerySet(OfferQuerySet):
    def of_family(self, user: User) -> SlotOfferQuerySet:
        return self.filter(wish__student__in=family_keys(user))

    def for_page(self) -> SlotOfferQuerySet:
        return self.select_related(
            "wish__student",
            "wish__topic__rules",
            "wish__booking__slot__counselor",
            "wish__booking__topic__rules",
            "slot__counselor",
            "slot__room__venue",
        )


class SlotOffer(Offer):
    """A time offered to a wish. Its hold is the booking that refers to it (``Booking.offer``)."""

    wish = models.ForeignKey(Wish, on_delete=models.CASCADE, related_name="offers", verbose_name=_("대기"))
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="offers", verbose_name=_("상담 시간"))
    mode = models.CharField(_("상담 방식"), max_length=5, choices=Mode)

    objects = SlotOfferQuerySet.as_manager()

    class Meta(Offer.Meta):
        abstract = False
        verbose_name = _("자리 제안")
        verbose_name_plural = _("자리 제안")
        ordering = ["-made_at", "-pk"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(fields=["wish"], condition=Q(state="open"), name="slotoffer_one_per_wish"),
            models.UniqueConstraint(fields=["slot"], condition=Q(state="open"), name="slotoffer_one_per_slot"),
        ]
        indexes = [models.Index(fields=["deadline"], condition=Q(state="open"), name="slotoffer_deadline")]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.slot.starts_at):%Y-%m-%d %H:%M} {self.slot.counselor}"

    def get_absolute_url(self) -> str:
        return reverse("counseling:offer", args=[self.pk])
