"""The one door out of the house: domain code says what happened, in the transaction that makes it true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from notices import caps, kinds, sealing, words
from notices.hint import hint
from notices.kinds import EMAIL, SMS, Channel, Kind
from notices.models import Notice, Preference, Wording

# Written by hand: whatever is said asks both, and the ORM takes longer to write them than PostgreSQL to answer.
_WORDINGS = "SELECT * FROM notices_wording WHERE kind = ANY(%s)"
_PREFERENCES = "SELECT * FROM notices_preference WHERE user_id = ANY(%s)"


@dataclass(frozen=True)
class Recipient:
    """Somebody to tell at an address of their own choosing, with or without an account."""

    name: str
    email: str | None = None
    phone: str | None = None
    user: models.Model | None = None

    def addresses(self, preference: Preference | None) -> dict[Channel, str]:
        """Where to reach them; an address that was given for this very message needs no preference."""
        return {channel: address for channel, address in ((SMS, self.phone), (EMAIL, self.email)) if address}


@dataclass(frozen=True)
class Account:
    """A user of the portal as somebody to tell."""

    user: Any

    @property
    def name(self) -> str:
        return self.user.name

    def addresses(self, preference: Preference | None) -> dict[Channel, str]:
        """A verified phone and the e-mail address, less what the person does not want; never nothing.

        An unverified phone serves only somebody who can be reached in no other way.
        """
        reachable = {
            channel: address
            for channel, address in (
                (SMS, self.user.phone if self.user.phone_verified_at else None),
                (EMAIL, self.user.email),
            )
            if address
        }
        if not reachable and self.user.phone:
            return {SMS: self.user.phone}
        if preference is None:
            return reachable
        wanted = {channel: address for channel, address in reachable.items() if getattr(preference, channel)}
        return wanted or reachable


@dataclass(frozen=True, kw_only=True)
class Word:
    """One thing to say to some people.

    Args:
        kind: the code of a registered ``Kind``.
        to: users, or ``Recipient`` for somebody without an account.
        key: what makes this occasion different from every other of its kind, such as ``booking/12/booked``.
        context: a plain string for every variable of the kind.
        url: a path on this site; ``#{링크}`` becomes its absolute address.
        calendar: an iCalendar file that e-mails carry; text messages leave it out.
    """

    kind: str
    to: Iterable[Any]
    key: str
    context: dict[str, str] = field(default_factory=dict)
    url: str = ""
    calendar: str = ""


def post(
    kind: str,
    *,
    to: Iterable[Any],
    key: str,
    context: dict[str, str] | None = None,
    url: str = "",
    asked_from: str | None = None,
) -> None:
    """Owe one ``Word`` to everybody in ``to``; the same ``key`` said twice is said once.

    The words are rendered now, so what a person reads is what was true when it was said.

    Args:
        asked_from: the visitor's network address, for kinds that count against the code allowance.

    Raises:
        RuntimeError: called outside ``transaction.atomic()``, where a notice could outlive a
            change that was rolled back.
        ValueError: ``context`` lacks a variable of the kind or has one too many.
        caps.TooManyCodes: today's allowance of codes is used up.
    """
    post_all([Word(kind=kind, to=to, key=key, context=context or {}, url=url)], asked_from=asked_from)


def post_all(said: Iterable[Word], *, asked_from: str | None = None) -> None:
    """Like ``post`` for several words that belong together, in as few statements as for one."""
    if not connection.in_atomic_block:
        raise RuntimeError("Post notices inside the transaction that makes them true.")
    notices = _notices(list(said), asked_from)
    if notices:
        Notice.objects.bulk_create(notices, ignore_conflicts=True)  # a conflict: already said
        _hint_at_commit()


def forget(kind: str, key: str) -> None:
    """Make nobody's what was said on one occasion, and leave unsaid what has not left yet. What it cost stays."""
    said = Notice.objects.filter(kind=kind, key=key)
    said.filter(state=Notice.State.DUE).delete()
    gone = {"recipient": None, "name": "", "address": "", "subject": "", "body": "", "calendar": "", "sealed": None}
    said.update(**gone, give_up_at=timezone.now())


