"""Proving that a phone number or an e-mail address is one's own, with a code.

A check lives in the visitor's session until it succeeds; nothing about an unproved address is
stored anywhere else. Sign-up, a changed address and a forgotten password all go through here, so
no account ever carries an address that somebody else typed.
"""

from __future__ import annotations

import secrets

from allauth.core import ratelimit
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import User
from lifecycle.access import client_ip
from lifecycle.locks import Refused
from lifecycle.masking import mask_email, mask_phone

SESSION_KEY, PROOF_KEY = "contact_check", "contact_proof"
MAX_TRIES = 5
PROOF_MINUTES = 30  # to type a name or a new password; then the next person may sit at this computer

SIGN_UP, CHANGE, PASSWORD = "sign_up", "change", "password"


class TooOften(Refused):
    """Codes were asked for, or guessed at, too often."""


class WrongCode(Refused):
    """The typed code is not the one that was sent; another try is allowed."""


class CheckOver(Refused):
    """There is nothing to verify any more: expired, guessed too often, or never begun."""


def is_phone(contact: str) -> bool:
    return "@" not in contact


def masked(contact: str) -> str:
    return mask_phone(contact) if is_phone(contact) else mask_email(contact)


def owner(contact: str) -> User | None:
    """Who holds this address today."""
    people = User.objects.filter(withdrawn_at__isnull=True)
    return people.filter(phone=contact).first() if is_phone(contact) else people.filter(email__iexact=contact).first()


def start(request: HttpRequest, purpose: str, contact: str) -> None:
    """Send a code to ``contact`` and remember what it is for.

    Whether the address has an account decides which words leave the house, and nothing else: the
    visitor sees the same page either way.

    Raises:
        TooOften: the caps on codes say no.
    """
    if not ratelimit.consume(request, action="send_code", key=contact):
        raise TooOften(_("인증번호를 너무 자주 요청했습니다. 잠시 뒤에 다시 시도해 주세요."))
    known = owner(contact)
    expected = known is not None if purpose == PASSWORD else known is None
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        if expected:
            notices.code(contact, code, ip=client_ip(request))
        elif purpose == PASSWORD:
            notices.unknown(contact, ip=client_ip(request))
        else:
            notices.already(contact, ip=client_ip(request))
    request.session[SESSION_KEY] = {
        "purpose": purpose,
        "contact": contact,
        "code": _digest(contact, code) if expected else "",
        "at": timezone.now().timestamp(),
        "tries": 0,
    }


def pending(request: HttpRequest, purpose: str) -> str | None:
    """The address that waits for its code; ``None`` once the check is over."""
    check = request.session.get(SESSION_KEY)
    if not check or check["purpose"] != purpose:
        return None
    if timezone.now().timestamp() - check["at"] >= settings.CODE_MINUTES * 60 or check["tries"] >= MAX_TRIES:
        return None
    return check["contact"]


def verify(request: HttpRequest, purpose: str, typed: str) -> str:
    """Return the proved address, and end the check.

    Raises:
        CheckOver: too late or too many wrong codes; a new one has to be sent.
        WrongCode: not this one.
    """
    contact = pending(request, purpose)
    if contact is None or not ratelimit.consume(request, action="try_code", key=contact):
        request.session.pop(SESSION_KEY, None)
        raise CheckOver(_("인증 시간이 지났거나 여러 번 틀렸습니다. 인증번호를 다시 받아 주세요."))
    check = request.session[SESSION_KEY]
    if not check["code"] or not constant_time_compare(check["code"], _digest(contact, typed.strip())):
        check["tries"] += 1
        request.session.modified = True
        raise WrongCode(_("인증번호가 맞지 않습니다. 다시 확인해 주세요."))
    del request.session[SESSION_KEY]
    return contact


def keep(request: HttpRequest, purpose: str, contact: str) -> None:
    """Remember for the next page that ``contact`` was just proved."""
    request.session[PROOF_KEY] = {"purpose": purpose, "contact": contact, "at": timezone.now().timestamp()}


def proved(request: HttpRequest, purpose: str) -> str | None:
    """The address that was proved for this a short while ago."""
    proof = request.session.get(PROOF_KEY)
    if not proof or proof["purpose"] != purpose:
        return None
    return proof["contact"] if timezone.now().timestamp() - proof["at"] < PROOF_MINUTES * 60 else None


def drop(request: HttpRequest) -> None:
    """A proof serves once."""
    request.session.pop(PROOF_KEY, None)


def _digest(contact: str, code: str) -> str:
    return salted_hmac("accounts.contacts", f"{contact}/{code}", algorithm="sha256").hexdigest()
