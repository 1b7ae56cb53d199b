"""Inviting people into a run by a link, and what they answer.

A list is pasted, read line by line and sent in one transaction under the run's lock. Of a link only the hash is kept;
it takes one place, once: who opened it a second time sees what became of the first answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import names, phones
from accounts.models.invitations import new_token
from lifecycle.locks import Refused, contended, lock, lock_key
from notices.outbox import Recipient
from programs import enrolment
from programs.models import Application, Participant, Run, RunInvitation
from programs.notices import inviting as said
from programs.parties import Entrant, People

if TYPE_CHECKING:
    from accounts.models import User

MOST_AT_ONCE = 200
BUSY = gettext_lazy("다른 처리와 겹쳤습니다. 잠시 뒤에 다시 눌러 주세요.")
State = RunInvitation.State


class Over(Refused):
    """The link was answered, called back, or is too old."""


@dataclass(frozen=True)
class Guest:
    """One line of a list: a mobile number (digits) or a mail address, and a name if there is one."""

    contact: str
    name: str = ""


@dataclass(frozen=True)
class Reading:
    """A pasted list: whom to invite, and what is wrong with which line (counted from 1)."""

    guests: list[Guest] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def read(text: str) -> Reading:
    """Lines such as ``홍길동, 010-0000-0000`` or ``name@example.com``; the order of the two does not matter.

    The same address twice is taken once.
    """
    found = Reading()
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        parts = [part for part in (piece.strip(" <>\"'") for piece in re.split(r"[,;\t<]", line)) if part]
        if not parts:
            continue
        try:
            guest = _guest(parts)
        except ValidationError as error:
            found.faults.append((number, error.messages[0]))
            continue
        if guest.contact not in seen:
            seen.add(guest.contact)
            found.guests.append(guest)
    if len(found.guests) > MOST_AT_ONCE:
        found.faults.append((0, f"한 번에 {MOST_AT_ONCE}명까지 보낼 수 있습니다. 나누어 보내 주세요."))
    return found


def _guest(parts: list[str]) -> Guest:
    contacts = [part for part in parts if "@" in part or re.search(r"\d{3}", part)]
    called = [part for part in parts if part not in contacts]
    if len(contacts) != 1 or len(called) > 1:
        raise ValidationError("한 줄에 한 사람씩, 이름과 휴대폰 번호나 이메일 하나를 적어 주세요.")
    name = names.normalise(called[0]) if called else ""
    if name:
        names.validate(name)
    if len(name) > Participant._meta.get_field("name").max_length:
        raise ValidationError("이름이 너무 깁니다.")
    contact = contacts[0]
    if "@" in contact:
        validate_email(contact)
        return Guest(contact.lower(), name)
    digits = phones.normalise(contact)
    phones.validate_mobile(digits)
    return Guest(digits, name)


def already_asked(run: Run, guests: Iterable[Guest], now: datetime) -> set[str]:
    """The addresses whose invitation into ``run`` still waits for an answer, or was accepted."""
    there = run.invitations.filter(contact__in=[guest.contact for guest in guests])
    waiting = there.waiting(now).values_list("contact", flat=True)
    return {*waiting, *there.filter(state=State.ACCEPTED).values_list("contact", flat=True)}


def invite(run: Run, guests: Sequence[Guest], *, by: User, until: datetime) -> list[RunInvitation]:
    """Send a link to everybody of ``guests`` who has none that still counts; one whose time is over gets a new one.

    Args:
        until: when the links end; that moment is excluded.

    Raises:
        Refused: the run is cancelled or over, or the links would be over at once or last past the run.
    """
    now = timezone.now()
    with contended(str(BUSY)), transaction.atomic():
        run = lock(Run.objects.select_related("program"), run.pk)
        if run.state == Run.State.CANCELLED or run.ends_at <= now:
            raise Refused("취소되었거나 끝난 회차에는 초대할 수 없습니다.")
        if not now < until <= run.ends_at:
            raise Refused("초대 기한은 지금보다 뒤, 행사가 끝나기 전이어야 합니다.")
        skipped = already_asked(run, guests, now)
        stale = {one.contact: one for one in run.invitations.filter(state=State.SENT, expires_at__lte=now)}
        return [
            _send(stale.get(guest.contact) or RunInvitation(run=run, contact=guest.contact), guest.name, by, until)
            for guest in guests
            if guest.contact not in skipped
        ]


def send_again(invitation: RunInvitation, *, by: User, until: datetime) -> RunInvitation:
    """A new link to the same address; the old one opens nothing any more.

    Raises:
        Over: it was answered or called back.
        Refused: as ``invite``.
    """
    now = timezone.now()
    with contended(str(BUSY)), transaction.atomic():
        invitation = _hold(invitation)
        if invitation.state != State.SENT:
            raise Over("이미 답했거나 거둔 초대입니다.")
        if invitation.run.state == Run.State.CANCELLED or not now < until <= invitation.run.ends_at:
            raise Refused("초대 기한은 지금보다 뒤, 행사가 끝나기 전이어야 합니다.")
        return _send(invitation, invitation.name, by, until)


def _send(invitation: RunInvitation, name: str, by: User, until: datetime) -> RunInvitation:
    token = new_token()
    if invitation.pk is not None:
        invitation.sent += 1
    invitation.set_token(token)
    invitation.name, invitation.invited_by, invitation.expires_at = name, by, until
    invitation.save()
    said.invited(invitation, token)
    return invitation


def revoke(invitation: RunInvitation, *, by: User, reason: str = "") -> None:
    """Call a link back before it was answered.

    Raises:
        Over: it was answered or called back before.
    """
    with contended(str(BUSY)), transaction.atomic():
        invitation = _hold(invitation)
        if invitation.state != State.SENT:
            raise Over("이미 답했거나 거둔 초대입니다.")
        invitation.move(State.REVOKED, by=by, reason=reason, contact="", name="")


def accept(
    invitation: RunInvitation, *, by: User | None, name: str = "", consented: bool = False, party: People | None = None
) -> Application:
    """Take the place that the link stands for.

    Args:
        by: who is logged in; ``None`` for somebody without an account, who gives a ``name`` and consents.
        party: whom a logged-in person enters in place of themselves, such as their child.

    Raises:
        Over: the link was used, called back, or is too old.
        Refused: no consent, no name, or whatever ``enrolment.apply`` refuses.
    """
    now = timezone.now()
    with contended(str(BUSY)), transaction.atomic():
        invitation = _hold(invitation)
        if not invitation.is_open(now):
            raise Over(_("이미 답하셨거나 기한이 지난 초대입니다."))
        kept: dict[str, object] = {"contact": "", "name": ""}
        if by is None:
            if not consented:
                raise Refused(_("개인정보 수집·이용에 동의해 주셔야 참여할 수 있습니다."))
            party = People((Entrant(Participant.Role.GUEST, name=name),))
            kept = {"name": name, "consented_at": now}
        else:
            invitation.contact = ""  # who has an account is told there
        party = party or People((Entrant(Participant.Role.GUEST, user_id=by.pk if by else None),))
        [application] = enrolment.apply(
            invitation.run_id,
            [party],
            by=by or invitation.invited_by,
            on_behalf=by is None,
            invitation=invitation,
        )
        invitation.move(State.ACCEPTED, by=by, application=application, answered_at=now, **kept)
    return application


def decline(invitation: RunInvitation, *, by: User | None) -> None:
    """Say no; what was known of the person is forgotten.

    Raises:
        Over: as ``accept``.
    """
    now = timezone.now()
    with contended(str(BUSY)), transaction.atomic():
        invitation = _hold(invitation)
        if not invitation.is_open(now):
            raise Over(_("이미 답하셨거나 기한이 지난 초대입니다."))
        invitation.move(State.DECLINED, by=by, answered_at=now, contact="", name="")


def recipients(application: Application) -> list[Recipient]:
    """Where to tell somebody who takes part without an account; nobody for everybody else's applications."""
    invitation = RunInvitation.objects.filter(application=application).exclude(contact="").first()
    if invitation is None:
        return []
    return [said.recipient(invitation)]


def to(user: User) -> QuerySet[RunInvitation]:
    """What was sent to an address that ``user`` has proven to be theirs, and what ``user`` has answered."""
    own = list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
    own = [address.lower() for address in own] + ([user.phone] if user.phone and user.phone_verified_at else [])
    return RunInvitation.objects.filter(
        Q(contact__in=own) | Q(application__applicant=user, application__on_behalf=False)
    )


def _hold(invitation: RunInvitation) -> RunInvitation:
    """The run, then the invitation, until commit."""
    lock_key(Run, invitation.run_id)
    return lock(RunInvitation.objects.select_related("run__program", "invited_by"), invitation.pk)