def _notices(said: list[Word], asked_from: str | None) -> list[Notice]:
    """A row for everybody and every way; what is capped is counted on the way."""
    wordings = {row.kind: row for row in Wording.objects.raw(_WORDINGS, [[word.kind for word in said]])}
    people = [[person(one) for one in word.to] for word in said]
    wishes = preferences(one for group in people for one in group)
    owed: list[Notice] = []
    for word, group in zip(said, people, strict=True):
        kind = kinds.get(word.kind)
        notices = list(_rows(word, group, wordings.get(kind.code, kind), wishes))
        if kind.capped and notices:
            caps.spend([notice.address for notice in notices], asked_from)
        owed += notices
    return owed


def person(one: Any) -> Recipient | Account:
    """A user as somebody to tell; a ``Recipient`` is one already."""
    return one if isinstance(one, Recipient) else Account(one)


def preferences(people: Iterable[Recipient | Account]) -> dict[int, Preference]:
    """By user; one who has chosen nothing is not in it."""
    users = list({person.user.pk for person in people if person.user is not None})
    return {row.user_id: row for row in Preference.objects.raw(_PREFERENCES, [users])} if users else {}


def _values(kind: Kind, context: dict[str, str], url: str) -> dict[str, str]:
    automatic = {kinds.CENTRE: settings.SITE_NAME, kinds.LINK: f"{settings.SITE_URL}{url}" if url else ""}
    if unknown := context.keys() - kind.names:
        raise ValueError(f"{kind.code} has no variable {', '.join(sorted(unknown))}.")
    if missing := kind.variables.keys() - context.keys() - automatic.keys() - {kinds.NAME}:
        raise ValueError(f"{kind.code} needs {', '.join(sorted(missing))}.")
    # A value is never read as wording: a title with "#{" in it stays a title.
    return {name: str(value).replace("#{", "# {") for name, value in {**automatic, **context}.items()}


def _rows(word: Word, people: list[Any], wording: Kind | Wording, wishes: dict[int, Preference]) -> Iterator[Notice]:
    kind, now = kinds.get(word.kind), timezone.now()
    values = _values(kind, word.context, word.url)
    for person in people:
        preference = wishes.get(person.user.pk) if person.user is not None else None
        for channel, address in chosen(kind.channels, person, preference).items():
            known = {kinds.NAME: person.name, **values}
            yield Notice(
                kind=kind.code,
                key=word.key,
                channel=channel,
                recipient=person.user,
                name=person.name,
                address=address,
                urgent=kind.urgent,
                send_after=now,
                created_at=now,
                give_up_at=now + kind.valid_for,
                calendar=word.calendar if channel == EMAIL else "",
                **_rendered(kind, wording, channel, known),
            )


def chosen(channels: Iterable[Channel], person: Recipient | Account, wish: Preference | None) -> dict[Channel, str]:
    """The person's ways among ``channels``; when the wanted one is not among them, any that is."""
    for preference in (wish, None):
        if found := {c: a for c, a in person.addresses(preference).items() if c in channels}:
            return found
    return {}


def _rendered(kind: Kind, wording: Kind | Wording, channel: Channel, values: dict[str, str]) -> dict[str, Any]:
    """Subject and body with everything but the secrets filled in; for text messages also what they weigh."""
    secrets = {name: value for name, value in values.items() if name in kind.secret}
    open_values = {name: value for name, value in values.items() if name not in kind.secret}
    subject = " ".join(words.fill(str(wording.subject), open_values).split())
    if channel == EMAIL:
        body = words.fill(str(wording.email), open_values)
        return {"subject": subject[:200], "body": body, "sealed": _sealed(body, secrets)}
    body = words.sendable(words.fill(str(wording.sms), open_values))
    secrets = {name: words.sendable(value) for name, value in secrets.items()}
    body = words.cut(body, words.LMS_BYTES - sum(words.size(value) for value in secrets.values()))
    size = words.size(words.fill(body, secrets))
    price = Notice.Price.SMS if size <= words.SMS_BYTES else Notice.Price.LMS
    return {
        "subject": words.cut(words.sendable(subject), words.SUBJECT_BYTES) if price == Notice.Price.LMS else "",
        "body": body,
        "sealed": _sealed(body, secrets),
        "size": size,
        "price_class": price,
    }


def _sealed(body: str, secrets: dict[str, str]) -> str | None:
    used = {name: secrets[name] for name in words.placeholders(body) if name in secrets}
    return sealing.seal(used) if used else None


def _hint_at_commit() -> None:
    """Once per transaction, however many notices it posts."""
    if not any(waiting[1] is hint for waiting in connection.run_on_commit):
        transaction.on_commit(hint, robust=True)
