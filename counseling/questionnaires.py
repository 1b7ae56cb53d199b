"""Counselling as a case of ``questionnaires``: filled in after booking, until the counselling starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from counseling.models import Booking
from krds.dates import kdatetime
from lifecycle.models import Transition
from questionnaires import cases
from questionnaires.models import Questionnaire, Response, Version

if TYPE_CHECKING:
    from accounts.models import User

State = Booking.State
CODE = "counseling"


@dataclass(frozen=True)
class Paper:
    """The form of one booking as its family sees it: what it is called, how far it is, and where to go on."""

    booking: Booking
    title: str
    response: Response | None
    is_open: bool
    closes_at: datetime
    url: str

    @property
    def waits(self) -> bool:
        """The family may still write it, and has not sent it."""
        return self.is_open and (self.response is None or self.response.is_open)

    @property
    def action(self) -> str:
        """What the button to it says."""
        if not self.waits:
            return _("사전 질문지 보기")
        if self.response is None:
            return _("사전 질문지 작성하기")
        return _("사전 질문지 이어서 작성하기")


def papers(bookings: Iterable[Booking], user: User) -> dict[int, Paper]:
    """The forms of these bookings by booking, those that ``user`` may answer; two or three queries for all.

    Bookings come ``for_page()``. One without a form, or whose student answers alone, is left out.
    """
    bookings = [one for one in bookings if one.state not in {State.HELD, State.RELEASED}]
    mine = set(
        cases.writers_students(user).filter(pk__in={one.student_id for one in bookings}).values_list("pk", flat=True)
    )
    bookings = [one for one in bookings if one.student_id in mine]
    begun = _responses(bookings)
    asked = Questionnaire.objects.answerable().in_bulk({one.topic.questionnaire_id for one in bookings})
    titles = {version.questionnaire_id: version.title for version in _current(asked)}
    now, found = timezone.now(), {}
    for booking in bookings:
        response = begun.get((booking.pk, booking.student_id))
        is_open = booking.state in Booking.AGREED and now < booking.starts_at
        title = response.version.title if response else titles.get(booking.topic.questionnaire_id, "")
        if title and (response or is_open):
            found[booking.pk] = Paper(booking, title, response, is_open, booking.starts_at, KIND.fill_url(booking))
    return found


def answers_alone(booking: Booking, user: User) -> bool:
    """Whether there is a form that ``user`` cannot open, because the student manages their own data by now."""
    student = booking.student
    asked = booking.topic.questionnaire_id is not None and booking.state in Booking.AGREED
    if not asked or student.handed_over_at is None or student.user_id == user.pk:
        return False
    return Questionnaire.objects.answerable().filter(pk=booking.topic.questionnaire_id).exists()


def sent_about_booking() -> Exists:
    """For a queryset of bookings: whether the form was sent, by or for the student of today."""
    about = Response.objects.filter(case_type=KIND.content_type, case_id=OuterRef("pk"))
    return Exists(about.filter(student=OuterRef("student"), state=Response.State.SENT))


def asked_about_booking() -> Exists:
    """For a queryset of bookings: whether the topic has a form that can be filled in."""
    return Exists(Questionnaire.objects.answerable().filter(pk=OuterRef("topic__questionnaire")))


def is_unsent(booking: Booking) -> bool:
    """Whether the family could still send something before this counselling: for the reminder."""
    if booking.topic.questionnaire_id is None or booking.starts_at <= timezone.now():
        return False
    if not Questionnaire.objects.answerable().filter(pk=booking.topic.questionnaire_id).exists():
        return False
    response = _responses([booking]).get((booking.pk, booking.student_id))
    return response is None or response.is_open


def of_booking(booking: Booking) -> Response | None:
    """What was answered about a booking, sent or not, for its student of today: for staff."""
    return _responses([booking]).get((booking.pk, booking.student_id))


def _responses(bookings: Iterable[Booking]) -> dict[tuple[int, int], Response]:
    rows = Response.objects.filter(case_type=KIND.content_type, case_id__in=[one.pk for one in bookings])
    return {(row.case_id, row.student_id): row for row in rows.select_related("version").order_by("-pk")}


def _current(asked: dict[int, Questionnaire]) -> list[Version]:
    published = Version.objects.filter(questionnaire__in=asked, published_at__isnull=False)
    return list(published.order_by("questionnaire_id", "-number").distinct("questionnaire_id"))


# --- What ``questionnaires`` asks of a booking -------------------------------------------------
def _of_staff(user: User) -> models.QuerySet[Booking]:
    if not (user.is_staff and user.has_perm("counseling.view_booking")):
        return Booking.objects.none()
    return Booking.objects.visible_to(user)


def _cancelled() -> models.QuerySet[Transition]:
    kind = ContentType.objects.get_for_model(Booking)
    return Transition.objects.filter(subject_type=kind, to_state=State.CANCELLED)


def _over(before: datetime) -> models.QuerySet[Booking]:
    """Counselling that ended before, and bookings that were cancelled before."""
    gone = Exists(_cancelled().filter(subject_id=OuterRef("pk"), at__lt=before))
    return Booking.objects.filter(models.Q(period__endswith__lt=before) | models.Q(gone, state=State.CANCELLED))


def _ended_at(booking: Booking) -> datetime:
    if booking.state == State.CANCELLED and (step := booking.trail().filter(to_state=State.CANCELLED).first()):
        return min(step.at, booking.ends_at)
    return booking.ends_at


def _title(booking: Booking) -> str:
    return _("%(when)s 상담") % {"when": kdatetime(booking.starts_at)}


KIND = cases.register(
    cases.Kind(
        code=CODE,
        label="상담 예약",
        model=Booking,
        of_family=lambda user: (
            Booking.objects.of_family(user)
            .exclude(state__in=[State.HELD, State.RELEASED])
            .for_page()
            .select_related("topic__questionnaire")
        ),
        of_staff=_of_staff,
        form_of=lambda booking: booking.topic.questionnaire,
        student_of=lambda booking: booking.student,
        people=lambda booking: booking.student.people_to_tell(),
        title=_title,
        url=lambda booking: booking.get_absolute_url(),
        staff_url=lambda booking: reverse("admin:counseling_booking_change", args=[booking.pk]),
        is_live=lambda booking: booking.state in Booking.AGREED,
        closes_at=lambda booking: booking.starts_at,
        ended_at=_ended_at,
        over=_over,
    )
)
