"""Writing, sharing and opening the record of a counselling.

The booking's row is locked for writing (docs/locks.md): two tabs that begin the same record, or save over each
other, meet there, and the later one is told what stands there now instead of writing over it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Student
from counseling import notices
from counseling.models import Booking, Topic
from counseling.models.records import (
    BREAK_GLASS,
    ActionTick,
    BreakGlass,
    GuardianAccess,
    Proposal,
    Record,
    RecordVersion,
    supervises,
)
from lifecycle.locks import Refused, contended, lock

if TYPE_CHECKING:
    from accounts.models import User

State = Booking.State
BUSY = "다른 사람이 이 기록을 저장하고 있습니다. 잠시 뒤에 다시 저장해 주세요."
REASON_MIN = 10  # characters: whoever breaks the glass says it in a sentence
MOST_ITEMS, ITEM_LENGTH = 10, 200


class NotYours(Refused):
    """Somebody else's record."""


class Conflict(Refused):
    """Saved elsewhere in the meantime; ``current`` is what stands there now, or ``None`` where nothing does."""

    def __init__(self, current: RecordVersion) -> None:
        super().__init__(
            "다른 창이나 다른 사람이 그사이에 이 기록을 저장했습니다. 아래에 지금 저장된 내용과 방금 쓰신 내용이 함께 있습니다. "
            "필요한 것을 합친 뒤 다시 저장해 주세요."
        )
        self.current = current


@dataclass(frozen=True)
class Entry:
    """What a counsellor writes. The memo is for colleagues in charge only; the rest may be shared."""

    memo: str = ""
    summary: str = ""
    items: Sequence[str] = ()
    next_topic: Topic | None = None
    next_on: date | None = None
    next_note: str = ""

    def shared(self, before: RecordVersion | None) -> dict[str, Any]:
        """As it is stored; an agreed action whose words stay keeps its key, and with it its tick."""
        known = {item["text"]: item["key"] for item in before.items} if before else {}
        topic = self.next_topic
        return {
            "summary": self.summary,
            "items": [{"key": known.get(text) or secrets.token_hex(4), "text": text} for text in self.items],
            "next": {
                "topic": topic.pk if topic else None,
                "topic_name": topic.name if topic else "",
                "on": self.next_on.isoformat() if self.next_on else "",
                "note": self.next_note,
            },
        }


# --- Who may what ------------------------------------------------------------------------------


def writes(user: User, booking: Booking) -> bool:
    """The counsellor of the booking, as it stands now: whoever took it over writes on."""
    own = booking.slot.counselor.user_id == user.pk
    return user.is_staff and own and user.has_perm("counseling.change_booking")


def reads(user: User, booking: Booking) -> bool:
    """Without breaking any glass."""
    own = booking.slot.counselor.user_id == user.pk and user.has_perm("counseling.view_booking")
    return user.is_staff and (own or supervises(user))


def refusal(booking: Booking, now: datetime) -> str:
    """Why there can be no record of this booking now; empty when there can."""
    begun = booking.state in {State.ARRIVED, State.DONE} or (booking.state == State.BOOKED and booking.starts_at <= now)
    return "" if begun else "상담이 시작된 뒤에(도착·완료, 또는 시작 시각이 지난 예약) 기록할 수 있습니다."


def unwritten(user: User) -> models.QuerySet[Booking]:
    """Counselling that took place and has no record yet, the oldest first: one's own, or everybody's for supervisors."""
    done = Booking.objects.filter(state=State.DONE, record__isnull=True, topic__at_fair=False)
    if not supervises(user):
        done = done.filter(slot__counselor__user=user)
    return done.order_by("period__startswith", "pk")


# --- Writing -----------------------------------------------------------------------------------


