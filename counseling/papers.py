"""What counselling issues on paper: 예약 확인서, 이용 확인서, 상담 통계."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from counseling import figures
from counseling.models import Booking
from counseling.periods import Stretch
from documents import issue, kinds
from documents.kinds import Kind
from documents.models import IssuedDocument
from krds.dates import kperiod
from lifecycle.locks import Refused

if TYPE_CHECKING:
    from accounts.models import Student, User

State = Booking.State


def _confirmations_of(user: User) -> Q:
    return kinds.of(Booking.objects.visible_to(user))


def _statistics_for(user: User) -> Q:
    return Q() if user.has_perm("counseling.view_figures") else kinds.NOBODY


def _student(booking: Booking) -> Student:
    return booking.student


CONFIRMATION = kinds.register(
    Kind(
        code="counseling.confirmation",
        label="상담 확인서",
        series="상담확인",
        template="documents/certificate.html",
        visible=_confirmations_of,
        person=_student,
    )
)
STATISTICS = kinds.register(
    Kind(
        code="counseling.statistics",
        label="상담 통계",
        series="상담통계",
        template="documents/figures.html",
        visible=_statistics_for,
        slow=True,
    )
)

# What is confirmed in each state: the title and the sentence under the facts.
CONFIRMED = {
    State.BOOKED: ("상담 예약 확인서", "위와 같이 상담이 예약되었음을 확인합니다."),
    State.ARRIVED: ("상담 예약 확인서", "위와 같이 상담이 예약되었음을 확인합니다."),
    State.DONE: ("상담 이용 확인서", "위와 같이 상담에 참여하였음을 확인합니다."),
}


def can_confirm(booking: Booking) -> bool:
    """Whether there is something to confirm: nothing for a time that was given up or missed."""
    return booking.state in CONFIRMED


def confirm(booking: Booking, *, by: User) -> IssuedDocument:
    """The paper that says when whose counselling is, or was. Asked again with nothing changed, it is the same paper.

    The topic is left out: schools and employers need the hours, not what was talked about.

    Raises:
        Refused: the booking was cancelled or missed.
        RenderError: the file cannot be made.
    """
    if not can_confirm(booking):
        raise Refused("취소되었거나 오지 않은 상담은 확인서를 발급하지 않습니다.")
    title, statement = CONFIRMED[booking.state]
    facts = [
        ["학생", booking.student.name],
        ["생년월일", f"{booking.student.birth_date:%Y. %-m. %-d.}"],
        ["상담 일시", kperiod(booking.starts_at, booking.ends_at)],
        ["상담 방식", str(booking.get_mode_display())],
        ["장소", booking.place],
        ["상담사", booking.slot.counselor.name],
    ]
    return issue.issue(
        CONFIRMATION.code,
        {"facts": facts, "statement": statement},
        title=title,
        by=by,
        subject=booking,
        to=booking.student.name,
    )


def void(booking: Booking, *, by: User | None, reason: str) -> None:
    """Declare that confirmations of a booking hold no longer, because it was moved, cancelled or given to a sibling.

    Belongs into the transaction of that change, so that nobody can verify what is not true any more.
    """
    standing = IssuedDocument.objects.standing().filter(_about(booking), kind=CONFIRMATION.code)
    for paper in standing:
        issue.withdraw(paper, by=by, reason=reason)


def _about(booking: Booking) -> Q:
    return Q(subject_type__app_label="counseling", subject_type__model="booking", subject_id=booking.pk)


def statistics(stretch: Stretch, *, by: User) -> IssuedDocument:
    """All tables of a stretch on paper. A worker makes the file."""
    return issue.issue(STATISTICS.code, {"tables": figures.tables(stretch)}, title=f"{stretch.label} 상담 통계", by=by)
