"""Opening an account, once the address is proved and the age is known."""

from __future__ import annotations

from datetime import date

from allauth.account.models import EmailAddress
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import consents, notices
from accounts.contacts import is_phone
from accounts.models import GuardianConsentRequest, User
from accounts.models.invitations import new_token
from lifecycle.locks import Refused, contended


def register(contact: str, *, name: str, birth_date: date, password: str, marketing: bool = False) -> User:
    """Open an account for somebody who has proved that ``contact`` is theirs.

    Raises:
        Refused: the address got an account in the meantime.
    """
    with contended(_("이미 가입된 연락처입니다. 로그인해 주세요."), Refused), transaction.atomic():
        address = {"phone": contact, "phone_verified_at": timezone.now()} if is_phone(contact) else {"email": contact}
        user = User.objects.create_user(password=password, name=name, birth_date=birth_date, **address)
        prove_email(user)
        if marketing:
            consents.answer(consents.Kind.MARKETING, True, by=user, user=user)
    return user


def prove_email(user: User) -> None:
    """Let allauth know what we know: this is the person's one address, and it is proved."""
    EmailAddress.objects.filter(user=user).delete()
    if user.email:
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)


@transaction.atomic
def change_contact(user: User, contact: str) -> None:
    """Put a proved address in the place of the old one, and say so at both.

    Raises:
        Refused: the address got another account in the meantime.
    """
    now = timezone.now()
    old = user.phone if is_phone(contact) else user.email
    with contended(_("다른 계정에서 쓰고 있는 연락처입니다."), Refused), transaction.atomic():
        if is_phone(contact):
            user.phone, user.phone_verified_at = contact, now
            user.save(update_fields=["phone", "phone_verified_at"])
        else:
            user.email = contact
            user.save(update_fields=["email"])
            prove_email(user)
    what = _("휴대폰 번호") if is_phone(contact) else _("이메일")
    notices.changed(user, what, now, old_contact=old or "")


@transaction.atomic
def change_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    notices.changed(user, _("비밀번호"), timezone.now())


@transaction.atomic
def reset_password(user: User, contact: str, password: str) -> None:
    """A new password for whoever has just proved ``contact``; a phone that staff typed is proved with it."""
    if is_phone(contact) and user.phone_verified_at is None:
        user.phone_verified_at = timezone.now()
        user.save(update_fields=["phone_verified_at"])
    change_password(user, password)


@transaction.atomic
def ask_guardian(guardian_name: str, guardian_phone: str, *, ip: str | None) -> GuardianConsentRequest:
    """Keep the guardian's name and number, and nothing of the child, until the guardian answers.

    Asking the same guardian again replaces the first request.

    Raises:
        Refused: too many messages went to this number today.
    """
    forget_requests(GuardianConsentRequest.objects.filter(guardian_phone=guardian_phone))
    token = new_token()
    request = GuardianConsentRequest(guardian_name=guardian_name, guardian_phone=guardian_phone)
    request.set_token(token)
    request.save(force_insert=True)
    notices.guardian_asked(request, token, ip=ip)
    return request


@transaction.atomic
def forget_requests(rows: models.QuerySet[GuardianConsentRequest]) -> int:
    """Forget guardians whom a child named, with the messages to them; return how many requests went."""
    for pk in rows.values_list("pk", flat=True):
        notices.forget_guardian(pk)
    return rows.delete()[0]