def write(booking: Booking, entry: Entry, *, based_on: int, by: User) -> Record:
    """Save a record as its next version; ``based_on`` is the version that the writer had before them (0: none).

    Saving the same words again changes nothing.

    Raises:
        NotYours: not the counsellor of this booking.
        Conflict: another version was saved in the meantime, with other words.
        Refused: the counselling has not begun, or nothing was written.
    """
    with contended(BUSY), transaction.atomic():
        booking = lock(Booking.objects.for_page(), booking.pk)
        now = timezone.now()
        if not writes(by, booking):
            raise NotYours("이 상담을 맡은 상담사만 기록할 수 있습니다.")
        record = Record.objects.filter(booking=booking).first()
        if record is None and (why := refusal(booking, now)):
            raise Refused(why)
        if not (entry.memo or entry.summary or entry.items or entry.next_on):
            raise Refused("아무것도 적지 않았습니다. 메모나 요약을 적어 주세요.")
        before = record.current() if record else None
        shared = entry.shared(before)
        if before and (before.memo, before.shared) == (entry.memo, shared):
            return record
        if before and before.number != based_on:
            raise Conflict(before)
        record = record or Record.objects.create(booking=booking, created_at=now)
        record.version, record.changed_at = record.version + 1, now
        record.save(update_fields=["version", "changed_at"])
        RecordVersion.objects.create(
            record=record, number=record.version, at=now, by=by, memo=entry.memo, shared=shared
        )
        _propose(record, entry, now)
        return record


def _propose(record: Record, entry: Entry, now: datetime) -> None:
    """Topic and day of what is proposed next, where staff can list it."""
    before = Proposal.objects.filter(record=record).first()
    if not (entry.next_on and entry.next_topic):
        Proposal.objects.filter(record=record).delete()
    elif before is None or (before.topic_id, before.on) != (entry.next_topic.pk, entry.next_on):
        said = {"topic": entry.next_topic, "on": entry.next_on, "version": record.version, "at": now}
        Proposal.objects.update_or_create(record=record, defaults=said)


# --- Sharing -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Audience:
    """Who will see what is shared, and what is to be asked first."""

    student: bool
    guardians: int
    ask_student: bool  # 14 or older and without a login: the counsellor asks in person

    @property
    def nobody(self) -> bool:
        return not (self.student or self.guardians)


def audience(record: Record, *, guardians_allowed: bool | None = None) -> Audience:
    """Who sees this record when it is shared now."""
    student = record.booking.student
    asked = record.guardians_allowed if guardians_allowed is None else guardians_allowed
    has_login = student.user is not None and student.user.is_active
    may = student.is_under_14 or (guardians_see(student) if student.user_id else asked)
    guardians = len(_guardians(student)) if may else 0
    return Audience(has_login, guardians, not student.is_under_14 and student.user_id is None)


def share(record: Record, *, version: int, by: User, guardians_allowed: bool = False) -> Record:
    """Show families this version of the shared part, and tell those who may see it (without its contents).

    Raises:
        NotYours: not the counsellor of this booking.
        Refused: the counselling is not done, the record changed since it was looked through, or there is
            nothing to share.
    """
    with contended(BUSY), transaction.atomic():
        booking = lock(Booking.objects.for_page(), record.booking_id)
        record = lock(Record.objects.all(), record.pk)
        record.booking = booking
        if not writes(by, booking):
            raise NotYours("이 상담을 맡은 상담사만 공유할 수 있습니다.")
        if booking.state != State.DONE:
            raise Refused("상담을 ‘완료’로 적은 뒤에 공유할 수 있습니다.")
        if record.version != version:
            raise Refused("확인하시는 동안 기록이 바뀌었습니다. 지금 내용을 다시 확인하고 공유해 주세요.")
        shown = record.current()
        if not (shown.summary or shown.items or shown.next_on):
            raise Refused("학생과 나눌 내용이 없습니다. 요약이나 할 일을 먼저 적어 주세요.")
        if record.shared_version == version and record.guardians_allowed == guardians_allowed:
            return record
        if record.is_shared:  # a later version, or another answer about the guardians: given anew
            record.move(Record.State.PRIVATE, by=by, reason="새로 공유하려고 거둠", shared_version=None)
        record.move(
            Record.State.SHARED,
            by=by,
            reason=f"{version}판 공유" + (" (학생이 보호자 열람을 허락함)" if guardians_allowed else ""),
            shared_version=version,
            guardians_allowed=guardians_allowed,
        )
        ActionTick.objects.filter(record=record).exclude(item__in=[item["key"] for item in shown.items]).delete()
        notices.record_shared(record, to=_seeing(record))
        return record


