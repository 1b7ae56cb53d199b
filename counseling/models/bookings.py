"""Who has which time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Student, family_keys
from centre.models.lasting import same
from counseling.models.people import Mode, Topic
from counseling.models.slots import Slot
from lifecycle.models import Lifecycle

if TYPE_CHECKING:
    from accounts.models import User


def family_of(user: User) -> models.QuerySet[Student]:
    """The students for whom somebody books on the family pages."""
    return Student.objects.of_family(user)


class BookingQuerySet(models.QuerySet):
    def occupying(self, now: datetime) -> BookingQuerySet:
        """Bookings that keep their slot from others: all but the given up, and but holds that are over."""
        lapsed = Q(state=Booking.State.HELD, held_until__lte=now)
        return self.filter(Q(state__in=Booking.OCCUPYING) & ~lapsed)

    def upcoming(self) -> BookingQuerySet:
        """Agreed and not yet over, the next one first."""
        return self.filter(state__in=Booking.AGREED, period__endswith__gt=timezone.now()).order_by(
            "period__startswith", "pk"
        )

    def past(self) -> BookingQuerySet:
        """Took place, or should have: the latest first."""
        over = Q(state__in=Booking.AGREED, period__endswith__lte=timezone.now())
        ended = Q(state__in=[Booking.State.DONE, Booking.State.NO_SHOW])
        return self.filter(over | ended).order_by("-period__startswith", "-pk")

    def cancelled(self) -> BookingQuerySet:
        return self.filter(state=Booking.State.CANCELLED).order_by("-period__startswith", "-pk")

    def of_family(self, user: User) -> BookingQuerySet:
        """What a family sees on its own pages. A hold is seen by the person who made it alone.

        The hold behind an offer is seen by nobody: the offer has a page of its own.
        """
        tentative = Q(state__in=[Booking.State.HELD, Booking.State.RELEASED])
        return self.filter(~tentative | Q(booked_by=user, offer=None), student__in=family_keys(user))

    def visible_to(self, user: User) -> BookingQuerySet:
        """What somebody may open: staff by their rights, a counsellor their own, a family its own."""
        if user.is_staff and user.has_perm("counseling.view_every_booking"):
            return self
        if user.is_staff and user.has_perm("counseling.view_booking"):
            return self.filter(slot__counselor__user=user)
        return self.of_family(user)

    def for_page(self) -> BookingQuerySet:
        """With everything that a page or a notice says of a booking."""
        return self.select_related("student", "topic__rules", "slot__counselor", "slot__room__venue")


class Booking(Lifecycle):
    """One student in one slot. ``period`` is when the counselling takes place, a copy that outlives the slot's."""

    class State(models.TextChoices):
        HELD = "held", _("예약 진행 중")
        RELEASED = "released", _("예약하지 않음")
        BOOKED = "booked", _("예약 확정")
        ARRIVED = "arrived", _("도착")
        DONE = "done", _("상담 완료")
        NO_SHOW = "no_show", _("불참")
        CANCELLED = "cancelled", _("취소")

    AGREED = frozenset({State.BOOKED, State.ARRIVED})
    MARKS = frozenset({State.BOOKED, State.ARRIVED, State.DONE, State.NO_SHOW})  # what staff write down
    OCCUPYING = frozenset({State.HELD, State.BOOKED, State.ARRIVED, State.DONE, State.NO_SHOW})
    MOVES = {
        State.HELD: frozenset({State.BOOKED, State.RELEASED}),
        State.RELEASED: frozenset(),
        State.BOOKED: frozenset({State.ARRIVED, State.DONE, State.NO_SHOW, State.CANCELLED}),
        State.ARRIVED: frozenset({State.DONE, State.BOOKED}),  # back again: the wrong row was ticked
        State.DONE: frozenset({State.NO_SHOW}),  # a slip of the hand, put right
        State.NO_SHOW: frozenset({State.DONE}),
        State.CANCELLED: frozenset(),
    }

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="bookings", verbose_name="상담 시간")
    student = models.ForeignKey(
        Student, on_delete=models.PROTECT, related_name="counseling_bookings", verbose_name=_("학생")
    )
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="bookings", verbose_name=_("상담 주제"))
    mode = models.CharField(_("상담 방식"), max_length=5, choices=Mode)
    period = DateTimeRangeField(_("상담 일시"))
    question = models.TextField(_("상담받고 싶은 내용"), max_length=500, blank=True)
    state = models.CharField(_("상태"), max_length=10, choices=State)
    video_url = models.URLField(
        _("화상 상담 주소"),
        max_length=300,
        blank=True,
        editable=False,
        validators=[URLValidator(schemes=["https"])],
        help_text="이 예약만의 주소. 비어 있으면 상담사의 주소를 씁니다.",
    )
    held_until = models.DateTimeField("맡아 두는 기한", null=True, blank=True, editable=False)
    created_at = models.DateTimeField("접수 일시", default=timezone.now, editable=False)
    booked_at = models.DateTimeField(_("예약 일시"), null=True, blank=True, editable=False)
    reminded_at = models.DateTimeField("전날 안내 일시", null=True, blank=True, editable=False)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False, verbose_name="예약한 사람"
    )
    offer = models.OneToOneField(
        "counseling.SlotOffer",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="hold",
        verbose_name="자리 제안",
        help_text="대기하는 학생에게 제안하려고 맡아 둔 시간입니다.",
    )
    on_behalf = models.BooleanField(
        "대신 예약", default=False, editable=False, help_text="직원이 전화나 방문을 받아 예약했습니다."
    )

    sequence = models.PositiveIntegerField(
        "바뀐 횟수",
        default=0,
        editable=False,
        help_text="일정 파일의 SEQUENCE(RFC 5545): 바꾸거나 취소할 때마다 하나씩 늘어납니다.",
    )

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("상담 예약")
        verbose_name_plural = _("상담 예약")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("view_every_booking", "모든 상담사의 예약을 볼 수 있음"),
            ("book_for_caller", "전화·방문을 받아 대신 예약할 수 있음"),
            ("view_figures", "상담 통계를 볼 수 있음"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(state__in=["held", "booked", "arrived", "done", "no_show"]),
                name="booking_one_per_slot",
                violation_error_message=_("방금 다른 분이 예약한 시간입니다."),
            ),
            ExclusionConstraint(
                name="booking_student_in_one_place",
                expressions=[(same("student"), RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                condition=Q(state__in=["held", "booked", "arrived", "done", "no_show"]),
                violation_error_message=_("같은 시간에 이 학생의 다른 상담 예약이 있습니다."),
            ),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="booking_has_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(video_url="") | Q(video_url__startswith="https://"), name="booking_video_is_https"
            ),
            models.CheckConstraint(
                condition=~Q(state="held") | Q(held_until__isnull=False), name="booking_hold_has_a_deadline"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["held", "released"]) | Q(booked_at__isnull=False), name="booking_agreed_when"
            ),
        ]
        indexes = [
            models.Index(RangeStartsWith("period"), name="booking_start"),
            models.Index(fields=["booked_by"], condition=Q(state="held"), name="booking_holds"),
            models.Index(
                RangeStartsWith("period"),
                condition=Q(state="booked", reminded_at__isnull=True),
                name="booking_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.starts_at):%Y-%m-%d %H:%M} {self.topic}"

    def get_absolute_url(self) -> str:
        return reverse("counseling:booking", args=[self.pk])

    @property
    def starts_at(self) -> datetime:
        return self.period.lower

    @property
    def ends_at(self) -> datetime:
        return self.period.upper

    def has_lapsed(self, now: datetime) -> bool:
        """A hold that is over; its slot belongs to whoever comes next, this family included."""
        return self.state == self.State.HELD and self.held_until <= now

    @property
    def cancel_until(self) -> datetime:
        """Until when (that moment excluded) a family may cancel by itself, as the topic's rules say."""
        return self.topic.deadlines.cancel_until(self.starts_at)

    @property
    def change_until(self) -> datetime:
        """Until when (that moment excluded) a family may change it by itself."""
        return self.topic.deadlines.change_until(self.starts_at)

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def can_be_cancelled(self) -> bool:
        """By the family, now."""
        return self.state == self.State.BOOKED and timezone.now() < self.cancel_until

    @property
    def meeting_url(self) -> str:
        """Where a counselling by video takes place: its own address, else the counsellor's.

        Empty for other modes, and where nothing is agreed: whoever cancelled does not come in.
        """
        if self.mode != Mode.VIDEO or self.state not in self.AGREED:
            return ""
        return self.video_url or self.slot.counselor.video_url

    @property
    def place(self) -> str:
        """Where to go, or what happens instead of going."""
        if self.mode == Mode.PHONE:
            return str(_("상담사가 등록된 휴대폰으로 전화드립니다."))
        if self.mode == Mode.VIDEO:
            return self.meeting_url or str(_("접속 주소를 상담 전에 보내 드립니다."))
        if self.slot.counselor.place:
            return self.slot.counselor.place
        room = self.slot.room
        return f"{room.venue.name} {room}" if room else str(_("센터 안내대에서 안내해 드립니다."))
