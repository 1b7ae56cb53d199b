"""Asking, giving and withdrawing consent: each kind apart, every answer kept, the last one counts."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import notices
from accounts.models import Consent, ConsentText, Student, User

Kind = ConsentText.Kind


def text(kind: str) -> ConsentText:
    """The words in force today.

    Raises:
        ConsentText.DoesNotExist: nobody wrote any.
    """
    return ConsentText.objects.filter(kind=kind, valid_from__lte=timezone.now()).latest("version")


@transaction.atomic
def answer(
    kind: str,
    given: bool,
    *,
    by: User,
    user: User | None = None,
    student: Student | None = None,
    channel: str = Consent.Channel.WEB,
    verified: str = Consent.Verified.LOGIN,
    spoken_by: str = "",
    say: bool = True,
) -> Consent:
    """Keep one answer about a user's own data, or about a student's.

    ``spoken_by`` names who said it where staff (``by``) wrote it down. A withdrawal speaks of the words that were agreed to; a consent speaks of today's. ``say=False``
    leaves the person untold, for somebody who is leaving and told so.
    """
    last = standing(user=user, student=student).get(kind)
    words = last.text if last and not given else text(kind)
    consent = Consent.objects.create(
        text=words,
        given=given,
        by=by,
        user=user,
        student=student,
        channel=channel,
        verified=verified,
        spoken_by=spoken_by,
    )
    if kind == Kind.MARKETING and say:
        notices.consent_kept(consent)
    if verified == Consent.Verified.SMS_NOTICE:
        notices.child_consented(consent)
    return consent


def standing(*, user: User | None = None, student: Student | None = None) -> dict[str, Consent]:
    """The last answer to each kind, by kind; a kind nobody asked about is missing."""
    answers = Consent.objects.filter(user=user, student=student).standing().select_related("text", "by")
    return {consent.text.kind: consent for consent in answers}


def may_answer(user: User, student: Student) -> bool:
    """Whether ``user`` speaks for ``student`` today: under 14 a guardian, never the child; then whoever keeps the data."""
    alone = student.is_under_14 and student.user_id == user.pk
    return not alone and Student.objects.editable_by(user).filter(pk=student.pk).exists()


def agreed(kind: str, *, user: User | None = None, student: Student | None = None) -> bool:
    """Whether the last answer was yes. No answer is no."""
    consent = standing(user=user, student=student).get(kind)
    return consent is not None and consent.given
