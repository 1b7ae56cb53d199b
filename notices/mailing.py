"""Saying one thing to many people: write, gather the list, look at the price, send, and see what became of it.

The mailing's row is locked by whoever changes it; its messages are claimed a few at a time by ``delivery``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from lifecycle import locks
from lifecycle.locks import Refused
from notices import audiences, costs, kinds, outbox, words
from notices.audiences import Audience
from notices.hint import hint
from notices.kinds import EMAIL, SMS, Kind
from notices.models import Addressee, Mailing

STEP = 500  # rows of an audience that one transaction gathers
VALID_FOR = timedelta(days=3)
LONG_NAME = 20  # letters of a name that a text must have room for
UNREACHABLE = "보낼 수 있는 연락처가 없습니다."
TAKEN = "방금 다른 분이 이 메시지를 처리했거나 고쳤습니다. 화면을 다시 보고 눌러 주세요."

State, Row = Mailing.State, Addressee.State

TRIAL = kinds.register(
    Kind(
        code="notices.trial",
        label="여러 사람에게 보내기 시험 발송(직원)",
        variables={"제목": "내일 준비물 안내", "내용": "내일은 필기도구를 가져와 주세요."},
        sms="#{내용}",
        subject="[시험] #{제목}",
        email="#{내용}",
    )
)


# --- Writing -----------------------------------------------------------------------------------
def write(audience: Audience, params: audiences.Params, *, by: models.Model, title: str) -> Mailing:
    """A new draft for one list of people. The caller has checked that ``by`` may write to it."""
    to_whom = audience.describe(params)[:300]
    return Mailing.objects.create(
        audience=audience.code, params=params, to_whom=to_whom, title=title[:100], written_by=by
    )


def faults(mailing: Mailing) -> dict[str, str]:
    """What keeps the text from being sent, as sentences by part; ``""`` is for the whole. Empty when all is well."""
    if not mailing.channels:
        return {"": "문자나 이메일 가운데 하나는 내용을 적어 주세요."}
    known = mailing.known()
    kind = Kind(code="", label="", variables=known, channels=mailing.channels)
    found = kind.faults(mailing.sms, mailing.subject, mailing.email)
    if SMS in mailing.channels and "sms" not in found:
        longest = mailing.filled(SMS, {**known, kinds.NAME: "가" * LONG_NAME})[1]
        if (size := words.size(words.sendable(longest))) > words.LMS_BYTES:
            found["sms"] = f"문자는 {words.LMS_BYTES:,}바이트까지입니다. 긴 이름을 넣으면 {size:,}바이트입니다."
    if mailing.promotional:
        audience = audiences.find(mailing.audience)
        if not settings.AD_OPT_OUT:
            found[""] = "무료 수신거부 번호(AD_OPT_OUT)를 정하지 않은 누리집에서는 광고를 보낼 수 없습니다."
        elif audience is None or audience.agreed is None:
            found[""] = "이 명단에는 광고를 보낼 수 없습니다."
    return found


def revise(mailing: Mailing, *, by: models.Model, revision: int, **text: Any) -> Mailing:
    """Change a draft that still is what the page showed.

    Raises:
        Refused: somebody else changed it, or the list is being gathered already.
    """
    with transaction.atomic():
        kept = _held(mailing, {State.DRAFT}, revision)
        for name, value in text.items():
            setattr(kept, name, words.normalise(value) if name == "sms" else value)
        kept.revision += 1
        kept.save(update_fields=[*text, "revision"])
    return kept


def trial(mailing: Mailing, *, by: models.Model) -> None:
    """Send the words to oneself, with one's own name in them; pressed twice on the same words it is sent once.

    Raises:
        Refused: the text cannot be sent.
    """
    _in_order(mailing)
    values = {**mailing.known(), kinds.NAME: by.name}
    said = []
    for channel in mailing.channels:
        subject, body = mailing.rendered(channel, values)
        key = f"mailing/{mailing.pk}/{mailing.revision}/{by.pk}/{channel}"
        to = _only(outbox.Account(by), channel)
        if to:
            said.append(
                outbox.Word(kind=TRIAL.code, to=[to], key=key, context={"제목": subject or mailing.title, "내용": body})
            )
    if not said:
        raise Refused("내 계정에 확인한 휴대폰 번호나 이메일이 없어 시험 발송을 할 수 없습니다.")
    with transaction.atomic():
        outbox.post_all(said)


def _only(person: outbox.Account, channel: str) -> outbox.Recipient | None:
    address = person.addresses(None).get(channel)
    return address and outbox.Recipient(
        person.name, user=person.user, **{"phone" if channel == SMS else "email": address}
    )


# --- Gathering ---------------------------------------------------------------------------------
def gather(mailing: Mailing, *, by: models.Model, revision: int) -> None:
    """Begin to freeze the list; workers go on with it, step by step.

    Raises:
        Refused: the text cannot be sent, nobody is in the list, or somebody else was first.
    """
    with transaction.atomic():
        kept = _held(mailing, {State.DRAFT}, revision)
        audience = _in_order(kept)
        if not audience.among(kept.params, promotional=kept.promotional).exists():
            raise Refused("받는 사람이 없습니다. 고른 명단을 확인해 주세요.")
        values = audience.values(kept.params)
        kept.move(State.EXPANDING, by=by, values=values, cursor=0, revision=kept.revision + 1)
    expand(only=mailing.pk, steps=1)


def reopen(mailing: Mailing, *, by: models.Model, revision: int) -> None:
    """Back to the draft; the list is thrown away. Raises ``Refused`` once anything was sent."""
    with transaction.atomic():
        kept = _held(mailing, {State.EXPANDING, State.READY}, revision)
        kept.addressees.all().delete()
        kept.move(State.DRAFT, by=by, values={}, cursor=0, revision=kept.revision + 1)


def expand(*, only: int | None = None, steps: int = 40) -> int:
    """Go on with every list that is being gathered, ``STEP`` rows a transaction; return the steps made.

    Any number of workers may run it at once, and it may be killed at any point: a step and its cursor are one commit.
    """
    made = 0
    while made < steps and _expand_one(only):
        made += 1
    return made


def _expand_one(only: int | None) -> bool:
    with transaction.atomic():
        waiting = Mailing.objects.filter(state=State.EXPANDING).order_by("pk")
        waiting = waiting.filter(pk=only) if only else waiting
        mailing = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if mailing is None:
            return False
        audience = audiences.find(mailing.audience)
        rows = audience.among(mailing.params, promotional=mailing.promotional) if audience else []
        found = list(rows.filter(pk__gt=mailing.cursor)[:STEP]) if audience else []
        Addressee.objects.bulk_create(_addressees(mailing, audience, found), ignore_conflicts=True)
        if len(found) < STEP:
            mailing.move(State.READY, by=None, cursor=found[-1].pk if found else mailing.cursor)
        else:
            Mailing.objects.filter(pk=mailing.pk).update(cursor=found[-1].pk)
    return True


def _addressees(mailing: Mailing, audience: Audience, rows: list[Any]) -> Iterable[Addressee]:
    """A row for everybody and every way; somebody whom nothing reaches has one that says so."""
    values, now = mailing.known(), timezone.now()
    people = [(row, outbox.person(audience.recipient(row))) for row in rows]
    preferences = outbox.preferences(person for _row, person in people)
    for row, person in people:
        wish = preferences.get(person.user.pk) if person.user is not None else None
        common = {"mailing": mailing, "source": row.pk, "recipient": person.user, "name": person.name, "added_at": now}
        ways = outbox.chosen(mailing.channels, person, wish)
        if not ways:
            failed = {"state": Row.FAILED, "fault": Addressee.Fault.PERMANENT, "problem": UNREACHABLE}
            yield Addressee(**common, channel=mailing.channels[0], address="", **failed)
        for channel, address in ways.items():
            weight: dict[str, Any] = {}
            if channel == SMS:
                size = words.size(mailing.rendered(SMS, {**values, kinds.NAME: person.name})[1])
                short = size <= words.SMS_BYTES
                weight = {"size": size, "price_class": Addressee.Price.SMS if short else Addressee.Price.LMS}
            yield Addressee(**common, channel=channel, address=address, send_after=now, **weight)


# --- Sending -----------------------------------------------------------------------------------
def send(mailing: Mailing, *, by: models.Model, revision: int) -> None:
    """Let it go out. Two who press at one instant send it once.

    Raises:
        Refused: somebody else was first, nobody can be reached, or this month's money does not suffice.
    """
    now = timezone.now()
    with transaction.atomic():
        kept = _held(mailing, {State.READY}, revision)
        _in_order(kept)
        if not kept.addressees.filter(state=Row.DUE).exists():
            raise Refused("보낼 수 있는 사람이 없습니다.")
        left = settings.SMS_CEILING_WON_A_MONTH - costs.spent_won(now)
        if (won := figures(kept).won) > max(left, 0):
            raise Refused(f"이달 문자 한도가 {max(left, 0):,}원 남아 {won:,}원어치를 보낼 수 없습니다.")
        give_up = {"give_up_at": now + VALID_FOR, "ended_at": None}
        kept.move(State.SENDING, by=by, sent_by=by, started_at=now, revision=kept.revision + 1, **give_up)
        transaction.on_commit(hint, robust=True)


def pause(mailing: Mailing, *, by: models.Model, revision: int) -> None:
    """Stop after the message in hand; the rest waits."""
    _step(mailing, {State.SENDING}, State.PAUSED, by, revision)


def resume(mailing: Mailing, *, by: models.Model, revision: int) -> None:
    """Go on where it was paused, with all its time before it."""
    _step(mailing, {State.PAUSED}, State.SENDING, by, revision, give_up_at=timezone.now() + VALID_FOR)


def stop(mailing: Mailing, *, by: models.Model, revision: int) -> None:
    """For good: whoever has not got it yet gets nothing."""
    allowed = {State.DRAFT, State.EXPANDING, State.READY, State.SENDING, State.PAUSED}
    _step(mailing, allowed, State.STOPPED, by, revision, ended_at=timezone.now())


def resend(mailing: Mailing, *, by: models.Model, revision: int, doubtful: bool = False) -> int:
    """Once more to those with whom it failed, and to those in doubt where the clerk says so; return how many.

    Raises:
        Refused: there is none, or somebody else was first.
    """
    now = timezone.now()
    again = {Row.FAILED, Row.UNKNOWN} if doubtful else {Row.FAILED}
    with transaction.atomic():
        kept = _held(mailing, {State.DONE}, revision)
        rows = kept.addressees.filter(state__in=again).exclude(address="")
        fresh = {"attempts": 0, "fault": "", "problem": "", "send_after": now, "cost_won": 0, "lease_until": None}
        count = rows.update(state=Row.DUE, **fresh)
        if not count:
            raise Refused("다시 보낼 사람이 없습니다.")
        kept.move(State.SENDING, by=by, give_up_at=now + VALID_FOR, ended_at=None, revision=kept.revision + 1)
        transaction.on_commit(hint, robust=True)
    return count


# --- Looking -----------------------------------------------------------------------------------
class Figures:
    """What stands in the list and what became of it, in numbers."""

    def __init__(self, mailing: Mailing) -> None:
        rows = mailing.addressees.order_by().values("channel", "state", "price_class")
        nowhere = Count("pk", filter=Q(address=""))
        self.rows = list(rows.annotate(count=Count("pk"), charged=Sum("cost_won"), nowhere=nowhere))
        self.people = mailing.addressees.order_by().values("source").distinct().count()
        self.unreachable = sum(row["nowhere"] for row in self.rows)

    def count(self, *states: str, **found: str) -> int:
        return sum(
            row["count"]
            for row in self.rows
            if (not states or row["state"] in states) and all(row[name] == value for name, value in found.items())
        )

    @property
    def total(self) -> int:
        return self.count() - self.unreachable

    @property
    def passed(self) -> int:
        return self.total - self.count(Row.DUE, Row.HANDING)

    @property
    def prices(self) -> list[tuple[str, int, int]]:
        """Label, pieces and won of what is still to be sent."""
        each = {Addressee.Price.SMS: settings.SMS_WON, Addressee.Price.LMS: settings.LMS_WON}
        counted = [(price.label, self.count(Row.DUE, price_class=price), won) for price, won in each.items()]
        mails = (EMAIL.label, self.count(Row.DUE, channel=EMAIL), 0)
        return [(str(label), count, count * won) for label, count, won in (*counted, mails)]

    @property
    def won(self) -> int:
        return sum(won for _label, _count, won in self.prices)

    @property
    def charged(self) -> int:
        return sum(row["charged"] or 0 for row in self.rows)

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """Code, label and number of every state that anybody is in."""
        return [(state.value, str(state.label), self.count(state)) for state in Row if self.count(state)]


def figures(mailing: Mailing) -> Figures:
    return Figures(mailing)


# --- The machinery -----------------------------------------------------------------------------
def _held(mailing: Mailing, states: set[str], revision: int) -> Mailing:
    """The row under its lock, as the page showed it."""
    kept = locks.lock(Mailing.objects.all(), mailing.pk)
    if kept.state not in states or kept.revision != revision:
        raise Refused(TAKEN)
    return kept


def _step(mailing: Mailing, states: set[str], to: str, by: models.Model, revision: int, **fields: datetime) -> None:
    with transaction.atomic():
        kept = _held(mailing, states, revision)
        kept.move(to, by=by, revision=kept.revision + 1, **fields)
        transaction.on_commit(hint, robust=True)


def _in_order(mailing: Mailing) -> Audience:
    if found := faults(mailing):
        raise Refused(next(iter(found.values())))
    audience = audiences.find(mailing.audience)
    if audience is None:
        raise Refused("이 명단을 더는 찾을 수 없어 보낼 수 없습니다.")
    return audience