def unshare(record: Record, *, by: User, reason: str) -> Record:
    """Take back what was shared; the record stays.

    Raises:
        NotYours: neither the counsellor nor a supervisor.
        Refused: no reason.
    """
    with contended(BUSY), transaction.atomic():
        booking = lock(Booking.objects.for_page(), record.booking_id)
        record = lock(Record.objects.all(), record.pk)
        record.booking = booking
        if not (writes(by, booking) or supervises(by)):
            raise NotYours("이 상담을 맡은 상담사와 팀장만 공유를 거둘 수 있습니다.")
        if not reason.strip():
            raise Refused("공유를 거두는 사유를 적어 주세요.")
        if record.is_shared:
            record.move(Record.State.PRIVATE, by=by, reason=reason.strip()[:500], shared_version=None)
        return record


def _guardians(student: Student) -> list[User]:
    links = student.guardianships.current().select_related("guardian").order_by("pk")
    return [link.guardian for link in links if link.guardian.is_active]


def _seeing(record: Record) -> list[User]:
    student, seen = record.booking.student, audience(record)
    people = _guardians(student) if seen.guardians else []
    return [*people, student.user] if seen.student else people


# --- The family's part -------------------------------------------------------------------------


def guardians_see(student: Student) -> bool:
    """What this student answered last; no answer is no."""
    answer = GuardianAccess.objects.filter(student=student).order_by("-pk").first()
    return answer is not None and answer.allowed


def allow_guardians(student: Student, allowed: bool, *, by: User) -> None:
    """The student's own answer, for everything that is shared with them.

    Raises:
        NotYours: not this student, or under 14, when guardians see it anyway.
    """
    if student.user_id != by.pk:
        raise NotYours(_("학생 본인만 정할 수 있습니다."))
    if student.is_under_14:
        raise NotYours(_("만 14세가 되면 직접 정할 수 있습니다. 그 전에는 보호자가 함께 봅니다."))
    with transaction.atomic():
        lock(Student.objects.only("pk"), student.pk)
        if guardians_see(student) != allowed:
            GuardianAccess.objects.create(student=student, allowed=allowed, by=by)


def tick(record: Record, item: str, *, done: bool, by: User) -> None:
    """Say that something agreed is done, or not yet after all. Said twice is said once.

    Raises:
        Refused: it is no longer among what was agreed.
    """
    if item not in {one["key"] for one in record.shown().items}:
        raise Refused(_("상담사가 할 일을 바꾸었습니다. 화면을 다시 열어 주세요."))
    if done:
        ActionTick.objects.get_or_create(record=record, item=item, defaults={"by": by})
    else:
        ActionTick.objects.filter(record=record, item=item).delete()


# --- Breaking the glass ------------------------------------------------------------------------


def may_break(user: User, booking: Booking) -> bool:
    return user.is_staff and user.has_perm(BREAK_GLASS) and not reads(user, booking)


def break_glass(record: Record, *, by: User, reason: str) -> BreakGlass:
    """Open somebody else's record for a while, and tell the privacy officer, the supervisors and its counsellor.

    Raises:
        NotYours: this person may not.
        Refused: no proper reason.
    """
    if not may_break(by, record.booking):
        raise NotYours("이 기록을 긴급 열람할 수 없습니다.")
    if len(reason.strip()) < REASON_MIN:
        raise Refused(f"왜 지금 이 기록을 열어야 하는지 {REASON_MIN}자 이상 적어 주세요.")
    now = timezone.now()
    with transaction.atomic():
        opened = BreakGlass.objects.create(
            record=record,
            at=now,
            until=now + timedelta(minutes=settings.RECORD_BREAK_GLASS_MINUTES),
            by=by,
            reason=reason.strip()[:500],
        )
        notices.glass_broken(opened)
    return opened
