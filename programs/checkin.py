"""Checking in by oneself: a code on the wall that changes every half minute, and who may be checked in by whom.

The code is an HMAC of the session and the half minute, so nothing is stored and any process can check it. Who
opened it in time carries a signed pass in a cookie for a few minutes, so that logging in does not make it stale;
a photo of the code sent home is worth nothing after a minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import family_keys
from programs import attendance
from programs.models import Participant, Session

if TYPE_CHECKING:
    from accounts.models import User

STEP_SECONDS = 30
OPENS_BEFORE = timedelta(minutes=30)
CLOSES_AFTER = timedelta(minutes=15)
LATE_AFTER = timedelta(minutes=10)
PASS_FOR = timedelta(minutes=10)  # to log in and press the button
TOKEN_LENGTH = 16  # hex digits: 64 bits, good for a minute
SALT = "programs.checkin"

CLOSED = "지금은 출석 확인 시간이 아닙니다."


def opens_at(session: Session) -> datetime:
    return session.starts_at - OPENS_BEFORE


def closes_at(session: Session) -> datetime:
    return session.ends_at + CLOSES_AFTER


def is_open(session: Session, now: datetime) -> bool:
    """Half-open: from half an hour before the start to a quarter of an hour after the end."""
    return session.cancelled_at is None and opens_at(session) <= now < closes_at(session)


# --- The code on the wall ----------------------------------------------------------------------


def token(session_pk: int, now: datetime) -> str:
    """The code of this half minute."""
    return _token(session_pk, int(now.timestamp()) // STEP_SECONDS)


def is_fresh(session_pk: int, typed: str, now: datetime) -> bool:
    """Whether this is the code of this half minute or of the one before."""
    step = int(now.timestamp()) // STEP_SECONDS
    return any(constant_time_compare(typed, _token(session_pk, each)) for each in (step, step - 1))


def _token(session_pk: int, step: int) -> str:
    return salted_hmac(SALT, f"{session_pk}:{step}", algorithm="sha256").hexdigest()[:TOKEN_LENGTH]


def address(session: Session, now: datetime) -> str:
    """What the QR code says."""
    return settings.SITE_URL + reverse("programs:scanned", args=[session.pk, token(session.pk, now)])


def wall_key(session: Session) -> str:
    """What opens the page for the screen in the room, without anybody's login."""
    return signing.Signer(salt=f"{SALT}.wall").sign(session.pk).rsplit(":", 1)[1]


def is_wall(session_pk: int, key: str) -> bool:
    return constant_time_compare(key, signing.Signer(salt=f"{SALT}.wall").sign(session_pk).rsplit(":", 1)[1])


# --- The pass of who scanned it ----------------------------------------------------------------


def pass_of(session_pk: int) -> str:
    return signing.TimestampSigner(salt=f"{SALT}.pass").sign(session_pk)


def has_pass(session_pk: int, carried: str) -> bool:
    try:
        return signing.TimestampSigner(salt=f"{SALT}.pass").unsign(carried, max_age=PASS_FOR) == str(session_pk)
    except signing.BadSignature:
        return False


# --- Who is checked in -------------------------------------------------------------------------


def people_of(user: User, session: Session) -> QuerySet[Participant]:
    """Oneself, one's children and one's companion, as far as they have a place in the session's run."""
    mine = Q(student__in=family_keys(user)) | Q(user=user) | Q(application__applicant=user, student=None, user=None)
    return (
        Participant.objects.seated()
        .filter(mine, run=session.run_id, left_at=None)
        .select_related("student", "user", "application")
        .order_by("pk")
    )


def check_in(session: Session, chosen: Iterable[int], *, by: User) -> attendance.Written:
    """Mark those of ``chosen`` that are the user's own. Ten minutes after the start it is 지각.

    Raises:
        NotMarked: not the time, or nobody of one's own was chosen.
    """
    if not is_open(session, timezone.now()):
        raise attendance.NotMarked(CLOSED)
    mine = list(people_of(by, session).filter(pk__in=list(chosen)).values_list("pk", flat=True))
    if not mine:
        raise attendance.NotMarked("출석할 사람을 골라 주세요.")
    return attendance.check_in(session.pk, mine, by=by, late_from=session.starts_at + LATE_AFTER)
